//! Client tokens: what is replayed, what is refused, what is forgotten.

use std::time::Duration;

use cloudsim::{Fault, FaultRule, Instance, Simulator, VolcengineSwitches};
use serde_json::Value;

use super::client::{frozen, operations, pass, reboot, rebooting, refusal, result};

const WAIT: Duration = Duration::from_secs(10);

async fn two() -> Simulator {
    frozen(vec![Instance::running("i-1"), Instance::running("i-2")]).await
}

async fn switched(change: impl FnOnce(&mut VolcengineSwitches)) -> Simulator {
    let sim = two().await;
    let mut switches = sim.volcengine_switches();
    change(&mut switches);
    sim.set_volcengine_switches(switches);
    sim
}

async fn rebooted(sim: &Simulator, ids: &[&str], token: &str) -> Value {
    result(&reboot(sim, ids, token).await)
}

fn refuse(sim: &Simulator, id: &str, code: Option<&str>) {
    let code = code.map(str::to_owned);
    sim.update_instance(id, |instance| instance.refuse_with = code);
}

#[tokio::test]
async fn the_same_token_gives_the_first_result_without_a_second_reboot() {
    let sim = two().await;
    let first = rebooted(&sim, &["i-1", "i-2", "i-none"], "token-1").await;
    pass(&sim, 60);
    let again = rebooted(&sim, &["i-1", "i-2", "i-none"], "token-1").await;
    assert_eq!(first, again);
    let ledger = sim.ledger();
    assert_eq!(ledger.restarts().len(), 2);
    assert_eq!(ledger.by_client_token("token-1").len(), 2);
    assert!(
        ledger
            .all_requests()
            .iter()
            .all(cloudsim::RequestRecord::is_served)
    );
}

#[tokio::test]
async fn the_same_bytes_and_a_get_under_a_new_date_are_the_same_question() {
    let sim = two().await;
    let draft = rebooting(&sim, &["i-1"], &[("ClientToken", "token-1")]);
    let signed = draft.clone().sign();
    result(&signed.send(&sim).await);
    pass(&sim, 30);
    result(&signed.send(&sim).await);
    let params = [
        ("InstanceIds.1", "i-1"),
        ("ClientToken", "token-1"),
        ("ForceStop", "false"),
    ];
    super::client::read(&sim, "RebootInstances", &params).await;
    assert_eq!(sim.ledger().restarts().len(), 1);
}

#[tokio::test]
async fn without_a_token_or_under_another_one_a_call_is_executed_again() {
    let sim = two().await;
    for (token, executed) in [("token-1", 1), ("token-2", 2)] {
        rebooted(&sim, &["i-1"], token).await;
        pass(&sim, 60);
        assert_eq!(sim.ledger().restarts().len(), executed);
    }
    for executed in [3, 4] {
        result(&rebooting(&sim, &["i-1"], &[]).sign().send(&sim).await);
        pass(&sim, 60);
        assert_eq!(sim.ledger().restarts().len(), executed);
    }
}

#[tokio::test]
async fn a_token_with_other_parameters_is_refused() {
    let sim = two().await;
    rebooted(&sim, &["i-1", "i-2"], "token-1").await;
    pass(&sim, 60);
    let force = [("ClientToken", "token-1"), ("ForceStop", "true")];
    let plain = &force[..1];
    for (ids, more) in [
        (&["i-1"][..], plain),
        (&["i-2", "i-1"], plain),
        (&["i-1", "i-2"], &force),
    ] {
        let reply = rebooting(&sim, ids, more).sign().send(&sim).await;
        let expected = (400, "IdempotentParameterMismatch".to_owned());
        assert_eq!(refusal(&reply), expected, "{ids:?} {more:?}");
    }
    assert_eq!(sim.ledger().restarts().len(), 2);
}

#[tokio::test]
async fn a_token_is_being_processed_until_its_first_request_is_answered() {
    let sim = two().await;
    sim.inject(FaultRule::on("RebootInstances", Fault::HoldAfter));
    let draft = rebooting(&sim, &["i-1"], &[("ClientToken", "token-1")]).sign();
    let meanwhile = async {
        sim.wait_for_hold(WAIT).await.unwrap();
        let reply = draft.send(&sim).await;
        assert_eq!(refusal(&reply), (412, "IdempotentProcessing".to_owned()));
        sim.release();
    };
    let (first, ()) = tokio::join!(draft.send(&sim), meanwhile);
    assert_eq!(result(&first), result(&draft.send(&sim).await));
    assert_eq!(sim.ledger().restarts().len(), 1);
}

#[tokio::test]
async fn a_request_held_before_its_execution_does_not_occupy_its_token() {
    let sim = two().await;
    sim.inject(FaultRule::on("RebootInstances", Fault::HoldBefore));
    let draft = rebooting(&sim, &["i-1"], &[("ClientToken", "token-1")]).sign();
    let meanwhile = async {
        sim.wait_for_hold(WAIT).await.unwrap();
        let second = result(&draft.send(&sim).await);
        sim.release();
        second
    };
    let (first, second) = tokio::join!(draft.send(&sim), meanwhile);
    assert_eq!(result(&first), second);
    assert_eq!(sim.ledger().restarts().len(), 1);
}

#[tokio::test]
async fn a_token_is_forgotten_at_the_end_of_its_life() {
    let sim = switched(|switches| switches.token_life_ms = 60_000).await;
    rebooted(&sim, &["i-1"], "token-1").await;
    pass(&sim, 60);
    rebooted(&sim, &["i-1"], "token-1").await;
    assert_eq!(sim.ledger().restarts().len(), 1);
    pass(&sim, 1);
    rebooted(&sim, &["i-1"], "token-1").await;
    let ledger = sim.ledger();
    assert_eq!(ledger.restarts_by_client_token("token-1").len(), 2);
    assert_eq!(ledger.restarts_in("volcengine", "i-1").len(), 2);
    let request = ledger.requests("RebootInstances")[0];
    assert_eq!(request.product.as_deref(), Some("volcengine"));
}

#[tokio::test]
async fn a_stored_rejection_is_replayed() {
    let sim = two().await;
    refuse(&sim, "i-1", Some("OperationDenied.ResourceLocked"));
    let first = rebooted(&sim, &["i-1"], "token-1").await;
    refuse(&sim, "i-1", None);
    assert_eq!(rebooted(&sim, &["i-1"], "token-1").await, first);
    assert!(sim.ledger().restarts().is_empty());
}

#[tokio::test]
async fn a_rejection_can_be_left_unstored() {
    let sim = switched(|switches| switches.replay_rejections = false).await;
    refuse(&sim, "i-1", Some("OperationDenied.ResourceLocked"));
    rebooted(&sim, &["i-1"], "token-1").await;
    refuse(&sim, "i-1", None);
    let second = rebooted(&sim, &["i-1"], "token-1").await;
    assert_eq!(operations(&second), [("i-1".to_owned(), String::new())]);
    assert_eq!(sim.ledger().restarts().len(), 1);
}

#[tokio::test]
async fn a_rejection_beside_an_accepted_id_is_always_stored() {
    let sim = switched(|switches| switches.replay_rejections = false).await;
    refuse(&sim, "i-2", Some("OperationDenied.ResourceLocked"));
    let first = rebooted(&sim, &["i-1", "i-2"], "token-1").await;
    refuse(&sim, "i-2", None);
    pass(&sim, 60);
    assert_eq!(rebooted(&sim, &["i-1", "i-2"], "token-1").await, first);
    assert_eq!(sim.ledger().restarts().len(), 1);
}

#[tokio::test]
async fn a_token_means_nothing_in_another_region() {
    let sim = frozen(vec![Instance::running("i-1").in_region("cn-shanghai")]).await;
    rebooted(&sim, &["i-1"], "token-1").await;
    let mut draft = rebooting(&sim, &["i-1"], &[("ClientToken", "token-1")]);
    draft.region = "cn-shanghai".to_owned();
    result(&draft.sign().send(&sim).await);
    assert_eq!(sim.ledger().restarts().len(), 1);
}
