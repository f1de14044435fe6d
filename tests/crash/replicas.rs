//! Two replicas: the leader is killed and the standby goes on, or both lead at once (E1).

use std::time::{Duration, Instant};

use cloudsim::{Application, Fault, FaultRule, OrderPlan, Point};
use serde_json::json;

use crate::{
    scene::{End, RESTART, Scene},
    support::world::phase_of,
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

/// Both see each other's open intents: the cloud answers late, so that a look comes before the answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_leaders_at_once_restart_nothing_twice() {
    const APPLICATIONS: usize = 5;
    const REQUESTS: usize = 20;
    let app = |number: usize| format!("app-{}", number % APPLICATIONS);
    let all = (0..APPLICATIONS).map(|number| Application::running(app(number)));
    let scene = Scene::taught_with("e1", |config| config.applications = all.collect()).await;
    let (ms, point) = (300, Point::After);
    let late = FaultRule::on(RESTART, Fault::Delay { ms, point });
    scene.world.sim.inject(late.always());
    let _leaders = [scene.leader("a").await, scene.leader("b").await].map(|one| one.start());
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
