//! The control API of the Volcengine part, over HTTP.

use cloudsim::{Config, Simulator};
use serde_json::{Value, json};

use super::client::{pass, read, reboot, result, status};
use crate::client::control;

async fn simulator() -> Simulator {
    let sim = Simulator::start(Config::default()).await.unwrap();
    sim.freeze_clock();
    let plan = json!({
        "stages": [
            { "after_ms": 0, "status": "REBOOTING" },
            { "after_ms": 60_000, "status": "RUNNING" },
        ],
        "event": "Succeeded",
    });
    ok(&sim, "PUT", "instances/i-1", json!({ "plan": plan })).await;
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

#[tokio::test]
async fn instances_can_be_put_read_and_removed() {
    let sim = simulator().await;
    let one = ok(&sim, "GET", "instances/i-1", Value::Null).await;
    assert_eq!(
        (&one["status"], &one["instance"]["id"]),
        (&json!("RUNNING"), &json!("i-1"))
    );
    assert_eq!(
        ok(&sim, "GET", "instances", Value::Null).await,
        json!([one])
    );
    ok(&sim, "DELETE", "instances/i-1", Value::Null).await;
    assert_eq!(fails(&sim, "GET", "instances/i-1", Value::Null).await, 404);
    assert_eq!(
        fails(&sim, "DELETE", "instances/i-1", Value::Null).await,
        404
    );
    assert_eq!(fails(&sim, "PATCH", "instances/i-1", json!({})).await, 404);
    assert_eq!(status(&sim, "i-1").await, None);
}

#[tokio::test]
async fn a_change_leaves_a_reboot_under_way_alone_unless_it_names_a_status() {
    let sim = simulator().await;
    result(&reboot(&sim, &["i-1"], "token-1").await);
    let patched = ok(
        &sim,
        "PATCH",
        "instances/i-1",
        json!({ "type_id": "ecs.ebmg2.x" }),
    )
    .await;
    assert_eq!(patched["status"], "REBOOTING");
    pass(&sim, 60);
    assert_eq!(status(&sim, "i-1").await.as_deref(), Some("RUNNING"));
    ok(&sim, "PATCH", "instances/i-1", json!({ "status": "ERROR" })).await;
    assert_eq!(status(&sim, "i-1").await.as_deref(), Some("ERROR"));
}

#[tokio::test]
async fn misspelt_and_mistyped_members_are_refused_and_change_nothing() {
    let sim = simulator().await;
    for change in [
        json!({ "state": "ERROR" }),
        json!({ "status": 1 }),
        json!([1]),
    ] {
        assert_eq!(fails(&sim, "PATCH", "instances/i-1", change).await, 400);
    }
    assert_eq!(
        fails(&sim, "PUT", "instances/i-2", json!({ "type": "x" })).await,
        400
    );
    assert_eq!(
        fails(&sim, "PATCH", "volcengine", json!({ "life": 1 })).await,
        400
    );
    assert_eq!(fails(&sim, "POST", "instances/i-1", json!({})).await, 404);
    assert_eq!(fails(&sim, "PUT", "volcengine", json!({})).await, 404);
    assert_eq!(status(&sim, "i-1").await.as_deref(), Some("RUNNING"));
}

#[tokio::test]
async fn instances_are_rebooted_by_hand_and_given_events() {
    let sim = simulator().await;
    ok(&sim, "POST", "instances/i-1/reboot", Value::Null).await;
    assert_eq!(
        fails(&sim, "POST", "instances/i-2/reboot", Value::Null).await,
        404
    );
    assert_eq!(status(&sim, "i-1").await.as_deref(), Some("REBOOTING"));
    let event = json!({ "type": "InstanceFailure", "status": "Executing", "age_ms": 1000 });
    let id = ok(&sim, "POST", "instances/i-1/events", event).await["id"].clone();
    let found = read(&sim, "DescribeSystemEvents", &[]).await;
    assert_eq!(found["SystemEvents"][0]["Type"], "RebootInstance");
    assert_eq!(found["SystemEvents"][1]["Id"], id);
}

#[tokio::test]
async fn switches_are_read_and_changed_one_by_one() {
    let sim = simulator().await;
    let changed = ok(&sim, "PATCH", "volcengine", json!({ "token_life_ms": 5 })).await;
    let expected = json!({
        "expires_counts": true, "token_life_ms": 5, "replay_rejections": true,
    });
    assert_eq!(changed, expected);
    assert_eq!(ok(&sim, "GET", "volcengine", Value::Null).await, expected);
}

#[tokio::test]
async fn a_reset_forgets_instances_events_tokens_and_switches() {
    let sim = simulator().await;
    result(&reboot(&sim, &["i-1"], "token-1").await);
    ok(&sim, "PATCH", "volcengine", json!({ "token_life_ms": 5 })).await;
    ok(&sim, "POST", "reset", Value::Null).await;
    assert!(sim.instances().is_empty());
    assert_eq!(sim.volcengine_switches().token_life_ms, 900_000);
    let found = read(&sim, "DescribeSystemEvents", &[]).await;
    assert_eq!(found["SystemEvents"], json!([]));
    sim.put_instance(cloudsim::Instance::running("i-1"));
    result(&reboot(&sim, &["i-1"], "token-1").await);
    assert_eq!(sim.ledger().restarts().len(), 1);
}
