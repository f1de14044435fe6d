//! Two replicas: the leader is killed and the standby goes on, or both lead at once (E1).

use std::time::{Duration, Instant};

use cloudsim::{Application, Fault, FaultRule, OrderPlan, Point};
use serde_json::json;

use crate::{
    scene::{End, RESTART, Scene},
    support::{hold, world::phase_of},
};

/// How long the record of a dead leader stands, as the Lease tells everybody.
const LEASE: Duration = Duration::from_secs(15);
/// For a look of the standby and a busy machine.
const MARGIN: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_leader_is_killed_and_the_standby_goes_on_when_its_lease_has_run_out() {
    let scene = Scene::with("failover", |config| {
        config.default_plan = OrderPlan::lasting(Duration::from_secs(4)).batches(2);
    })
    .await;
    let mut leader = scene.shipped("a").start();
    scene.until_holder("a").await;
    let _standby = scene.shipped("b").start();
    scene.ask("first").await;
    scene.world.until_phase("first", "Running").await;
    leader.kill_dash_nine().await;
    let killed = Instant::now();
    scene.until_holder("b").await;
    assert!(
        killed.elapsed() < LEASE + MARGIN,
        "it took {:?}",
        killed.elapsed()
    );
    assert_eq!(scene.end_of("first").await, End::DIRECT);
    assert_eq!(scene.world.ledger().requests(RESTART).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_leaders_at_once_restart_nothing_twice() {
    leaders_at_once_restart_nothing_twice(&["a", "b"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_leaders_at_once_restart_nothing_twice() {
    leaders_at_once_restart_nothing_twice(&["a", "b", "c"]).await;
}

/// All see each other's open intents: the cloud answers late, so that a look comes before the answer.
async fn leaders_at_once_restart_nothing_twice(identities: &[&str]) {
    const APPLICATIONS: usize = 5;
    const REQUESTS: usize = 20;
    let app = |number: usize| format!("app-{}", number % APPLICATIONS);
    let all = (0..APPLICATIONS).map(|number| Application::running(app(number)));
    let scene = Scene::taught_with("e1", |config| config.applications = all.collect()).await;
    let (ms, point) = (300, Point::After);
    let late = FaultRule::on(RESTART, Fault::Delay { ms, point });
    scene.world.sim.inject(late.always());
    let mut leaders = Vec::new();
    for identity in identities {
        leaders.push(scene.leader(identity).await.start());
    }
    let names: Vec<String> = (0..REQUESTS).map(|number| format!("r{number}")).collect();
    for (number, name) in names.iter().enumerate() {
        let target = json!({"target": {"saeApplication": {"appId": app(number)}}});
        scene.world.ask(name, target).await;
    }
    let mut succeeded = 1; // the teacher
    for name in &names {
        let object = scene.world.until_finished(name).await;
        succeeded += usize::from(phase_of(&object) == "Succeeded");
    }
    scene.judge().await;
    assert_eq!(scene.world.ledger().restarts().len(), succeeded);
}

/// The leader has stored an intent, and loses the Lease before it sends. It may still send.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_loses_the_lease_between_intent_and_send_sends_once_at_most() {
    let scene = Scene::taught("e2").await;
    let mut old = scene.host("old").hold(hold::Point::BeforeSend).start();
    scene.ask("second").await;
    old.until_holding(hold::Point::BeforeSend).await;
    scene.give_lease("new").await;
    let _new = scene.host("new").start();
    scene.world.until_phase("second", "Resolving").await;
    old.release().await;
    let object = scene.world.until_finished("second").await;
    scene.judge().await;
    assert_eq!(phase_of(&object), "Succeeded");
    assert_eq!(scene.calls_of("second").await.len(), 1);
}

/// Each replica is replaced while requests come, as a Deployment does it: a new one first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_update_under_load_restarts_each_once() {
    const APPLICATIONS: usize = 6;
    let app = |number: usize| format!("app-{number}");
    let all = (1..=APPLICATIONS).map(|number| Application::running(app(number)));
    let scene = Scene::taught_with("e5", |config| config.applications = all.collect()).await;
    let mut replicas = vec![scene.host("v1-a").start(), scene.host("v1-b").start()];
    let mut names = Vec::new();
    for round in ["v2-a", "v2-b"] {
        for number in 1..=APPLICATIONS {
            let name = format!("{round}-{number}");
            let target = json!({"target": {"saeApplication": {"appId": app(number)}}});
            scene.world.ask(&name, target).await;
            names.push(name);
        }
        scene
            .world
            .until(&names[names.len() - 1], "was begun", |object| {
                object
                    .status
                    .as_ref()
                    .is_some_and(|status| status.attempt.is_some())
            })
            .await;
        replicas.push(scene.host(round).start());
        let mut old = replicas.remove(0);
        old.terminate();
        assert_eq!(old.ended().await, Some(0));
    }
    for name in &names {
        let object = scene.world.until_finished(name).await;
        assert_eq!(phase_of(&object), "Succeeded", "{name}");
    }
    scene.judge().await;
    assert_eq!(scene.world.ledger().restarts().len(), names.len() + 1);
    assert_eq!(
        scene.world.ledger().requests(RESTART).len(),
        names.len() + 1
    );
}
