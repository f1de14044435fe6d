//! The optional policies of `deploy/policies`, on the real API server.

use std::time::Duration;

use cloudsim::{Application, OrderPlan};
use kube::{
    Api,
    api::{DeleteParams, DynamicObject, GroupVersionKind, Patch, PatchParams, PostParams},
    core::ApiResource,
};
use restart_operator::api::RestartRequest;
use serde_json::{Value, json};

use crate::{
    support::{wait, world::World},
    tool::in_git,
};

const NEEDS_START_BEFORE: &str =
    include_str!("../../deploy/policies/gitops-needs-start-before.yaml");
const KEEP_RUNNING: &str = include_str!("../../deploy/policies/keep-running-requests.yaml");

/// Each mark of a tool: where it stands, its key, and a value.
const MARKS: [(&str, &str, &str); 8] = [
    ("labels", "argocd.argoproj.io/instance", "restarts"),
    ("labels", "app.kubernetes.io/instance", "restarts"),
    ("labels", "kustomize.toolkit.fluxcd.io/name", "restarts"),
    ("labels", "helm.toolkit.fluxcd.io/name", "restarts"),
    (
        "labels",
        "resourceset.fluxcd.controlplane.io/name",
        "restarts",
    ),
    ("labels", "app.kubernetes.io/managed-by", "Helm"),
    (
        "annotations",
        "argocd.argoproj.io/tracking-id",
        "restarts:x",
    ),
    ("annotations", "meta.helm.sh/release-name", "restarts"),
];

/// Nothing is stored: only the admission is asked.
async fn create(world: &World, metadata: &Value, spec: &Value) -> Result<(), String> {
    let mut file = in_git(world, "first", spec);
    for (field, value) in metadata.as_object().unwrap() {
        file["metadata"][field] = value.clone();
    }
    let request: RestartRequest = serde_json::from_value(file).unwrap();
    let dry = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    let created = world.requests().create(&dry, &request).await;
    created.map(drop).map_err(|error| error.to_string())
}

/// The shipped policy and binding under a name of this test, bound to its namespace alone: others share the
/// server.
async fn install(world: &World, shipped: &str) {
    let objects: Vec<Value> = serde_saphyr::from_multiple(shipped).unwrap();
    assert_eq!(objects.len(), 2);
    for mut object in objects {
        let name = object["metadata"]["name"].as_str().unwrap();
        let name = format!("{name}-{}", world.namespace);
        object["metadata"]["name"] = json!(name);
        if object["kind"] == "ValidatingAdmissionPolicyBinding" {
            object["spec"]["policyName"] = json!(name);
            let here = json!({"kubernetes.io/metadata.name": world.namespace});
            object["spec"]["matchResources"] = json!({"namespaceSelector": {"matchLabels": here}});
        }
        let kind = object["kind"].as_str().unwrap();
        let kind = GroupVersionKind::gvk("admissionregistration.k8s.io", "v1", kind);
        let api: Api<DynamicObject> =
            Api::all_with(world.admin.clone(), &ApiResource::from_gvk(&kind));
        let object = serde_json::from_value(object).unwrap();
        api.create(&PostParams::default(), &object)
            .await
            .expect("the policy");
    }
}

fn mark((place, key, value): (&str, &str, &str)) -> Value {
    json!({ place: {key: value} })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_refuses_what_a_tool_keeps_without_start_before_and_names_the_key() {
    let world = World::new("policy").await;
    let none = json!({});
    for each in MARKS {
        create(&world, &mark(each), &none)
            .await
            .expect("no policy yet");
    }
    install(&world, NEEDS_START_BEFORE).await;
    // The server looks at a new policy a moment later.
    let works = async || create(&world, &mark(MARKS[0]), &none).await.is_err();
    wait::until("the policy refuses something", works).await;

    let guarded = json!({"startBefore": "2026-11-22T18:00:00Z"});
    for each in MARKS {
        let refusal = create(&world, &mark(each), &none).await.expect_err(each.1);
        assert!(refusal.contains(each.1), "{refusal}");
        assert!(refusal.contains("set spec.startBefore"), "{refusal}");
        create(&world, &mark(each), &guarded).await.expect(each.1);
        for hook in ["argocd.argoproj.io/hook", "helm.sh/hook"] {
            let mut hooked = mark(each);
            hooked["annotations"][hook] = json!("PostSync");
            create(&world, &hooked, &none).await.expect(hook);
        }
    }
    let both = json!({
        "labels": {"app.kubernetes.io/managed-by": "Helm"},
        "annotations": {"meta.helm.sh/release-name": "restarts"},
    });
    let refusal = create(&world, &both, &none).await.expect_err("two marks");
    assert!(
        refusal.contains("meta.helm.sh/release-name, app.kubernetes.io/managed-by"),
        "{refusal}"
    );
    // Whoever has no mark is no tool, and another manager than Helm is none either.
    create(&world, &json!({}), &none).await.expect("a person's");
    let other = json!({"labels": {"app.kubernetes.io/managed-by": "pipeline"}});
    create(&world, &other, &none)
        .await
        .expect("another manager's");
}

/// What a tool does when a file goes, or before it creates a hook again: as a dry run.
async fn try_delete(world: &World, name: &str) -> Result<(), String> {
    let dry = DeleteParams {
        dry_run: true,
        ..DeleteParams::default()
    };
    let deleted = world.requests().delete(name, &dry).await;
    deleted.map(drop).map_err(|error| error.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_whose_restart_runs_is_kept_and_the_ways_out_work() {
    let long = OrderPlan::lasting(Duration::from_secs(600));
    let world = World::with("running", |config| {
        config
            .applications
            .push(Application::running("long").with_plan(long));
    })
    .await;
    let _operator = world.operator().await;
    let target = json!({"saeApplication": {"appId": "long"}});
    world.ask("running", json!({ "target": target })).await;
    world.ask("finished", json!({})).await;
    world.until_phase("running", "Running").await;
    world.until_phase("finished", "Succeeded").await;
    try_delete(&world, "running").await.expect("no policy yet");

    install(&world, KEEP_RUNNING).await;
    let works = async || try_delete(&world, "running").await.is_err();
    wait::until("the policy refuses something", works).await;
    let refusal = try_delete(&world, "running").await.expect_err("it runs");
    for way_out in [
        "Finished",
        "spec.cancel",
        "restart-operator.dev/allow-delete",
    ] {
        assert!(refusal.contains(way_out), "{refusal}");
    }
    try_delete(&world, "finished").await.expect("it has ended");
    let allow = json!({"metadata": {"annotations": {"restart-operator.dev/allow-delete": "true"}}});
    let api = world.requests();
    api.patch("running", &PatchParams::default(), &Patch::Merge(allow))
        .await
        .unwrap();
    try_delete(&world, "running").await.expect("it was allowed");
}
