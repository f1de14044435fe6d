//! Reads the tables of `tests/fixtures/admission`; their README says what an entry means.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// One creation or one update.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub name: String,
    pub base: String,
    #[serde(default)]
    pub before: Option<Value>,
    #[serde(default)]
    pub status: Option<Value>,
    #[serde(default)]
    pub patch: Option<Value>,
    #[serde(default)]
    pub ids: Option<Ids>,
    #[serde(default)]
    pub null_at: Vec<String>,
    #[serde(default)]
    pub rule: bool,
    #[serde(default)]
    pub by: Option<Decider>,
    #[serde(default)]
    pub refused: Option<Refused>,
}

/// That many different ids in one place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ids {
    pub at: String,
    pub count: usize,
}

/// Who can decide a case, if not everybody.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Decider {
    Server,
}

/// The field that the answer names, and words of the answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    pub field: String,
    pub says: String,
}

/// Walks of a status.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moves {
    pub named: BTreeMap<String, Value>,
    pub cases: Vec<Walk>,
}

/// One walk: all steps but the last are accepted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Walk {
    pub name: String,
    pub steps: Vec<Value>,
    #[serde(default)]
    pub refused: Option<Refused>,
}

impl Case {
    /// `object` with this case's patch, ids and nulls.
    pub fn applied_to(&self, object: &Value) -> Value {
        let mut changed = object.clone();
        if let Some(patch) = &self.patch {
            merge(&mut changed, patch);
        }
        if let Some(Ids { at, count }) = &self.ids {
            put(
                &mut changed,
                at,
                (0..*count)
                    .map(|i| Value::from(format!("id-{i}")))
                    .collect(),
            );
        }
        for place in &self.null_at {
            put(&mut changed, place, Value::Null);
        }
        changed
    }

    /// What is stored before the edit: the base of the case with `before`.
    pub fn stored(&self, bases: &BTreeMap<String, Value>) -> Value {
        let mut object = bases[&self.base].clone();
        if let Some(before) = &self.before {
            merge(&mut object, before);
        }
        object
    }
}

impl Moves {
    /// The patches of a walk, names looked up.
    pub fn patches<'a>(&'a self, walk: &'a Walk) -> Vec<&'a Value> {
        let patch = |step: &'a Value| match step.as_str() {
            Some(name) => self
                .named
                .get(name)
                .unwrap_or_else(|| panic!("no step is named {name}")),
            None => step,
        };
        walk.steps.iter().map(patch).collect()
    }
}

pub fn bases() -> BTreeMap<String, Value> {
    read("bases.yaml")
}

pub fn creations() -> Vec<Case> {
    read("create.yaml")
}

pub fn edits() -> Vec<Case> {
    read("edit.yaml")
}

pub fn moves() -> Moves {
    read("moves.yaml")
}

fn read<T: DeserializeOwned>(name: &str) -> T {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/admission");
    let text = fs::read_to_string(folder.join(name)).unwrap();
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// JSON merge patch (RFC 7396).
pub fn merge(object: &mut Value, patch: &Value) {
    let Value::Object(members) = patch else {
        *object = patch.clone();
        return;
    };
    if !object.is_object() {
        *object = Value::Object(serde_json::Map::new());
    }
    let map = object.as_object_mut().expect("made an object above");
    for (name, value) in members {
        if value.is_null() {
            map.remove(name);
        } else {
            merge(map.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

/// Sets what a JSON pointer names; its parent must be there.
fn put(object: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer
        .rsplit_once('/')
        .expect("a pointer begins with a slash");
    let parent = object
        .pointer_mut(parent)
        .unwrap_or_else(|| panic!("no parent of {pointer}"));
    parent[name] = value;
}
