//! Volcengine `RebootInstances`: one call with all ids and one token, and evidence per instance.

use std::time::Duration;

use cloudsim::{Canned, Config, Edit, Fault, FaultRule, Instance, RebootPlan};
use restart_operator::api::{RestartRequest, TargetState};
use serde_json::json;

use crate::support::world::{World, phase_of, story};

fn plan() -> RebootPlan {
    RebootPlan::lasting(Duration::from_millis(900))
}

/// A world with two instances, and an account for them.
async fn world(prefix: &str, instances: [Instance; 2]) -> World {
    let world = World::with(prefix, |config: &mut Config| {
        config.volcengine.instances = instances.to_vec();
    })
    .await;
    world.put_volcengine_account().await;
    world
}

fn running(id: &str) -> Instance {
    Instance::running(id).with_plan(plan())
}

async fn reboot(world: &World, name: &str) {
    let account = format!("{}-ve", world.namespace);
    let target = json!({"saeApplication": null,
        "volcengineInstances": {"instanceIds": ["i-b", "i-a"]}});
    let account = json!({"kind": "ClusterCloudAccount", "name": account});
    world
        .ask(name, json!({"accountRef": account, "target": target}))
        .await;
}

fn states(object: &RestartRequest) -> Vec<TargetState> {
    object
        .status
        .as_ref()
        .unwrap()
        .targets
        .iter()
        .map(|target| target.state)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_are_rebooted_by_one_call_and_seen_through_it() {
    let world = world("ve", [running("i-a"), running("i-b")]).await;
    let _operator = world.operator().await;
    reboot(&world, "first").await;
    let object = world.until_finished("first").await;
    assert_eq!(phase_of(&object), "Succeeded", "{}", story(&object).1);
    assert_eq!(states(&object), [TargetState::Succeeded; 2]);
    let ledger = world.ledger();
    assert_eq!(
        (
            ledger.requests("RebootInstances").len(),
            ledger.restarts().len()
        ),
        (1, 2)
    );
    let token = object
        .status
        .unwrap()
        .attempt
        .unwrap()
        .client_token
        .unwrap();
    assert_eq!(ledger.restarts_by_client_token(&token).len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_followed_by_the_same_call_and_no_second_reboot() {
    let world = world("velost", [running("i-a"), running("i-b")]).await;
    let _operator = world.operator().await;
    world
        .sim
        .inject(FaultRule::on("RebootInstances", Fault::DropAfter));
    reboot(&world, "first").await;
    let object = world.until_finished("first").await;
    assert_eq!(phase_of(&object), "Succeeded", "{}", story(&object).1);
    let ledger = world.ledger();
    let calls = ledger.requests("RebootInstances");
    assert!(calls.len() >= 2, "it was sent again");
    let tokens: std::collections::BTreeSet<_> = calls
        .iter()
        .map(|call| call.params.get("ClientToken").cloned())
        .collect();
    assert_eq!(tokens.len(), 1, "with one token");
    assert_eq!(ledger.restarts().len(), 2, "each instance once");
    assert!(object.status.unwrap().attempt.unwrap().owned >= 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_never_arrived_is_sent_again() {
    let world = world("venever", [running("i-a"), running("i-b")]).await;
    let _operator = world.operator().await;
    world
        .sim
        .inject(FaultRule::on("RebootInstances", Fault::DropBefore));
    reboot(&world, "first").await;
    let object = world.until_finished("first").await;
    assert_eq!(
        (phase_of(&object), world.ledger().restarts().len()),
        ("Succeeded", 2)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_is_refused_beside_an_accepted_one_is_told() {
    let refusing = running("i-b").refusing("OperationDenied.ResourceLocked");
    let world = world("vepart", [running("i-a"), refusing]).await;
    let _operator = world.operator().await;
    reboot(&world, "first").await;
    let object = world.until_finished("first").await;
    assert_eq!(
        phase_of(&object),
        "PartiallySucceeded",
        "{}",
        story(&object).1
    );
    assert_eq!(
        states(&object),
        [TargetState::Succeeded, TargetState::Rejected]
    );
    let target = object.status.unwrap().targets[1].clone();
    assert_eq!(target.error.unwrap().code, "OperationDenied.ResourceLocked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reboot_that_was_never_seen_is_told_by_its_event() {
    let unseen = |id| Instance::running(id).with_plan(plan().by_way_of("RUNNING"));
    let world = world("veevent", [unseen("i-a"), unseen("i-b")]).await;
    let _operator = world.operator().await;
    reboot(&world, "first").await;
    let object = world.until_finished("first").await;
    assert_eq!(phase_of(&object), "Succeeded", "{}", story(&object).1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bare_metal_is_refused_before_any_call() {
    let metal = running("i-b").of_type("ecs.ebmhpcpni2l.32xlarge");
    let world = world("vemetal", [running("i-a"), metal]).await;
    let _operator = world.operator().await;
    reboot(&world, "first").await;
    let object = world.until_finished("first").await;
    let (reason, message) = story(&object);
    assert_eq!(
        (phase_of(&object), reason.as_str()),
        ("Failed", "BareMetalRefused")
    );
    assert!(message.contains("i-b"), "{message}");
    assert_eq!(world.ledger().requests("RebootInstances").len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_instance_and_a_permission_end_with_their_codes() {
    let world = world("vecodes", [running("i-a"), running("i-c")]).await;
    let _operator = world.operator().await;
    reboot(&world, "unknown").await;
    let object = world.until_finished("unknown").await;
    assert_eq!(story(&object).0, "TargetNotFound", "{}", story(&object).1);
    world.sim.put_instance(running("i-b"));
    let denied = Fault::AnswerInstead(Canned::code(403, "AccessDenied"));
    world.sim.inject(FaultRule::on("RebootInstances", denied));
    reboot(&world, "denied").await;
    let object = world.until_finished("denied").await;
    assert_eq!(story(&object).0, "PermissionDenied", "{}", story(&object).1);
    assert_eq!(world.ledger().restarts().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_without_a_clear_entry_beside_an_accepted_one_is_never_a_success() {
    let world = world("veunclear", [running("i-a"), running("i-b")]).await;
    let _operator = world.operator().await;
    // Both reboot and are seen rebooting; the answer says so of the first alone.
    let edit = Edit::set("/Result/OperationDetails/1/InstanceId", "i-other");
    let unclear = FaultRule::on("RebootInstances", Fault::mutate([edit]));
    world.sim.inject(unclear);
    reboot(&world, "first").await;
    let object = world.until_phase("first", "Unknown").await;
    assert_eq!(
        states(&object),
        [TargetState::Succeeded, TargetState::Unconfirmed]
    );
    assert!(story(&object).1.contains("i-b"), "{}", story(&object).1);
    assert_eq!(world.ledger().requests("RebootInstances").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reboot_cannot_be_cancelled_and_the_real_end_is_told() {
    let slow =
        |id: &str| Instance::running(id).with_plan(RebootPlan::lasting(Duration::from_secs(3)));
    let world = world("vecancel", [slow("i-a"), slow("i-b")]).await;
    let _operator = world.operator().await;
    reboot(&world, "first").await;
    world.until_phase("first", "Running").await;
    world.edit("first", json!({"cancel": true})).await;
    let object = world.until_finished("first").await;
    assert_eq!(phase_of(&object), "Succeeded", "{}", story(&object).1);
    let events = world.events("first", 3).await;
    assert!(events.contains(&"CancelTooLate".to_owned()), "{events:?}");
    assert_eq!(world.ledger().requests("RebootInstances").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_cancel_a_lost_call_is_not_sent_again() {
    let world = world("vecancellost", [running("i-a"), running("i-b")]).await;
    // Long enough that the cancel is stored before the call may be sent again.
    let patient = restart_operator::protocol::policy::Policy {
        resend_pause: jiff::SignedDuration::from_secs(2),
        ..crate::support::policy::short()
    };
    let _operator = world.operator_with(patient, |provider| provider).await;
    let never = FaultRule::on("RebootInstances", Fault::DropBefore);
    world.sim.inject(never);
    reboot(&world, "first").await;
    world.until_phase("first", "Resolving").await;
    world.edit("first", json!({"cancel": true})).await;
    let object = world.until_phase("first", "Unknown").await;
    assert_eq!(story(&object).0, "OutcomeUnknown");
    let ledger = world.ledger();
    assert_eq!(
        (
            ledger.requests("RebootInstances").len(),
            ledger.restarts().len()
        ),
        (1, 0)
    );
}
