//! What an answer to the SAE restart call means: every code that the protocol lists, every
//! contradiction, and anything at all.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use http::HeaderMap;
use proptest::prelude::*;
use restart_operator::cloud::{
    alibaba::answer::restart_failure,
    error::{CloudError, Delivery, Kind, Retry},
    exchange::{Failure, Reply},
    sae::{
        classify::{acknowledgement, read_answer, restart_answer},
        codes,
        wire::{ApplicationStatus, OrderList},
    },
    types::Answer,
};
use serde_json::{Value, json};

const PARAMETERS: [&str; 2] = ["AppId", "MinReadyInstances"];

fn reply(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    Reply {
        status,
        headers: HeaderMap::new(),
        body: body.into(),
    }
}

fn answer(status: u16, body: &Value) -> Answer {
    restart_answer(
        "RestartApplication",
        &reply(status, body.to_string()),
        &PARAMETERS,
    )
}

fn rejected(answer: Answer) -> CloudError {
    match answer {
        Answer::Rejected(error) => error,
        other @ (Answer::Accepted(_) | Answer::Ambiguous(_)) => panic!("not rejected: {other:?}"),
    }
}

fn ambiguous(answer: Answer) -> CloudError {
    match answer {
        Answer::Ambiguous(error) => {
            assert_eq!(error.delivery, Delivery::Unknown);
            error
        }
        other @ (Answer::Accepted(_) | Answer::Rejected(_)) => panic!("not ambiguous: {other:?}"),
    }
}

/// Code, kind, and what a definite rejection allows; ambiguous without.
const LISTED: &[(&str, Kind, Option<Retry>)] = &[
    (
        "InvalidApplication.NotFound",
        Kind::NotFound,
        Some(Retry::Never),
    ),
    ("InvalidAppId.NotFound", Kind::NotFound, Some(Retry::Never)),
    (
        "InvalidNamespaceId.NotFound",
        Kind::NotFound,
        Some(Retry::Never),
    ),
    (
        "InvalidParameter.NotEmpty",
        Kind::Invalid,
        Some(Retry::Never),
    ),
    (
        "InvalidParameter.Obviously",
        Kind::Invalid,
        Some(Retry::Never),
    ),
    (
        "InvalidParameter.WithMessage",
        Kind::Invalid,
        Some(Retry::Never),
    ),
    (
        "Invalid.App.List.Not.Same.Namespace",
        Kind::Mismatch,
        Some(Retry::Never),
    ),
    (
        "Mamespace.Have.No.Applications",
        Kind::Mismatch,
        Some(Retry::Never),
    ),
    (
        "Namespace.Have.No.Applications",
        Kind::Mismatch,
        Some(Retry::Never),
    ),
    (
        "Application.NotDeployYet",
        Kind::NotRunning,
        Some(Retry::Never),
    ),
    (
        "Application.NoInstanceAvailable",
        Kind::NotRunning,
        Some(Retry::Never),
    ),
    ("user.indebt", Kind::Billing, Some(Retry::Never)),
    (
        "NoComputeResourceQuota.Exceed",
        Kind::Billing,
        Some(Retry::Never),
    ),
    (
        "NoComputeResourceQuota.App.Exceed",
        Kind::Billing,
        Some(Retry::Never),
    ),
    (
        "NoComputeResourceQuota.User.Exceed",
        Kind::Billing,
        Some(Retry::Never),
    ),
    (
        "Associate.Eip.Not.Enough",
        Kind::Billing,
        Some(Retry::Never),
    ),
    (
        "InvalidServerlessRegion.Unsupported",
        Kind::Invalid,
        Some(Retry::Never),
    ),
    (
        "NoAvailableCluster.NotFound",
        Kind::Invalid,
        Some(Retry::Never),
    ),
    ("Resouce.no.permission", Kind::Forbidden, Some(Retry::Never)),
    (
        "Resource.no.permission",
        Kind::Forbidden,
        Some(Retry::Never),
    ),
    ("AccessDenied", Kind::Forbidden, Some(Retry::Never)),
    ("System.Upgrading", Kind::Transient, Some(Retry::Later)),
    (
        "Application.InvalidStatus",
        Kind::Transient,
        Some(Retry::Later),
    ),
    (
        "Application.ChangerOrderRunning",
        Kind::Busy,
        Some(Retry::WhenFree),
    ),
    (
        "Application.ChangeOrderRunning",
        Kind::Busy,
        Some(Retry::WhenFree),
    ),
    ("InvalidResponse.Api", Kind::Unexpected, None),
    ("App.Package.Version.Exists", Kind::Unexpected, None),
    ("Throttling", Kind::Throttled, Some(Retry::WhenFree)),
    ("Throttling.User", Kind::Throttled, Some(Retry::WhenFree)),
    ("Throttling.Api", Kind::Throttled, Some(Retry::WhenFree)),
    (
        "Rejected.Throttling",
        Kind::Throttled,
        Some(Retry::WhenFree),
    ),
    ("TooManyRequests", Kind::Throttled, Some(Retry::WhenFree)),
    (
        "InvalidTimeStamp.Expired",
        Kind::Transient,
        Some(Retry::Later),
    ),
    (
        "InvalidTimeStamp.Format",
        Kind::Transient,
        Some(Retry::Later),
    ),
    (
        "InvalidSecurityToken.Expired",
        Kind::Unauthenticated,
        Some(Retry::Later),
    ),
    (
        "InvalidSecurityToken.MismatchWithAccessKey",
        Kind::Unauthenticated,
        Some(Retry::Later),
    ),
    (
        "InvalidSecurityToken.Malformed",
        Kind::Unauthenticated,
        Some(Retry::Later),
    ),
    (
        "InvalidAccessKeyId.NotFound",
        Kind::Unauthenticated,
        Some(Retry::Never),
    ),
    (
        "InvalidAccessKeyId.Inactive",
        Kind::Unauthenticated,
        Some(Retry::Never),
    ),
    (
        "SignatureDoesNotMatch",
        Kind::Unauthenticated,
        Some(Retry::Never),
    ),
    (
        "IncompleteSignature",
        Kind::Unauthenticated,
        Some(Retry::Never),
    ),
    ("Forbidden.RAM", Kind::Forbidden, Some(Retry::Never)),
    ("NoPermission", Kind::Forbidden, Some(Retry::Never)),
    ("InvalidApi.NotFound", Kind::Invalid, Some(Retry::Never)),
    ("InvalidProduct.NotFound", Kind::Invalid, Some(Retry::Never)),
    ("InvalidVersion", Kind::Invalid, Some(Retry::Never)),
    ("UnsupportedHTTPMethod", Kind::Invalid, Some(Retry::Never)),
    ("InvalidProtocol.NeedSsl", Kind::Invalid, Some(Retry::Never)),
    ("MissingAppId", Kind::Invalid, Some(Retry::Never)),
    (
        "InvalidMinReadyInstances",
        Kind::Invalid,
        Some(Retry::Never),
    ),
    ("SignatureNonceUsed", Kind::Unexpected, None),
    ("ServiceUnavailable", Kind::Transient, None),
    ("InternalError", Kind::Transient, None),
    // Not answers to a restart call: there they prove nothing.
    ("InvalidChangeOrder.NotFound", Kind::NotFound, None),
    (
        "Application.ChangerOrder.Not.Running",
        Kind::NotRunning,
        None,
    ),
];

#[test]
fn every_listed_code_has_its_class_and_kind_in_every_documented_form() {
    for (code, kind, retry) in LISTED {
        let forms = [
            (
                400,
                json!({"Code": code, "Message": "no", "RequestId": "r-1", "HostId": "h"}),
            ),
            (
                404,
                json!({"code": code, "message": "no", "requestId": "r-1"}),
            ),
            (
                403,
                json!({"Code": format!(" {code}\n"), "Message": "no", "RequestId": "r-1"}),
            ),
            (
                200,
                json!({"Code": code, "Message": "no", "Success": false, "RequestId": "r-1"}),
            ),
            (
                200,
                json!({"Code": 400, "ErrorCode": code, "Message": "no", "Success": false, "RequestId": "r-1", "Data": {}}),
            ),
            (
                400,
                json!({"Code": "400", "ErrorCode": "Null\n", "Message": code, "Success": false, "RequestId": "r-1", "Data": null}),
            ),
        ];
        for (status, body) in forms {
            let answer = answer(status, &body);
            let by_message = body["Message"] == json!(code);
            // A code in the message counts only when it is spelt out in the table.
            let pattern = codes::lookup(code, "", &[]).is_none_or(|row| row.code != *code);
            let error = match retry {
                Some(_) if by_message && pattern => ambiguous(answer),
                Some(retry) => {
                    let error = rejected(answer);
                    assert_eq!(error.retry, *retry, "{body}");
                    assert_eq!(error.delivery, Delivery::Refused, "{body}");
                    error
                }
                None => ambiguous(answer),
            };
            if !(by_message && pattern) {
                assert_eq!(error.kind, *kind, "{body}");
                assert_eq!(error.code.as_deref(), Some(*code), "{body}");
            }
            assert_eq!(error.request_id.as_deref(), Some("r-1"), "{body}");
            assert_eq!(error.operation, "RestartApplication");
        }
    }
}

#[test]
fn the_tables_hold_no_code_twice_and_none_that_the_protocol_does_not_list() {
    let tables = codes::CODES
        .iter()
        .chain(codes::READ_CODES)
        .chain(restart_operator::cloud::alibaba::gateway::CODES);
    let mut seen = std::collections::BTreeSet::new();
    for row in tables {
        assert!(seen.insert(row.code), "{} twice", row.code);
        let listed = LISTED.iter().find(|(code, _, _)| *code == row.code);
        let spelt_right = row.code == "Application.ChangeOrder.Not.Running";
        assert!(
            spelt_right || listed.is_some_and(|l| l.2 == row.retry),
            "{}",
            row.code
        );
    }
}

#[test]
fn an_unlisted_code_is_ambiguous_with_every_status() {
    for code in [
        "Application.Exploded",
        "invalidapplication.notfound",
        "InvalidApplication.NotFound2",
        "InvalidNonsense",
        "MissingInstanceIds",
        "400",
        "",
    ] {
        for status in [200, 201, 301, 400, 403, 404, 409, 429, 500, 502, 503, 600] {
            let body =
                json!({"Code": code, "Message": "InvalidApplication not found", "Success": false});
            ambiguous(answer(status, &body));
        }
    }
}

#[test]
fn a_listed_code_proves_nothing_beside_a_server_fault_or_a_redirect() {
    for status in [100, 301, 302, 307, 500, 502, 503, 504, 600] {
        ambiguous(answer(status, &json!({"Code": "System.Upgrading"})));
    }
}

#[test]
fn accepted_needs_the_success_marks_and_an_order_id() {
    for body in [
        json!({"Code": "200", "Success": true, "Data": {"ChangeOrderId": "o-1"}}),
        json!({"Code": 200, "Success": true, "Data": {"ChangeOrderId": "o-1"}, "New": [1, {}]}),
        json!({"Data": {"ChangeOrderId": " o-1 "}}),
        json!({"Code": null, "Success": null, "ErrorCode": null, "Data": {"ChangeOrderId": "o-1"}}),
    ] {
        match answer(200, &body) {
            Answer::Accepted(accepted) => assert_eq!(accepted.order.0, "o-1"),
            other @ (Answer::Rejected(_) | Answer::Ambiguous(_)) => panic!("{body}: {other:?}"),
        }
    }
}

#[test]
fn a_junk_error_code_beside_a_success_is_ignored() {
    for junk in [
        "Null",
        "NULL",
        "null",
        "Null\n",
        "空",
        "success",
        "",
        "System.Upgrading",
    ] {
        let body = json!({"Code": "200", "Success": true, "ErrorCode": junk, "Message": "success",
            "RequestId": "r-1", "Data": {"ChangeOrderId": "o-1"}});
        match answer(200, &body) {
            Answer::Accepted(accepted) => {
                assert_eq!(accepted.request_id.as_deref(), Some("r-1"));
            }
            other @ (Answer::Rejected(_) | Answer::Ambiguous(_)) => panic!("{junk}: {other:?}"),
        }
    }
}

#[test]
fn a_success_without_a_usable_order_id_is_ambiguous() {
    for data in [
        json!(null),
        json!({}),
        json!({"ChangeOrderId": ""}),
        json!({"ChangeOrderId": "  "}),
        json!({"ChangeOrderId": 17}),
        json!({"ChangeOrderId": {"Id": "o-1"}}),
        json!({"ChangeOrderId": null}),
        json!("o-1"),
        json!([]),
        json!(true),
    ] {
        let body =
            json!({"Code": "200", "Success": true, "ErrorCode": "System.Upgrading", "Data": data});
        ambiguous(answer(200, &body));
    }
}

#[test]
fn contradictions_are_ambiguous() {
    let data = json!({"ChangeOrderId": "o-1"});
    for (status, body) in [
        (200, json!({"Success": false, "Data": data})),
        (
            200,
            json!({"Success": false, "Code": "System.Upgrading", "Data": data}),
        ),
        (200, json!({"Code": 500, "Data": data})),
        (
            200,
            json!({"Code": "System.Upgrading", "Success": true, "Data": data}),
        ),
        (400, json!({"Code": "System.Upgrading", "Data": data})),
        (400, json!({"Code": "200", "Success": true, "Data": data})),
        (
            200,
            json!({"Code": "200", "Success": false, "ErrorCode": "System.Upgrading"}),
        ),
        (400, json!({"Code": "200", "ErrorCode": "System.Upgrading"})),
        (200, json!({"Code": "System.Upgrading", "Success": true})),
        (400, json!({"Code": "System.Upgrading", "Success": true})),
        (200, json!({"ErrorCode": "System.Upgrading"})),
        (200, json!({"Message": "System.Upgrading"})),
    ] {
        ambiguous(answer(status, &body));
    }
}

#[test]
fn a_body_that_is_not_the_documented_json_is_ambiguous() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for status in [200, 400] {
        for body in [
            "",
            "{",
            "null",
            "[]",
            "\"System.Upgrading\"",
            "{\"Code\":\"System.Upgrading\"",
            "{\"Code\":\"System.Upgrading\"} trailing",
            "{\"Code\":\"System.Upgrading\",\"Code\":\"200\"}",
            "{\"Code\":[\"System.Upgrading\"]}",
            "{\"Code\":\"System.Upgrading\",\"Success\":\"no\"}",
            "<html><body>Bad Gateway</body></html>",
            "<?xml version=\"1.0\"?><Error><Code>System.Upgrading</Code></Error>",
            &format!("{{\"Code\":\"System.Upgrading\",\"Data\":{deep}}}"),
        ] {
            ambiguous(restart_answer(
                "RestartApplication",
                &reply(status, body),
                &PARAMETERS,
            ));
        }
        ambiguous(restart_answer(
            "RestartApplication",
            &reply(status, b"\x1f\x8b\x08\x00gzip".to_vec()),
            &PARAMETERS,
        ));
    }
}

#[test]
fn the_wait_hint_is_read_in_the_clouds_unit() {
    let hint = |headers: &[(&'static str, &str)]| {
        let mut reply = reply(400, json!({"Code": "Throttling.User"}).to_string());
        for (name, value) in headers {
            reply.headers.insert(*name, value.parse().unwrap());
        }
        rejected(restart_answer("RestartApplication", &reply, &PARAMETERS)).retry_after
    };
    assert_eq!(hint(&[]), None);
    assert_eq!(
        hint(&[("x-acs-retry-after", "1500")]),
        Some(Duration::from_millis(1500))
    );
    assert_eq!(hint(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
    assert_eq!(
        hint(&[("x-acs-retry-after", "9"), ("retry-after", "7")]),
        Some(Duration::from_millis(9))
    );
    assert_eq!(
        hint(&[("x-acs-retry-after", "soon"), ("retry-after", "7")]),
        Some(Duration::from_secs(7))
    );
    assert_eq!(
        hint(&[("retry-after", "99999999999")]),
        Some(Duration::from_secs(3600))
    );
}

#[test]
fn only_a_failed_connection_rejects_without_an_answer() {
    let failure = |delivery, kind| Failure {
        delivery,
        kind,
        message: "refused".into(),
    };
    let error = rejected(restart_failure(
        "RestartApplication",
        &failure(Delivery::NotSent, Kind::Transient),
    ));
    assert_eq!(
        (error.delivery, error.retry),
        (Delivery::NotSent, Retry::Later)
    );
    let error = rejected(restart_failure(
        "RestartApplication",
        &failure(Delivery::NotSent, Kind::Invalid),
    ));
    assert_eq!(
        (error.delivery, error.retry),
        (Delivery::NotSent, Retry::Never)
    );
    ambiguous(restart_failure(
        "RestartApplication",
        &failure(Delivery::Unknown, Kind::Transient),
    ));
}

#[test]
fn text_of_the_cloud_is_cleaned_before_it_leaves() {
    let body = json!({"Code": "Bad\u{1b}[31m<b>Code", "Message": format!("a\r\n<script>b</script>{}", "x".repeat(2000)),
        "RequestId": "r\n1"});
    let error = ambiguous(answer(400, &body));
    assert!(error.message.starts_with("a b x"), "{}", error.message);
    assert_eq!(error.message.len(), 512);
    assert_eq!(error.code.as_deref(), Some("Bad [31m Code"));
    assert_eq!(error.request_id.as_deref(), Some("r 1"));
}

#[test]
fn reads_keep_the_kind_of_each_code_and_guess_none() {
    let read = |status, body: &Value| {
        let reply = reply(status, body.to_string());
        acknowledgement("AbortChangeOrder", &reply, &["ChangeOrderId"]).unwrap_err()
    };
    let kind = |status, code: &str| read(status, &json!({"Code": code})).kind;
    assert_eq!(kind(400, "InvalidChangeOrder.NotFound"), Kind::NotFound);
    assert_eq!(
        kind(400, "Application.ChangerOrder.Not.Running"),
        Kind::NotRunning
    );
    assert_eq!(
        kind(400, "Application.ChangeOrder.Not.Running"),
        Kind::NotRunning
    );
    assert_eq!(kind(400, "Throttling.User"), Kind::Throttled);
    assert_eq!(kind(503, "ServiceUnavailable"), Kind::Transient);
    assert_eq!(kind(502, "Whatever"), Kind::Transient);
    assert_eq!(kind(429, "Whatever"), Kind::Throttled);
    assert_eq!(kind(403, "Whatever"), Kind::Unexpected);
    assert_eq!(read(200, &json!({"Success": false})).kind, Kind::Unexpected);
    let denied = read(
        403,
        &json!({"Code": "Forbidden.RAM", "Message": "not allowed"}),
    );
    assert_eq!(
        (denied.kind, denied.delivery),
        (Kind::Forbidden, Delivery::Refused)
    );
    assert!(!denied.advice.is_empty());
}

#[test]
fn reads_take_numbers_as_text_and_single_objects_as_lists() {
    let status: ApplicationStatus = read_answer(
        "DescribeApplicationStatus",
        &reply(
            200,
            json!({"Code": 200, "Data": {"CurrentStatus": "RUNNING", "RunningInstances": "3",
                "LastChangeOrderId": 17, "LastChangeOrderRunning": null, "SubStatus": "NORMAL"}})
            .to_string(),
        ),
        &[],
    )
    .unwrap();
    assert_eq!(status.running_instances, Some(3));
    assert_eq!(status.last_change_order_id, "17");
    let item = json!({"ChangeOrderId": "o-1", "Status": "1", "CoTypeCode": "CoDeploy"});
    for (list, length) in [
        (json!([item, item]), 2),
        (item.clone(), 1),
        (json!(null), 0),
        (json!(""), 0),
        (json!([]), 0),
    ] {
        let body = json!({"Data": {"ChangeOrderList": list, "TotalSize": "2"}});
        let read: OrderList =
            read_answer("ListChangeOrders", &reply(200, body.to_string()), &[]).unwrap();
        assert_eq!(read.change_order_list.len(), length);
        assert_eq!(read.total_size, Some(2));
    }
}

#[test]
fn a_list_longer_than_any_page_is_not_read() {
    let body = json!({"Data": {"ChangeOrderList": vec![json!({}); 1001]}});
    let read: Result<OrderList, _> =
        read_answer("ListChangeOrders", &reply(200, body.to_string()), &[]);
    assert_eq!(read.unwrap_err().kind, Kind::Unexpected);
}

fn any_json() -> impl Strategy<Value = Value> {
    let code = proptest::sample::select(
        LISTED
            .iter()
            .map(|l| l.0)
            .chain(["200", "400", "", "null"])
            .collect::<Vec<_>>(),
    );
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        code.prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    let name = proptest::sample::select(vec![
        "Code",
        "code",
        "Success",
        "ErrorCode",
        "Message",
        "Data",
        "ChangeOrderId",
        "RequestId",
        "X",
    ]);
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::hash_map(name.clone().prop_map(String::from), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_is_accepted_without_an_id_or_rejected_without_a_listed_code(
        status in prop_oneof![Just(200u16), Just(400u16), 100u16..700],
        body in any_json(),
    ) {
        match answer(status, &body) {
            Answer::Accepted(accepted) => {
                prop_assert!((200..300).contains(&status));
                prop_assert!(!accepted.order.0.is_empty());
                prop_assert!(body["Data"]["ChangeOrderId"].is_string() || body["Data"].is_array());
                prop_assert!(body["Success"] != json!(false));
            }
            Answer::Rejected(error) => {
                let code = error.code.unwrap_or_default();
                prop_assert!(codes::lookup(&code, "", &PARAMETERS).is_some_and(|row| row.retry.is_some()));
                prop_assert!((200..300).contains(&status) || (400..500).contains(&status));
                prop_assert!(body["Success"] != json!(true));
            }
            Answer::Ambiguous(error) => prop_assert_eq!(error.delivery, Delivery::Unknown),
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_are_never_accepted(
        status in any::<u16>(),
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        prop_assert!(!matches!(
            restart_answer("RestartApplication", &reply(status, body), &PARAMETERS),
            Answer::Accepted(_)
        ));
    }
}
