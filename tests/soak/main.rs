//! A short soak, and the judge of all soaks put to the proof: each of the things that it counts is
//! shown to it once.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

mod judge;

use std::{
    env::current_exe,
    process::{Command, Stdio},
};

use cloudsim::Ledger;
use restart_operator::api::RestartRequest;
use serde_json::{Value, json};
use uuid::Uuid;

use self::judge::{Orders, Sort, Subject, judge};

const UID: &str = "0d6a2c5e";

/// A minute of it: every way in which replicas are hurt, once.
#[test]
fn a_hundred_requests_while_replicas_are_killed_frozen_and_replaced() {
    let here = current_exe().unwrap();
    let profile = here.ancestors().nth(2).unwrap();
    let mut command = Command::new(profile.join("examples/soak"));
    command.args(["-n", "100"]).stdin(Stdio::null());
    let run = command.output().expect("the soak, which cargo test builds");
    let said = String::from_utf8_lossy(&run.stdout);
    println!("{said}{}", String::from_utf8_lossy(&run.stderr));
    let last = said.lines().last();
    assert_eq!(last, Some("100 requests, 0 doubled, 0 lies, 0 stuck"));
    assert!(run.status.success());
}

/// The status of an object that an operator has seen.
fn with_seen(status: &Value) -> Value {
    let mut status = status.clone();
    status["observedGeneration"] = json!(1);
    status
}

/// A request for `app-1` with this status.
fn request(status: &Value) -> Subject {
    let object: RestartRequest = serde_json::from_value(json!({
        "apiVersion": "restart-operator.dev/v1alpha1", "kind": "RestartRequest",
        "metadata": {"name": "checkout", "namespace": "shop", "uid": UID},
        "spec": {"accountRef": {"name": "ali"}, "target": {"saeApplication": {"appId": "app-1"}}},
        "status": with_seen(status),
    }))
    .unwrap();
    Subject {
        object,
        deleted: false,
    }
}

fn ended(phase: &str, reason: &str) -> Value {
    let ready = json!({
        "type": "Ready", "status": "False", "reason": reason, "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": 1,
    });
    json!({"phase": phase, "completionTime": "2026-01-01T00:01:00Z", "conditions": [ready]})
}

/// A success that tells of this order.
fn success(order: &str) -> Subject {
    let mut status = ended("Succeeded", "RestartSucceeded");
    status["changeOrder"] = json!({"id": order, "attribution": "Direct"});
    request(&status)
}

/// A ledger in which these orders of an application were executed for an attempt of a UID.
fn ledger(restarts: &[(&str, &str, &str)]) -> Ledger {
    let restart = |(attempt, app, order): &(&str, &str, &str)| {
        let nonce = Uuid::new_v5(&Uuid::NAMESPACE_OID, attempt.as_bytes());
        json!({
            "seq": 1, "request": 1, "at": "2026-01-01T00:00:00Z", "app": app, "order": order,
            "nonce": nonce.to_string(), "access_key_id": "key", "creator": "29", "product": "sae",
        })
    };
    let restarts: Vec<Value> = restarts.iter().map(restart).collect();
    serde_json::from_value(json!({"version": 1, "requests": [], "restarts": restarts})).unwrap()
}

/// What the judge counts when `orders` ended with these statuses.
fn counted(subject: Subject, ledger: &Ledger, orders: &[(&str, i64)]) -> Vec<Sort> {
    let named = |(id, status): &(&str, i64)| ((*id).to_owned(), *status);
    let orders: Orders = orders.iter().map(named).collect();
    let findings = judge(&[subject], ledger, &orders);
    findings.into_iter().map(|finding| finding.sort).collect()
}

#[test]
fn a_success_is_true_when_its_order_was_executed_and_succeeded() {
    let once = ledger(&[("0d6a2c5e/1", "app-1", "o-1")]);
    assert_eq!(counted(success("o-1"), &once, &[("o-1", 2)]), []);
    let lie = [Sort::Lie];
    assert_eq!(counted(success("o-1"), &ledger(&[]), &[]), lie);
    assert_eq!(counted(success("o-2"), &once, &[("o-1", 2)]), lie);
    assert_eq!(counted(success("o-1"), &once, &[("o-1", 3)]), lie);
    let other = ledger(&[("0d6a2c5e/1", "app-2", "o-1")]);
    assert_eq!(counted(success("o-1"), &other, &[("o-1", 2)]), lie);
}

#[test]
fn two_restarts_for_one_request_are_counted_whatever_it_says() {
    let twice = [
        ("0d6a2c5e/1", "app-1", "o-1"),
        ("0d6a2c5e/2", "app-1", "o-2"),
    ];
    let unknown = request(&json!({"phase": "Unknown"}));
    assert_eq!(counted(unknown, &ledger(&twice), &[]), [Sort::Doubled]);
}

#[test]
fn a_restart_that_belongs_to_no_request_is_counted() {
    let stray = ledger(&[("another/1", "app-1", "o-1")]);
    let unknown = request(&json!({"phase": "Unknown"}));
    assert_eq!(counted(unknown, &stray, &[]), [Sort::Doubled]);
}

#[test]
fn an_end_without_a_restart_is_a_lie_when_there_was_one() {
    let once = ledger(&[("0d6a2c5e/3", "app-1", "o-1")]);
    for (phase, reason) in [
        ("NotExecuted", "NotExecuted"),
        ("Expired", "StartDeadlineExceeded"),
        ("Skipped", "CreatedAfterStartBefore"),
        ("Cancelled", "CancelledBeforeSubmission"),
        ("Failed", "Rejected"),
    ] {
        let subject = request(&ended(phase, reason));
        assert_eq!(
            counted(subject, &once, &[("o-1", 2)]),
            [Sort::Lie],
            "{phase}"
        );
        let subject = request(&ended(phase, reason));
        assert_eq!(counted(subject, &ledger(&[]), &[]), [], "{phase}");
    }
}

#[test]
fn a_failure_is_a_lie_when_the_order_succeeded_or_was_never_opened() {
    let failed = || request(&ended("Failed", "RestartFailed"));
    let once = ledger(&[("0d6a2c5e/1", "app-1", "o-1")]);
    assert_eq!(counted(failed(), &once, &[("o-1", 3)]), []);
    assert_eq!(counted(failed(), &once, &[("o-1", 2)]), [Sort::Lie]);
    assert_eq!(counted(failed(), &ledger(&[]), &[]), [Sort::Lie]);
}

#[test]
fn what_has_no_end_is_stuck_unless_it_is_unknown_or_deleted() {
    let none = ledger(&[]);
    let running = request(&json!({"phase": "Running"}));
    assert_eq!(counted(running.clone(), &none, &[]), [Sort::Stuck]);
    let deleted = Subject {
        deleted: true,
        ..running
    };
    assert_eq!(counted(deleted.clone(), &none, &[]), []);
    // Deleted without an intent, and executed all the same.
    let once = ledger(&[("0d6a2c5e/1", "app-1", "o-1")]);
    assert_eq!(counted(deleted, &once, &[]), [Sort::Lie]);
}

#[test]
fn not_executed_is_told_after_the_signature_has_ended() {
    let mut status = ended("NotExecuted", "NotExecuted");
    let attempt = |not_after: &str| {
        json!({
            "number": 1, "attemptId": "ab".repeat(16), "holder": "a", "owned": 0,
            "signedAt": "2026-01-01T00:00:00Z", "notAfter": not_after,
            "targetHash": "ab".repeat(32), "credential": "0123456789abcdef",
        })
    };
    status["attempt"] = attempt("2026-01-01T00:00:30Z");
    assert_eq!(counted(request(&status), &ledger(&[]), &[]), []);
    status["attempt"] = attempt("2026-01-01T00:02:00Z");
    assert_eq!(counted(request(&status), &ledger(&[]), &[]), [Sort::Lie]);
}

#[test]
fn each_member_of_a_batch_must_be_as_it_is_told() {
    let subject = |state: &str| {
        let mut status = ended("PartiallySucceeded", "PartiallySucceeded");
        status["targets"] = json!([
            {"id": "app-1", "state": "Succeeded", "orderId": "o-1"},
            {"id": "app-2", "state": state, "orderId": "o-2"},
        ]);
        request(&status)
    };
    let both = ledger(&[
        ("0d6a2c5e/1", "app-1", "o-1"),
        ("0d6a2c5e/1", "app-2", "o-2"),
    ]);
    let orders = [("o-1", 2), ("o-2", 3)];
    assert_eq!(counted(subject("Failed"), &both, &orders), []);
    for lie in ["Succeeded", "Rejected"] {
        assert_eq!(counted(subject(lie), &both, &orders), [Sort::Lie], "{lie}");
    }
}
