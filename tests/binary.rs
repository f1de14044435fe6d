//! The shipped program as an administrator meets it: probes, metrics, its end, and what it refuses.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

mod support;

use serde_json::{Value, json};
use support::{
    process::{Launch, OperatorProcess},
    world::{World, phase_of, story},
};

const NAME: &str = "shipped";

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
    let shipped = Launch::shipped(&world, NAME, logs.path());
    let operator = shipped.start();
    let address = shipped.address().await;
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
    assert!(
        shipped
            .log()
            .contains("never use this with a real credential")
    );
    end(operator).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_log_tells_one_life_in_one_line_per_change_with_stable_fields() {
    let world = World::new("log").await;
    let logs = tempfile::tempdir().unwrap();
    let shipped = Launch::shipped(&world, NAME, logs.path()).shipped_log();
    let operator = shipped.start();
    world.ask("first", json!({})).await;
    let object = world.until_phase("first", "Succeeded").await;
    end(operator).await;
    let log = shipped.log();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect();
    for line in &lines {
        for field in ["timestamp", "level", "target", "message"] {
            assert!(line[field].is_string(), "{line} lacks {field}");
        }
    }
    let told: Vec<_> = lines
        .iter()
        .filter(|line| line["message"] == "status written")
        .collect();
    let fields = [
        "attempt",
        "detail",
        "level",
        "message",
        "name",
        "namespace",
        "order",
        "phase",
        "reason",
        "target",
        "timestamp",
        "uid",
    ];
    let page = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/docs/how-to/monitor.md"
    ));
    let page = page.unwrap();
    for field in fields {
        assert!(
            page.contains(&format!("`{field}`")),
            "{field} is not in the page"
        );
    }
    for line in &told {
        let mut seen: Vec<_> = line
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        seen.sort_unstable();
        assert_eq!(seen, fields, "{line}");
        assert_eq!(line["uid"], object.metadata.uid.clone().unwrap());
        assert_eq!(
            (&line["namespace"], &line["name"]),
            (&json!(world.namespace), &json!("first"))
        );
    }
    let phases: Vec<_> = told
        .iter()
        .map(|line| line["phase"].as_str().unwrap())
        .collect();
    assert_eq!(phases, ["Submitting", "Running", "Succeeded"], "{log}");
    let order = world.ledger().restarts()[0].order.clone();
    assert_eq!(told[2]["order"], json!(order));
    assert_eq!(told[2]["detail"], format!("change order {order} succeeded"));
    for level in ["WARN", "ERROR"] {
        let loud: Vec<_> = lines.iter().filter(|line| line["level"] == level).collect();
        let expected = usize::from(level == "WARN"); // of the development flag
        assert_eq!(loud.len(), expected, "{loud:#?}");
    }
    assert!(
        !log.contains(cloudsim::DEFAULT_KEY_SECRET),
        "a secret is in the log"
    );
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
