//! etcd is put back to an earlier moment (R1): the record of a restart is gone, or half of it, and the
//! restart has happened. No second one follows.

use std::time::Duration;

use cloudsim::{Application, Config, OrderPlan};
use serde_json::{Value, json};

use crate::{
    scene::{End, Scene},
    support::{
        controlplane::{
            ControlPlane,
            needs::{Need, left_out},
        },
        hold::Point,
        world::story,
    },
};

/// A request of each state at the moment of the snapshot, each for an application of its own.
const WAITING: &str = "waiting";
const SUBMITTING: &str = "submitting";
const RUNNING: &str = "running";

fn cloud(config: &mut Config) {
    let app =
        |id: &str| Application::running(id).with_plan(OrderPlan::lasting(Duration::from_secs(2)));
    config
        .applications
        .extend([WAITING, SUBMITTING, RUNNING].map(app));
}

async fn ask(scene: &Scene, name: &str, more: Value) {
    let mut spec = json!({"target": {"saeApplication": {"appId": name}}});
    spec.as_object_mut()
        .expect("an object")
        .extend(more.as_object().expect("an object").clone());
    scene.world.ask(name, spec).await;
}

async fn end(scene: &Scene, name: &str) -> End {
    End::of(&scene.world.until_finished(name).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restored_to_before_their_ends_no_request_restarts_twice() {
    let test = "restored_to_before_their_ends_no_request_restarts_twice";
    if left_out(test, &[Need::OwnServers]).expect("an answer") {
        return;
    }
    let plane = ControlPlane::start_private()
        .await
        .expect("a control plane");
    let mut scene = Scene::on(plane, "r1", cloud).await;
    let teacher = scene.world.operator().await;
    scene.world.teach_the_creator().await;
    ask(&scene, RUNNING, json!({})).await;
    scene.world.until_phase(RUNNING, "Running").await;
    ask(&scene, WAITING, json!({"suspend": true})).await;
    scene.world.until_phase(WAITING, "Suspended").await;
    teacher.stop().await;
    let mut first = scene.host("first").hold(Point::BeforeSend).start();
    ask(&scene, SUBMITTING, json!({})).await;
    first.until_holding(Point::BeforeSend).await;

    let snapshot = scene.servers().snapshot().expect("a snapshot");
    first.release().await;
    scene.world.edit(WAITING, json!({"suspend": false})).await;
    for name in [RUNNING, SUBMITTING, WAITING] {
        assert_eq!(end(&scene, name).await, End::DIRECT, "{name}");
    }
    scene.judge().await;
    first.terminate();
    assert_eq!(first.ended().await, Some(0));
    scene.servers().restore(&snapshot).await.expect("a restore");

    let _second = scene.host("second").start();
    assert_eq!(end(&scene, RUNNING).await, End::DIRECT);
    assert_eq!(end(&scene, SUBMITTING).await, End::ADOPTED);
    // Nothing tells that it was executed but the cloud: an order of ours that no request has recorded.
    scene.world.edit(WAITING, json!({"suspend": false})).await;
    let unknown = scene.world.until_phase(WAITING, "Unknown").await;
    let ledger = scene.world.ledger();
    let restarts = ledger.restarts_of(WAITING);
    assert_eq!(restarts.len(), 1);
    let (_, said) = story(&unknown);
    assert!(said.contains(restarts[0].order.as_str()), "{said}");
}
