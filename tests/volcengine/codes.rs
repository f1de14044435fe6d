//! Every code that the protocol lists, for a whole call and for one instance.

use http::HeaderMap;
use restart_operator::cloud::{
    error::{CloudError, Delivery, Kind, Retry},
    exchange::Reply,
    volcengine::{
        codes::{CODES, WRONG_STATE},
        verdict::{Verdict, reboot_answer, with_state, worst},
    },
};
use serde_json::{Value, json};

const NEVER: Option<Retry> = Some(Retry::Never);
const LATER: Option<Retry> = Some(Retry::Later);
const WHEN_FREE: Option<Retry> = Some(Retry::WhenFree);

/// Code, kind, and what a definite rejection allows; ambiguous without.
const LISTED: &[(&str, Kind, Option<Retry>)] = &[
    ("InvalidArgument", Kind::Invalid, NEVER),
    ("InvalidCount.Malformed", Kind::Invalid, NEVER),
    ("InvalidClientToken.Malformed", Kind::Invalid, NEVER),
    ("IdempotentProcessing", Kind::Transient, None),
    ("IdempotentParameterMismatch", Kind::Unexpected, None),
    ("InternalError", Kind::Transient, None),
    ("InternalServiceError", Kind::Transient, None),
    ("InternalServiceTimeout", Kind::Transient, None),
    ("ServiceUnavailableTemp", Kind::Transient, None),
    ("FailToConnect", Kind::Transient, None),
    ("UndefinedError", Kind::Transient, None),
    ("DryRunOperation", Kind::Unexpected, None),
    ("InvalidInstance.NotFound", Kind::NotFound, NEVER),
    ("MissingParameter.InstanceId", Kind::Invalid, NEVER),
    ("Insufficient.Balance", Kind::Billing, NEVER),
    (
        "OperationDenied.ResourceCreatedByOtherService",
        Kind::Unsupported,
        NEVER,
    ),
    ("InvalidInstanceStatus", Kind::Busy, WHEN_FREE),
    ("OperationDenied.ResourceLocked", Kind::Busy, WHEN_FREE),
    (
        "OperationDenied.InstanceIsCreatingImage",
        Kind::Busy,
        WHEN_FREE,
    ),
    ("FlowLimitExceeded", Kind::Throttled, WHEN_FREE),
    ("AccountFlowLimitExceeded", Kind::Throttled, WHEN_FREE),
    ("InvalidTimestamp", Kind::Transient, LATER),
    ("InvalidAccessKey", Kind::Unauthenticated, LATER),
    ("SignatureDoesNotMatch", Kind::Unauthenticated, LATER),
    ("InvalidSecretToken", Kind::Unauthenticated, LATER),
    ("SessionTokenInvalid", Kind::Unauthenticated, LATER),
    ("AccessKeyIsExpire", Kind::Unauthenticated, LATER),
    ("AccessKeyNotExist", Kind::Unauthenticated, NEVER),
    ("InvalidTRN", Kind::Forbidden, NEVER),
    ("MissingAuthenticationToken", Kind::Unauthenticated, NEVER),
    ("MissingSignature", Kind::Unauthenticated, NEVER),
    ("MissingRequestInfo", Kind::Unauthenticated, NEVER),
    ("InvalidAuthorization", Kind::Unauthenticated, NEVER),
    ("InvalidCredential", Kind::Unauthenticated, NEVER),
    ("LackPolicy", Kind::Forbidden, NEVER),
    ("LackProjectPolicy", Kind::Forbidden, NEVER),
    ("AccessDenied", Kind::Forbidden, NEVER),
    ("AccessDeniedException", Kind::Forbidden, NEVER),
    ("MissingParameter", Kind::Invalid, NEVER),
    ("ServiceNotFound", Kind::Invalid, NEVER),
    ("InvalidActionOrVersion", Kind::Invalid, NEVER),
    ("MethodNotAllowed", Kind::Invalid, NEVER),
];

pub(crate) fn reply(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    Reply {
        status,
        headers: HeaderMap::new(),
        body: body.into(),
    }
}

pub(crate) fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

pub(crate) fn answer(status: u16, body: &Value, asked: &[&str]) -> Verdict {
    reboot_answer(&reply(status, body.to_string()), &ids(asked))
}

fn whole(status: u16, code: &str) -> Verdict {
    let error = json!({ "Code": code, "Message": "why", "CodeN": 1 });
    let body = json!({ "ResponseMetadata": { "RequestId": "r-1", "Error": error } });
    answer(status, &body, &["i-a"])
}

fn each(code: &str) -> Verdict {
    let detail = |id| json!({ "InstanceId": id, "Error": { "Code": code, "Message": "why" } });
    let body = json!({
        "ResponseMetadata": { "RequestId": "r-1" },
        "Result": { "OperationDetails": [detail("i-a"), detail("i-b")] },
    });
    answer(200, &body, &["i-a", "i-b"])
}

fn is_as_listed(error: &CloudError, code: &str, kind: Kind, retry: Option<Retry>) {
    assert_eq!(error.code.as_deref(), Some(code));
    assert_eq!((error.kind, error.operation), (kind, "RebootInstances"));
    assert_eq!(error.request_id.as_deref(), Some("r-1"));
    let delivery = retry.map_or(Delivery::Unknown, |_| Delivery::Refused);
    assert_eq!(error.delivery, delivery, "{code}");
    assert_eq!(error.retry, retry.unwrap_or(Retry::Later), "{code}");
}

#[test]
fn a_whole_call_is_refused_or_ambiguous_as_listed() {
    for (code, kind, retry) in LISTED {
        for status in [200, 400, 403, 404, 412, 429] {
            match (whole(status, code), retry) {
                (Verdict::Refused(error), Some(_)) | (Verdict::Ambiguous(error), None) => {
                    is_as_listed(&error, code, *kind, *retry);
                }
                (other, _) => panic!("{code}: {other:?}"),
            }
        }
    }
}

#[test]
fn each_instance_is_refused_or_ambiguous_as_listed() {
    for (code, kind, retry) in LISTED {
        match (each(code), retry) {
            (Verdict::EachRefused(errors), Some(_)) => {
                assert_eq!(errors.len(), 2);
                assert_eq!(errors[1].message, "i-b: why");
                is_as_listed(&errors[0], code, *kind, *retry);
            }
            (Verdict::Ambiguous(error), None) => is_as_listed(&error, code, *kind, *retry),
            (other, _) => panic!("{code}: {other:?}"),
        }
    }
}

#[test]
fn the_table_has_exactly_these_codes_once() {
    let mut listed: Vec<&str> = LISTED.iter().map(|row| row.0).collect();
    let mut known: Vec<&str> = CODES.iter().map(|row| row.code).collect();
    listed.sort_unstable();
    known.sort_unstable();
    assert_eq!(known, listed);
}

#[test]
fn a_code_that_is_not_listed_proves_nothing() {
    for code in ["Something.New", "invalidargument", "FlowLimitExceeded.More"] {
        for verdict in [whole(400, code), each(code)] {
            assert!(matches!(verdict, Verdict::Ambiguous(_)), "{code}");
        }
    }
}

#[test]
fn a_server_fault_or_a_redirect_is_no_refusal_whatever_it_says() {
    for status in [301, 500, 502, 503, 504] {
        assert!(matches!(
            whole(status, "InvalidArgument"),
            Verdict::Ambiguous(_)
        ));
    }
}

#[test]
fn the_state_decides_whether_a_refusal_because_of_it_is_for_good() {
    let Verdict::EachRefused(errors) = each(WRONG_STATE) else {
        panic!();
    };
    for (state, kind, retry) in [
        (Some("STOPPED"), Kind::NotRunning, Retry::Never),
        (Some("ERROR"), Kind::NotRunning, Retry::Never),
        (Some("DELETING"), Kind::NotRunning, Retry::Never),
        (Some("REBOOTING"), Kind::Busy, Retry::WhenFree),
        (Some("MIGRATING"), Kind::Busy, Retry::WhenFree),
        (Some("RUNNING"), Kind::Busy, Retry::WhenFree),
        (None, Kind::Busy, Retry::WhenFree),
    ] {
        let error = with_state(errors[0].clone(), state);
        assert_eq!((error.kind, error.retry), (kind, retry), "{state:?}");
        assert_eq!(error.delivery, Delivery::Refused);
    }
    let Verdict::EachRefused(locked) = each("OperationDenied.ResourceLocked") else {
        panic!();
    };
    assert_eq!(with_state(locked[0].clone(), Some("STOPPED")), locked[0]);
}

#[test]
fn of_all_refusals_the_worst_decides_and_all_are_told() {
    let error = |code: &str| match each(code) {
        Verdict::EachRefused(errors) => errors[0].clone(),
        other => panic!("{other:?}"),
    };
    for (codes, kind, retry) in [
        (&["InvalidTimestamp"][..], Kind::Transient, Retry::Later),
        (
            &["InvalidTimestamp", "FlowLimitExceeded"],
            Kind::Throttled,
            Retry::WhenFree,
        ),
        (
            &["FlowLimitExceeded", "AccessDenied", "InvalidTimestamp"],
            Kind::Forbidden,
            Retry::Never,
        ),
    ] {
        let all = worst(codes.iter().map(|code| error(code)).collect()).unwrap();
        assert_eq!((all.kind, all.retry), (kind, retry), "{codes:?}");
    }
    let many = worst(vec![error("AccessDenied"); 100]).unwrap();
    assert!(
        many.message
            .starts_with("all 100 instances refused: i-a: why (AccessDenied); ")
    );
    assert!(many.message.ends_with("; and 97 more"), "{}", many.message);
    assert!(worst(vec![]).is_none());
}
