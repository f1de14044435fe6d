//! A real Prometheus scrapes the shipped program, which works for a real API server and a simulated cloud.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    dashboard::{dashboard, expressions},
    files::{metrics, path, rules, text},
    prometheus::{Prometheus, Tools},
    support::{failure::Outcome, process::Launch, wait, world::World},
};

fn configuration(address: &str) -> String {
    let rules = path("deploy/monitoring/rules.yaml");
    json!({
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [rules],
        "scrape_configs": [{
            "job_name": "restart-operator",
            "static_configs": [{"targets": [address], "labels": {"namespace": "ops", "pod": "a"}}],
        }],
    })
    .to_string() // JSON is YAML
}

/// Its rules, once each of them was evaluated.
async fn evaluated(prometheus: &Prometheus) -> Vec<Value> {
    let mut found = Vec::new();
    wait::until("every rule was evaluated", async || {
        let data = prometheus.api("rules").await;
        found = data["groups"][0]["rules"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        found.len() == rules().len() && found.iter().all(|rule| rule["health"] != "unknown")
    })
    .await;
    found
}

/// All names that rules, dashboard and documentation use for metrics of the operator.
fn used() -> BTreeSet<String> {
    let mut used = metrics(&text("deploy/monitoring/rules.yaml"));
    used.extend(metrics(&dashboard().to_string()));
    let pages = std::fs::read_dir(path("docs/reference/runbooks")).unwrap();
    for page in pages {
        used.extend(metrics(
            &std::fs::read_to_string(page.unwrap().path()).unwrap(),
        ));
    }
    used.extend(metrics(&text("docs/reference/metrics.md")));
    used.extend(metrics(&text("docs/how-to/monitor.md")));
    used.retain(|name| !name.starts_with("kube_"));
    used
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_prometheus_scrapes_the_operator_and_finds_every_metric_that_is_named() -> Outcome<()>
{
    let test = "a_real_prometheus_scrapes_the_operator_and_finds_every_metric_that_is_named";
    let Some(tools) = Tools::or_leave_out(test)? else {
        return Ok(());
    };
    let world = World::new("scrape").await;
    let logs = tempfile::tempdir().unwrap();
    let shipped = Launch::shipped(&world, "scraped", logs.path());
    let _operator = shipped.start();
    let address = shipped.address().await;
    let prometheus = tools.start(&configuration(&address)).await;
    wait::until("the operator was scraped", async || {
        let up = prometheus.query("up == 1").await;
        up.is_some_and(|found| !found.is_empty())
    })
    .await;
    world.ask("first", json!({})).await;
    world.until_phase("first", "Succeeded").await;
    // The end was seen as a change, because the counter was there before it.
    let seen = "increase(restart_operator_requests_finished_total{outcome=\"Succeeded\"}[5m]) > 0";
    wait::until("the end of the request was scraped", async || {
        prometheus
            .query(seen)
            .await
            .is_some_and(|found| !found.is_empty())
    })
    .await;

    let targets = prometheus.api("targets").await;
    let target = &targets["activeTargets"][0];
    assert_eq!(
        (&target["health"], &target["lastError"]),
        (&json!("up"), &json!(""))
    );
    for rule in evaluated(&prometheus).await {
        assert_eq!(rule["health"], "ok", "{rule:#}");
        // Accounts of other tests are in the same cluster.
        let alone = rule["name"] != "RestartOperatorAccountNotReady";
        assert!(!alone || rule["state"] == "inactive", "{rule:#}");
    }
    let names = prometheus.api("label/__name__/values").await;
    let names: BTreeSet<&str> = names
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    for name in used() {
        let histogram = format!("{name}_bucket");
        assert!(
            names.contains(&*name) || names.contains(&*histogram),
            "{name} is not in the scrape: {names:#?}"
        );
    }
    for expression in expressions() {
        assert!(
            prometheus.query(&expression).await.is_some(),
            "{expression}"
        );
    }
    Ok(())
}
