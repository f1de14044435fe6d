//! The configuration of kube-state-metrics against the schemas that it reads from: a path that does not
//! exist gives no metric and no word of complaint.

use std::collections::BTreeSet;

use restart_operator::api::crds;
use serde_json::Value;

use crate::files::{metrics, text, yaml};

const FILE: &str = "deploy/monitoring/kube-state-metrics.yaml";

fn resources() -> Vec<Value> {
    yaml(FILE)["spec"]["resources"].as_array().unwrap().clone()
}

/// The names of the metrics that it makes.
fn names() -> BTreeSet<String> {
    let of_resource = |resource: &Value| {
        let prefix = resource["metricNamePrefix"].as_str().unwrap().to_owned();
        let metrics = resource["metrics"].as_array().unwrap().clone();
        metrics.into_iter().map(move |metric| {
            let name = metric["name"].as_str().unwrap();
            format!("{prefix}_{name}")
        })
    };
    resources().iter().flat_map(of_resource).collect()
}

fn schema(kind: &str) -> Value {
    let definitions = crds::definitions().unwrap();
    let of_kind = definitions
        .iter()
        .find(|d| d.value["spec"]["names"]["kind"] == kind);
    of_kind.unwrap().value["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone()
}

/// Whether a path of this file leads somewhere.
fn leads(schema: &Value, path: &[Value]) -> bool {
    let Some((step, rest)) = path.split_first() else {
        return true;
    };
    let step = step.as_str().unwrap();
    if step == "metadata" {
        let known = ["name", "namespace", "creationTimestamp"];
        return rest.len() == 1 && known.contains(&rest[0].as_str().unwrap());
    }
    if step == "[type=Ready]" {
        return schema["type"] == "array" && leads(&schema["items"], rest);
    }
    let field = &schema["properties"][step];
    field.is_object() && leads(field, rest)
}

/// Every path of the file below this node.
fn paths(node: &Value, found: &mut Vec<Vec<Value>>) {
    match node {
        Value::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("path", Value::Array(path)) => found.push(path.clone()),
                    ("labelsFromPath", Value::Object(labels)) => {
                        found.extend(labels.values().map(|path| path.as_array().unwrap().clone()));
                    }
                    _ => paths(value, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|node| paths(node, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_path_leads_to_a_field_of_its_kind() {
    let mut kinds = Vec::new();
    for resource in resources() {
        let kind = resource["groupVersionKind"]["kind"]
            .as_str()
            .unwrap()
            .to_owned();
        let (schema, mut all) = (schema(&kind), Vec::new());
        paths(&resource, &mut all);
        assert!(all.len() > 3, "{kind}: {all:?}");
        for path in all {
            assert!(leads(&schema, &path), "{kind} has no {path:?}");
        }
        kinds.push(kind);
    }
    assert_eq!(
        kinds,
        ["RestartRequest", "CloudAccount", "ClusterCloudAccount"]
    );
    assert!(!leads(
        &schema("RestartRequest"),
        &["status".into(), "nothing".into()]
    ));
}

#[test]
fn no_page_names_another_metric() {
    let page = metrics(&text("docs/how-to/monitor.md"));
    let of_objects = page.iter().filter(|name| name.starts_with("kube_"));
    let unknown: Vec<_> = of_objects.filter(|name| !names().contains(*name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn the_documentation_names_exactly_its_metrics() {
    let page = metrics(&text("docs/reference/metrics.md"));
    let named: BTreeSet<_> = page
        .into_iter()
        .filter(|name| name.starts_with("kube_"))
        .collect();
    assert_eq!(named, names());
}
