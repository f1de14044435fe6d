//! Clocks that are wrong: the cloud's `Date` is minutes or hours away from ours, before a call, between
//! intent and call, and while a lost order is looked for; and a machine that slept.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use cloudsim::{Application, Fault as CloudFault, FaultRule};
use futures::future::join_all;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use restart_operator::{
    api::{Attribution, RestartRequest},
    cloud::Clock,
    controller::clock::SystemClock,
};
use serde_json::json;

use crate::{
    stage::{PATIENCE, RESTART, Stage},
    support::{
        gate::Side,
        policy, wait,
        world::{phase_of, story},
    },
};

const DIRECT: (&str, Option<Attribution>) = ("Succeeded", Some(Attribution::Direct));
const RIGHT: SignedDuration = SignedDuration::ZERO;
/// Ahead and behind, by more than a signature lives and by more than the largest offset.
const WRONG: [SignedDuration; 4] = [
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(-5),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(-1),
];

/// It waits, and says that the clocks are why: the operator sees the difference by itself, or the
/// gateway refuses even a read.
fn waits_for_clocks(object: &RestartRequest) -> bool {
    let told = object
        .status
        .as_ref()
        .is_some_and(|status| !status.conditions.is_empty());
    let (reason, message) = if told { story(object) } else { return false };
    ["ClockSkew", "CloudUnavailable"].contains(&reason.as_str()) && message.contains("clock")
}

async fn wrong_before_the_intent(offset: SignedDuration) {
    // As both clouds document it.
    let life = Duration::from_mins(15);
    let stage = Stage::with("e3-before", |config| config.signature_life = life).await;
    stage.world.sim.set_clock_offset(offset);
    let _operator = stage.operator().await;
    stage.ask("first").await;
    let object = stage
        .world
        .until("first", "waits for the clocks", waits_for_clocks)
        .await;
    let within = offset.unsigned_abs() < life;
    let reason = if within {
        "ClockSkew"
    } else {
        "CloudUnavailable"
    };
    assert_eq!(story(&object).0, reason, "{offset}");
    stage.world.sim.set_clock_offset(RIGHT);
    assert_eq!(stage.end_of("first").await, DIRECT, "{offset}");
    assert_eq!(stage.world.ledger().requests(RESTART).len(), 1, "{offset}");
    let versions = stage.history.versions("first");
    let intents = versions.iter().filter(|one| phase_of(one) == "Submitting");
    assert_eq!(
        intents.count(),
        1,
        "{offset}: an intent under a wrong clock"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_intent_is_written_while_the_clocks_differ() {
    join_all(WRONG.map(wrong_before_the_intent)).await;
}

/// The gateway refuses the signature, which is a definite rejection.
async fn wrong_between_intent_and_call(offset: SignedDuration) {
    let stage = Stage::new("e3-call").await;
    let _operator = stage.operator().await;
    let mut intent = stage.gate.stop(Side::After, "first", "Submitting");
    stage.ask("first").await;
    intent.reached().await;
    stage.world.sim.set_clock_offset(offset);
    assert_eq!(intent.release().await, StatusCode::OK);
    stage
        .world
        .until("first", "waits for the clocks", waits_for_clocks)
        .await;
    stage.world.sim.set_clock_offset(RIGHT);
    assert_eq!(stage.end_of("first").await, DIRECT, "{offset}");
    assert_eq!(stage.world.ledger().requests(RESTART).len(), 2, "{offset}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_the_gateway_finds_outdated_is_made_anew_when_the_clocks_agree() {
    join_all(WRONG.map(wrong_between_intent_and_call)).await;
}

/// The resolver's clock is ahead of the gateway's, which still accepts the stuck call.
async fn the_resolver_is_ahead(by: SignedDuration) {
    let stage = Stage::taught("e3-resolve").await;
    stage
        .world
        .sim
        .inject(FaultRule::on(RESTART, CloudFault::HoldBefore));
    let operator = stage.operator().await;
    // When the cloud's clock goes back, the order of the teacher would run again.
    let fresh = "app-2";
    stage.world.sim.put_application(Application::running(fresh));
    let target = json!({"target": {"saeApplication": {"appId": fresh}}});
    stage.world.ask("second", target).await;
    stage.world.sim.wait_for_hold(PATIENCE).await.unwrap();
    operator.stop_now();
    stage.world.sim.set_clock_offset(-by);
    let lists = |stage: &Stage| stage.world.ledger().requests("ListChangeOrders").len();
    let before = lists(&stage);
    let _resolver = stage.operator().await;
    let object = stage.world.until_phase("second", "Resolving").await;
    let window = object.status.unwrap().attempt.unwrap().not_after.0;
    // Looks that come after the window by the resolver's own clock conclude nothing.
    let late = policy::short().skew + policy::short().settle;
    let past = move || Timestamp::now() > window + late;
    wait::until("it has looked after the window by its clock", async || {
        past() && lists(&stage) > before + 3
    })
    .await;
    assert_eq!(phase_of(&stage.world.get("second").await), "Resolving");
    // The stuck call arrives, and the gateway takes it.
    stage.world.sim.release();
    stage
        .world
        .sim
        .wait_for_restarts(2, PATIENCE)
        .await
        .unwrap();
    stage.world.sim.set_clock_offset(RIGHT);
    assert_eq!(
        stage.end_of("second").await,
        ("Succeeded", Some(Attribution::Adopted))
    );
    assert_eq!(stage.world.ledger().requests(RESTART).len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resolver_whose_clock_is_ahead_concludes_nothing_before_the_cloud_does() {
    the_resolver_is_ahead(SignedDuration::from_secs(8)).await;
}

/// The clocks of a machine that can sleep: both go on meanwhile, timers do not.
#[derive(Debug, Default)]
struct Sleeper {
    slept: Mutex<Duration>,
}

impl Sleeper {
    fn sleep(&self, for_: Duration) {
        *self.slept.lock().unwrap() += for_;
    }
}

impl Clock for Sleeper {
    fn wall(&self) -> Timestamp {
        SystemClock.wall() + *self.slept.lock().unwrap()
    }

    fn boot(&self) -> Duration {
        SystemClock.boot() + *self.slept.lock().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_that_slept_between_intent_and_call_sends_nothing_under_the_old_signature() {
    let stage = Stage::new("e4").await;
    let clock = Arc::new(Sleeper::default());
    let _operator = stage
        .world
        .operator_by(policy::short(), clock.clone(), &stage.gate)
        .await;
    let mut intent = stage.gate.stop(Side::After, "first", "Submitting");
    stage.ask("first").await;
    intent.reached().await;
    let slept = policy::SIGNATURE_LIFE * 2;
    clock.sleep(slept);
    stage
        .world
        .sim
        .advance_clock(SignedDuration::try_from(slept).unwrap());
    assert_eq!(intent.release().await, StatusCode::OK);
    assert_eq!(stage.end_of("first").await, DIRECT);
    let first = stage.history.versions("first");
    let signed = first
        .iter()
        .find_map(|object| object.status.as_ref()?.attempt.clone());
    let calls = stage.world.ledger();
    let calls = calls.requests(RESTART);
    assert_eq!(calls.len(), 1);
    assert_ne!(
        calls[0].nonce,
        signed.unwrap().nonce,
        "the old signature was used"
    );
}
