//! The rules (CEL), evaluated without a server on the shipped schemas. Here only the rules are judged, not
//! patterns and bounds, and not their cost: the server alone knows that.

use std::collections::BTreeSet;

use kube::core::cel::{Validator, apply_defaults};
use serde_json::{Value, json};

use crate::{
    shipped,
    table::{self, Case, Decider, Refused},
};

/// An object as the server stores it.
fn with_defaults(object: &Value) -> Value {
    apply_defaults(shipped::schema(object["kind"].as_str().unwrap()), object)
}

/// What the rules say about a creation or an update: `field: message` of each that is broken.
fn broken(object: &Value, old: Option<&Value>) -> Vec<String> {
    let schema = shipped::schema(object["kind"].as_str().unwrap());
    match Validator::new().validate(schema, object, old) {
        Ok(()) => Vec::new(),
        Err(errors) => errors
            .as_slice()
            .iter()
            .map(|e| format!("{}: {}", e.field_path.trim_start_matches('.'), e.message))
            .collect(),
    }
}

/// Does the outcome agree with the table? The words before the message are the server's.
fn judge(name: &str, refused: Option<&Refused>, broken: &[String]) {
    let Some(Refused { field, says }) = refused else {
        assert!(broken.is_empty(), "{name}: refused with {broken:#?}");
        return;
    };
    let message = says
        .trim_start_matches("Forbidden: ")
        .trim_start_matches("Invalid value: ");
    let expected = format!("{field}: {message}");
    assert!(
        broken.contains(&expected),
        "{name}: {expected:?} is not in {broken:#?}"
    );
}

/// Cases that a rule decides, or that are accepted by everybody.
fn decided_by_rules(case: &Case) -> bool {
    case.by != Some(Decider::Server) && (case.rule || case.refused.is_none())
}

#[test]
fn creations_are_judged_as_the_table_says() {
    let bases = table::bases();
    for case in table::creations()
        .iter()
        .filter(|case| decided_by_rules(case))
    {
        let object = with_defaults(&case.applied_to(&bases[&case.base]));
        judge(&case.name, case.refused.as_ref(), &broken(&object, None));
    }
}

#[test]
fn edits_are_judged_as_the_table_says() {
    let bases = table::bases();
    for case in table::edits().iter().filter(|case| decided_by_rules(case)) {
        let mut stored = with_defaults(&case.stored(&bases));
        if let Some(status) = &case.status {
            table::merge(&mut stored, &json!({ "status": status }));
        }
        let edited = with_defaults(&case.applied_to(&stored));
        judge(
            &case.name,
            case.refused.as_ref(),
            &broken(&edited, Some(&stored)),
        );
    }
}

#[test]
fn moves_of_status_are_judged_as_the_table_says() {
    let moves = table::moves();
    let fresh = with_defaults(&table::bases()["request"]);
    for walk in &moves.cases {
        let mut stored = fresh.clone();
        let patches = moves.patches(walk);
        for (number, patch) in patches.iter().enumerate() {
            let mut next = stored.clone();
            table::merge(&mut next, &json!({ "status": patch }));
            let next = with_defaults(&next);
            let outcome = broken(&next, Some(&stored));
            let last = number + 1 == patches.len();
            let name = format!("{}, step {}", walk.name, number + 1);
            judge(&name, walk.refused.as_ref().filter(|_| last), &outcome);
            stored = next;
        }
    }
}

#[test]
fn an_omitted_status_cannot_hide_an_attempt() {
    let moves = table::moves();
    let mut stored = with_defaults(&table::bases()["request"]);
    table::merge(&mut stored, &json!({ "status": moves.named["intent"] }));
    let mut omitted = stored.clone();
    table::merge(&mut omitted, &json!({ "status": null }));
    let outcome = broken(&with_defaults(&omitted), Some(&stored));
    assert!(outcome.contains(&"status.attempt: attempt stays; its number never falls".to_owned()));
}

#[test]
fn the_table_breaks_every_rule_once() {
    let moves = table::moves();
    let (creations, edits) = (table::creations(), table::edits());
    let cases = creations
        .iter()
        .chain(&edits)
        .filter_map(|case| case.refused.as_ref());
    let walks = moves.cases.iter().filter_map(|walk| walk.refused.as_ref());
    let tried: String = cases
        .chain(walks)
        .map(|refused| refused.says.as_str())
        .collect();
    for kind in ["RestartRequest", "CloudAccount", "ClusterCloudAccount"] {
        for message in messages(shipped::schema(kind)) {
            assert!(
                tried.contains(&message),
                "{kind}: no case of the table breaks {message:?}"
            );
        }
    }
}

/// The messages of all rules below a node.
fn messages(node: &Value) -> BTreeSet<String> {
    let own = node["x-kubernetes-validations"]
        .as_array()
        .into_iter()
        .flatten();
    let mut all: BTreeSet<String> = own
        .map(|rule| {
            rule["message"]
                .as_str()
                .expect("every rule has a message")
                .into()
        })
        .collect();
    for child in node["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(_, child)| child)
    {
        all.extend(messages(child));
    }
    if node.get("items").is_some() {
        all.extend(messages(&node["items"]));
    }
    all
}
