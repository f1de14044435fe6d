//! What a reboot call is answered with: contradictions, gaps, repetitions, and anything at all.

use proptest::prelude::*;
use restart_operator::cloud::{
    error::{CloudError, Delivery, Kind},
    exchange::Failure,
    types::PartState::{Rejected, Unconfirmed, Waiting},
    volcengine::{
        codes, evidence,
        verdict::{Mark, Verdict, reboot_answer, reboot_failure},
    },
};
use serde_json::{Value, json};

use crate::codes::{answer, ids, reply};

fn details(details: &Value) -> Value {
    json!({ "ResponseMetadata": { "RequestId": "r-1" }, "Result": { "OperationDetails": details } })
}

fn ok(id: &str) -> Value {
    json!({ "InstanceId": id })
}

fn bad(id: &str, code: &str) -> Value {
    json!({ "InstanceId": id, "Error": { "Code": code, "Message": "why" } })
}

fn marks(verdict: Verdict) -> Vec<Mark> {
    match verdict {
        Verdict::Accepted { marks, .. } => marks,
        other => panic!("not accepted: {other:?}"),
    }
}

fn ambiguous(verdict: Verdict) -> CloudError {
    match verdict {
        Verdict::Ambiguous(error) => {
            assert_eq!(error.delivery, Delivery::Unknown);
            error
        }
        other => panic!("not ambiguous: {other:?}"),
    }
}

#[test]
fn an_entry_without_an_error_code_is_accepted() {
    for error in [
        json!(null),
        json!({}),
        json!({ "Code": "" }),
        json!({ "Code": null, "Message": null }),
    ] {
        let body = details(&json!([{ "InstanceId": "i-a", "Error": error }]));
        assert_eq!(marks(answer(200, &body, &["i-a"])), [Mark::Accepted]);
    }
    let verdict = answer(200, &details(&json!([ok("i-a")])), &["i-a"]);
    let Verdict::Accepted { request_id, marks } = verdict else {
        panic!("{verdict:?}");
    };
    assert_eq!(request_id.as_deref(), Some("r-1"));
    assert_eq!(marks, [Mark::Accepted]);
}

#[test]
fn entries_are_found_by_id_and_strangers_are_ignored() {
    let body = details(&json!([
        ok("i-z"),
        bad("i-b", "InternalError"),
        bad("i-c", "OperationDenied.ResourceLocked"),
        ok("i-a"),
    ]));
    let found = marks(answer(200, &body, &["i-a", "i-b", "i-c", "i-d"]));
    assert_eq!(found[0], Mark::Accepted);
    assert!(matches!(&found[1], Mark::Unclear(Some(e)) if e.kind == Kind::Transient));
    assert!(matches!(&found[2], Mark::Refused(e) if e.kind == Kind::Busy));
    assert_eq!(found[3], Mark::Unclear(None));

    let parts = evidence::accepted(&ids(&["i-a", "i-b", "i-c", "i-d"]), found);
    let states: Vec<_> = parts.iter().map(|part| part.state).collect();
    // A later reboot of an unclear instance would not show whose it was: nothing is waited for.
    assert_eq!(states, [Waiting, Unconfirmed, Rejected, Unconfirmed]);
    assert_eq!(parts[1].error.as_ref().unwrap().code, "InternalError");
}

#[test]
fn of_several_entries_for_one_instance_any_error_wins() {
    for order in [[0, 1], [1, 0]] {
        let entries = [ok("i-b"), bad("i-b", "FlowLimitExceeded")];
        let body = details(&json!([ok("i-a"), entries[order[0]], entries[order[1]]]));
        let found = marks(answer(200, &body, &["i-a", "i-b"]));
        assert!(matches!(&found[1], Mark::Refused(_)), "{found:?}");
    }
    let body = details(&json!([
        ok("i-a"),
        bad("i-b", "FlowLimitExceeded"),
        bad("i-b", "InternalError"),
    ]));
    let found = marks(answer(200, &body, &["i-a", "i-b"]));
    assert!(matches!(&found[1], Mark::Unclear(Some(_))), "{found:?}");
}

#[test]
fn an_instance_both_accepted_and_refused_does_not_make_the_call_refused() {
    let body = details(&json!([ok("i-a"), bad("i-a", "FlowLimitExceeded")]));
    let error = ambiguous(answer(200, &body, &["i-a"]));
    assert!(error.message.starts_with("accepted and refused"));
}

#[test]
fn a_call_is_refused_only_if_the_answer_refuses_every_instance() {
    let refused = |id| bad(id, "FlowLimitExceeded");
    for entries in [
        json!([]),
        json!([ok("i-z")]),
        json!([refused("i-a")]),
        json!([refused("i-a"), refused("i-z")]),
        json!([refused("i-a"), bad("i-b", "InternalError")]),
        json!([refused("i-a"), bad("i-b", "New.Code")]),
    ] {
        ambiguous(answer(200, &details(&entries), &["i-a", "i-b"]));
    }
    let all = details(&json!([refused("i-a"), refused("i-b")]));
    assert!(matches!(
        answer(200, &all, &["i-a", "i-b"]),
        Verdict::EachRefused(_)
    ));
}

#[test]
fn answers_that_contradict_themselves_are_ambiguous() {
    let refused_with_results = json!({
        "ResponseMetadata": { "RequestId": "r-1", "Error": { "Code": "InvalidArgument" } },
        "Result": { "OperationDetails": [ok("i-a")] },
    });
    let error = ambiguous(answer(400, &refused_with_results, &["i-a"]));
    assert_eq!(error.code.as_deref(), Some("InvalidArgument"));
    for status in [100, 302, 400, 404, 500] {
        ambiguous(answer(status, &details(&json!([ok("i-a")])), &["i-a"]));
    }
}

#[test]
fn what_is_not_the_documented_json_is_ambiguous() {
    for body in [
        "",
        "null",
        "[]",
        "{}",
        "<html>busy</html>",
        r#"{"Result":{"OperationDetails":[{"InstanceId":"i-a"}]}}"#,
        r#"{"ResponseMetadata":null,"Result":{"OperationDetails":[{"InstanceId":"i-a"}]}}"#,
        r#"{"ResponseMetadata":{}}"#,
        r#"{"ResponseMetadata":{},"Result":null}"#,
        r#"{"ResponseMetadata":{},"Result":{"OperationDetails":null}}"#,
        r#"{"ResponseMetadata":{},"Result":{"OperationDetails":"all"}}"#,
        r#"{"ResponseMetadata":{},"Result":{"OperationDetails":[{"InstanceId":"i-a","Error":"no"}]}}"#,
        r#"{"HTTPCode":429,"errorcode":"FlowLimitExceeded","message":"slow down"}"#,
        r#"{"ResponseMetadata":{},"Result":{"OperationDetails":[{"InstanceId":"i-a"}"#,
    ] {
        ambiguous(reboot_answer(&reply(200, body), &ids(&["i-a"])));
    }
}

#[test]
fn a_call_that_never_left_is_refused_and_any_other_failure_is_ambiguous() {
    let failure = |delivery| Failure {
        delivery,
        kind: Kind::Transient,
        message: "broken".into(),
    };
    assert!(matches!(
        reboot_failure(&failure(Delivery::NotSent)),
        Verdict::Refused(_)
    ));
    ambiguous(reboot_failure(&failure(Delivery::Unknown)));
}

fn any_error() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!({ "Code": "" })),
        Just(json!({ "Code": 7 })),
        "[A-Z][a-z]{1,9}".prop_map(|code| json!({ "Code": code })),
        (0..codes::CODES.len()).prop_map(|row| json!({ "Code": codes::CODES[row].code })),
    ]
}

fn any_answer() -> impl Strategy<Value = Value> {
    let id = prop_oneof![Just("i-a"), Just("i-b"), Just("i-z"), Just("")];
    let detail =
        (id, any_error()).prop_map(|(id, error)| json!({ "InstanceId": id, "Error": error }));
    let details = prop_oneof![
        proptest::collection::vec(detail, 0..5).prop_map(Value::from),
        Just(json!(null)),
        Just(json!("text")),
    ];
    (any_error(), details).prop_map(|(error, details)| {
        json!({
            "ResponseMetadata": { "RequestId": "r-1", "Error": error },
            "Result": { "OperationDetails": details },
        })
    })
}

fn listed(error: &CloudError) -> bool {
    let code = error.code.as_deref().unwrap_or_default();
    codes::lookup(code).is_some_and(|row| row.retry.is_some())
}

proptest! {
    #[test]
    fn nothing_is_accepted_without_an_id_of_ours_or_refused_without_a_listed_code(
        status in prop_oneof![Just(200u16), Just(400u16), 100u16..700],
        body in any_answer(),
    ) {
        match answer(status, &body, &["i-a", "i-b"]) {
            Verdict::Accepted { marks, .. } => {
                prop_assert!((200..300).contains(&status));
                prop_assert_eq!(marks.len(), 2);
                let entries = body["Result"]["OperationDetails"].as_array().unwrap();
                for (mark, id) in marks.iter().zip(["i-a", "i-b"]) {
                    let mut entries = entries.iter().filter(|entry| entry["InstanceId"] == id);
                    match mark {
                        Mark::Accepted => prop_assert!(entries.next().is_some()),
                        Mark::Refused(error) => prop_assert!(listed(error)),
                        Mark::Unclear(_) => {}
                    }
                }
                prop_assert!(marks.contains(&Mark::Accepted));
            }
            Verdict::Refused(error) => {
                prop_assert!(listed(&error));
                prop_assert!((200..300).contains(&status) || (400..500).contains(&status));
            }
            Verdict::EachRefused(errors) => {
                prop_assert!((200..300).contains(&status));
                prop_assert!(errors.len() == 2 && errors.iter().all(listed));
            }
            Verdict::Ambiguous(error) => prop_assert_eq!(error.delivery, Delivery::Unknown),
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_are_never_accepted(
        status in any::<u16>(),
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let verdict = reboot_answer(&reply(status, body), &ids(&["i-a"]));
        prop_assert!(matches!(verdict, Verdict::Ambiguous(_)));
    }
}
