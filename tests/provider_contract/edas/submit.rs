//! The restart call and what its answers mean.

use cloudsim::{Canned, Fault, FaultRule, NewOrder};
use restart_operator::cloud::{
    error::{Delivery, Kind, Retry},
    types::Answer,
};

use super::{cloud, minute, restarted, target};
use crate::fixture::{APP, RESTART, ambiguous, intent, rejected};

#[tokio::test]
async fn only_the_named_instances_are_restarted() {
    let cloud = cloud(minute()).await;
    let some = target(&["ecc-1", "ecc-3"]);
    let check = cloud.caller.check(&some).await.unwrap();
    assert_eq!(check.warnings, []);
    restarted(&cloud, &some).await;
    let ledger = cloud.sim.ledger();
    assert_eq!(ledger.restarted_parts("edas", APP), ["ecc-1", "ecc-3"]);
}

#[tokio::test]
async fn each_class_of_refusal_is_told_apart() {
    let message = |code: &str, text: &str| {
        format!(r#"{{"Code":{code},"Message":"{text}","RequestId":"R-1"}}"#)
    };
    let empty = "Edas.errorcode.x.message ex.app.deploy.group.empty";
    for (http, body, kind, retry) in [
        (
            200,
            message("401", "no"),
            Kind::Forbidden,
            Some(Retry::Never),
        ),
        (
            200,
            message("\"403\"", "no"),
            Kind::Forbidden,
            Some(Retry::Never),
        ),
        (200, message("404", "no"), Kind::Invalid, Some(Retry::Never)),
        (
            200,
            message("601", empty),
            Kind::NotRunning,
            Some(Retry::Never),
        ),
        (
            200,
            message("\"601\"", empty),
            Kind::NotRunning,
            Some(Retry::Never),
        ),
        (
            200,
            message("601", "Edas.errorcode.other.message"),
            Kind::Unexpected,
            None,
        ),
        (200, message("500", "no"), Kind::Unexpected, None),
        (200, message("200", "no id"), Kind::Unexpected, None),
        (600, message("403", "no"), Kind::Forbidden, None),
        (600, message("601", empty), Kind::NotRunning, None),
        (
            400,
            message("\"Throttling.User\"", "slow"),
            Kind::Throttled,
            Some(Retry::WhenFree),
        ),
        (
            403,
            message("\"Forbidden.RAM\"", "no"),
            Kind::Forbidden,
            Some(Retry::Never),
        ),
        (
            404,
            message("\"InvalidApi.NotFound\"", "no"),
            Kind::Invalid,
            Some(Retry::Never),
        ),
        (
            400,
            message("\"InvalidEccInfo\"", "no"),
            Kind::Unexpected,
            None,
        ),
        (
            503,
            message("\"ServiceUnavailable\"", "no"),
            Kind::Transient,
            None,
        ),
        (200, "<html>".into(), Kind::Unexpected, None),
        (
            200,
            r#"{"Code":601,"Message":"x","ChangeOrderId":"o-1"}"#.into(),
            Kind::Unexpected,
            None,
        ),
        (
            200,
            r#"{"Code":403,"Message":"x","ChangeOrderId":"o-1"}"#.into(),
            Kind::Forbidden,
            None,
        ),
    ] {
        let cloud = cloud(minute()).await;
        let fault = Fault::AnswerInstead(Canned::body(http, body.clone()));
        cloud.sim.inject(FaultRule::on(RESTART, fault));
        match (retry, cloud.caller.submit_to(&target(&[]), &intent()).await) {
            (Some(retry), Answer::Rejected(error)) => {
                assert_eq!((error.kind, error.retry), (kind, retry), "{body}");
                assert_eq!(error.delivery, Delivery::Refused);
                assert!(!error.advice.is_empty(), "{body}");
            }
            (None, Answer::Ambiguous(error)) => assert_eq!(error.kind, kind, "{http} {body}"),
            (_, answer) => panic!("{http} {body}: {answer:?}"),
        }
    }
}

#[tokio::test]
async fn a_refused_parameter_is_definite_only_if_it_was_sent() {
    let cloud = cloud(minute()).await;
    let refused = || Fault::AnswerInstead(Canned::code(400, "InvalidEccInfo"));
    cloud.sim.inject(FaultRule::on(RESTART, refused()));
    let error = rejected(cloud.caller.submit_to(&target(&["ecc-1"]), &intent()).await);
    assert_eq!((error.kind, error.retry), (Kind::Invalid, Retry::Never));
    cloud.sim.inject(FaultRule::on(RESTART, refused()));
    ambiguous(cloud.caller.submit_to(&target(&[]), &intent()).await);
}

#[tokio::test]
async fn an_unknown_business_error_keeps_its_message() {
    let cloud = cloud(minute()).await;
    let hand = NewOrder::by_hand(APP);
    cloud.sim.start_order(hand).unwrap();
    let error = ambiguous(cloud.caller.submit_to(&target(&[]), &intent()).await);
    assert_eq!(error.code.as_deref(), Some("601"));
    assert!(error.message.contains("ChangeOrderRunning"));
    assert!(error.request_id.is_some());
    assert_eq!(cloud.restarts(), 0);
}

#[tokio::test]
async fn an_accepted_answer_may_have_its_code_as_a_text_or_not_at_all() {
    for body in [
        r#"{"Code":200,"ChangeOrderId":"o-1","RequestId":"R"}"#,
        r#"{"Code":"200","ChangeOrderId":"o-1"}"#,
        r#"{"ChangeOrderId":"o-1"}"#,
    ] {
        let cloud = cloud(minute()).await;
        let fault = Fault::AnswerInstead(Canned::body(200, body));
        cloud.sim.inject(FaultRule::on(RESTART, fault));
        let order = cloud.caller.restart_of(&target(&[]), &intent()).await;
        assert_eq!(order.0, "o-1");
    }
}

#[tokio::test]
async fn a_target_of_another_product_never_leaves_the_process() {
    let cloud = cloud(minute()).await;
    let sae = crate::fixture::target();
    assert_eq!(
        cloud.caller.check(&sae).await.unwrap_err().delivery,
        Delivery::NotSent
    );
    let error = rejected(cloud.caller.submit_to(&sae, &intent()).await);
    assert_eq!(error.delivery, Delivery::NotSent);
    assert_eq!(cloud.sim.ledger().all_requests().len(), 0);
}
