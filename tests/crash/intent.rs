//! Killed around the intent: before it is stored, and between it and the call (C1 to C4).

use http::StatusCode;

use crate::{
    scene::{End, RESTART, Scene},
    support::{gate::Side, hold::Point},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_the_intent_is_stored_it_starts_over() {
    let scene = Scene::new("c1").await;
    let gate = scene.gate().await;
    let mut intent = gate.stop(Side::Before, "first", "Submitting");
    let mut operator = scene.host("pod").through(&gate).start();
    scene.ask("first").await;
    intent.reached().await;
    operator.kill_dash_nine().await;

    let _successor = scene.restarted();
    assert_eq!(scene.end_of("first").await, End::DIRECT);
    assert_eq!(scene.world.ledger().requests(RESTART).len(), 1);

    // The dead process' write arrives at last: refused, and nothing changes.
    let before = scene.world.get("first").await;
    assert_eq!(intent.release().await, StatusCode::CONFLICT);
    assert_eq!(scene.world.get("first").await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_it_read_that_the_intent_is_stored_nothing_is_sent() {
    let scene = Scene::new("c2").await;
    let gate = scene.gate().await;
    let mut intent = gate.stop(Side::After, "first", "Submitting");
    let mut operator = scene.host("pod").through(&gate).start();
    scene.ask("first").await;
    intent.reached().await;
    operator.kill_dash_nine().await;

    let _successor = scene.restarted();
    assert_eq!(scene.end_of("first").await, End::NOT_EXECUTED);
    assert_eq!(scene.world.ledger().requests(RESTART).len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_intent_and_send_nothing_is_sent() {
    let scene = Scene::new("c3").await;
    let mut operator = scene.host("pod").hold(Point::BeforeSend).start();
    scene.ask("first").await;
    operator.until_holding(Point::BeforeSend).await;
    operator.kill_dash_nine().await;

    let _successor = scene.restarted();
    assert_eq!(scene.end_of("first").await, End::NOT_EXECUTED);
    assert_eq!(scene.world.ledger().requests(RESTART).len(), 0);
}
