//! Killed around the call: while it is on its way, and between its answer and the record of it
//! (C6 to C9).

use cloudsim::{Canned, Fault, FaultRule};
use http::StatusCode;

use crate::{
    scene::{End, PATIENCE, RESTART, Scene},
    support::{gate::Side, hold::Point, process::OperatorProcess},
};

/// A request whose restart call the cloud holds, and whose operator is killed then.
async fn killed_while_the_cloud_holds(scene: &Scene, fault: Fault) {
    scene.world.sim.inject(FaultRule::on(RESTART, fault));
    let mut operator = scene.host("pod").start();
    scene.ask("second").await;
    scene.world.sim.wait_for_hold(PATIENCE).await.unwrap();
    operator.kill_dash_nine().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_the_answer_of_an_executed_call_the_order_is_adopted() {
    let scene = Scene::taught("c6-executed").await;
    killed_while_the_cloud_holds(&scene, Fault::HoldAfter).await;
    let _successor = scene.restarted();
    assert_eq!(scene.end_of("second").await, End::ADOPTED);
    assert_eq!(scene.calls_of("second").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_arrives_after_its_sender_was_killed_is_adopted() {
    let scene = Scene::taught("c6-late").await;
    killed_while_the_cloud_holds(&scene, Fault::HoldBefore).await;
    scene.world.sim.release();
    let _successor = scene.restarted();
    assert_eq!(scene.end_of("second").await, End::ADOPTED);
    assert_eq!(scene.calls_of("second").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_stuck_on_its_way_is_proved_not_executed_and_stays_so() {
    let scene = Scene::taught("c6-stuck").await;
    killed_while_the_cloud_holds(&scene, Fault::HoldBefore).await;
    let _successor = scene.restarted();
    assert_eq!(scene.end_of("second").await, End::NOT_EXECUTED);

    // It arrives at last. Its signature has ended, so that nothing can come of it.
    scene.world.sim.release();
    let calls = scene.answered_calls_of("second").await;
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].refusal(), Some("InvalidTimeStamp.Expired"));
    scene.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_after_it_read_the_answer_the_order_is_adopted() {
    let scene = Scene::taught("c7").await;
    let mut operator = scene.host("pod").hold(Point::AfterAnswer).start();
    scene.ask("second").await;
    operator.until_holding(Point::AfterAnswer).await;
    operator.kill_dash_nine().await;

    let _successor = scene.restarted();
    assert_eq!(scene.end_of("second").await, End::ADOPTED);
    assert_eq!(scene.calls_of("second").await.len(), 1);
}

/// A request whose record of the answer is stopped, and whose operator is killed then.
async fn killed_at_the_record(
    scene: &Scene,
    side: Side,
    phase: &'static str,
) -> (crate::support::gate::Stopped, OperatorProcess) {
    let gate = scene.gate().await;
    let mut record = gate.stop(side, "second", phase);
    let mut operator = scene.host("pod").through(&gate).start();
    scene.ask("second").await;
    record.reached().await;
    operator.kill_dash_nine().await;
    (record, scene.restarted())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_an_accepted_answer_is_recorded_the_order_is_adopted() {
    let scene = Scene::taught("c8-accepted").await;
    let (record, _successor) = killed_at_the_record(&scene, Side::Before, "Running").await;
    assert_eq!(scene.end_of("second").await, End::ADOPTED);
    assert_eq!(scene.calls_of("second").await.len(), 1);

    // The dead process' record arrives at last.
    let before = scene.world.get("second").await;
    assert_eq!(record.release().await, StatusCode::CONFLICT);
    assert_eq!(scene.world.get("second").await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_a_rejection_is_recorded_it_is_proved_not_executed() {
    let scene = Scene::taught("c8-rejected").await;
    let refusal = Fault::AnswerInstead(Canned::code(400, "System.Upgrading"));
    scene.world.sim.inject(FaultRule::on(RESTART, refusal));
    let (_record, _successor) = killed_at_the_record(&scene, Side::Before, "Pending").await;
    assert_eq!(scene.end_of("second").await, End::NOT_EXECUTED);
    assert_eq!(scene.calls_of("second").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_it_read_that_the_answer_is_recorded_the_order_is_followed() {
    let scene = Scene::new("c9").await;
    let (_record, _successor) = killed_at_the_record(&scene, Side::After, "Running").await;
    assert_eq!(scene.end_of("second").await, End::DIRECT);
    assert_eq!(scene.calls_of("second").await.len(), 1);
}
