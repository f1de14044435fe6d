//! What `deploy/` ships, on the real API server: it installs without a word, its Pods pass Pod
//! Security `restricted`, and the samples are valid.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

mod support;

use std::{io::Write as _, process::Stdio};

use serde_json::{Value, json};
use support::{
    controlplane::{ControlPlane, users::User},
    failure::Outcome,
};

/// Runs kubectl as admin from the root of the repository; input may be empty.
fn kubectl(plane: &ControlPlane, arguments: &[&str], input: &str) -> std::process::Output {
    let mut child = plane
        .kubectl(User::Admin)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("kubectl");
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().expect("kubectl")
}

/// It succeeded, and nobody had anything to warn of.
fn assert_clean(output: &std::process::Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
}

fn deployment(plane: &ControlPlane) -> Value {
    let built = kubectl(plane, &["kustomize", "deploy"], "");
    let text = String::from_utf8(built.stdout).unwrap();
    let objects = text
        .split("\n---\n")
        .map(|object| serde_saphyr::from_str::<Value>(object).unwrap());
    let mut deployments = objects.filter(|object| object["kind"] == "Deployment");
    deployments.next().expect("a Deployment")
}

#[tokio::test]
async fn the_installation_is_accepted_without_a_warning() -> Outcome<()> {
    let plane = ControlPlane::shared_or_start().await?;
    let applied = kubectl(&plane, &["apply", "-k", "deploy", "--dry-run=server"], "");
    assert_clean(&applied);
    let said = String::from_utf8_lossy(&applied.stdout);
    for object in [
        "deployment.apps/restart-operator",
        "customresourcedefinition",
        "clusterrole",
    ] {
        assert!(said.contains(object), "{said}");
    }
    Ok(())
}

#[tokio::test]
async fn its_pod_passes_pod_security_restricted() -> Outcome<()> {
    let plane = ControlPlane::shared_or_start().await?;
    let deployment = deployment(&plane);
    let namespace = deployment["metadata"]["namespace"].as_str().unwrap();
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "from-the-template", "namespace": namespace},
        "spec": deployment["spec"]["template"]["spec"],
    });
    let create = ["create", "-f", "-", "--dry-run=server"];
    assert_clean(&kubectl(&plane, &create, &pod.to_string()));
    // The check can fail.
    pod["spec"]["securityContext"]["runAsNonRoot"] = json!(false);
    let refused = kubectl(&plane, &create, &pod.to_string());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("restricted"));
    Ok(())
}

#[tokio::test]
async fn every_sample_is_valid() -> Outcome<()> {
    let plane = ControlPlane::shared_or_start().await?;
    let shop = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
    kubectl(&plane, &["apply", "-f", "-"], &shop.to_string());
    assert_clean(&kubectl(
        &plane,
        &["apply", "-k", "deploy/samples", "--dry-run=server"],
        "",
    ));
    Ok(())
}
