//! Where the cloud itself is not as documented: how far the promise holds then, so that nobody promises
//! more.

use std::time::Duration;

use cloudsim::{Canned, Fault, FaultRule, Instance, RebootPlan};
use restart_operator::api::RestartRequest;
use serde_json::{Value, json};

use crate::support::world::{APP, World, phase_of, story};

/// A listed code, and the restart is executed all the same.
fn lie() -> Fault {
    Fault::StatusAfter(Canned::code(400, "System.Upgrading"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_lying_rejection_a_request_with_one_attempt_makes_no_second_call() {
    let world = World::new("lie").await;
    let _operator = world.operator().await;
    world.sim.inject(FaultRule::on("RestartApplication", lie()));
    world.ask("first", json!({"backoffLimit": 0})).await;
    let object = world.until_finished("first").await;
    assert_eq!(story(&object).0, "BackoffLimitExceeded");
    let ledger = world.ledger();
    let called = ledger.requests("RestartApplication").len();
    assert_eq!((called, ledger.restarts_of(APP).len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_middle_box_that_repeats_the_call_is_stopped_by_the_nonce_and_without_it_by_the_running_order()
 {
    for nonce_filter in [true, false] {
        let world = World::with("repeat", |config| config.nonce_filter = nonce_filter).await;
        let _operator = world.operator().await;
        world.teach_the_creator().await;
        let repeat = Fault::Repeat { copies: 1 };
        world
            .sim
            .inject(FaultRule::on("RestartApplication", repeat));
        world.ask("first", json!({})).await;
        world.until_phase("first", "Succeeded").await;
        let (taught, executed) = (1, 1);
        assert_eq!(world.ledger().restarts_of(APP).len(), taught + executed);
    }
}

/// An account of Volcengine and two instances.
async fn volcengine(prefix: &str) -> World {
    let instance =
        |id: &str| Instance::running(id).with_plan(RebootPlan::lasting(Duration::from_millis(500)));
    let world = World::with(prefix, |config| {
        config.volcengine.instances = vec![instance("i-a"), instance("i-b")];
    })
    .await;
    world.put_volcengine_account().await;
    world
}

async fn reboot(world: &World, more: Value) -> RestartRequest {
    let account = format!("{}-ve", world.namespace);
    let mut spec = json!({
        "accountRef": {"kind": "ClusterCloudAccount", "name": account},
        "target": {"saeApplication": null,
            "volcengineInstances": {"instanceIds": ["i-a", "i-b"]}},
    });
    for (field, value) in more.as_object().unwrap() {
        spec[field] = value.clone();
    }
    world.ask("first", spec).await;
    world.until_finished("first").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_lying_rejection_the_one_token_keeps_a_second_attempt_from_rebooting_again() {
    let world = volcengine("velie").await;
    let _operator = world.operator().await;
    let lie = Fault::StatusAfter(Canned::code(400, "InvalidTimestamp"));
    world.sim.inject(FaultRule::on("RebootInstances", lie));
    let object = reboot(&world, json!({})).await;
    assert_eq!(phase_of(&object), "Succeeded", "{}", story(&object).1);
    let ledger = world.ledger();
    let called = ledger.requests("RebootInstances").len();
    assert_eq!((called, ledger.restarts().len()), (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejection_that_is_replayed_for_the_token_ends_at_the_limit_with_nothing_executed() {
    let world = volcengine("vereplay").await;
    let _operator = world.operator().await;
    let refused = Fault::AnswerInstead(Canned::code(400, "InvalidTimestamp"));
    let always = FaultRule::on("RebootInstances", refused).always();
    world.sim.inject(always);
    let object = reboot(&world, json!({"backoffLimit": 1})).await;
    assert_eq!(story(&object).0, "BackoffLimitExceeded");
    let ledger = world.ledger();
    let calls = ledger.requests("RebootInstances");
    let mut tokens: Vec<_> = calls
        .iter()
        .map(|call| call.params.get("ClientToken"))
        .collect();
    tokens.dedup();
    assert_eq!(
        (calls.len(), tokens.len(), ledger.restarts().len()),
        (2, 1, 0)
    );
}
