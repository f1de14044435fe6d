//! `spec.cancel` at each place of a request's life: what is executed, what is told, what is aborted.

use restart_operator::protocol::policy::Policy;
use serde_json::json;

use crate::{
    states::{ABORT, DESCRIBE, end, endless, world},
    support::{
        policy,
        world::{World, phase_of},
    },
};

fn cancelled(how: &str) -> (&'static str, String) {
    ("Cancelled", how.to_owned())
}

async fn cancel(world: &World, name: &str) {
    world.edit(name, json!({"cancel": true})).await;
}

fn aborts(world: &World) -> usize {
    world.ledger().requests(ABORT).len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn between_two_attempts_no_second_one_is_made() {
    let world = world("cancelbackoff", endless()).await;
    let minute = Policy {
        backoff: jiff::SignedDuration::from_secs(60),
        backoff_max: jiff::SignedDuration::from_secs(60),
        ..policy::short()
    };
    let _operator = world.operator_with(minute, |provider| provider).await;
    world.backing_off("first", json!({})).await;
    cancel(&world, "first").await;
    let object = world.until_finished("first").await;
    assert_eq!(end(&object), cancelled("CancelledBeforeSubmission"));
    assert_eq!((world.calls(), world.restarts()), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_call_is_on_its_way_it_is_resolved_first_and_then_aborted() {
    let world = world("cancelflight", endless()).await;
    let _operator = world.operator().await;
    world.in_flight("first", json!({})).await;
    cancel(&world, "first").await;
    assert_eq!(world.sim.release(), 1);
    let object = world.until_finished("first").await;
    assert_eq!(end(&object), cancelled("CancelledInCloud"));
    assert_eq!((world.calls(), world.restarts(), aborts(&world)), (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_lost_answer_an_executed_call_is_adopted_and_aborted() {
    let world = world("cancellost", endless()).await;
    let _operator = world.operator().await;
    world.teach_by_hand().await;
    world.resolving("first", true, json!({})).await;
    cancel(&world, "first").await;
    let object = world.until_finished("first").await;
    assert_eq!(end(&object), cancelled("CancelledInCloud"));
    assert_eq!((world.calls(), world.restarts(), aborts(&world)), (2, 2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_lost_call_it_is_cancelled_once_that_is_proved() {
    let world = world("cancelnever", endless()).await;
    let _operator = world.operator().await;
    world.teach_by_hand().await;
    world.resolving("first", false, json!({})).await;
    cancel(&world, "first").await;
    let object = world.until_finished("first").await;
    assert_eq!(end(&object), cancelled("CancelledBeforeSubmission"));
    assert_eq!((world.calls(), world.restarts(), aborts(&world)), (2, 1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_order_is_aborted_too() {
    let world = world("cancelpaused", endless()).await;
    let _operator = world.operator().await;
    world.running("first", json!({})).await;
    world.end_order_of("first", 8).await;
    world.until_phase("first", "Paused").await;
    cancel(&world, "first").await;
    let object = world.until_finished("first").await;
    assert_eq!(end(&object), cancelled("CancelledInCloud"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_unknown_and_after_the_end_it_changes_nothing_and_calls_nothing() {
    let world = world("cancellate", endless()).await;
    let _operator = world.operator().await;
    let unknown = world.unknown("unknown", json!({})).await;
    let unrecorded = world.ledger().restarts()[0].order.clone();
    assert!(world.sim.end_order(&unrecorded, 3));
    world.until_orders_are_old().await;
    world.ask("failed", json!({})).await;
    world.end_order_of("failed", 3).await;
    let failed = world.until_finished("failed").await;
    let about = |world: &World| {
        let ledger = world.ledger();
        (
            ledger.requests(DESCRIBE).len(),
            ledger.requests(ABORT).len(),
        )
    };
    let before = about(&world);
    for (name, was) in [("unknown", unknown), ("failed", failed)] {
        cancel(&world, name).await;
        let object = world.until_edit_is_seen(name).await;
        assert_eq!(end(&object), end(&was));
        let without_generation = |object: &restart_operator::api::RestartRequest| {
            let status = object.status.clone().unwrap();
            (status.attempt, status.change_order, status.completion_time)
        };
        assert_eq!(without_generation(&object), without_generation(&was));
    }
    assert_eq!(about(&world), before);
    assert_eq!(phase_of(&world.get("unknown").await), "Unknown");
}
