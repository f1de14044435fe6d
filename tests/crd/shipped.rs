//! `crds/` against what the code prints. `UPDATE_CRDS=1 cargo test --test crd shipped` writes it anew.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    sync::LazyLock,
};

use restart_operator::api::crds;
use serde_json::Value;

/// The folder that is shipped.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("crds")
}

/// The shipped definition of a kind.
pub fn definition(kind: &str) -> Value {
    let of_kind = |d: &crds::Definition| d.value["spec"]["names"]["kind"] == kind;
    let name = crds::definitions()
        .unwrap()
        .into_iter()
        .find(of_kind)
        .expect("a known kind")
        .file_name;
    serde_saphyr::from_str(&fs::read_to_string(folder().join(name)).unwrap()).unwrap()
}

/// The schema of a shipped definition. Read once: the tables ask for it hundreds of times.
pub fn schema(kind: &str) -> &'static Value {
    static SCHEMAS: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
        crds::definitions()
            .unwrap()
            .iter()
            .map(|printed| {
                printed.value["spec"]["names"]["kind"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .map(|kind| {
                let schema = &definition(&kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
                (kind, schema.clone())
            })
            .collect()
    });
    &SCHEMAS[kind]
}

#[test]
fn the_shipped_definitions_are_what_the_code_prints() {
    let update = std::env::var_os("UPDATE_CRDS").is_some();
    for definition in crds::definitions().unwrap() {
        let path = folder().join(&definition.file_name);
        let printed = definition.to_yaml().unwrap();
        if update {
            fs::write(&path, &printed).unwrap();
        }
        let shipped = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            shipped == printed,
            "crds/{} is not what the code prints; run UPDATE_CRDS=1 cargo test --test crd shipped",
            definition.file_name
        );
    }
}

#[test]
fn nothing_else_is_shipped() {
    let printed: BTreeSet<String> = crds::definitions()
        .unwrap()
        .into_iter()
        .map(|d| d.file_name)
        .collect();
    let shipped: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        // The list for kustomize, which kubectl passes over.
        .filter(|name| name != "Kustomization")
        .collect();
    assert_eq!(shipped, printed);
}

#[test]
fn the_stream_of_all_definitions_reads_back() {
    let stream = crds::to_yaml().unwrap();
    let parts: Vec<Value> = stream
        .split("---\n")
        .filter(|part| !part.is_empty())
        .map(|part| serde_saphyr::from_str(part).unwrap())
        .collect();
    let printed: Vec<Value> = crds::definitions()
        .unwrap()
        .into_iter()
        .map(|d| d.value)
        .collect();
    assert_eq!(parts, printed);
}
