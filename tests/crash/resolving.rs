//! Killed while it looks for a lost order (C13). A look repeats nothing, so the end is the same.

use cloudsim::{Fault, FaultRule};

use crate::{
    scene::{End, PATIENCE, RESTART, Scene},
    support::gate::Side,
};

const LIST: &str = "ListChangeOrders";

/// The answer to the call is lost, and the operator is killed while the cloud holds its list.
async fn killed_at_the_list(prefix: &str, lost: Fault, held: Fault) -> End {
    let scene = Scene::taught(prefix).await;
    scene.world.sim.inject(FaultRule::on(RESTART, lost));
    scene.world.sim.inject(FaultRule::on(LIST, held));
    let mut operator = scene.host("pod").start();
    scene.ask("second").await;
    scene.world.sim.wait_for_hold(PATIENCE).await.unwrap();
    operator.kill_dash_nine().await;
    let _successor = scene.restarted();
    let end = scene.end_of("second").await;
    assert_eq!(scene.calls_of("second").await.len(), 1);
    end
}

/// The answer to the call is lost, and the operator is killed before it stores what it found.
async fn killed_at_the_record(prefix: &str, lost: Fault, phase: &'static str) -> End {
    let scene = Scene::taught(prefix).await;
    scene.world.sim.inject(FaultRule::on(RESTART, lost));
    let gate = scene.gate().await;
    let mut record = gate.stop(Side::Before, "second", phase);
    let mut operator = scene.host("pod").through(&gate).start();
    scene.ask("second").await;
    record.reached().await;
    operator.kill_dash_nine().await;
    let _successor = scene.restarted();
    let end = scene.end_of("second").await;
    assert_eq!(scene.calls_of("second").await.len(), 1);
    end
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_the_list_was_read_it_is_read_again() {
    let end = killed_at_the_list("c13-before", Fault::DropAfter, Fault::HoldBefore).await;
    assert_eq!(end, End::ADOPTED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_the_answer_of_the_list_it_is_read_again() {
    let end = killed_at_the_list("c13-after", Fault::DropBefore, Fault::HoldAfter).await;
    assert_eq!(end, End::NOT_EXECUTED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_the_doubt_is_stored_the_order_is_adopted() {
    let end = killed_at_the_record("c13-doubt", Fault::DropAfter, "Resolving").await;
    assert_eq!(end, End::ADOPTED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_the_adoption_is_stored_the_order_is_adopted() {
    let end = killed_at_the_record("c13-adopt", Fault::DropAfter, "Running").await;
    assert_eq!(end, End::ADOPTED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_the_proof_is_stored_it_is_proved_again() {
    let end = killed_at_the_record("c13-proof", Fault::DropBefore, "NotExecuted").await;
    assert_eq!(end, End::NOT_EXECUTED);
}
