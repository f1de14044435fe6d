//! `docs/reference/metrics.md` from the registry, the alert rules and the configuration of
//! kube-state-metrics.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use restart_operator::{
    cloud::types::Product,
    metrics::{ByRequest, ByResult, Metrics, Snapshot, closed::OK},
};
use serde_json::Value;

use crate::page::{code, compare, table};

const INTRODUCTION: &str = "\
# Metrics and alerts

Written by `tests/reference` from the registry of the program and from `deploy/monitoring`; do not edit by hand.

`/metrics` is served beside the probes (`--bind`), in the OpenMetrics format. Labels have closed values: never a
namespace, an object, an account, an application or an order. Every counter begins at 0 at the start of the
program, but for requests to the API server, so that `rate()` and `increase()` see the first event.

Both replicas fill their caches and show the gauges that are read from them: join those by `max`, never by `sum`.

";

/// One family of the scrape.
#[derive(Default)]
struct Family {
    help: String,
    kind: String,
    /// Label to values, in the order of the text.
    labels: Vec<(String, BTreeSet<String>)>,
}

/// A scrape in which every family has a series.
fn scrape() -> String {
    let metrics = Metrics::new();
    let (product, operation) = ("sae", "RestartApplication");
    let call = ByResult {
        product,
        operation,
        result: OK,
    };
    metrics.cloud_call(call, 0.1);
    metrics.clock_offset(product, 0.0);
    metrics.watch_success("RestartRequest", 0.0);
    let request = ByRequest {
        verb: "get",
        resource: "leases",
        code: "200",
    };
    metrics.kube_request(request);
    metrics.read_from(Snapshot::default);
    metrics.encode()
}

/// The families, by the name that queries use.
fn families() -> BTreeMap<String, Family> {
    let mut found: BTreeMap<String, Family> = BTreeMap::new();
    let text = scrape();
    let told = |word: &str| {
        let lines = text
            .lines()
            .filter_map(|line| line.strip_prefix(word)?.split_once(' '));
        lines
            .map(|(name, rest)| (name.to_owned(), rest.to_owned()))
            .collect::<Vec<_>>()
    };
    let suffix = |kind: &str| match kind {
        "counter" => "_total",
        "info" => "_info",
        _ => "",
    };
    let helps: BTreeMap<_, _> = told("# HELP ").into_iter().collect();
    for (name, kind) in told("# TYPE ") {
        let queried = format!("{name}{}", suffix(&kind));
        let family = found.entry(queried.clone()).or_default();
        family.help.clone_from(&helps[&name]);
        let sample = if kind == "histogram" {
            format!("{name}_bucket")
        } else {
            queried
        };
        family.kind = kind;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            note(family, &sample, line);
        }
    }
    found
}

/// Takes the labels of one sample, if it is of this family.
fn note(family: &mut Family, sample: &str, line: &str) {
    let Some((labels, _)) = line
        .strip_prefix(sample)
        .and_then(|rest| rest.strip_prefix('{')?.split_once('}'))
    else {
        return;
    };
    for pair in labels.split(',') {
        let (label, value) = pair.split_once('=').unwrap();
        if label == "le" {
            continue;
        }
        let value = value.trim_matches('"').to_owned();
        match family.labels.iter_mut().find(|(known, _)| known == label) {
            Some((_, values)) => drop(values.insert(value)),
            None => family
                .labels
                .push((label.to_owned(), BTreeSet::from([value]))),
        }
    }
}

fn by_family(families: &BTreeMap<String, Family>) -> String {
    let row = |(name, family): (&String, &Family)| {
        let labels: Vec<_> = family.labels.iter().map(|(label, _)| code(label)).collect();
        [
            code(name),
            family.kind.clone(),
            labels.join(", "),
            // The registry ends each text with a full stop.
            family.help.trim_end_matches('.').to_owned(),
        ]
    };
    let rows: Vec<_> = families.iter().map(row).collect();
    table(["Metric", "Type", "Labels", "Meaning"], &rows)
}

/// Labels whose values are too many, or not of our choice.
const OPEN: [&str; 6] = [
    "operation",
    "version",
    "revision",
    "verb",
    "resource",
    "code",
];

/// Families without a series before something is measured: here they have one that was made up.
const MEASURED: [&str; 4] = [
    "restart_operator_cloud_clock_offset_seconds",
    "restart_operator_cloud_request_duration_seconds",
    "restart_operator_kube_requests_total",
    "restart_operator_watch_last_success_timestamp_seconds",
];

fn label_values(families: &BTreeMap<String, Family>) -> String {
    let mut rows: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for (name, family) in families
        .iter()
        .filter(|(name, _)| !MEASURED.contains(&&***name))
    {
        for (label, values) in family
            .labels
            .iter()
            .filter(|(label, _)| !OPEN.contains(&&**label))
        {
            let values: Vec<_> = values.iter().map(|value| code(value)).collect();
            let of_values = rows.entry((label.clone(), values.join(", "))).or_default();
            of_values.push(code(name));
        }
    }
    let rows: Vec<_> = rows
        .into_iter()
        .map(|((label, values), names)| [code(&label), values, names.join(", ")])
        .collect();
    let mut text = table(["Label", "Values", "Of"], &rows);
    text += "`operation` is the cloud's name of a call:\n\n";
    for product in Product::ALL {
        let names: Vec<_> = product.operations().iter().map(|name| code(name)).collect();
        writeln!(text, "* {}: {}", code(product.as_str()), names.join(", ")).unwrap();
    }
    text + "\n`verb` and `resource` are those of Kubernetes roles; `code` is the HTTP status, `none` without an \
            answer, and `abandoned` when nobody waited for it any more.\n\n"
}

fn yaml(name: &str) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("deploy/monitoring")
        .join(name);
    serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn alerts() -> String {
    let file = yaml("rules.yaml");
    let rules = file["groups"][0]["rules"].as_array().unwrap();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let row = |rule: &Value| {
        let name = word(&rule["alert"]);
        [
            format!("[{name}](runbooks/{name}.md)"),
            word(&rule["labels"]["severity"]),
            word(&rule["for"]),
            code(&word(&rule["expr"])),
        ]
    };
    let rows: Vec<_> = rules.iter().map(row).collect();
    table(["Alert", "Severity", "After", "Expression"], &rows)
}

fn of_objects() -> String {
    let file = yaml("kube-state-metrics.yaml");
    let mut rows = Vec::new();
    for resource in file["spec"]["resources"].as_array().unwrap() {
        let common = resource["labelsFromPath"].as_object().unwrap().keys();
        for metric in resource["metrics"].as_array().unwrap() {
            let own = metric["each"]["info"]["labelsFromPath"].as_object();
            let own = own.into_iter().flat_map(|labels| labels.keys());
            let labels: Vec<_> = common.clone().chain(own).map(|label| code(label)).collect();
            let prefix = resource["metricNamePrefix"].as_str().unwrap();
            let name = metric["name"].as_str().unwrap();
            let kind = metric["each"]["type"].as_str().unwrap().to_lowercase();
            let help = metric["help"].as_str().unwrap().to_owned();
            rows.push([
                code(&format!("{prefix}_{name}")),
                kind,
                labels.join(", "),
                help,
            ]);
        }
    }
    table(["Metric", "Type", "Labels", "Meaning"], &rows)
}

#[test]
fn the_page_is_what_is_registered_and_shipped() {
    let families = families();
    let mut text = INTRODUCTION.to_owned();
    text += "## Metrics of the operator\n\n";
    text += &by_family(&families);
    text += "A histogram has `_bucket`, `_sum` and `_count`. Metrics without the prefix are those of the process.\n\n";
    text += "### Values of labels\n\n";
    text += &label_values(&families);
    text += "## Alerts\n\n`deploy/monitoring/rules.yaml`; as an object for the Prometheus operator in \
             `deploy/monitoring/prometheus-rule.yaml`.\n\n";
    text += &alerts();
    text += "## State of single objects\n\nMade by kube-state-metrics with \
             `deploy/monitoring/kube-state-metrics.yaml`.\n\n";
    text += &of_objects();
    compare("metrics.md", &(text.trim_end().to_owned() + "\n"));
}

#[test]
fn every_family_is_explained_and_has_a_series() {
    let families = families();
    assert!(families.len() > 20, "{:?}", families.keys());
    for (name, family) in &families {
        assert!(family.help.len() > 8, "{name} is not explained");
    }
    let text = scrape();
    for name in families.keys() {
        assert!(
            text.lines().any(|line| line.starts_with(name)),
            "{name} has no series"
        );
    }
}
