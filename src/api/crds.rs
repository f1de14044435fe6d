//! Prints the three kinds as `CustomResourceDefinition`s, the way they are shipped in `crds/`.
//!
//! Only printing lives here. The derived schema is changed in one respect: `nullable` goes, and
//! with it `null` as an enum value. The derive marks every option so; then a client could store a
//! `null`, which is neither dropped nor replaced by the default, and every rule that asks
//! `has(field)` would find it set.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use serde_json::Value;

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
    strip_null(&mut value);
    let file_name = format!("{}_{}.yaml", crd.spec.group, crd.spec.names.plural);
    Ok(Definition { file_name, value })
}

/// Removes what allows `null`: the key `nullable`, and `null` in lists of values.
fn strip_null(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.remove("nullable");
            map.values_mut().for_each(strip_null);
        }
        Value::Array(list) => {
            list.retain(|item| !item.is_null());
            list.iter_mut().for_each(strip_null);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
