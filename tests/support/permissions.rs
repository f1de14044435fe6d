//! The access policies of `docs/how-to/policies`, as the simulated clouds enforce them in every test
//! that has a world: what the documentation grants is what the operator gets.

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;

/// A policy file per product that has one.
pub const FILES: [&str; 3] = ["sae.json", "edas.json", "volcengine.json"];

/// All actions that the documentation grants.
pub fn granted() -> BTreeSet<String> {
    FILES.into_iter().flat_map(actions).collect()
}

/// The actions of one file.
pub fn actions(file: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/how-to/policies");
    let text = std::fs::read_to_string(folder.join(file)).expect("a policy");
    let policy: Value = serde_json::from_str(&text).expect("JSON");
    let statements = policy["Statement"].as_array().expect("statements").iter();
    statements
        .flat_map(|statement| statement["Action"].as_array().expect("actions"))
        .map(|action| action.as_str().expect("an action").to_owned())
        .collect()
}
