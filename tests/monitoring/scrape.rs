//! A real Prometheus scrapes the shipped program, which works for a real API server and a simulated cloud.

use std::{collections::BTreeSet, time::Duration};

use cloudsim::{Application, Fault, FaultRule, OrderPlan};
use serde_json::{Value, json};

use crate::{
    dashboard::{dashboard, expressions},
    files::{metrics, path, rules, text},
    prometheus::{Prometheus, Tools},
    support::{
        failure::Outcome,
        process::Launch,
        wait,
        world::{APP, World},
    },
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

/// Until Prometheus has scraped the operator once.
async fn until_scraped(prometheus: &Prometheus) {
    wait::until("the operator was scraped", async || {
        let up = prometheus.query("up == 1").await;
        up.is_some_and(|found| !found.is_empty())
    })
    .await;
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
    until_scraped(&prometheus).await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_outcome_and_a_paused_order_are_seen_by_their_alerts() -> Outcome<()> {
    let test = "a_lost_outcome_and_a_paused_order_are_seen_by_their_alerts";
    let Some(tools) = Tools::or_leave_out(test)? else {
        return Ok(());
    };
    let plan = OrderPlan::lasting(Duration::from_millis(400)).batches(2);
    let world = World::with("alerts", |config| {
        let waits = Application::running("app-2").with_plan(plan.clone().ending(8));
        config.applications.push(waits);
    })
    .await;
    let logs = tempfile::tempdir().unwrap();
    let host = Launch::host(&world, "alerting", logs.path());
    let _operator = host.start();
    let prometheus = tools.start(&configuration(&host.address().await)).await;
    until_scraped(&prometheus).await;
    world
        .sim
        .inject(FaultRule::on("RestartApplication", Fault::DropAfter).app(APP));
    world.ask("lost", json!({})).await;
    // The order that comes next would tell the operator whose the lost one is.
    world.until_phase("lost", "Unknown").await;
    let other = json!({"target": {"saeApplication": {"appId": "app-2"}}});
    world.ask("paused", other).await;
    world.until_phase("paused", "Paused").await;
    for alert in [
        "RestartOperatorRequestUnknown",
        "RestartOperatorRequestPaused",
    ] {
        wait::until(&format!("{alert} waits for its time"), async || {
            let rules = evaluated(&prometheus).await;
            let rule = rules.iter().find(|rule| rule["name"] == alert);
            // It fires after its `for`, which promtool has tried.
            rule.is_some_and(|rule| {
                rule["state"] == "pending" && rule["alerts"][0]["value"] == "1e+00"
            })
        })
        .await;
    }
    Ok(())
}
