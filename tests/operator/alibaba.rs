//! The other calls of Alibaba Cloud: instances and batches of SAE, and EDAS.

use std::time::Duration;

use cloudsim::{Application, Config, Fault, FaultRule, OrderPlan};
use restart_operator::api::{Attribution, RestartRequest, TargetState};
use serde_json::{Value, json};

use crate::support::world::{APP, World, phase_of, story};

fn plan() -> OrderPlan {
    OrderPlan::lasting(Duration::from_millis(500)).batches(2)
}

/// SAE applications with two instances each and an EDAS application of an ECS cluster.
async fn world(prefix: &str) -> World {
    World::with(prefix, |config: &mut Config| {
        let sae = |id: &str| {
            Application::running(id)
                .with_instances([format!("{id}-x1"), format!("{id}-x2")])
                .with_plan(plan())
        };
        let edas = |id: &str| Application::edas(id).with_plan(plan());
        config.applications = vec![
            sae(APP),
            sae("app-2"),
            edas("edas-1"),
            edas("edas-k8s").on_cluster(5),
        ];
    })
    .await
}

fn instances(ids: &[&str]) -> Value {
    json!({"saeApplication": null, "saeInstances": {"appId": APP, "instanceIds": ids}})
}

fn batch(ids: &[&str]) -> Value {
    json!({"saeApplication": null,
        "saeApplications": {"namespaceId": "cn-hangzhou", "appIds": ids}})
}

fn edas(id: &str) -> Value {
    json!({"saeApplication": null, "edasApplication": {"appId": id}})
}

async fn restart(world: &World, name: &str, target: Value) -> RestartRequest {
    world.ask(name, json!({"target": target})).await;
    world.until_finished(name).await
}

fn attribution(object: &RestartRequest) -> Option<Attribution> {
    Some(object.status.as_ref()?.change_order.as_ref()?.attribution)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_of_an_application_are_restarted_by_one_call() {
    let world = world("inst").await;
    let _operator = world.operator().await;
    let object = restart(&world, "first", instances(&["app-1-x2", "app-1-x1"])).await;
    assert_eq!(phase_of(&object), "Succeeded", "{}", story(&object).1);
    let ledger = world.ledger();
    let sent = ledger.requests("RestartInstances");
    assert_eq!(sent.len(), 1);
    let ids = sent[0].params.get("InstanceIds").map(String::as_str);
    assert_eq!(ids, Some("app-1-x1,app-1-x2"), "sorted by bytes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_the_application_does_not_have_ends_the_request() {
    let world = world("noinst").await;
    let _operator = world.operator().await;
    let object = restart(&world, "first", instances(&["app-1-x1", "app-2-x1"])).await;
    let (reason, message) = story(&object);
    assert_eq!(
        (phase_of(&object), reason.as_str()),
        ("Failed", "TargetNotFound")
    );
    assert!(message.contains("app-2-x1"), "{message}");
    assert_eq!(world.ledger().requests("RestartInstances").len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_restart_of_instances_is_adopted() {
    let world = world("instlost").await;
    let _operator = world.operator().await;
    world.teach_the_creator().await;
    world
        .sim
        .inject(FaultRule::on("RestartInstances", Fault::DropAfter));
    let object = restart(&world, "second", instances(&["app-1-x1"])).await;
    assert_eq!(phase_of(&object), "Succeeded", "{}", story(&object).1);
    assert_eq!(attribution(&object), Some(Attribution::Adopted));
    assert_eq!(world.ledger().requests("RestartInstances").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_judged_by_the_order_of_each_application() {
    let world = world("batch").await;
    let _operator = world.operator().await;
    let object = restart(&world, "first", batch(&[APP, "app-2"])).await;
    assert_eq!(phase_of(&object), "Succeeded", "{}", story(&object).1);
    let targets = object.status.unwrap().targets;
    assert_eq!(targets.len(), 2);
    for target in targets {
        assert_eq!(target.state, TargetState::Succeeded);
        let order = target.order_id.expect("an order of its own");
        let ledger = world.ledger();
        assert!(
            ledger
                .restarts_of(&target.id)
                .iter()
                .any(|restart| restart.order == order)
        );
    }
    assert_eq!(world.ledger().requests("BatchRestartApplications").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_with_a_member_that_fails_is_partly_succeeded() {
    let world = world("batchpart").await;
    let failing = Application::running("app-2").with_plan(plan().ending(3));
    world.sim.put_application(failing);
    let _operator = world.operator().await;
    let object = restart(&world, "first", batch(&[APP, "app-2"])).await;
    assert_eq!(
        phase_of(&object),
        "PartiallySucceeded",
        "{}",
        story(&object).1
    );
    let states: Vec<_> = object
        .status
        .unwrap()
        .targets
        .iter()
        .map(|t| t.state)
        .collect();
    assert_eq!(states, [TargetState::Succeeded, TargetState::Failed]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_batch_is_left_to_a_person_with_what_was_seen() {
    let world = world("batchlost").await;
    let _operator = world.operator().await;
    world.teach_the_creator().await;
    world
        .sim
        .inject(FaultRule::on("BatchRestartApplications", Fault::DropAfter));
    world
        .ask("second", json!({"target": batch(&[APP, "app-2"])}))
        .await;
    let object = world.until_phase("second", "Unknown").await;
    let (_, message) = story(&object);
    let ledger = world.ledger();
    let member = ledger.restarts_of("app-2")[0].order.clone();
    assert!(message.contains(&member), "{message}");
    assert_eq!(ledger.requests("BatchRestartApplications").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edas_application_is_restarted_and_a_lost_answer_is_adopted() {
    let world = world("edas").await;
    let _operator = world.operator().await;
    let object = restart(&world, "first", edas("edas-1")).await;
    assert_eq!(phase_of(&object), "Succeeded", "{}", story(&object).1);
    let lost = FaultRule::on("RestartApplication", Fault::DropAfter).product("edas");
    world.sim.inject(lost);
    let object = restart(&world, "second", edas("edas-1")).await;
    assert_eq!(phase_of(&object), "Succeeded", "{}", story(&object).1);
    assert_eq!(attribution(&object), Some(Attribution::Adopted));
    assert_eq!(world.ledger().restarts_in("edas", "edas-1").len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edas_application_of_a_kubernetes_cluster_is_refused_with_the_right_advice() {
    let world = world("edask8s").await;
    let _operator = world.operator().await;
    let object = restart(&world, "first", edas("edas-k8s")).await;
    let (reason, message) = story(&object);
    assert_eq!(
        (phase_of(&object), reason.as_str()),
        ("Failed", "TargetUnsupported")
    );
    assert!(message.contains("Kubernetes"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edas_order_that_partly_succeeds_is_no_success() {
    let world = world("edaspart").await;
    world
        .sim
        .put_application(Application::edas("edas-1").with_plan(plan().ending(7)));
    let _operator = world.operator().await;
    let object = restart(&world, "first", edas("edas-1")).await;
    assert_eq!(
        phase_of(&object),
        "PartiallySucceeded",
        "{}",
        story(&object).1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_may_choose_the_older_signature() {
    let world = world("roa").await;
    world
        .put_account(json!({"signatureAlgorithm": "HMAC-SHA1"}))
        .await;
    let _operator = world.operator().await;
    let object = restart(&world, "first", json!({})).await;
    assert_eq!(phase_of(&object), "Succeeded", "{}", story(&object).1);
    let object = restart(&world, "second", edas("edas-1")).await;
    assert_eq!(phase_of(&object), "Succeeded", "{}", story(&object).1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_edas_restart_is_aborted() {
    let world = world("edascancel").await;
    let long = OrderPlan::lasting(Duration::from_secs(600)).batches(2);
    world
        .sim
        .put_application(Application::edas("edas-1").with_plan(long));
    let _operator = world.operator().await;
    world.ask("first", json!({"target": edas("edas-1")})).await;
    world.until_phase("first", "Running").await;
    world.edit("first", json!({"cancel": true})).await;
    let object = world.until_finished("first").await;
    assert_eq!(story(&object).0, "CancelledInCloud", "{}", story(&object).1);
}
