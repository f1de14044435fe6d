//! What is accepted can be read, and what is read is written again without a loss.

use std::{collections::BTreeSet, fs, path::PathBuf};

use kube::core::cel::apply_defaults;
use restart_operator::api::{
    CloudAccount, ClusterCloudAccount, Phase, RestartRequest, RestartRequestStatus,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{shipped, table};

fn sample(name: &str) -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/requests");
    serde_saphyr::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

/// Reads an object and writes it again.
fn again(object: &Value) -> Value {
    fn of<T: DeserializeOwned + Serialize>(object: &Value) -> Value {
        let read: T = serde_json::from_value(object.clone())
            .unwrap_or_else(|error| panic!("cannot be read: {error}: {object:#}"));
        serde_json::to_value(read).unwrap()
    }
    match object["kind"].as_str() {
        Some("RestartRequest") => of::<RestartRequest>(object),
        Some("CloudAccount") => of::<CloudAccount>(object),
        Some("ClusterCloudAccount") => of::<ClusterCloudAccount>(object),
        other => panic!("no kind of ours: {other:?}"),
    }
}

/// The places that hold a value, elements of lists counted as one.
fn places(path: &str, value: &Value, found: &mut BTreeSet<String>) {
    for (name, child) in value.as_object().into_iter().flatten() {
        places(&format!("{path}.{name}"), child, found);
    }
    for child in value.as_array().into_iter().flatten() {
        places(&format!("{path}[]"), child, found);
    }
    found.insert(path.to_owned());
}

fn places_of(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    places("", value, &mut found);
    found
}

/// The places that a schema knows, spelled alike.
fn places_of_schema(path: &str, node: &Value, found: &mut BTreeSet<String>) {
    found.insert(path.to_owned());
    for (name, child) in node["properties"].as_object().into_iter().flatten() {
        places_of_schema(&format!("{path}.{name}"), child, found);
    }
    if node.get("items").is_some() {
        places_of_schema(&format!("{path}[]"), &node["items"], found);
    }
}

#[test]
fn every_accepted_object_is_read_and_written_without_a_loss() {
    let bases = table::bases();
    let creations = table::creations();
    let accepted = creations
        .iter()
        .filter(|case| case.refused.is_none() && case.null_at.is_empty());
    for case in accepted {
        let object = case.applied_to(&bases[&case.base]);
        let stored = apply_defaults(shipped::schema(object["kind"].as_str().unwrap()), &object);
        assert_eq!(
            places_of(&again(&stored)),
            places_of(&stored),
            "{}",
            case.name
        );
    }
}

#[test]
fn every_status_of_the_table_is_read_and_written_without_a_loss() {
    let moves = table::moves();
    for walk in moves.cases.iter().filter(|walk| walk.refused.is_none()) {
        let mut object = table::bases()["request"].clone();
        for patch in moves.patches(walk) {
            table::merge(&mut object, &json!({ "status": patch }));
            let stored = apply_defaults(shipped::schema("RestartRequest"), &object);
            assert_eq!(again(&stored)["status"], stored["status"], "{}", walk.name);
        }
    }
}

#[test]
fn the_complete_sample_is_written_as_it_was_read() {
    let complete = sample("complete.yaml");
    assert_eq!(again(&complete), complete);
}

#[test]
fn the_complete_sample_has_every_field_that_can_be_set_at_once() {
    let mut known = BTreeSet::new();
    places_of_schema("", shipped::schema("RestartRequest"), &mut known);
    let here = places_of(&sample("complete.yaml"));
    let missing: Vec<&String> = known
        .difference(&here)
        .filter(|place| {
            !place.starts_with(".spec.target.") && *place != ".spec.resolution.notExecuted"
        })
        .collect();
    assert!(missing.is_empty(), "not in complete.yaml: {missing:#?}");
}

#[test]
fn the_minimal_sample_has_all_defaults_when_it_is_read() {
    let read: RestartRequest = serde_json::from_value(sample("minimal.yaml")).unwrap();
    let spec = &read.spec;
    assert!(!spec.dry_run && !spec.suspend && !spec.cancel);
    let limits = (
        spec.start_deadline_seconds,
        spec.active_deadline_seconds,
        spec.backoff_limit,
    );
    assert_eq!(limits, (3600, 3600, 3));
    assert_eq!(read.status, None);
}

#[test]
fn the_types_and_the_definition_have_the_same_defaults() {
    let minimal = sample("minimal.yaml");
    let mut by_types = again(&minimal);
    by_types["status"] = serde_json::to_value(RestartRequestStatus::default()).unwrap();
    assert_eq!(
        by_types,
        apply_defaults(shipped::schema("RestartRequest"), &minimal)
    );
}

#[test]
fn a_status_of_any_older_shape_can_be_read() {
    for older in [
        json!({}),
        json!({"phase": "Running"}),
        json!({"observedGeneration": 3}),
    ] {
        let read: RestartRequestStatus = serde_json::from_value(older.clone()).unwrap();
        assert!(
            read.attempt.is_none() && read.conditions.is_empty(),
            "{older}"
        );
    }
    let empty: RestartRequestStatus = serde_json::from_value(json!({})).unwrap();
    assert_eq!(
        (empty.observed_generation, empty.phase),
        (-1, Phase::Pending)
    );
}

#[test]
fn a_field_of_a_newer_version_is_dropped_and_the_rest_is_read() {
    let newer = json!({"observedGeneration": 1, "phase": "Running", "somethingNew": {"a": 1}});
    let read: RestartRequestStatus = serde_json::from_value(newer).unwrap();
    assert_eq!(read.phase, Phase::Running);
}
