//! What an answer to the EDAS restart call means: every code that the protocol lists, and anything
//! at all.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use http::HeaderMap;
use proptest::prelude::*;
use restart_operator::cloud::{
    alibaba::gateway,
    edas::{classify::restart_answer, codes},
    error::{Delivery, Kind, Retry},
    exchange::Reply,
    types::Answer,
};
use serde_json::{Value, json};

const PARAMETERS: [&str; 2] = ["AppId", "EccInfo"];

fn answer(status: u16, body: impl Into<Vec<u8>>) -> Answer {
    let reply = Reply {
        status,
        headers: HeaderMap::new(),
        body: body.into(),
    };
    restart_answer("RestartApplication", &reply, &PARAMETERS)
}

/// Kind and, for a definite rejection, what it allows.
fn class(status: u16, body: &Value) -> (Kind, Option<Retry>) {
    match answer(status, body.to_string()) {
        Answer::Rejected(error) => {
            assert_eq!(error.delivery, Delivery::Refused);
            (error.kind, Some(error.retry))
        }
        Answer::Ambiguous(error) => {
            assert_eq!(error.delivery, Delivery::Unknown);
            (error.kind, None)
        }
        Answer::Accepted(accepted) => panic!("{accepted:?}"),
    }
}

#[test]
fn each_code_has_its_class_as_a_number_and_as_a_text() {
    let empty = "Edas.errorcode.DeployGroup.message: ex.app.deploy.group.empty";
    for (code, message, kind, retry) in [
        (401, "x", Kind::Forbidden, Some(Retry::Never)),
        (403, "x", Kind::Forbidden, Some(Retry::Never)),
        (404, "x", Kind::Invalid, Some(Retry::Never)),
        (601, empty, Kind::NotRunning, Some(Retry::Never)),
        (
            601,
            "Edas.Errorcode.Whatever.message",
            Kind::Unexpected,
            None,
        ),
        (601, "", Kind::Unexpected, None),
        // The reason counts only beside the code that it belongs to.
        (500, empty, Kind::Unexpected, None),
        (402, "x", Kind::Unexpected, None),
        (600, "x", Kind::Unexpected, None),
    ] {
        for code in [json!(code), json!(code.to_string())] {
            let body = json!({ "Code": code, "Message": message, "RequestId": "R" });
            assert_eq!(class(200, &body), (kind, retry), "{body}");
            // A server fault is no refusal, whatever its body claims; 600 is EDAS's own.
            for status in [302, 500, 503, 600] {
                assert_eq!(class(status, &body).1, None, "{status} {body}");
            }
        }
    }
}

#[test]
fn the_gateways_codes_mean_the_same_as_for_every_product() {
    for row in gateway::CODES {
        for status in [400, 403, 404, 429] {
            let body = json!({ "Code": row.code, "Message": "x", "RequestId": "R" });
            assert_eq!(class(status, &body), (row.kind, row.retry), "{}", row.code);
        }
    }
    for (code, retry) in [
        ("MissingAppId", Some(Retry::Never)),
        ("InvalidEccInfo", Some(Retry::Never)),
        ("InvalidSomethingElse", None),
        ("Throttling.User", Some(Retry::WhenFree)),
    ] {
        let body = json!({ "Code": code, "Message": "x" });
        assert_eq!(class(400, &body).1, retry, "{code}");
    }
}

#[test]
fn an_accepted_answer_has_an_order_id_and_says_nothing_else() {
    let accepted = |status: u16, body: Value| matches!(answer(status, body.to_string()), Answer::Accepted(one) if one.order.0 == "o-1");
    for code in [json!(200), json!("200"), Value::Null] {
        let body = json!({ "Code": code, "Message": "success", "ChangeOrderId": " o-1 " });
        assert!(accepted(200, body.clone()), "{body}");
        assert!(!accepted(500, body.clone()));
        assert!(!accepted(302, body));
    }
    for body in [
        json!({ "Code": 200 }),
        json!({ "Code": 200, "ChangeOrderId": "" }),
        json!({ "Code": 200, "ChangeOrderId": null }),
        json!({ "Code": 200, "ChangeOrderId": 7 }),
        json!({ "Code": 200, "Data": { "ChangeOrderId": "o-1" } }),
        json!({ "Code": 403, "ChangeOrderId": "o-1" }),
        json!({ "Code": 601, "Message": "ex.app.deploy.group.empty", "ChangeOrderId": "o-1" }),
        json!({ "Code": 200, "Success": false, "ChangeOrderId": "o-1" }),
        json!([]),
        json!(200),
        Value::Null,
    ] {
        assert_eq!(class(200, &body).1, None, "{body}");
    }
}

proptest! {
    #[test]
    fn an_unlisted_code_is_ambiguous(status in 100u16..700, code in "[A-Za-z0-9.]{0,30}", message in ".{0,40}") {
        let body = json!({ "Code": code, "Message": message }).to_string();
        if let Answer::Rejected(error) = answer(status, body) {
            prop_assert!((200..300).contains(&status) || (400..500).contains(&status));
            let known = error.code.unwrap();
            let row = codes::lookup(&known, &message, &PARAMETERS).unwrap();
            prop_assert!(row.retry.is_some());
        }
    }

    #[test]
    fn no_answer_makes_a_panic(status in any::<u16>(), body in any::<Vec<u8>>()) {
        answer(status, body);
    }
}
