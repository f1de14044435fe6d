//! Prints the three kinds as `CustomResourceDefinition`s, the way they are shipped in `crds/`.
//!
//! Only printing lives here. The derived schema is changed in one respect that matters: `nullable`
//! goes, and with it `null` as an enum value. The derive marks every option so; then a client could store a
//! `null`, which is neither dropped nor replaced by the default, and every rule that asks
//! `has(field)` would find it set.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use serde_json::{Number, Value};

use super::{CloudAccount, ClusterCloudAccount, RestartRequest};

/// One definition, ready to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Name of the file in `crds/`: group, then the plural of the kind.
    pub file_name: String,
    /// The definition itself.
    pub value: Value,
}

/// Why a definition could not be printed. Neither can happen with the types of this module.
#[derive(Debug)]
pub enum PrintError {
    /// The derived definition is no JSON.
    Json(serde_json::Error),
    /// The definition could not be written as YAML.
    Yaml(serde_saphyr::ser::Error),
}

impl std::fmt::Display for PrintError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Json(_) => f.write_str("a custom resource definition is no JSON"),
            Self::Yaml(_) => f.write_str("a custom resource definition is no YAML"),
        }
    }
}

impl std::error::Error for PrintError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Json(error) => Some(error),
            Self::Yaml(error) => Some(error),
        }
    }
}

impl Definition {
    /// The definition as one YAML document, without a document mark.
    pub fn to_yaml(&self) -> Result<String, PrintError> {
        serde_saphyr::to_string(&self.value).map_err(PrintError::Yaml)
    }
}

/// All three definitions, in the order in which they are shipped.
pub fn definitions() -> Result<Vec<Definition>, PrintError> {
    [
        CloudAccount::crd(),
        ClusterCloudAccount::crd(),
        RestartRequest::crd(),
    ]
    .iter()
    .map(definition)
    .collect()
}

/// All three definitions as one stream of YAML documents: what `restart-operator crds` prints.
pub fn to_yaml() -> Result<String, PrintError> {
    let mut all = String::new();
    for definition in definitions()? {
        all.push_str("---\n");
        all.push_str(&definition.to_yaml()?);
    }
    Ok(all)
}

fn definition(crd: &CustomResourceDefinition) -> Result<Definition, PrintError> {
    let mut value = serde_json::to_value(crd).map_err(PrintError::Json)?;
    tidy(&mut value);
    let file_name = format!("{}_{}.yaml", crd.spec.group, crd.spec.names.plural);
    Ok(Definition { file_name, value })
}

/// Removes what allows `null`: the key `nullable`, and `null` in lists of values. On the way it
/// joins the lines of descriptions and writes whole numbers as such.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.remove("nullable");
            if let Some(Value::String(text)) = map.get_mut("description") {
                *text = join_lines(text);
            }
            map.values_mut().for_each(tidy);
        }
        Value::Array(list) => {
            list.retain(|item| !item.is_null());
            list.iter_mut().for_each(tidy);
        }
        Value::Number(number) => *number = whole(number),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// A comment is wrapped for the reader of the code; `kubectl explain` wraps for its own reader.
/// An empty line stays, since it parts paragraphs.
fn join_lines(text: &str) -> String {
    let paragraphs = text
        .split("\n\n")
        .map(|paragraph| paragraph.replace('\n', " "));
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

/// Bounds pass through a type that knows only floating point: 100.0 becomes 100 again.
fn whole(number: &Number) -> Number {
    match number.to_string().strip_suffix(".0").map(str::parse::<i64>) {
        Some(Ok(integer)) => integer.into(),
        Some(Err(_)) | None => number.clone(),
    }
}
