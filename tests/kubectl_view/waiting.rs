//! Phases before the call.

use std::time::Duration;

use cloudsim::OrderPlan;
use serde_json::json;

use crate::{
    picture::compare,
    support::{
        hold::Point,
        process::Launch,
        world::{World, phase_of, story},
    },
};

/// The request in every picture.
pub(crate) const NAME: &str = "checkout";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pending() {
    let world = World::new("v-pending").await;
    let _operator = world.operator().await;
    world
        .ask(
            NAME,
            json!({"accountRef": {"kind": "CloudAccount", "name": "ali-prod"}}),
        )
        .await;
    world
        .until(NAME, "waited for its account", |object| {
            phase_of(object) == "Pending"
                && !object.status.as_ref().unwrap().conditions.is_empty()
                && story(object).0 == "AccountNotFound"
        })
        .await;
    compare(&world, NAME, "Pending", 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn suspended() {
    let world = World::new("v-suspended").await;
    let _operator = world.operator().await;
    world.ask(NAME, json!({"suspend": true})).await;
    world.until_phase(NAME, "Suspended").await;
    compare(&world, NAME, "Suspended", 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queued() {
    let world = with_long_orders("v-queued").await;
    let _operator = world.operator().await;
    world.ask("earlier", json!({})).await;
    until_seen_running(&world, "earlier").await;
    world.ask(NAME, json!({})).await;
    world.until_phase(NAME, "Queued").await;
    compare(&world, NAME, "Queued", 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn submitting() {
    let world = World::new("v-submitting").await;
    let logs = tempfile::tempdir().unwrap();
    let mut operator = Launch::host(&world, "pod-1", logs.path())
        .hold(Point::BeforeSend)
        .start();
    world.ask(NAME, json!({})).await;
    operator.until_holding(Point::BeforeSend).await;
    world.until_phase(NAME, "Submitting").await;
    compare(&world, NAME, "Submitting", 0).await;
    operator.kill_dash_nine().await;
}

/// Orders that go on for longer than any test.
pub(crate) async fn with_long_orders(prefix: &str) -> World {
    World::with(prefix, |config| {
        let long = OrderPlan::lasting(Duration::from_secs(3600)).batches(3);
        config.applications = vec![cloudsim::Application::running("app-1").with_plan(long)];
    })
    .await
}

/// Until the order was read once.
pub(crate) async fn until_seen_running(world: &World, name: &str) {
    let read = |object: &restart_operator::api::RestartRequest| {
        phase_of(object) == "Running"
            && object.status.as_ref().is_some_and(|s| s.progress.is_some())
    };
    world.until(name, "was read as running", read).await;
}
