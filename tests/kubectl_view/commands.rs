//! The commands of the reference that need an operator behind the API server.

use std::{io::Write as _, process::Stdio};

use serde_json::{Value, json};

use crate::{
    picture::{kubectl, shown},
    support::{
        controlplane::users::User,
        world::{World, phase_of, story},
    },
    waiting::{NAME, until_seen_running, with_long_orders},
};

/// `kubectl patch rr NAME --type=merge` of the spec, as the reference writes it.
async fn patch(world: &World, spec: Value) -> std::process::Output {
    let patch = json!({"spec": spec}).to_string();
    kubectl(world, &["patch", "rr", NAME, "--type=merge", "-p", &patch]).await
}

async fn waits_for(world: &World, condition: &str, timeout: &str) -> bool {
    let condition = format!("--for=condition={condition}");
    let timeout = format!("--timeout={timeout}");
    let resource = format!("rr/{NAME}");
    kubectl(world, &["wait", &resource, &condition, &timeout])
        .await
        .status
        .success()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wait_for_finished_ends_with_every_end_and_succeeded_with_the_good_one_only() {
    let world = World::new("v-wait").await;
    let _operator = world.operator().await;
    world.ask(NAME, json!({})).await;
    assert!(waits_for(&world, "Finished", "120s").await);
    assert!(waits_for(&world, "Succeeded", "120s").await);

    let failing = World::new("v-wait-bad").await;
    let _operator = failing.operator().await;
    failing
        .ask(
            NAME,
            json!({"target": {"saeApplication": {"appId": "nobody"}}}),
        )
        .await;
    assert!(waits_for(&failing, "Finished", "120s").await);
    assert!(!waits_for(&failing, "Succeeded", "1s").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_suspended_resumed_and_given_a_time_to_live_by_patches() {
    let world = World::new("v-patch").await;
    let _operator = world.operator().await;
    world
        .ask(
            NAME,
            json!({"suspend": true, "startBefore": "2999-01-01T00:00:00Z"}),
        )
        .await;
    world.until_phase(NAME, "Suspended").await;
    assert!(
        patch(&world, json!({"suspend": false}))
            .await
            .status
            .success()
    );
    assert!(waits_for(&world, "Succeeded", "120s").await);
    assert!(
        patch(&world, json!({"ttlSecondsAfterFinished": 86400}))
            .await
            .status
            .success()
    );
    let too_late = patch(&world, json!({"resolution": {"notExecuted": true}})).await;
    let said = String::from_utf8_lossy(&too_late.stderr).into_owned();
    assert!(said.contains("only while the outcome is unknown"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_outcome_is_not_waited_out_and_is_resolved_by_a_patch() {
    let world = World::new("v-resolve").await;
    let _operator = world.operator().await;
    let lost = cloudsim::FaultRule::on("RestartApplication", cloudsim::Fault::DropAfter);
    world.sim.inject(lost);
    world.ask(NAME, json!({})).await;
    world.until_phase(NAME, "Unknown").await;
    assert!(!waits_for(&world, "Finished", "1s").await);
    let order = world.ledger().restarts()[0].order.clone();
    assert!(
        patch(&world, json!({"resolution": {"adopt": order}}))
            .await
            .status
            .success()
    );
    assert!(waits_for(&world, "Succeeded", "120s").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_request_is_found_by_its_phase_in_all_namespaces_and_cancelled_by_a_patch() {
    let world = with_long_orders("v-cancel").await;
    let _operator = world.operator().await;
    world.ask(NAME, json!({})).await;
    until_seen_running(&world, NAME).await;
    let by_phase = [
        "get",
        "rr",
        "-A",
        "--field-selector",
        "status.phase=Running",
    ];
    for look in [&by_phase[..], &["get", "restarts", "-A"][..]] {
        let listed = shown(&world, look).await;
        let ours = |line: &str| line.contains(&world.namespace) && line.contains(NAME);
        assert!(listed.lines().any(ours), "{listed}");
    }
    assert!(
        patch(&world, json!({"cancel": true}))
            .await
            .status
            .success()
    );
    assert!(waits_for(&world, "Finished", "120s").await);
    assert_eq!(story(&world.get(NAME).await).0, "CancelledInCloud");
    let withdrawn = patch(&world, json!({"cancel": false})).await;
    assert!(String::from_utf8_lossy(&withdrawn.stderr).contains("cancel cannot be withdrawn"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_policy_a_running_request_is_not_deleted_and_the_refusal_names_the_ways_out() {
    let world = with_long_orders("v-delete").await;
    keep_running_requests(&world);
    let _operator = world.operator().await;
    world.ask(NAME, json!({})).await;
    until_seen_running(&world, NAME).await;
    // A new policy works a moment after it is stored.
    let dry = ["delete", "rr", NAME, "--dry-run=server"];
    let works = async || !kubectl(&world, &dry).await.status.success();
    crate::support::wait::until("the policy works", works).await;
    let refused = kubectl(&world, &["delete", "rr", NAME]).await;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    for way in [
        "wait for condition Finished",
        "spec.cancel",
        "allow-delete=true",
    ] {
        assert!(said.contains(way), "{way} is not in {said}");
    }
    assert_eq!(phase_of(&world.get(NAME).await), "Running");
    let allow = "restart-operator.dev/allow-delete=true";
    shown(&world, &["annotate", "rr", NAME, allow]).await;
    shown(&world, &["delete", "rr", NAME]).await;
}

/// The shipped policy, for this namespace alone: other tests share the API server.
fn keep_running_requests(world: &World) {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/deploy/policies/keep-running-requests.yaml"
    );
    let text = std::fs::read_to_string(path).unwrap();
    let documents = text.split("\n---\n");
    for document in documents {
        let mut object: Value = serde_saphyr::from_str(document).unwrap();
        object["metadata"]["name"] = json!(world.namespace);
        if object["kind"] == "ValidatingAdmissionPolicyBinding" {
            object["spec"]["policyName"] = json!(world.namespace);
            object["spec"]["matchResources"] = json!({"namespaceSelector": {"matchLabels": {
                "kubernetes.io/metadata.name": world.namespace}}});
        }
        let mut create = world.plane.kubectl(User::Admin);
        create
            .args(["create", "-f", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        let mut child = create.spawn().expect("kubectl");
        let input = object.to_string();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        assert!(child.wait().unwrap().success());
    }
}

/// Fields below this node of a published schema that `kubectl explain` has nothing to say about.
fn silent(path: &str, node: &Value, found: &mut Vec<String>, all: &mut usize) {
    for (name, field) in node["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        *all += 1;
        if field["description"]
            .as_str()
            .is_none_or(|text| text.len() < 10)
        {
            found.push(path.clone());
        }
        silent(&path, field, found, all);
        silent(&format!("{path}[]"), &field["items"], found, all);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_field_that_the_server_publishes_has_a_text_for_explain() {
    let world = World::new("v-explain").await;
    let raw = [
        "get",
        "--raw",
        "/openapi/v3/apis/restart-operator.dev/v1alpha1",
    ];
    // The server publishes the text of a kind a moment after it serves the kind.
    let mut schemas = Value::Null;
    crate::support::wait::until("the kinds are published", async || {
        let published = kubectl(&world, &raw).await.stdout;
        let mut document: Value = serde_json::from_slice(&published).unwrap_or_default();
        schemas = document["components"]["schemas"].take();
        ["RestartRequest", "CloudAccount", "ClusterCloudAccount"]
            .iter()
            .all(|kind| schemas[format!("dev.restart-operator.v1alpha1.{kind}")].is_object())
    })
    .await;
    let (mut found, mut all) = (Vec::new(), 0);
    for (name, schema) in schemas.as_object().unwrap() {
        let ours = name.strip_prefix("dev.restart-operator.v1alpha1.");
        if let Some(kind) = ours.filter(|kind| !kind.ends_with("List")) {
            silent(kind, schema, &mut found, &mut all);
        }
    }
    assert!(found.is_empty(), "without a text: {found:#?}");
    assert!(all > 150, "only {all} fields were seen");
}
