//! The object itself is changed by others: deleted and made anew under its name, held by a foreign
//! finalizer while it is deleted, or its status written by an administrator.

use std::time::Duration;

use cloudsim::{Fault as CloudFault, FaultRule, OrderPlan};
use futures::future::join_all;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use restart_operator::api::RestartRequest;
use serde_json::{Value, json};

use crate::{
    stage::{PATIENCE, RESTART, Stage},
    support::{
        gate::Side,
        judge::{judge_one, nonces},
        wait,
        world::{phase_of, story},
    },
};

/// Deletes a request as a person does who was told what that means.
async fn delete(stage: &Stage, name: &str) {
    annotate(stage, name).await;
    let api = stage.world.requests();
    api.delete(name, &DeleteParams::default()).await.unwrap();
}

async fn annotate(stage: &Stage, name: &str) {
    let allowed = json!({"restart-operator.dev/allow-delete": "true"});
    merge(stage, name, json!({"metadata": {"annotations": allowed}})).await;
}

async fn merge(stage: &Stage, name: &str, patch: Value) {
    let api = stage.world.requests();
    api.patch(name, &PatchParams::default(), &Patch::Merge(patch))
        .await
        .unwrap();
}

/// Where the operator stands when the object is replaced.
#[derive(Clone, Copy, Debug)]
enum Point {
    Write(Side, &'static str),
    Call(&'static str),
}

const POINTS: [Point; 8] = [
    Point::Write(Side::Before, "Submitting"),
    Point::Write(Side::After, "Submitting"),
    Point::Call("before"),
    Point::Call("after"),
    Point::Write(Side::Before, "Running"),
    Point::Write(Side::After, "Running"),
    Point::Write(Side::Before, "Succeeded"),
    Point::Write(Side::After, "Succeeded"),
];

/// The object is deleted and made anew while its operator stands at a point: what was begun for the
/// old one never reaches the new one, which is a request of its own.
async fn replaced_at(point: Point) {
    let stage = Stage::new("w8").await;
    let _operator = stage.operator().await;
    let mut stopped = None;
    match point {
        Point::Write(side, phase) => stopped = Some(stage.gate.stop(side, "first", phase)),
        Point::Call(side) => {
            let hold = if side == "before" {
                CloudFault::HoldBefore
            } else {
                CloudFault::HoldAfter
            };
            stage.world.sim.inject(FaultRule::on(RESTART, hold));
        }
    }
    let old = stage.ask("first").await;
    match &mut stopped {
        Some(stopped) => stopped.reached().await,
        None => drop(stage.world.sim.wait_for_hold(PATIENCE).await.unwrap()),
    }
    delete(&stage, "first").await;
    let new = stage.ask("first").await;
    assert_ne!(old.metadata.uid, new.metadata.uid);
    match stopped {
        Some(stopped) => drop(stopped.release().await),
        None => drop(stage.world.sim.release()),
    }

    let end = stage
        .world
        .until("first", "ended, or is left to a person", |object| {
            let ended = object
                .status
                .as_ref()
                .is_some_and(|status| status.completion_time.is_some());
            ended || phase_of(object) == "Unknown"
        });
    let end = end.await;
    assert_eq!(end.metadata.uid, new.metadata.uid, "{point:?}");
    stage.history.judge().await;
    // The old object is judged by its number, which nobody can change any more.
    let ledger = stage.world.ledger();
    let versions = stage.history.versions("first");
    let of_old = |object: &&RestartRequest| object.metadata.uid == old.metadata.uid;
    let mut last = versions
        .iter()
        .rfind(of_old)
        .expect("the old object")
        .clone();
    if nonces(&last).is_empty() {
        // Its intent was never stored, so it was never called.
        last = old;
    }
    let of_old: usize = nonces(&last)
        .iter()
        .map(|nonce| ledger.restarts_by_nonce(nonce).len())
        .sum();
    assert!(
        of_old <= 1,
        "{point:?}: the old one was executed {of_old} times"
    );
    let of_new = judge_one(&end, &ledger);
    assert_eq!(
        of_old + of_new,
        ledger.restarts().len(),
        "{point:?}: restarts of nobody"
    );
    if phase_of(&end) == "Unknown" {
        // An order of ours that nobody has recorded is never called a second time.
        assert_eq!((of_old, of_new), (1, 0), "{point:?}: {}", story(&end).1);
    } else {
        assert_eq!(
            (phase_of(&end), of_new),
            ("Succeeded", 1),
            "{point:?}: {}",
            story(&end).1
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_begun_for_a_deleted_object_never_reaches_its_successor_of_the_same_name() {
    join_all(POINTS.into_iter().map(replaced_at)).await;
}

const FINALIZER: &str = "example.com/keeps";

async fn ask_with_finalizer(stage: &Stage, spec: Value) -> RestartRequest {
    let request = json!({
        "apiVersion": "restart-operator.dev/v1alpha1", "kind": "RestartRequest",
        "metadata": {"name": "first", "finalizers": [FINALIZER]},
        "spec": {
            "accountRef": {"kind": "ClusterCloudAccount", "name": stage.world.namespace},
            "target": {"saeApplication": {"appId": "app-1"}},
        },
    });
    let request = serde_json::from_value(request).unwrap();
    let api = stage.world.requests();
    let created = api.create(&PostParams::default(), &request).await.unwrap();
    if spec != Value::Null {
        merge(stage, "first", json!({"spec": spec})).await;
    }
    created
}

/// It is marked as deleted in this state, and held by somebody's finalizer.
async fn deleted_while(phase: &'static str, end: &str) {
    let stage = Stage::with("w9", |config| {
        config.default_plan = OrderPlan::lasting(Duration::from_secs(3));
    })
    .await;
    if phase == "Suspended" {
        let request = ask_with_finalizer(&stage, json!({"suspend": true})).await;
        assert!(request.metadata.uid.is_some());
    }
    if phase == "Submitting" {
        stage
            .world
            .sim
            .inject(FaultRule::on(RESTART, CloudFault::HoldAfter));
    }
    let _operator = stage.operator().await;
    if phase != "Suspended" {
        ask_with_finalizer(&stage, Value::Null).await;
    }
    stage.world.until_phase("first", phase).await;
    if phase == "Submitting" {
        stage.world.sim.wait_for_hold(PATIENCE).await.unwrap();
    }
    delete(&stage, "first").await;
    stage.world.sim.release();
    assert_eq!(stage.end_of("first").await.0, end, "deleted while {phase}");
    merge(&stage, "first", json!({"metadata": {"finalizers": null}})).await;
    wait::until("it is gone", async || {
        stage
            .world
            .requests()
            .get_opt("first")
            .await
            .unwrap()
            .is_none()
    })
    .await;
    let executed = usize::from(end == "Succeeded");
    assert_eq!(stage.world.ledger().restarts().len(), executed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleted_under_a_foreign_finalizer_it_is_followed_to_its_end_and_goes() {
    let cases = [
        ("Suspended", "Cancelled"),
        ("Submitting", "Succeeded"),
        ("Running", "Succeeded"),
        ("Succeeded", "Succeeded"),
    ];
    join_all(cases.map(|(phase, end)| deleted_while(phase, end))).await;
}

/// An administrator writes what the rules allow: words that are not true, and an intent of nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_that_an_administrator_writes_are_put_right() {
    let stage = Stage::with("w10-words", |config| {
        config.default_plan = OrderPlan::lasting(Duration::from_secs(3));
    })
    .await;
    let _operator = stage.operator().await;
    stage.ask("first").await;
    let mut object = stage.world.until_phase("first", "Running").await;
    let written = loop {
        let status = object.status.as_mut().unwrap();
        status.phase = restart_operator::api::Phase::Pending;
        for condition in &mut status.conditions {
            condition.message = "written by hand".to_owned();
        }
        let api = stage.world.requests();
        match api
            .replace_status("first", &PostParams::default(), &object)
            .await
        {
            Ok(written) => break written,
            Err(kube::Error::Api(status)) if status.code == 409 => {
                object = stage.world.get("first").await;
            }
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(phase_of(&written), "Pending");
    let object = stage.world.until_phase("first", "Succeeded").await;
    assert!(!story(&object).1.contains("by hand"));
    assert_eq!(judge_one(&object, &stage.world.ledger()), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_intent_that_an_administrator_writes_is_never_sent() {
    let stage = Stage::taught("w10-intent").await;
    let mut object = stage.world.ask("second", json!({"suspend": true})).await;
    // The intent of a request that really was made, with another number.
    let mut status = stage.world.get("teacher").await.status.unwrap();
    let mut attempt = status.attempt.take().unwrap();
    let now = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second()).unwrap();
    attempt.answer = None;
    attempt.signed_at.0 = now;
    attempt.not_after.0 = now + Duration::from_secs(6);
    attempt.attempt_id = "0".repeat(32);
    object.status.as_mut().unwrap().attempt = Some(attempt);
    let api = stage.world.requests();
    api.replace_status("second", &PostParams::default(), &object)
        .await
        .unwrap();
    let _operator = stage.operator().await;
    let object = stage.world.until_finished("second").await;
    assert_eq!(phase_of(&object), "NotExecuted", "{}", story(&object).1);
    assert_eq!(
        stage.world.ledger().requests(RESTART).len(),
        1,
        "the teacher's"
    );
}
