//! The ends.

use std::time::Duration;

use cloudsim::{Application, Fault, FaultRule, OrderPlan};
use serde_json::json;

use crate::{
    picture::compare,
    support::world::{APP, World},
    waiting::{NAME, until_seen_running, with_long_orders},
};

fn plan() -> OrderPlan {
    OrderPlan::lasting(Duration::from_millis(400)).batches(2)
}

async fn with_applications(prefix: &str, applications: Vec<Application>) -> World {
    World::with(prefix, |config| config.applications = applications).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn succeeded() {
    let world = World::new("v-succeeded").await;
    let _operator = world.operator().await;
    world
        .ask(NAME, json!({"reason": "leak in the cache client"}))
        .await;
    world.until_phase(NAME, "Succeeded").await;
    compare(&world, NAME, "Succeeded", 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partially_succeeded() {
    let applications = vec![
        Application::running("app-1").with_plan(plan()),
        Application::running("app-2").with_plan(plan().ending(3)),
    ];
    let world = with_applications("v-partly", applications).await;
    let _operator = world.operator().await;
    let batch = json!({"namespaceId": "cn-hangzhou", "appIds": ["app-1", "app-2"]});
    let target = json!({"saeApplication": null, "saeApplications": batch});
    world.ask(NAME, json!({"target": target})).await;
    world.until_phase(NAME, "PartiallySucceeded").await;
    compare(&world, NAME, "PartiallySucceeded", 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failed() {
    let application = Application::running(APP).with_plan(plan().ending(3));
    let world = with_applications("v-failed", vec![application]).await;
    let _operator = world.operator().await;
    world.ask(NAME, json!({})).await;
    world.until_phase(NAME, "Failed").await;
    compare(&world, NAME, "Failed", 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn not_executed() {
    let world = World::new("v-not-executed").await;
    let _operator = world.operator().await;
    world
        .sim
        .inject(FaultRule::on("RestartApplication", Fault::DropBefore));
    world.ask(NAME, json!({})).await;
    world.until_phase(NAME, "NotExecuted").await;
    compare(&world, NAME, "NotExecuted", 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expired() {
    let world = World::new("v-expired").await;
    let _operator = world.operator().await;
    let account = json!({"kind": "CloudAccount", "name": "ali-prod"});
    world
        .ask(
            NAME,
            json!({"accountRef": account, "startDeadlineSeconds": 6}),
        )
        .await;
    world.until_phase(NAME, "Expired").await;
    compare(&world, NAME, "Expired", 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled() {
    let world = with_long_orders("v-cancelled").await;
    let _operator = world.operator().await;
    world.ask(NAME, json!({})).await;
    until_seen_running(&world, NAME).await;
    world.edit(NAME, json!({"cancel": true})).await;
    world.until_phase(NAME, "Cancelled").await;
    compare(&world, NAME, "Cancelled", 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn skipped() {
    let world = World::new("v-skipped").await;
    let _operator = world.operator().await;
    world
        .ask(NAME, json!({"startBefore": "2024-01-01T00:00:00Z"}))
        .await;
    world.until_phase(NAME, "Skipped").await;
    compare(&world, NAME, "Skipped", 1).await;
}
