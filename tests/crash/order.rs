//! Killed while the order runs, and around its end (C10 to C12).

use std::time::Duration;

use cloudsim::{Application, Ledger, OrderPlan};
use serde_json::json;

use crate::{
    scene::{End, PATIENCE, RESTART, Scene},
    support::{gate::Side, world::APP},
};

const POLL: &str = "DescribeChangeOrder";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_two_polls_the_successor_goes_on_polling() {
    let scene = Scene::with("c10", |config| {
        config.default_plan = OrderPlan::lasting(Duration::from_secs(4)).batches(2);
    })
    .await;
    let mut operator = scene.host("pod").start();
    scene.ask("first").await;
    let polled = |ledger: &Ledger| ledger.requests(POLL).iter().any(|poll| poll.is_served());
    scene.world.sim.wait_for(polled, PATIENCE).await.unwrap();
    operator.kill_dash_nine().await;
    let polls = scene.world.ledger().requests(POLL).len();

    let _successor = scene.restarted();
    assert_eq!(scene.end_of("first").await, End::DIRECT);
    let ledger = scene.world.ledger();
    assert_eq!(ledger.requests(RESTART).len(), 1);
    assert!(
        ledger.requests(POLL).len() > polls,
        "the successor never polled"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_the_end_is_stored_the_successor_finds_the_same_end() {
    let scene = Scene::new("c11").await;
    let gate = scene.gate().await;
    let mut end = gate.stop(Side::Before, "first", "Succeeded");
    let mut operator = scene.host("pod").through(&gate).start();
    scene.ask("first").await;
    end.reached().await;
    operator.kill_dash_nine().await;

    let _successor = scene.restarted();
    assert_eq!(scene.end_of("first").await, End::DIRECT);
    assert_eq!(scene.world.ledger().requests(RESTART).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_after_the_end_is_stored_nothing_is_called_again() {
    let scene = Scene::with("c12", |config| {
        config.applications.push(Application::running("app-2"));
    })
    .await;
    let gate = scene.gate().await;
    let mut end = gate.stop(Side::After, "first", "Succeeded");
    let mut operator = scene.host("pod").through(&gate).start();
    scene.ask("first").await;
    end.reached().await;
    operator.kill_dash_nine().await;
    let stored = scene.world.get("first").await;
    let calls = || {
        let ledger = scene.world.ledger();
        let about = |app: Option<&str>| app == Some(APP);
        let all = ledger.all_requests().iter();
        all.filter(|call| about(call.app.as_deref())).count()
    };
    let before = calls();

    let _successor = scene.restarted();
    let target = json!({"target": {"saeApplication": {"appId": "app-2"}}});
    scene.world.ask("second", target).await;
    assert_eq!(scene.end_of("second").await, End::DIRECT);
    assert_eq!(calls(), before);
    assert_eq!(scene.world.get("first").await, stored);
}
