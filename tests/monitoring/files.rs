//! The files, and the objects that carry a copy of one.

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::{Value, json};

use crate::support::{
    controlplane::{ControlPlane, users::User},
    failure::Outcome,
};

pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

pub(crate) fn text(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn yaml(name: &str) -> Value {
    serde_saphyr::from_str(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn rules() -> Vec<Value> {
    let file = yaml("deploy/monitoring/rules.yaml");
    file["groups"][0]["rules"].as_array().unwrap().clone()
}

/// Words of a text that can only be metrics of the operator or of its process.
pub(crate) fn metrics(text: &str) -> BTreeSet<String> {
    let words = text.split(|char: char| !(char.is_ascii_alphanumeric() || char == '_'));
    let ours = |word: &&str| {
        word.starts_with("restart_operator_")
            || word.starts_with("process_")
            || word.starts_with("kube_restartrequest")
            || word.starts_with("kube_cloudaccount")
            || word.starts_with("kube_clustercloudaccount")
    };
    words.filter(ours).map(str::to_owned).collect()
}

/// Compares a shipped object with what it is made of, or writes it.
fn compare(name: &str, made: &Value) {
    let introduction = "# Written by tests/monitoring; do not edit by hand.\n";
    let made = introduction.to_owned() + &serde_saphyr::to_string(made).unwrap();
    if std::env::var_os("UPDATE_MONITORING").is_some() {
        fs::write(path(name), &made).unwrap();
    }
    assert!(
        fs::read_to_string(path(name)).unwrap_or_default() == made,
        "{name} is out of date: UPDATE_MONITORING=1 cargo test --test monitoring"
    );
}

fn object(api: &str, kind: &str, name: &str) -> Value {
    json!({
        "apiVersion": api, "kind": kind,
        "metadata": {
            "name": name, "namespace": "restart-operator-system",
            "labels": {"app.kubernetes.io/name": "restart-operator"},
        },
    })
}

#[test]
fn the_object_for_the_prometheus_operator_has_the_rules_of_the_file() {
    let mut made = object(
        "monitoring.coreos.com/v1",
        "PrometheusRule",
        "restart-operator",
    );
    made["spec"] = yaml("deploy/monitoring/rules.yaml");
    compare("deploy/monitoring/prometheus-rule.yaml", &made);
}

#[test]
fn the_object_for_grafana_has_the_dashboard_of_the_file() {
    let mut made = object("v1", "ConfigMap", "restart-operator-dashboard");
    made["metadata"]["labels"]["grafana_dashboard"] = json!("1");
    made["data"]["restart-operator.json"] = json!(text("deploy/monitoring/dashboard.json"));
    compare("deploy/monitoring/dashboard-configmap.yaml", &made);
}

#[test]
fn the_pod_monitor_finds_the_port_and_the_pods_of_the_deployment() {
    let monitor = yaml("deploy/monitoring/pod-monitor.yaml");
    let deployment = yaml("deploy/base/deployment.yaml");
    assert_eq!(
        monitor["spec"]["selector"]["matchLabels"],
        deployment["spec"]["template"]["metadata"]["labels"]
    );
    assert_eq!(
        monitor["metadata"]["namespace"],
        deployment["metadata"]["namespace"]
    );
    assert_eq!(
        monitor["spec"]["podMetricsEndpoints"][0]["port"],
        deployment["spec"]["template"]["spec"]["containers"][0]["ports"][0]["name"]
    );
}

#[tokio::test]
async fn the_folder_is_applied_as_a_whole() -> Outcome<()> {
    let plane = ControlPlane::shared_or_start().await?;
    let mut kustomize = plane.kubectl(User::Admin);
    kustomize
        .args(["kustomize", "deploy/monitoring"])
        .current_dir(path(""));
    let built = kustomize.output().expect("kubectl");
    let complaint = String::from_utf8_lossy(&built.stderr);
    assert!(
        built.status.success() && complaint.is_empty(),
        "{complaint}"
    );
    let text = String::from_utf8(built.stdout).unwrap();
    let objects = text.split("\n---\n");
    let mut kinds: Vec<String> = objects
        .map(|object| {
            let object: Value = serde_saphyr::from_str(object).unwrap();
            object["kind"].as_str().unwrap().to_owned()
        })
        .collect();
    kinds.sort();
    assert_eq!(kinds, ["ConfigMap", "PodMonitor", "PrometheusRule"]);
    Ok(())
}
