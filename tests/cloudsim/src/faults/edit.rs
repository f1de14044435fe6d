//! Changes to a JSON answer, by JSON pointer (RFC 6901).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One change to a JSON answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// Gives the place a value; objects on the way that do not exist are made.
    Set {
        /// JSON pointer, for example `/Data/ChangeOrderId`.
        pointer: String,
        /// New value.
        value: Value,
    },
    /// Removes the member of an object; nothing happens if it is absent.
    Remove {
        /// JSON pointer.
        pointer: String,
    },
}

impl Edit {
    /// Gives the place a value.
    pub fn set(pointer: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::Set {
            pointer: pointer.into(),
            value: value.into(),
        }
    }

    /// Removes a member.
    pub fn remove(pointer: impl Into<String>) -> Self {
        Self::Remove {
            pointer: pointer.into(),
        }
    }

    pub(crate) fn apply(&self, body: &mut Value) {
        match self {
            Self::Set { pointer, value } => {
                if let Some(place) = reach(body, pointer) {
                    *place = value.clone();
                }
            }
            Self::Remove { pointer } => {
                let (parent, name) = pointer.rsplit_once('/').unwrap_or(("", pointer));
                if let Some(Value::Object(members)) = body.pointer_mut(parent) {
                    members.remove(&unescape(name));
                }
            }
        }
    }
}

/// The place a pointer names; members that do not exist are made, list elements are not.
fn reach<'a>(body: &'a mut Value, pointer: &str) -> Option<&'a mut Value> {
    let mut place = body;
    for step in pointer.split('/').skip(1) {
        place = match place {
            Value::Array(elements) => elements.get_mut(step.parse::<usize>().ok()?)?,
            Value::Object(members) => members.entry(unescape(step)).or_insert(Value::Null),
            scalar @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                *scalar = Value::Object(Map::new());
                scalar
                    .as_object_mut()?
                    .entry(unescape(step))
                    .or_insert(Value::Null)
            }
        };
    }
    Some(place)
}

fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Edit;

    #[test]
    fn edits_set_make_and_remove_members() {
        let mut body = json!({"Data": {"Id": "x", "List": [{"Status": 2}]}, "Code": "200"});
        Edit::set("/Data/List/0/Status", 3).apply(&mut body);
        Edit::set("/New/Member", "made").apply(&mut body);
        Edit::set("/Code", 200).apply(&mut body);
        Edit::remove("/Data/Id").apply(&mut body);
        Edit::remove("/Absent/Id").apply(&mut body);
        let expected =
            json!({"Data": {"List": [{"Status": 3}]}, "Code": 200, "New": {"Member": "made"}});
        assert_eq!(body, expected);
    }

    #[test]
    fn an_empty_pointer_replaces_the_whole_answer() {
        let mut body = json!({"Code": "200"});
        Edit::set("", json!([])).apply(&mut body);
        assert_eq!(body, json!([]));
    }
}
