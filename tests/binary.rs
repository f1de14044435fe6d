//! The shipped program as an administrator meets it: probes, metrics, its end, and what it refuses.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

mod support;

use std::path::Path;

use serde_json::json;
use support::{
    process::{Launch, OperatorProcess},
    wait,
    world::{World, phase_of, story},
};

const NAME: &str = "shipped";

/// What the program wrote to its log so far.
fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join(format!("{NAME}.log"))).unwrap_or_default()
}

/// The address that it serves probes and metrics on, from its log.
async fn address(folder: &Path) -> String {
    let found = || {
        let text = log(folder);
        let (_, rest) = text.split_once("address=")?;
        Some(rest.split_whitespace().next()?.to_owned())
    };
    wait::until("the program told its address", async || found().is_some()).await;
    found().unwrap()
}

async fn get(address: &str, path: &str) -> (u16, String, String) {
    let answer = reqwest::get(format!("http://{address}{path}"))
        .await
        .expect("an answer");
    let kind = answer
        .headers()
        .get("content-type")
        .map(|kind| kind.to_str().unwrap().to_owned());
    (
        answer.status().as_u16(),
        kind.unwrap_or_default(),
        answer.text().await.unwrap(),
    )
}

async fn end(mut operator: OperatorProcess) {
    operator.terminate();
    assert_eq!(operator.ended().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probes_and_metrics_tell_what_it_does_and_sigterm_ends_it() {
    let world = World::new("binary").await;
    let logs = tempfile::tempdir().unwrap();
    let operator = Launch::shipped(&world, NAME, logs.path()).start();
    let address = address(logs.path()).await;
    world.ask("first", json!({})).await;
    world.until_phase("first", "Succeeded").await;
    assert_eq!(get(&address, "/healthz").await.0, 200);
    let (code, _, said) = get(&address, "/readyz").await;
    assert_eq!((code, said.as_str()), (200, "ok\n"));
    let (code, kind, metrics) = get(&address, "/metrics").await;
    assert_eq!(
        (code, kind.as_str()),
        (200, restart_operator::metrics::CONTENT_TYPE)
    );
    for line in [
        "restart_operator_leader 1",
        "restart_operator_development_endpoints 1",
        "restart_operator_requests{product=\"sae\",phase=\"Succeeded\"} 1",
        "restart_operator_submissions_total{product=\"sae\",operation=\"RestartApplication\",answer=\"accepted\"} 1",
        "restart_operator_kube_requests_total{verb=\"update\",resource=\"restartrequests\",code=\"200\"} 3",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    for name in [&world.namespace, "first", support::world::APP] {
        assert!(!metrics.contains(name), "a metric names {name}");
    }
    assert_eq!(get(&address, "/debug").await.0, 404);
    assert!(log(logs.path()).contains("never use this with a real credential"));
    end(operator).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_development_flag_no_other_endpoint_is_called() {
    let world = World::new("production").await;
    let logs = tempfile::tempdir().unwrap();
    let shipped = Launch::shipped(&world, NAME, logs.path()).without_development_endpoints();
    let operator = shipped.start();
    world.ask("first", json!({})).await;
    let told = |object: &restart_operator::api::RestartRequest| {
        object
            .status
            .as_ref()
            .is_some_and(|status| !status.conditions.is_empty())
    };
    let object = world.until("first", "told why it waits", told).await;
    let (reason, message) = story(&object);
    assert_eq!(
        (phase_of(&object), reason.as_str()),
        ("Pending", "AccountNotReady")
    );
    assert!(message.contains("EndpointNotAllowed"), "{message}");
    assert_eq!(world.ledger().all_requests().len(), 0);
    end(operator).await;
}

#[test]
fn the_definitions_it_prints_are_the_ones_that_are_shipped() {
    let printed = std::process::Command::new(env!("CARGO_BIN_EXE_restart-operator"))
        .arg("crds")
        .output()
        .unwrap();
    let text = String::from_utf8(printed.stdout).unwrap();
    for kind in ["RestartRequest", "CloudAccount", "ClusterCloudAccount"] {
        assert!(
            text.contains(&format!("kind: {kind}\n")),
            "{kind} is not printed"
        );
    }
}

#[test]
fn a_file_that_cannot_be_read_ends_the_start_with_its_flag_and_name() {
    let missing = std::process::Command::new(env!("CARGO_BIN_EXE_restart-operator"))
        .args([
            "run",
            "--bind",
            "127.0.0.1:0",
            "--extra-ca",
            "no-such-file.pem",
        ])
        .env_clear()
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&missing.stderr);
    assert!(
        !missing.status.success() && said.contains("--extra-ca no-such-file.pem"),
        "{said}"
    );
}
