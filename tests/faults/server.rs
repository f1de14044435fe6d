//! The API server refuses for a while, cannot write, or is away for longer than a Lease lasts.

use std::{sync::Arc, time::Duration};

use cloudsim::{Fault as CloudFault, FaultRule, OrderPlan};
use restart_operator::api::Attribution;
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    stage::{PATIENCE, RESTART, Stage},
    support::{
        controlplane::{
            ControlPlane,
            needs::{Need, left_out},
            start::Server,
        },
        failure::Outcome,
        gate::{
            Side,
            fault::{Fault, Passes, Reply, Rule},
            weather::End,
        },
        process::Launch,
        wait,
        world::World,
    },
};

/// Longer than the operator waits for an answer, which is 10 s.
const AFTER_THE_DEADLINE: Duration = Duration::from_secs(11);
const DIRECT: (&str, Option<Attribution>) = ("Succeeded", Some(Attribution::Direct));
const WATCHED: [&str; 3] = ["restartrequests", "cloudaccounts", "clustercloudaccounts"];

/// Everything is answered with this code for a while: the probe and the log say so, the process
/// stays alive, and it goes on by itself when the refusals end.
async fn refused_for_a_while(prefix: &str, code: u16, reason: &str) {
    let stage = Stage::new(prefix).await;
    let _operator = stage.shipped("pod").start();
    stage.until_ready("pod").await;
    let rule = stage
        .gate
        .inject(Rule::new(Fault::refused(code, reason), |_| true).always());
    for resource in WATCHED {
        stage.gate.cut(resource, End::Reset);
    }
    stage.ask("first").await;
    let said = format!("the watch cannot be opened: {code}");
    wait::until("the probe says what is refused", async || {
        let (status, body) = stage.probe("pod", "/readyz").await;
        status == 503
            && WATCHED
                .iter()
                .all(|one| body.contains(&format!("{one}: {said}")))
    })
    .await;
    assert_eq!(stage.probe("pod", "/healthz").await.0, 200);
    assert!(
        stage.log_of("pod").contains(reason),
        "the log does not say {reason}"
    );
    stage.gate.remove(rule);
    stage.until_ready("pod").await;
    assert_eq!(stage.end_of("first").await, DIRECT);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotated_token_and_a_removed_role_are_told_and_it_recovers() {
    futures::join!(
        refused_for_a_while("a10", 401, "Unauthorized"),
        refused_for_a_while("a11", 403, "Forbidden"),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throttled_or_failing_for_a_while_nothing_spins_and_it_recovers() {
    let stage = Stage::new("a8").await;
    let _operator = stage.shipped("pod").start();
    stage.until_ready("pod").await;
    let refused = Rule::new(Fault::refused(503, "ServiceUnavailable"), |asked| {
        asked.verb == "update" && asked.resource == "restartrequests/status"
    });
    let rule = stage.gate.inject(refused.always());
    stage.ask("first").await;
    let tries = || stage.gate.met(rule);
    wait::until("a pass gave up and another one tried", async || tries() > 4).await;
    // Four tries in a pass, then at least five seconds.
    let reads = stage.asked_for("get restartrequests");
    assert!(
        tries() <= 8 && reads <= 8,
        "{} tries, {reads} reads",
        tries()
    );
    assert_eq!(stage.probe("pod", "/healthz").await.0, 200);
    assert_eq!(stage.world.ledger().requests(RESTART).len(), 0);
    stage.gate.remove(rule);
    assert_eq!(stage.end_of("first").await, DIRECT);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_intent_that_the_server_refuses_is_never_sent_and_is_counted() {
    let stage = Stage::new("a14").await;
    let _operator = stage.shipped("pod").start();
    stage.until_ready("pod").await;
    let invalid = Rule::new(Fault::refused(422, "Invalid"), |asked| {
        asked.phase == "Submitting"
    });
    let rule = stage.gate.inject(invalid.always());
    stage.ask("first").await;
    wait::until("a pass gave up", async || stage.gate.met(rule) >= 4).await;
    assert_eq!(stage.world.ledger().requests(RESTART).len(), 0);
    for line in [
        "restart_operator_kube_requests_total{verb=\"update\",resource=\"restartrequests\",code=\"422\"}",
        "result=\"contended\"",
    ] {
        wait::until(&format!("{line} is counted"), async || {
            stage.probe("pod", "/metrics").await.1.contains(line)
        })
        .await;
    }
    assert_eq!(stage.world.ledger().requests(RESTART).len(), 0);
    stage.gate.remove(rule);
    assert_eq!(stage.end_of("first").await, DIRECT);
}

/// The leader hears nothing of the API server for longer than its Lease lasts, with an answer in
/// hand that nobody knows of. The other replica goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen_for_longer_than_the_lease_leadership_moves_and_nothing_is_doubled() {
    let stage = Stage::taught("a15").await;
    let held = FaultRule::on(RESTART, CloudFault::HoldAfter);
    stage.world.sim.inject(held);
    let _leader = stage.host("a").start();
    stage.until_ready("a").await;
    stage.ask("second").await;
    stage.world.sim.wait_for_hold(PATIENCE).await.unwrap();
    let _other = Launch::host(&stage.world, "b", stage.logs.path()).start();
    stage.gate.freeze();
    stage.world.sim.release();
    let end = stage.world.until_finished("second").await;

    // The first one wakes up with an answer to record and a Lease that is another's.
    stage.gate.thaw();
    stage.until_ready("a").await;
    stage.ask("third").await;
    assert_eq!(stage.end_of("third").await, DIRECT);
    let now = stage.world.get("second").await;
    assert_eq!(now.metadata.resource_version, end.metadata.resource_version);
    assert_eq!(stage.world.ledger().requests(RESTART).len(), 3);
}

/// etcd stands still, so that no write is stored and no quorum read is answered; writes that were
/// given up are stored afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_etcd_nothing_is_lost_and_late_writes_do_no_harm() -> Outcome<()> {
    let test = "without_etcd_nothing_is_lost_and_late_writes_do_no_harm";
    if left_out(test, &[Need::OwnServers])? {
        return Ok(());
    }
    let mut plane = ControlPlane::start_private().await?;
    let etcd = plane.servers()?.pid(Server::Etcd).expect("etcd runs");
    let etcd = Pid::from_raw(i32::try_from(etcd).unwrap()).unwrap();
    let world = World::on(Arc::new(plane), "a13", |config| {
        config.default_plan = OrderPlan::lasting(Duration::from_secs(2));
    })
    .await;
    let stage = Stage::around(world).await;
    let _operator = stage.host("pod").start();
    stage.until_ready("pod").await;
    let mut intent = stage.gate.stop(Side::Before, "intent", "Submitting");
    let mut order = stage.gate.stop(Side::Before, "order", "Succeeded");
    for (name, app) in [("intent", "app-1"), ("order", "app-2")] {
        if app != "app-1" {
            stage
                .world
                .sim
                .put_application(cloudsim::Application::running(app));
        }
        let target = serde_json::json!({"target": {"saeApplication": {"appId": app}}});
        stage.world.ask(name, target).await;
    }
    intent.reached().await;
    order.reached().await;
    kill_process(etcd, Signal::STOP).unwrap();
    // They are in the hands of the server now, which cannot store them; the operator gives them up.
    let answers = [intent, order].map(|stopped| tokio::spawn(stopped.release()));
    wait::until("the operator asks what became of its writes", async || {
        stage.asked_for("get restartrequests") >= 2
    })
    .await;
    kill_process(etcd, Signal::CONT).unwrap();
    for answer in answers {
        answer.await.unwrap();
    }
    assert_eq!(stage.end_of("intent").await.0, "Succeeded");
    assert_eq!(stage.end_of("order").await, DIRECT);
    Ok(())
}

/// An intent is on its way for longer than its author waits, and comes to the server after an edit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_write_under_an_edit_is_refused_and_the_edit_is_obeyed() {
    let stage = Stage::new("a4").await;
    let _operator = stage.operator().await;
    let late = Fault::new(Passes::Late(AFTER_THE_DEADLINE), Reply::Real);
    let late = Rule::new(late, |asked| asked.phase == "Submitting");
    let rule = stage.gate.inject(late);
    stage.ask("first").await;
    wait::until("the intent is on its way", async || {
        stage.gate.met(rule) == 1
    })
    .await;
    stage
        .world
        .edit("first", serde_json::json!({"cancel": true}))
        .await;
    assert_eq!(stage.end_of("first").await.0, "Cancelled");
    let ended = stage.world.get("first").await;
    wait::until("the late write came", async || {
        stage.gate.answered(rule) == 1
    })
    .await;
    assert_eq!(stage.world.get("first").await, ended);
    assert_eq!(stage.world.ledger().requests(RESTART).len(), 0);
}
