//! Asked to end with SIGTERM (C14): what is under way is ended, and nothing is left hanging. Where
//! nothing has to be shortened it is the program that is shipped.

use std::time::{Duration, Instant};

use cloudsim::{Fault, FaultRule};

use crate::{
    scene::{End, PATIENCE, RESTART, Scene},
    support::{gate::Side, hold::Point, wait},
};

/// Far less than the 15 s after which the Lease of a dead leader is free.
const AT_ONCE: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_to_end_the_leader_gives_the_lease_back_and_the_standby_takes_it_at_once() {
    let scene = Scene::new("handover").await;
    let mut leader = scene.shipped("a").start();
    scene.until_holder("a").await;
    let _standby = scene.shipped("b").start();
    scene.ask("before").await;
    assert_eq!(scene.end_of("before").await, End::DIRECT);
    leader.terminate();
    let asked = Instant::now();
    scene.until_holder("b").await;
    assert!(asked.elapsed() < AT_ONCE, "it took {:?}", asked.elapsed());
    assert_eq!(leader.ended().await, Some(0));
    scene.ask("after").await;
    assert_eq!(scene.end_of("after").await, End::DIRECT);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_to_end_during_the_call_it_waits_for_the_answer_and_records_it() {
    let scene = Scene::new("c14-call").await;
    scene
        .world
        .sim
        .inject(FaultRule::on(RESTART, Fault::HoldAfter));
    let mut operator = scene.shipped("a").start();
    scene.ask("first").await;
    scene.world.sim.wait_for_hold(PATIENCE).await.unwrap();
    operator.terminate();
    scene.until_log_says("a", "shutting down").await;
    scene.world.sim.release();
    assert_eq!(operator.ended().await, Some(0));
    let object = scene.world.get("first").await;
    assert_eq!(
        End::of(&object).attribution,
        End::DIRECT.attribution,
        "{object:#?}"
    );
    let _successor = scene.shipped("b").start();
    assert_eq!(scene.end_of("first").await, End::DIRECT);
    assert_eq!(scene.world.ledger().requests(RESTART).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_to_end_between_intent_and_send_it_makes_at_most_the_one_call() {
    let scene = Scene::new("c14-send").await;
    let mut operator = scene.host("a").hold(Point::BeforeSend).start();
    scene.ask("first").await;
    operator.until_holding(Point::BeforeSend).await;
    operator.terminate();
    scene.until_log_says("a", "shutting down").await;
    operator.release().await;
    assert_eq!(operator.ended().await, Some(0));
    let _successor = scene.host("b").start();
    assert_eq!(scene.end_of("first").await, End::DIRECT);
    assert_eq!(scene.world.ledger().requests(RESTART).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_under_way_at_a_handover_is_not_taken_for_a_lost_one() {
    let scene = Scene::new("c14-handover").await;
    let held = FaultRule::on(RESTART, Fault::HoldAfter);
    scene.world.sim.inject(held);
    let mut leader = scene.shipped("a").start();
    scene.until_holder("a").await;
    let _standby = scene.shipped("b").start();
    scene.ask("first").await;
    scene.world.sim.wait_for_hold(PATIENCE).await.unwrap();
    leader.terminate();
    scene.until_log_says("a", "shutting down").await;

    // The standby looks at the Lease again and again, and it is not free.
    let looks = || scene.world.asked().resource("leases").reads().count();
    let before = looks();
    let look = async || looks() >= before + 3 || scene.holder().await == "b";
    wait::until("the standby has looked three times, or leads", look).await;
    assert_eq!(scene.holder().await, "a");
    scene.world.sim.release();
    assert_eq!(leader.ended().await, Some(0));
    assert_eq!(scene.end_of("first").await, End::DIRECT);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_to_end_while_it_starts_it_ends_in_order() {
    let scene = Scene::new("c14-birth").await;
    for _ in 0..10 {
        let mut operator = scene.shipped("a").start();
        operator.until_it_listens().await;
        operator.terminate();
        assert_eq!(operator.ended().await, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_to_end_before_its_first_list_has_come_it_ends() {
    let scene = Scene::new("c14-start").await;
    let gate = scene.gate().await;
    let mut list = gate.stop_list(Side::Before);
    let mut operator = scene.shipped("a").through(&gate).start();
    list.reached().await;
    operator.terminate();
    assert_eq!(operator.ended().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_to_end_before_the_intent_it_opens_none() {
    let scene = Scene::new("c14-check").await;
    scene.world.sim.inject(FaultRule::on(
        "DescribeApplicationStatus",
        Fault::HoldBefore,
    ));
    let mut operator = scene.shipped("a").start();
    scene.ask("first").await;
    scene.world.sim.wait_for_hold(PATIENCE).await.unwrap();
    operator.terminate();
    scene.until_log_says("a", "shutting down").await;
    scene.world.sim.release();
    assert_eq!(operator.ended().await, Some(0));
    let object = scene.world.get("first").await;
    assert!(
        object.status.unwrap_or_default().attempt.is_none(),
        "a new intent"
    );
    assert_eq!(scene.world.ledger().requests(RESTART).len(), 0);
    let _successor = scene.shipped("b").start();
    assert_eq!(scene.end_of("first").await, End::DIRECT);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_to_end_while_it_looks_for_a_lost_order_it_ends_and_the_successor_adopts() {
    let scene = Scene::taught("c14-look").await;
    scene
        .world
        .sim
        .inject(FaultRule::on(RESTART, Fault::DropAfter));
    scene
        .world
        .sim
        .inject(FaultRule::on("ListChangeOrders", Fault::HoldBefore));
    let mut operator = scene.host("a").start();
    scene.ask("second").await;
    scene.world.sim.wait_for_hold(PATIENCE).await.unwrap();
    operator.terminate();
    scene.until_log_says("a", "shutting down").await;
    scene.world.sim.release();
    assert_eq!(operator.ended().await, Some(0));
    let _successor = scene.host("b").start();
    assert_eq!(scene.end_of("second").await, End::ADOPTED);
    assert_eq!(scene.calls_of("second").await.len(), 1);
}
