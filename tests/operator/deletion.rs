//! Deletion at each place of a request's life: with the shipped admission policy, past it, and while
//! somebody's finalizer holds the object.

use std::time::Duration;

use k8s_openapi::api::{
    admissionregistration::v1::{ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding},
    core::v1::Namespace,
};
use kube::{
    Api,
    api::{DeleteParams, PostParams},
};
use serde_json::{Value, json};

use crate::{
    states::{end, endless, world},
    support::{
        wait,
        world::{World, phase_of},
    },
};

const FINALIZER: &str = "example.com/held";

impl World {
    /// Installs the shipped policy for this namespace alone, and waits until it is in force.
    async fn keep_running_requests(&self) {
        let text = std::fs::read_to_string("deploy/policies/keep-running-requests.yaml").unwrap();
        let objects: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
        let [mut policy, mut binding] = <[Value; 2]>::try_from(objects).unwrap();
        let name = json!(format!("keep-{}", self.namespace));
        policy["metadata"]["name"] = name.clone();
        binding["metadata"]["name"] = name.clone();
        binding["spec"]["policyName"] = name;
        binding["spec"]["matchResources"] = json!({"namespaceSelector": {
            "matchLabels": {"kubernetes.io/metadata.name": self.namespace}}});
        let new = PostParams::default();
        let policies: Api<ValidatingAdmissionPolicy> = Api::all(self.admin.clone());
        let policy = serde_json::from_value(policy).unwrap();
        policies.create(&new, &policy).await.unwrap();
        let bindings: Api<ValidatingAdmissionPolicyBinding> = Api::all(self.admin.clone());
        let binding = serde_json::from_value(binding).unwrap();
        bindings.create(&new, &binding).await.unwrap();
    }

    /// Whether a deletion would be refused by the policy, without making it.
    async fn refuses_to_delete(&self, name: &str) -> bool {
        let dry = DeleteParams::default().dry_run();
        match self.requests().delete(name, &dry).await {
            Ok(_) => false,
            Err(kube::Error::Api(status)) if status.is_forbidden() => {
                assert!(status.message.contains("allow-delete"), "{status:?}");
                true
            }
            Err(error) => panic!("{error}"),
        }
    }

    async fn hold(&self, name: &str) {
        let change = json!({"metadata": {"finalizers": [FINALIZER]}});
        self.patch(name, change).await;
    }

    async fn let_go(&self, name: &str) {
        self.patch(name, json!({"metadata": {"finalizers": null}}))
            .await;
        self.until_gone(name).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_policy_keeps_what_is_under_way_and_lets_all_else_go() {
    let world = world("policy", endless()).await;
    world.keep_running_requests().await;
    let _operator = world.operator().await;
    world.in_flight("flight", json!({})).await;
    wait::until("the policy is in force", async || {
        world.refuses_to_delete("flight").await
    })
    .await;
    world.sim.release();
    world.until_phase("flight", "Running").await;
    assert!(world.refuses_to_delete("flight").await, "its order runs");
    world.ask("queued", json!({})).await;
    world.until_phase("queued", "Queued").await;
    assert!(!world.refuses_to_delete("queued").await);
    assert!(world.delete("flight").await.is_err());
    let annotation = json!({"restart-operator.dev/allow-delete": "true"});
    world
        .patch("flight", json!({"metadata": {"annotations": annotation}}))
        .await;
    world.delete("flight").await.unwrap();
    world.until_gone("flight").await;

    // The next one waits for the order, which nobody stopped.
    let order = world.ledger().restarts()[0].order.clone();
    world.until_reason("queued", "ForeignChangeOrder").await;
    assert!(world.sim.end_order(&order, 2));
    world.end_order_of("queued", 3).await;
    world.until_finished("queued").await;
    assert!(!world.refuses_to_delete("queued").await, "it has ended");
    assert_eq!(world.ledger().requests("AbortChangeOrder").len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_policy_keeps_a_request_that_looks_for_its_order_and_not_one_that_waits_for_a_person() {
    let world = world("policylost", endless()).await;
    world.keep_running_requests().await;
    let _operator = world.operator().await;
    world.resolving("lost", false, json!({})).await;
    wait::until("the policy is in force", async || {
        world.refuses_to_delete("lost").await
    })
    .await;
    let object = world.until_finished("lost").await;
    assert_eq!(end(&object), ("NotExecuted", "NotExecuted".to_owned()));
    assert!(!world.refuses_to_delete("lost").await);
    world.unknown("unknown", json!({})).await;
    assert!(!world.refuses_to_delete("unknown").await);
    world.backing_off_after("rejected").await;
    assert!(!world.refuses_to_delete("rejected").await);
}

impl World {
    /// Rejected once more, on an application that still runs an order: nothing is open.
    async fn backing_off_after(&self, name: &str) {
        let other = json!({"target": {"saeApplication": {"appId": "app-2"}}});
        self.sim
            .put_application(cloudsim::Application::running("app-2"));
        let always = cloudsim::Canned::code(400, "System.Upgrading");
        let rule =
            cloudsim::FaultRule::on("RestartApplication", cloudsim::Fault::AnswerInstead(always));
        self.sim.inject(rule.app("app-2").always());
        self.ask(name, other).await;
        self.until_reason(name, "BackingOff").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_namespace_goes_with_a_request_that_is_under_way() {
    let world = world("nsgone", endless()).await;
    world.keep_running_requests().await;
    let operator = world.operator().await;
    world.running("first", json!({})).await;
    wait::until("the policy is in force", async || {
        world.refuses_to_delete("first").await
    })
    .await;
    let namespaces: Api<Namespace> = Api::all(world.admin.clone());
    let gone = DeleteParams::default();
    namespaces.delete(&world.namespace, &gone).await.unwrap();
    world.until_gone("first").await;
    assert_eq!(world.ledger().requests("AbortChangeOrder").len(), 0);
    assert_eq!(world.restarts(), 1);
    operator.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn held_by_a_finalizer_before_an_intent_it_ends_cancelled() {
    let world = world("finwait", endless()).await;
    let _operator = world.operator().await;
    world.running("holder", json!({})).await;
    for (name, spec, phase) in [
        ("suspended", json!({"suspend": true}), "Suspended"),
        ("queued", json!({}), "Queued"),
    ] {
        world.ask(name, spec).await;
        world.until_phase(name, phase).await;
        world.hold(name).await;
        world.delete(name).await.unwrap();
        let object = world.until_finished(name).await;
        assert_eq!(
            end(&object),
            ("Cancelled", "CancelledBeforeSubmission".to_owned())
        );
        world.let_go(name).await;
    }
    assert_eq!(world.restarts(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn held_by_a_finalizer_after_the_call_it_is_followed_to_its_end() {
    let world = world("finrun", endless()).await;
    let _operator = world.operator().await;
    world.in_flight("flight", json!({})).await;
    world.hold("flight").await;
    world.delete("flight").await.unwrap();
    assert_eq!(world.sim.release(), 1);
    world.until_phase("flight", "Running").await;
    world.end_order_of("flight", 2).await;
    let object = world.until_finished("flight").await;
    assert_eq!(phase_of(&object), "Succeeded");
    world.let_go("flight").await;

    world.resolving("lost", true, json!({})).await;
    world.hold("lost").await;
    world.delete("lost").await.unwrap();
    world.end_order_of("lost", 8).await;
    world.until_phase("lost", "Paused").await;
    world.end_order_of("lost", 3).await;
    let object = world.until_finished("lost").await;
    assert_eq!(phase_of(&object), "Failed");
    world.let_go("lost").await;
    assert_eq!((world.calls(), world.restarts()), (2, 2));
    assert_eq!(world.ledger().requests("AbortChangeOrder").len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn held_by_a_finalizer_at_its_end_it_is_deleted_once_and_not_over_and_over() {
    let world = World::new("finttl").await;
    let _operator = world.operator().await;
    let soon = jiff::Timestamp::now() + Duration::from_secs(3);
    let spec = json!({"ttlSecondsAfterFinished": 0, "startBefore": soon.to_string()});
    world.ask("first", spec).await;
    world.hold("first").await;
    world.until_phase("first", "Succeeded").await;
    world
        .until("first", "was deleted", |object| {
            object.metadata.deletion_timestamp.is_some()
        })
        .await;
    world.ask("second", json!({})).await;
    world.until_phase("second", "Succeeded").await;
    let asked = || world.asked().resource("restartrequests").name("first");
    assert_eq!(asked().verb("delete").user("operator").count(), 1);
    world.let_go("first").await;
    assert_eq!(world.restarts(), 2);
}
