//! Who may take back what: a person's edit beside a tool that applies its file.

use kube::api::{Patch, PatchParams};
use restart_operator::api::RestartRequest;
use serde_json::{Value, json};

use crate::{
    support::world::{APP, World, phase_of},
    tool::{argo_cd, flux, in_git, promised, seconds_from_now},
};

const FLUX: &str = "kustomize-controller";

/// A merge patch of the spec, by this field manager.
async fn patch(world: &World, manager: &str, spec: Value) {
    let params = PatchParams {
        field_manager: Some(manager.to_owned()),
        ..PatchParams::default()
    };
    let patch = Patch::Merge(json!({ "spec": spec }));
    world
        .requests()
        .patch("first", &params, &patch)
        .await
        .expect("patch");
}

/// What Flux does before each apply: fields that a manager named kubectl… set become its own.
async fn take_over_from_kubectl(world: &World) {
    let mut object = serde_json::to_value(world.get("first").await).unwrap();
    let managers = object["metadata"]["managedFields"].as_array_mut().unwrap();
    let by_kubectl = |entry: &Value| {
        let name = entry["manager"].as_str().unwrap_or_default();
        name.starts_with("kubectl") && entry["subresource"].is_null()
    };
    let taken: Vec<Value> = managers
        .iter()
        .filter(|entry| by_kubectl(entry))
        .cloned()
        .collect();
    managers.retain(|entry| !by_kubectl(entry));
    let own = managers
        .iter_mut()
        .find(|entry| entry["manager"] == FLUX && entry["operation"] == "Apply")
        .expect("Flux applied it");
    for entry in taken {
        add(&mut own["fieldsV1"], &entry["fieldsV1"]);
    }
    let replace = json!([{
        "op": "replace", "path": "/metadata/managedFields", "value": object["metadata"]["managedFields"],
    }]);
    let replace: Patch<()> = Patch::Json(serde_json::from_value(replace).unwrap());
    world
        .requests()
        .patch("first", &PatchParams::default(), &replace)
        .await
        .expect("managed fields can be written");
}

/// The union of two sets of fields.
fn add(into: &mut Value, from: &Value) {
    for (key, value) in from.as_object().unwrap() {
        let fields = into.as_object_mut().unwrap();
        add(
            fields.entry(key.clone()).or_insert_with(|| json!({})),
            value,
        );
    }
}

/// A request of Flux that was suspended by this manager before the operator saw it, and its file.
async fn suspended_by(world: &World, manager: &str) -> Value {
    let before = seconds_from_now(3600).to_string();
    let file = in_git(world, "first", &json!({"startBefore": before}));
    flux(world, &file).await.unwrap();
    patch(world, manager, json!({"suspend": true})).await;
    file
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flux_undoes_a_suspension_by_kubectl_and_the_restart_runs() {
    promised(
        "`suspend: true` was set with kubectl, and Flux applies its file",
        "the suspension is undone and the restart runs",
    );
    let world = World::new("undone").await;
    let file = suspended_by(&world, "kubectl-patch").await;
    let _operator = world.operator().await;
    world.until_phase("first", "Suspended").await;
    assert_eq!(world.ledger().all_requests().len(), 0);
    take_over_from_kubectl(&world).await;
    flux(&world, &file).await.unwrap();
    world.until_phase("first", "Succeeded").await;
    assert_eq!(world.ledger().restarts_of(APP).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flux_cannot_take_back_a_cancellation() {
    promised(
        "`cancel: true` was set with kubectl, and Flux applies its file",
        "refused: `cancel cannot be withdrawn`. The Kustomization fails until Git says `cancel: true` too",
    );
    let world = World::new("kept").await;
    let mut file = suspended_by(&world, "ops").await;
    let _operator = world.operator().await;
    world.until_phase("first", "Suspended").await;
    patch(&world, "kubectl-patch", json!({"cancel": true})).await;
    world.until_phase("first", "Cancelled").await;
    take_over_from_kubectl(&world).await;
    let refused = flux(&world, &file).await.unwrap_err().to_string();
    assert!(refused.contains("cancel cannot be withdrawn"), "{refused}");
    file["spec"]["cancel"] = json!(true);
    flux(&world, &file).await.unwrap();
    assert_eq!(world.ledger().all_requests().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flux_leaves_a_suspension_by_another_manager() {
    promised(
        "`suspend: true` was set with `--field-manager=ops`, and Flux applies its file",
        "the suspension stays",
    );
    let world = World::new("stays").await;
    let file = suspended_by(&world, "ops").await;
    let _operator = world.operator().await;
    world.until_phase("first", "Suspended").await;
    take_over_from_kubectl(&world).await;
    let applied = flux(&world, &file).await.unwrap();
    assert!(applied.spec.suspend);
    assert_eq!(phase_of(&applied), "Suspended");
    assert_eq!(world.ledger().all_requests().len(), 0);
}

/// Argo CD compares what Git names, so its own actions on other fields stay.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn argo_cd_leaves_what_its_actions_set() {
    let world = World::new("actions").await;
    let before = seconds_from_now(3600).to_string();
    let file = in_git(&world, "first", &json!({"startBefore": before}));
    argo_cd(&world, &file);
    patch(&world, "argocd-server", json!({"suspend": true})).await;
    let _operator = world.operator().await;
    world.until_phase("first", "Suspended").await;
    argo_cd(&world, &file);
    let kept: RestartRequest = world.get("first").await;
    assert!(kept.spec.suspend);
    patch(&world, "argocd-server", json!({"suspend": false})).await;
    world.until_phase("first", "Succeeded").await;
    argo_cd(&world, &file);
    assert_eq!(world.ledger().restarts_of(APP).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_of_what_cannot_change_is_refused_and_calls_nothing() {
    promised(
        "a field that cannot change is edited in Git",
        "refused: `target is immutable; create a new RestartRequest`, and nothing is called",
    );
    let world = World::new("edited").await;
    let _operator = world.operator().await;
    let before = seconds_from_now(3600).to_string();
    let mut file = in_git(&world, "first", &json!({"startBefore": before}));
    flux(&world, &file).await.unwrap();
    world.until_phase("first", "Succeeded").await;
    file["spec"]["target"] = json!({"saeApplication": {"appId": "other"}});
    let refused = flux(&world, &file).await.unwrap_err().to_string();
    assert!(
        refused.contains("target is immutable; create a new RestartRequest"),
        "{refused}"
    );
    assert_eq!(world.ledger().restarts().len(), 1);
}
