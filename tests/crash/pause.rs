//! Frozen with SIGSTOP instead of killed, while another replica goes on (H1 to H4). Each has a Lease
//! of its own: leadership is never what keeps a restart from being doubled.

use cloudsim::{Fault, FaultRule};
use http::StatusCode;

use crate::{
    scene::{End, PATIENCE, RESTART, Scene},
    support::{gate::Side, hold::Point, process::OperatorProcess, world::phase_of},
};

/// Another replica ends the request while the first one is frozen, and goes.
async fn another_ends(scene: &Scene, name: &str) -> End {
    let mut other = scene.leader("other").await.start();
    let end = scene.end_of(name).await;
    ended_well(&mut other).await;
    end
}

/// After this everything that the process had under way is over.
async fn ended_well(operator: &mut OperatorProcess) {
    operator.terminate();
    assert_eq!(operator.ended().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paused_before_the_send_while_another_looks_it_still_sends_once() {
    let scene = Scene::taught("h1").await;
    // The other one is up and sees nothing yet, so that no time of the signature is lost.
    let gate = scene.gate().await;
    let mut list = gate.stop_list(Side::After);
    let _other = scene.leader("other").await.through(&gate).start();
    list.reached().await;
    let mut paused = scene.host("paused").hold(Point::BeforeSend).start();
    scene.ask("second").await;
    paused.until_holding(Point::BeforeSend).await;
    paused.stop();
    list.release().await;
    scene.world.until_phase("second", "Resolving").await;
    paused.cont();
    paused.release().await;
    assert_eq!(scene.end_of("second").await.phase, "Succeeded");
    assert_eq!(scene.calls_of("second").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen_after_its_intent_until_the_signature_has_ended_it_sends_nothing() {
    let scene = Scene::new("h2").await;
    let gate = scene.gate().await;
    let mut intent = gate.stop(Side::After, "first", "Submitting");
    let mut frozen = scene.host("frozen").through(&gate).start();
    scene.ask("first").await;
    intent.reached().await;
    frozen.stop();
    assert_eq!(another_ends(&scene, "first").await, End::NOT_EXECUTED);
    let ended = scene.world.get("first").await;

    // It reads that its intent is stored, long after.
    assert_eq!(intent.release().await, StatusCode::OK);
    frozen.cont();
    scene.ask("second").await;
    assert_eq!(scene.end_of("second").await, End::DIRECT);
    ended_well(&mut frozen).await;
    assert_eq!(scene.calls_of("first").await.len(), 0);
    assert_eq!(scene.world.get("first").await, ended);
    scene.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen_at_the_first_byte_until_the_signature_has_ended_the_cloud_refuses_the_call() {
    let scene = Scene::new("h3").await;
    let mut frozen = scene.host("frozen").hold(Point::BeforeSend).start();
    scene.ask("first").await;
    frozen.until_holding(Point::BeforeSend).await;
    frozen.stop();
    assert_eq!(another_ends(&scene, "first").await, End::NOT_EXECUTED);
    let ended = scene.world.get("first").await;

    frozen.cont();
    frozen.release().await;
    let calls = scene.answered_calls_of("first").await;
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].refusal(), Some("InvalidTimeStamp.Expired"));
    ended_well(&mut frozen).await;
    assert_eq!(scene.world.get("first").await, ended);
    scene.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen_with_the_answer_in_hand_its_late_record_is_dropped() {
    let scene = Scene::taught("h4").await;
    let gate = scene.gate().await;
    let mut record = gate.stop(Side::Before, "second", "Running");
    let mut frozen = scene.host("frozen").through(&gate).start();
    scene.ask("second").await;
    record.reached().await;
    frozen.stop();
    assert_eq!(another_ends(&scene, "second").await, End::ADOPTED);
    let ended = scene.world.get("second").await;
    assert_eq!(phase_of(&ended), "Succeeded");

    frozen.cont();
    assert_eq!(record.release().await, StatusCode::CONFLICT);
    ended_well(&mut frozen).await;
    assert_eq!(scene.world.get("second").await, ended);
    assert_eq!(scene.calls_of("second").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen_with_the_answer_on_its_way_its_late_record_is_dropped() {
    let scene = Scene::taught("h4-call").await;
    scene
        .world
        .sim
        .inject(FaultRule::on(RESTART, Fault::HoldAfter));
    let mut frozen = scene.host("frozen").start();
    scene.ask("second").await;
    scene.world.sim.wait_for_hold(PATIENCE).await.unwrap();
    frozen.stop();
    scene.world.sim.release();
    assert_eq!(another_ends(&scene, "second").await, End::ADOPTED);
    let ended = scene.world.get("second").await;

    frozen.cont();
    ended_well(&mut frozen).await;
    assert_eq!(scene.world.get("second").await, ended);
    assert_eq!(scene.calls_of("second").await.len(), 1);
}
