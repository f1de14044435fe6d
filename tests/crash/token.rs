//! Killed at each point of a call with a token (Volcengine): the successor takes the attempt over and
//! sends the same call again, and each instance is rebooted once (C1 to C3, C6 to C12, H5).

use std::time::Duration;

use cloudsim::{Fault, FaultRule, Instance, RebootPlan};
use futures::{StreamExt, stream};
use jiff::Timestamp;
use restart_operator::api::RestartRequest;

use crate::{
    scene::{PATIENCE, Scene},
    support::{gate::Side, hold, wait, world::phase_of},
};

const REBOOT: &str = "RebootInstances";

async fn scene(prefix: &str) -> (Scene, String) {
    let scene = Scene::with(prefix, |config| {
        let plan = RebootPlan::lasting(Duration::from_millis(900));
        let instance = |id| Instance::running(id).with_plan(plan.clone());
        config.volcengine.instances = vec![instance("i-a"), instance("i-b")];
    })
    .await;
    let account = scene.world.put_volcengine_account().await;
    (scene, account)
}

/// Where the operator is killed.
#[derive(Clone, Copy, Debug)]
enum Point {
    Write(Side, &'static str),
    Inside(hold::Point),
    Call(bool),
}

const POINTS: [Point; 10] = [
    Point::Write(Side::Before, "Submitting"),
    Point::Write(Side::After, "Submitting"),
    Point::Inside(hold::Point::BeforeSend),
    Point::Call(false),
    Point::Call(true),
    Point::Inside(hold::Point::AfterAnswer),
    Point::Write(Side::Before, "Running"),
    Point::Write(Side::After, "Running"),
    Point::Write(Side::Before, "Succeeded"),
    Point::Write(Side::After, "Succeeded"),
];

/// True: in time. A machine that is too busy lets the signature end before the takeover, and then the
/// outcome is left to a person.
async fn killed_at(point: Point) -> bool {
    let (scene, account) = scene("token").await;
    let gate = scene.gate().await;
    let mut launch = scene.host("pod").through(&gate);
    let mut write = None;
    match point {
        Point::Write(side, phase) => write = Some(gate.stop(side, "first", phase)),
        Point::Inside(at) => launch = launch.hold(at),
        Point::Call(executed) => {
            let held = if executed {
                Fault::HoldAfter
            } else {
                Fault::HoldBefore
            };
            scene.world.sim.inject(FaultRule::on(REBOOT, held));
        }
    }
    let mut operator = launch.start();
    scene.reboot("first", &account).await;
    match (point, &mut write) {
        (_, Some(write)) => write.reached().await,
        (Point::Inside(at), None) => operator.until_holding(at).await,
        (_, None) => drop(scene.world.sim.wait_for_hold(PATIENCE).await.unwrap()),
    }
    operator.kill_dash_nine().await;
    if matches!(point, Point::Call(true)) {
        scene.world.sim.release();
    }
    let _successor = scene.restarted();
    if matches!(point, Point::Call(false)) {
        // The first copy arrives while the second one is on its way, or after it.
        let taken = |object: &RestartRequest| {
            let attempt = object
                .status
                .as_ref()
                .and_then(|status| status.attempt.as_ref());
            attempt.is_some_and(|attempt| attempt.owned > 0) || phase_of(object) == "Unknown"
        };
        scene
            .world
            .until("first", "was taken over, or left to a person", taken)
            .await;
        scene.world.sim.release();
    }
    let end = scene.end_with_a_token("first").await;
    if end {
        assert_eq!(scene.world.ledger().restarts().len(), 2, "{point:?}");
    }
    end
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_anywhere_each_instance_is_rebooted_once() {
    let tries = POINTS.map(|point| async move {
        for _ in 0..TRIES {
            if Box::pin(killed_at(point)).await {
                return;
            }
        }
        panic!("{point:?}: never taken over in time");
    });
    stream::iter(tries)
        .buffer_unordered(SIDE_BY_SIDE)
        .collect::<()>()
        .await;
}

/// Lives of one point.
const TRIES: usize = 3;
/// Points at once.
const SIDE_BY_SIDE: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen_during_a_takeover_until_it_is_too_late_it_sends_nothing() {
    let (scene, account) = scene("h5").await;
    let lost = FaultRule::on(REBOOT, Fault::DropBefore);
    scene.world.sim.inject(lost);
    let gate = scene.gate().await;
    let mut doubt = gate.stop(Side::After, "first", "Resolving");
    let frozen = scene.host("pod").through(&gate).start();
    scene.reboot("first", &account).await;
    doubt.reached().await;
    // The next write of this phase is the takeover.
    let mut takeover = gate.stop(Side::After, "first", "Submitting");
    doubt.release().await;
    takeover.reached().await;
    frozen.stop();
    let attempt = scene
        .world
        .get("first")
        .await
        .status
        .unwrap()
        .attempt
        .unwrap();
    assert_eq!(attempt.owned, 1);
    wait::until("the signature has ended", async || {
        Timestamp::now() > attempt.not_after.0
    })
    .await;
    frozen.cont();
    takeover.release().await;
    scene.world.until_phase("first", "Unknown").await;
    scene.judge().await;
    assert_eq!(
        scene.world.ledger().requests(REBOOT).len(),
        1,
        "sent too late"
    );
    assert_eq!(scene.world.ledger().restarts().len(), 0);
}
