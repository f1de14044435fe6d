//! Phases between the call and the end.

use std::time::Duration;

use cloudsim::{Application, Fault, FaultRule, OrderPlan};
use jiff::SignedDuration;
use restart_operator::protocol::policy::Policy;
use serde_json::json;

use crate::{
    picture::compare,
    support::{
        policy,
        world::{APP, World, phase_of, story},
    },
    waiting::{NAME, until_seen_running, with_long_orders},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resolving() {
    const LIFE: Duration = Duration::from_secs(3600);
    let world = World::with("v-resolving", |config| config.signature_life = LIFE).await;
    // The proof that nothing was executed comes when the signature has expired.
    let policy = Policy {
        signature_life: SignedDuration::try_from(LIFE).unwrap(),
        ..policy::short()
    };
    let _operator = world.operator_with(policy, |provider| provider).await;
    world
        .sim
        .inject(FaultRule::on("RestartApplication", Fault::DropBefore));
    world.ask(NAME, json!({})).await;
    world
        .until(NAME, "was looked for in the list", |object| {
            phase_of(object) == "Resolving" && story(object).1.contains("no order of ours")
        })
        .await;
    compare(&world, NAME, "Resolving", 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn running() {
    let world = with_long_orders("v-running").await;
    let _operator = world.operator().await;
    world.ask(NAME, json!({})).await;
    until_seen_running(&world, NAME).await;
    compare(&world, NAME, "Running", 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paused() {
    let world = World::with("v-paused", |config| {
        let plan = OrderPlan::lasting(Duration::from_millis(400))
            .batches(2)
            .ending(8);
        config.applications = vec![Application::running(APP).with_plan(plan)];
    })
    .await;
    let _operator = world.operator().await;
    world.ask(NAME, json!({})).await;
    world.until_phase(NAME, "Paused").await;
    compare(&world, NAME, "Paused", 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown() {
    let world = World::new("v-unknown").await;
    let _operator = world.operator().await;
    world
        .sim
        .inject(FaultRule::on("RestartApplication", Fault::DropAfter));
    world.ask(NAME, json!({})).await;
    world.until_phase(NAME, "Unknown").await;
    compare(&world, NAME, "Unknown", 2).await;
}
