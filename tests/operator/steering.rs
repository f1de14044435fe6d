//! suspend, cancel, startBefore, dry run: before and after the call.

use std::time::Duration;

use cloudsim::{Application, OrderPlan};
use serde_json::json;

use crate::support::world::{APP, World, phase_of, story};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_request_calls_nothing_until_it_is_resumed() {
    let world = World::new("suspend").await;
    let _operator = world.operator().await;
    world.ask("first", json!({"suspend": true})).await;
    world.until_phase("first", "Suspended").await;
    assert_eq!(world.ledger().all_requests().len(), 0);
    world.edit("first", json!({"suspend": false})).await;
    let object = world.until_finished("first").await;
    assert_eq!(phase_of(&object), "Succeeded");
    assert!(object.status.unwrap().waiting_since.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_while_it_waits_it_never_calls() {
    let world = World::new("cancel").await;
    let _operator = world.operator().await;
    world.ask("first", json!({"suspend": true})).await;
    world.until_phase("first", "Suspended").await;
    world.edit("first", json!({"cancel": true})).await;
    let object = world.until_finished("first").await;
    assert_eq!(
        (phase_of(&object), story(&object).0.as_str()),
        ("Cancelled", "CancelledBeforeSubmission")
    );
    assert_eq!(world.ledger().all_requests().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_while_it_runs_the_order_is_aborted() {
    let long = OrderPlan::lasting(Duration::from_secs(600)).batches(3);
    let world = World::with("abort", |config| {
        config.applications = vec![Application::running(APP).with_plan(long)];
    })
    .await;
    let _operator = world.operator().await;
    world.ask("first", json!({})).await;
    world.until_phase("first", "Running").await;
    world.edit("first", json!({"cancel": true})).await;
    let object = world.until_finished("first").await;
    assert_eq!(
        (phase_of(&object), story(&object).0.as_str()),
        ("Cancelled", "CancelledInCloud")
    );
    assert_eq!(world.ledger().requests("AbortChangeOrder").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn created_after_its_own_start_before_it_is_skipped_without_a_call_or_a_secret() {
    let world = World::new("skipped").await;
    let _operator = world.operator().await;
    world
        .ask("first", json!({"startBefore": "2024-01-01T00:00:00Z"}))
        .await;
    let object = world.until_phase("first", "Skipped").await;
    assert_eq!(story(&object).0, "CreatedAfterStartBefore");
    assert_eq!(world.ledger().all_requests().len(), 0);
    assert_eq!(world.events("first", 1).await, ["Skipped"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_tells_the_plan_and_restarts_nothing() {
    let world = World::new("dryrun").await;
    let _operator = world.operator().await;
    let target = json!({"saeApplication": {"minReadyInstanceRatio": 50}});
    world
        .ask("first", json!({"dryRun": true, "target": target}))
        .await;
    let object = world.until_finished("first").await;
    assert_eq!(
        (phase_of(&object), story(&object).0.as_str()),
        ("Succeeded", "DryRunPassed")
    );
    let preflight = object.status.unwrap().preflight.unwrap();
    assert!(preflight.call.unwrap().contains("MinReadyInstanceRatio=50"));
    assert_eq!(world.ledger().requests("RestartApplication").len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_requests_for_one_application_run_one_after_the_other() {
    let world = World::new("two").await;
    let _operator = world.operator().await;
    world.ask("first", json!({})).await;
    world.ask("second", json!({})).await;
    for name in ["first", "second"] {
        world.until_phase(name, "Succeeded").await;
    }
    assert_eq!(world.ledger().restarts_of(APP).len(), 2);
    assert_eq!(
        world.ledger().requests("RestartApplication").len(),
        2,
        "none was refused as busy"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_to_live_that_is_over_deletes_nothing_before_start_before() {
    let world = World::new("ttl").await;
    let _operator = world.operator().await;
    let soon = jiff::Timestamp::now() + Duration::from_secs(30);
    world
        .ask(
            "first",
            json!({"ttlSecondsAfterFinished": 0, "startBefore": soon.to_string()}),
        )
        .await;
    world.until_phase("first", "Succeeded").await;
    // It goes a minute after startBefore; until then the record stays.
    world.ask("second", json!({})).await;
    world.until_finished("second").await;
    assert_eq!(phase_of(&world.get("first").await), "Succeeded");
}
