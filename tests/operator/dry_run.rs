//! A dry run with each result of its preflight: no intent, no restart call.

use std::time::Duration;

use cloudsim::{Application, ApplicationStatus, Canned, Fault, FaultRule, NewOrder, OrderPlan};
use restart_operator::api::RestartRequest;
use serde_json::{Value, json};

use crate::{
    states::{end, endless},
    support::world::{APP, World},
};

fn warnings(object: &RestartRequest) -> Vec<String> {
    let preflight = object.status.as_ref().unwrap().preflight.as_ref();
    let warnings = preflight.map(|found| found.warnings.clone());
    warnings
        .unwrap_or_default()
        .into_iter()
        .map(|warning| warning.code)
        .collect()
}

async fn dry(world: &World, name: &str, target: Value) -> RestartRequest {
    world
        .ask(name, json!({"dryRun": true, "target": target}))
        .await;
    world.until_finished(name).await
}

fn nothing_was_sent(world: &World, object: &RestartRequest) {
    assert_eq!(object.status.as_ref().unwrap().attempt, None);
    let ledger = world.ledger();
    assert_eq!(ledger.restarts().len(), 0);
    let changes = [
        "RestartApplication",
        "RestartInstances",
        "BatchRestartApplications",
        "RebootInstances",
    ];
    for change in changes {
        assert_eq!(ledger.requests(change).len(), 0, "{change}");
    }
}

fn edas(id: &str, eccs: &Value) -> Value {
    json!({"saeApplication": null, "edasApplication": {"appId": id, "eccIds": eccs}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_preflight_of_alibaba_ends_it_without_a_call() {
    let world = World::with("dryalibaba", |config| {
        config.applications = vec![
            Application::running(APP),
            Application::running("stopped").with_status(ApplicationStatus::Stopped),
            Application::edas("edas-1"),
            Application::edas("edas-k8s").on_cluster(5),
        ];
    })
    .await;
    world
        .put_account(json!({"allowedTargets": [
            {"kind": "saeApplication", "ids": [APP, "stopped", "none"]},
            {"kind": "saeInstances", "ids": ["*"]}, {"kind": "saeApplications", "ids": ["*"]},
            {"kind": "edasApplication", "ids": ["*"]}],
            "guards": {"denyMinReadyZero": true}}))
        .await;
    let _operator = world.operator().await;
    let app = |id: &str| json!({"saeApplication": {"appId": id}});
    let batch = |ids: &[&str]| {
        json!({"saeApplication": null,
            "saeApplications": {"namespaceId": "cn-hangzhou", "appIds": ids}})
    };
    let instances = |ids: &[String]| json!({"saeApplication": null, "saeInstances": {"appId": APP, "instanceIds": ids}});
    let zero = json!({"saeApplication": {"minReadyInstances": 0}});
    for (name, target, phase, reason) in [
        ("good", app(APP), "Succeeded", "DryRunPassed"),
        ("stopped", app("stopped"), "Failed", "TargetNotRunning"),
        ("none", app("none"), "Failed", "TargetNotFound"),
        ("listed", app("unlisted"), "Failed", "TargetNotAllowed"),
        ("guard", zero, "Failed", "GuardDenied"),
        ("batch", batch(&[APP]), "Succeeded", "DryRunPassed"),
        (
            "batchnone",
            batch(&[APP, "none"]),
            "Failed",
            "TargetNotFound",
        ),
        (
            "part",
            instances(&["no-such".to_owned()]),
            "Failed",
            "TargetNotFound",
        ),
        (
            "edas",
            edas("edas-1", &Value::Null),
            "Succeeded",
            "DryRunPassed",
        ),
        (
            "ecc",
            edas("edas-1", &json!(["no-such"])),
            "Failed",
            "TargetNotFound",
        ),
        (
            "k8s",
            edas("edas-k8s", &Value::Null),
            "Failed",
            "TargetUnsupported",
        ),
    ] {
        let object = dry(&world, name, target).await;
        assert_eq!(end(&object), (phase, reason.to_owned()), "{name}");
        nothing_was_sent(&world, &object);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_target_is_a_warning_and_the_line_is_not_waited_in() {
    let world = World::with("drybusy", |config| {
        config.applications = vec![Application::running(APP).with_plan(endless())];
    })
    .await;
    let _operator = world.operator().await;
    let order = NewOrder::by_hand(APP)
        .of_type("CoDeploy")
        .with_plan(OrderPlan::lasting(Duration::from_secs(3600)));
    world.sim.start_order(order).unwrap();
    world.ask("waits", json!({})).await;
    world.until_phase("waits", "Queued").await;
    let object = dry(&world, "first", json!({})).await;
    assert_eq!(end(&object), ("Succeeded", "DryRunPassed".to_owned()));
    assert!(warnings(&object).contains(&"TargetBusy".to_owned()));
    nothing_was_sent(&world, &object);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_passes_is_waited_for_and_a_missing_right_is_not() {
    let world = World::new("dryaway").await;
    let _operator = world.operator().await;
    let status = "DescribeApplicationStatus";
    let away = Fault::AnswerInstead(Canned::code(503, "ServiceUnavailable"));
    let fault = world.sim.inject(FaultRule::on(status, away).always());
    world.ask("first", json!({"dryRun": true})).await;
    world.until_reason("first", "CloudUnavailable").await;
    assert!(world.sim.remove_fault(fault));
    let object = world.until_finished("first").await;
    assert_eq!(end(&object), ("Succeeded", "DryRunPassed".to_owned()));
    nothing_was_sent(&world, &object);

    let denied = Fault::AnswerInstead(Canned::code(403, "Forbidden.RAM"));
    world.sim.inject(FaultRule::on(status, denied));
    let object = dry(&world, "second", json!({})).await;
    assert_eq!(end(&object), ("Failed", "PermissionDenied".to_owned()));
    nothing_was_sent(&world, &object);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_or_suspended_a_dry_run_ends_or_waits_like_any_other() {
    let world = World::new("drysteer").await;
    let _operator = world.operator().await;
    world
        .ask("first", json!({"dryRun": true, "suspend": true}))
        .await;
    world.until_phase("first", "Suspended").await;
    world.edit("first", json!({"suspend": false})).await;
    let object = world.until_finished("first").await;
    assert_eq!(end(&object), ("Succeeded", "DryRunPassed".to_owned()));
    world
        .ask("second", json!({"dryRun": true, "cancel": true}))
        .await;
    let object = world.until_finished("second").await;
    assert_eq!(
        end(&object),
        ("Cancelled", "CancelledBeforeSubmission".to_owned())
    );
    nothing_was_sent(&world, &object);
}
