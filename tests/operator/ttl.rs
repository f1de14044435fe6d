//! The time to live: what goes, when, and what stays.

use jiff::{SignedDuration, Timestamp};
use restart_operator::api::RestartRequest;
use serde_json::{Value, json};

use crate::{
    states::{end, endless, world},
    support::{
        gate::{Gate, Side},
        policy,
        world::{APP, World, phase_of},
    },
};

fn in_seconds(seconds: i64) -> Timestamp {
    let now = Timestamp::now().as_second();
    Timestamp::from_second(now + seconds).unwrap()
}

fn ttl(seconds: i32, start_before: Timestamp) -> Value {
    json!({"ttlSecondsAfterFinished": seconds, "startBefore": start_before.to_string()})
}

fn with(mut spec: Value, key: &str, value: Value) -> Value {
    spec[key] = value;
    spec
}

fn ended_at(object: &RestartRequest) -> Timestamp {
    let status = object.status.as_ref().expect("a status");
    status.completion_time.as_ref().expect("an end").0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finished_request_goes_at_the_later_of_its_two_times_and_its_return_is_skipped() {
    let world = World::new("ttlgone").await;
    let _operator = world.operator().await;
    let margin = policy::short().delete_margin;
    let soon = in_seconds(5);
    // The time to live decides for the one, startBefore for the other.
    world.ask("long", ttl(8, soon)).await;
    let long = world.until_phase("long", "Succeeded").await;
    world.ask("short", ttl(0, soon)).await;
    world.until_phase("short", "Succeeded").await;
    world.until_gone("short").await;
    assert!(Timestamp::now() >= soon + margin);
    world.until_gone("long").await;
    assert!(Timestamp::now() >= ended_at(&long) + SignedDuration::from_secs(8));
    let restarts = world.restarts();
    assert_eq!(restarts, 2, "a deletion calls nothing");
    // What a tool brings back after that belongs to the past, and stays.
    world.ask("short", ttl(0, soon)).await;
    world.until_phase("short", "Skipped").await;
    world.ask("last", json!({})).await;
    world.until_phase("last", "Succeeded").await;
    assert_eq!(phase_of(&world.get("short").await), "Skipped");
    assert_eq!(world.restarts(), restarts + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_end_goes_but_unknown_and_skipped_stay() {
    let world = world("ttlends", endless()).await;
    let _operator = world.operator().await;
    world.unknown("unknown", ttl(0, in_seconds(4))).await;
    let unrecorded = world.ledger().restarts()[0].order.clone();
    assert!(world.sim.end_order(&unrecorded, 2));
    world.until_orders_are_old().await;
    let soon = in_seconds(4);
    world.ask("failed", ttl(0, soon)).await;
    world.end_order_of("failed", 3).await;
    world.until_phase("failed", "Failed").await;
    let suspended = with(ttl(0, soon), "suspend", json!(true));
    world.ask("cancelled", suspended.clone()).await;
    world.until_phase("cancelled", "Suspended").await;
    world.edit("cancelled", json!({"cancel": true})).await;
    world.ask("expired", suspended).await;
    world.ask("skipped", ttl(0, in_seconds(-10))).await;
    world.until_phase("skipped", "Skipped").await;
    for name in ["failed", "cancelled", "expired"] {
        world.until_gone(name).await;
    }
    world.ask("last", json!({"dryRun": true})).await;
    world.until_phase("last", "Succeeded").await;
    for (name, phase) in [("unknown", "Unknown"), ("skipped", "Skipped")] {
        assert_eq!(phase_of(&world.get(name).await), phase);
    }
    assert_eq!(world.restarts(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_that_comes_between_decision_and_deletion_keeps_the_object() {
    let world = World::new("ttledit").await;
    let gate = Gate::to(&world.plane).await;
    let mut deletion = gate.stop_delete(Side::Before, "first");
    let _operator = world.operator_through(&gate).await;
    world.ask("first", ttl(0, in_seconds(3))).await;
    deletion.reached().await;
    world
        .edit("first", json!({"ttlSecondsAfterFinished": 3600}))
        .await;
    assert_eq!(deletion.release().await, http::StatusCode::CONFLICT);
    let object = world.until_edit_is_seen("first").await;
    assert_eq!(end(&object), ("Succeeded", "RestartSucceeded".to_owned()));
    // Shortened again, it goes.
    world
        .edit("first", json!({"ttlSecondsAfterFinished": 0}))
        .await;
    world.until_gone("first").await;
    assert_eq!(world.ledger().restarts_of(APP).len(), 1);
}
