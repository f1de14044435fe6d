//! The general faults on Volcengine calls.

use std::time::Duration;

use cloudsim::{Canned, Edit, Fault, FaultRule, Instance, Simulator, Verdict};
use serde_json::{Value, json};

use super::client::{frozen, operations, pass, reboot, rebooting, refusal, result, status};

const REBOOT: &str = "RebootInstances";
const WAIT: Duration = Duration::from_secs(10);

async fn suffering(fault: Fault) -> Simulator {
    let sim = frozen(vec![Instance::running("i-1"), Instance::running("i-2")]).await;
    sim.inject(FaultRule::on(REBOOT, fault));
    sim
}

#[tokio::test]
async fn a_lost_answer_is_given_again_for_the_same_token() {
    let sim = suffering(Fault::DropAfter).await;
    let draft = rebooting(&sim, &["i-1"], &[("ClientToken", "token-1")]).sign();
    assert_eq!(draft.send(&sim).await.status, None);
    let ledger = sim.wait_for_restarts(1, WAIT).await.unwrap();
    assert_eq!(ledger.restarts_of("i-1").len(), 1);
    assert_eq!(
        operations(&result(&draft.send(&sim).await)),
        [("i-1".to_owned(), String::new())]
    );
    assert_eq!(sim.ledger().restarts().len(), 1);
}

#[tokio::test]
async fn a_request_that_was_dropped_before_has_not_used_its_token() {
    let sim = suffering(Fault::DropBefore).await;
    let draft = rebooting(&sim, &["i-1"], &[("ClientToken", "token-1")]).sign();
    assert_eq!(draft.send(&sim).await.status, None);
    assert!(sim.ledger().restarts().is_empty());
    result(&draft.send(&sim).await);
    assert_eq!(sim.ledger().restarts().len(), 1);
}

#[tokio::test]
async fn a_request_held_before_past_its_expiry_is_refused() {
    let sim = suffering(Fault::HoldBefore).await;
    let draft = rebooting(&sim, &["i-1"], &[("ClientToken", "token-1")]);
    let draft = draft.with_query("X-Expires", "120").sign();
    let release = async {
        sim.wait_for_hold(WAIT).await.unwrap();
        pass(&sim, 122);
        sim.release();
    };
    let (reply, ()) = tokio::join!(draft.send(&sim), release);
    assert_eq!(refusal(&reply), (400, "InvalidTimestamp".to_owned()));
    assert!(sim.ledger().restarts().is_empty());
}

#[tokio::test]
async fn a_throttled_call_is_not_executed_and_hints_in_seconds() {
    let throttle = Fault::Throttle {
        retry_after_ms: Some(1_500),
    };
    let sim = suffering(throttle).await;
    let reply = reboot(&sim, &["i-1"], "token-1").await;
    assert_eq!(refusal(&reply), (429, "FlowLimitExceeded".to_owned()));
    assert_eq!(reply.json()["ResponseMetadata"]["Error"]["CodeN"], 100_018);
    assert_eq!(reply.header("retry-after"), Some("2"));
    assert!(sim.ledger().restarts().is_empty());
}

#[tokio::test]
async fn a_code_made_up_by_a_test_has_volcengines_form_at_any_status() {
    for (http, code, number) in [
        (200, "AccountFlowLimitExceeded", json!(100_027)),
        (500, "InternalError", json!(100_014)),
        (403, "Something.New", Value::Null),
    ] {
        let sim = suffering(Fault::AnswerInstead(Canned::code(http, code))).await;
        let reply = reboot(&sim, &["i-1"], "token-1").await;
        assert_eq!(refusal(&reply), (http, code.to_owned()));
        assert_eq!(reply.json()["ResponseMetadata"]["Error"]["CodeN"], number);
        assert!(sim.ledger().restarts().is_empty());
    }
}

#[tokio::test]
async fn a_refusal_can_be_a_lie() {
    let fault = Fault::StatusAfter(Canned::code(400, "InvalidArgument"));
    let sim = suffering(fault).await;
    let reply = reboot(&sim, &["i-1"], "token-1").await;
    assert_eq!(refusal(&reply), (400, "InvalidArgument".to_owned()));
    assert_eq!(sim.ledger().restarts().len(), 1);
}

#[tokio::test]
async fn an_answer_can_be_changed() {
    let edits = [
        Edit::remove("/Result/OperationDetails/0/Error"),
        Edit::set("/Result/OperationDetails/1/InstanceId", "i-9"),
        Edit::set("/Result/OperationDetails/1/Error/Code", "InternalError"),
    ];
    let sim = suffering(Fault::mutate(edits)).await;
    let changed = result(&reboot(&sim, &["i-1", "i-2"], "token-1").await);
    assert_eq!(
        changed["OperationDetails"][0],
        json!({ "InstanceId": "i-1" })
    );
    let expected = ("i-9".to_owned(), "InternalError".to_owned());
    assert_eq!(operations(&changed)[1], expected);
    assert_eq!(sim.ledger().restarts().len(), 2);
}

#[tokio::test]
async fn a_status_can_be_shown_for_one_look() {
    let sim = frozen(vec![Instance::running("i-1")]).await;
    let edit = Edit::set("/Result/Instances/0/Status", "STOPPED");
    sim.inject(FaultRule::on("DescribeInstances", Fault::mutate([edit])));
    assert_eq!(status(&sim, "i-1").await.as_deref(), Some("STOPPED"));
    assert_eq!(status(&sim, "i-1").await.as_deref(), Some("RUNNING"));
}

#[tokio::test]
async fn a_list_of_one_element_can_be_written_as_that_element() {
    let sim = suffering(Fault::ListAsSingleObject).await;
    let changed = result(&reboot(&sim, &["i-1"], "token-1").await);
    assert_eq!(changed["OperationDetails"]["InstanceId"], "i-1");
}

#[tokio::test]
async fn a_rule_for_an_instance_meets_the_calls_that_name_it() {
    let sim = frozen(vec![Instance::running("i-1"), Instance::running("i-2")]).await;
    sim.inject(FaultRule::on(REBOOT, Fault::DropBefore).app("i-2").always());
    result(&reboot(&sim, &["i-1"], "token-1").await);
    assert_eq!(reboot(&sim, &["i-1", "i-2"], "token-2").await.status, None);
    let ledger = sim.ledger();
    let dropped = Verdict::Faulted {
        fault: "drop_before".to_owned(),
        refused: None,
    };
    assert_eq!(ledger.all_requests()[1].verdict, Some(dropped));
}

#[tokio::test]
async fn a_repeated_request_is_executed_once_for_one_token_and_twice_without() {
    let sim = suffering(Fault::Repeat { copies: 1 }).await;
    let plan = cloudsim::RebootPlan::lasting(Duration::ZERO);
    for id in ["i-1", "i-2"] {
        let plan = plan.clone();
        sim.update_instance(id, |instance| instance.plan = Some(plan));
    }
    result(&reboot(&sim, &["i-1"], "token-1").await);
    assert_eq!(sim.ledger().restarts_of("i-1").len(), 1);
    sim.inject(FaultRule::on(REBOOT, Fault::Repeat { copies: 1 }));
    result(&rebooting(&sim, &["i-2"], &[]).sign().send(&sim).await);
    assert_eq!(sim.ledger().restarts_of("i-2").len(), 2);
}
