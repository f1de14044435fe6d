//! The control API over HTTP.

use std::time::{Duration, Instant};

use cloudsim::{Config, Ledger, Simulator};
use serde_json::{Value, json};

use crate::client::{DESCRIBE, Draft, RESTART, STATUS, call, control};

async fn simulator() -> Simulator {
    let sim = Simulator::start(Config::default()).await.unwrap();
    ok(
        &sim,
        "PUT",
        "applications/app-1",
        json!({ "plan": { "duration_ms": 600_000 } }),
    )
    .await;
    sim
}

async fn ok(sim: &Simulator, method: &str, path: &str, body: Value) -> Value {
    let reply = control(&sim.host(), method, path, &body).await;
    assert_eq!(reply.status, Some(200), "{method} {path}: {}", reply.json());
    reply.json()
}

async fn fails(sim: &Simulator, method: &str, path: &str, body: Value) -> u16 {
    let reply = control(&sim.host(), method, path, &body).await;
    assert!(reply.json()["error"].is_string());
    reply.status.unwrap()
}

async fn ledger(sim: &Simulator, query: &str) -> Ledger {
    serde_json::from_value(ok(sim, "GET", &format!("ledger{query}"), Value::Null).await).unwrap()
}

#[tokio::test]
async fn applications_can_be_put_patched_read_and_removed() {
    let sim = simulator().await;
    let patched = ok(
        &sim,
        "PATCH",
        "applications/app-1",
        json!({ "status": "STOPPED", "name": "n" }),
    )
    .await;
    assert_eq!(
        (&patched["status"], &patched["name"]),
        (&json!("STOPPED"), &json!("n"))
    );
    assert_eq!(
        call(&sim, STATUS, &[("AppId", "app-1")]).await.data()["CurrentStatus"],
        "STOPPED"
    );
    let all = ok(&sim, "GET", "applications", Value::Null).await;
    assert_eq!(all[0]["id"], "app-1");
    assert_eq!(all[0]["plan"]["duration_ms"], 600_000);
    ok(&sim, "DELETE", "applications/app-1", Value::Null).await;
    assert_eq!(
        fails(&sim, "DELETE", "applications/app-1", Value::Null).await,
        404
    );
    assert_eq!(
        fails(&sim, "PATCH", "applications/app-1", json!({})).await,
        404
    );
}

#[tokio::test]
async fn orders_can_be_made_read_and_ended() {
    let sim = simulator().await;
    let order = json!({ "co_type_code": "CoDeploy", "creator": "5", "age_ms": 1000 });
    let made = ok(&sim, "POST", "applications/app-1/orders", order).await;
    let id = made["id"].as_str().unwrap();
    assert_eq!(
        fails(&sim, "POST", "applications/app-1/orders", json!({})).await,
        409
    );
    ok(
        &sim,
        "POST",
        "applications/app-1/orders?force=true",
        json!({}),
    )
    .await;
    let read = ok(&sim, "GET", &format!("orders/{id}"), Value::Null).await;
    assert_eq!(
        (&read["status"], &read["creator"]),
        (&json!(1), &json!("5"))
    );
    ok(
        &sim,
        "POST",
        &format!("orders/{id}/end"),
        json!({ "status": 10 }),
    )
    .await;
    assert_eq!(
        call(&sim, DESCRIBE, &[("ChangeOrderId", id)]).await.data()["Status"],
        10
    );
    let all = ok(&sim, "GET", "applications/app-1/orders", Value::Null).await;
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert_eq!(
        fails(&sim, "POST", "orders/x/end", json!({ "status": 2 })).await,
        404
    );
}

#[tokio::test]
async fn every_kind_of_fault_can_be_written_in_json() {
    let sim = simulator().await;
    for fault in [
        json!({ "kind": "drop_before" }),
        json!({ "kind": "drop_after" }),
        json!({ "kind": "status_after", "http": 500, "body": "oops" }),
        json!({ "kind": "answer_instead", "http": 400, "code": "System.Upgrading" }),
        json!({ "kind": "answer_instead", "http": 302, "headers": [["location", "/"]] }),
        json!({ "kind": "throttle" }),
        json!({ "kind": "mutate", "edits": [
            { "set": { "pointer": "/Code", "value": 200 } },
            { "remove": { "pointer": "/Data" } },
        ] }),
        json!({ "kind": "delay", "ms": 5, "point": "before" }),
        json!({ "kind": "hang", "executed": true }),
        json!({ "kind": "body_bytes", "total": 5 }),
        json!({ "kind": "cut", "bytes": 5 }),
        json!({ "kind": "list_lag", "ms": 5 }),
        json!({ "kind": "list_as_single_object" }),
        json!({ "kind": "hold_before" }),
        json!({ "kind": "hold_after" }),
        json!({ "kind": "repeat", "copies": 1 }),
    ] {
        ok(
            &sim,
            "POST",
            "faults",
            json!({ "action": "Never", "fault": fault }),
        )
        .await;
    }
    let faults = ok(&sim, "GET", "faults", Value::Null).await;
    assert_eq!(faults.as_array().unwrap().len(), 16);
    assert_eq!(faults[2]["rule"]["fault"]["body"], "oops");
    assert_eq!(faults[0]["rule"]["times"], 1);
    ok(&sim, "DELETE", "faults/1", Value::Null).await;
    assert_eq!(fails(&sim, "DELETE", "faults/1", Value::Null).await, 404);
    ok(&sim, "DELETE", "faults", Value::Null).await;
    assert!(sim.faults().is_empty());
}

#[tokio::test]
async fn a_misspelt_member_is_refused() {
    let sim = simulator().await;
    for (path, body) in [
        (
            "faults",
            json!({ "aktion": "x", "fault": { "kind": "drop_after" } }),
        ),
        ("faults", json!({ "fault": { "kind": "delay", "mss": 1 } })),
        (
            "faults",
            json!({ "fault": { "kind": "status_after", "htttp": 1 } }),
        ),
        ("applications/app-1/orders", json!({ "type": "CoDeploy" })),
        ("clock/advance", json!({ "s": 1 })),
    ] {
        assert_eq!(fails(&sim, "POST", path, body.clone()).await, 400, "{body}");
    }
    assert_eq!(fails(&sim, "POST", "nothing", json!({})).await, 404);
    assert_eq!(fails(&sim, "PUT", "ledger", json!({})).await, 404);
}

#[tokio::test]
async fn the_ledger_can_be_waited_for_and_read_from_a_version_on() {
    let sim = simulator().await;
    let start = Instant::now();
    assert!(ledger(&sim, "?wait_ms=50").await.all_requests().is_empty());
    assert!(start.elapsed() >= Duration::from_millis(50));
    let restart = async { call(&sim, RESTART, &[("AppId", "app-1")]).await.order_id() };
    let (first, order) = tokio::join!(ledger(&sim, "?after=0&wait_ms=10000"), restart);
    assert_eq!(first.all_requests().len(), 1);
    let whole = ledger(&sim, "").await;
    assert_eq!(whole, sim.ledger());
    assert_eq!(whole.restarts()[0].order, order);
    let rest = ledger(&sim, &format!("?after={}", whole.version())).await;
    assert!(rest.all_requests().is_empty() && rest.restarts().is_empty());
    assert_eq!(fails(&sim, "GET", "ledger?after=x", Value::Null).await, 400);
}

#[tokio::test]
async fn held_requests_are_released_over_http() {
    let sim = simulator().await;
    let rule = json!({ "action": "RestartApplication", "fault": { "kind": "hold_after" } });
    ok(&sim, "POST", "faults", rule).await;
    let draft = Draft::new(&sim, RESTART, &[("AppId", "app-1")]).sign();
    let release = async {
        let held = sim
            .wait_for_hold(Duration::from_secs(10))
            .await
            .unwrap()
            .held()[0]
            .seq;
        let none = ok(&sim, "POST", "release", json!({ "request": held + 99 })).await;
        assert_eq!(none["released"], 0);
        assert_eq!(
            ok(&sim, "POST", "release", Value::Null).await["released"],
            1
        );
    };
    let (reply, ()) = tokio::join!(draft.send(&sim), release);
    assert_eq!(reply.status, Some(200));
}

#[tokio::test]
async fn the_clock_is_frozen_moved_and_resumed_over_http() {
    let sim = simulator().await;
    let frozen = ok(&sim, "POST", "clock/freeze", Value::Null).await;
    assert_eq!(frozen["frozen"], frozen["now"]);
    ok(&sim, "POST", "clock/advance", json!({ "ms": 60_000 })).await;
    let moved = ok(&sim, "GET", "clock", Value::Null).await;
    assert_eq!(moved["now"], serde_json::to_value(sim.now()).unwrap());
    assert!(ok(&sim, "POST", "clock/resume", Value::Null).await["frozen"].is_null());
    let offset = ok(&sim, "POST", "clock/offset", json!({ "ms": -5000 })).await;
    assert_eq!(offset["offset_ms"], -5000);
}

#[tokio::test]
async fn access_keys_and_reset_work_over_http() {
    let sim = simulator().await;
    let key = json!({ "secret": "s", "creator": "9", "security_token": "t" });
    ok(&sim, "PUT", "access-keys/extra", key).await;
    let draft = Draft::new(&sim, RESTART, &[("AppId", "app-1")]).set("x-acs-security-token", "t");
    let draft = Draft {
        key_id: "extra".into(),
        secret: "s".into(),
        ..draft
    }
    .sign();
    draft.send(&sim).await.order_id();
    assert_eq!(sim.ledger().restarts()[0].creator, "9");
    ok(&sim, "DELETE", "access-keys/extra", Value::Null).await;
    assert_eq!(
        fails(&sim, "DELETE", "access-keys/extra", Value::Null).await,
        404
    );
    ok(&sim, "POST", "reset", Value::Null).await;
    assert!(sim.applications().is_empty());
    assert!(sim.ledger().all_requests().is_empty());
}
