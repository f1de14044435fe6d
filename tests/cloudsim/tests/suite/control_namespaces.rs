//! The control API over HTTP, for namespaces and EDAS applications.

use cloudsim::{Config, Namespace, Simulator};
use serde_json::{Value, json};

use crate::calls::{BATCH, EDAS_RESTART, RESTART_INSTANCES};
use crate::client::{call, control};

const NS: &str = "cn-hangzhou:demo";

async fn ok(sim: &Simulator, method: &str, path: &str, body: Value) -> Value {
    let reply = control(&sim.host(), method, path, &body).await;
    assert_eq!(reply.status, Some(200), "{method} {path}: {}", reply.json());
    reply.json()
}

#[tokio::test]
async fn namespaces_can_be_put_read_and_removed_and_a_reset_brings_back_the_first() {
    let sim = Simulator::start(Config {
        namespaces: vec![Namespace::new("first").with_late_member("x", 5)],
        ..Config::default()
    })
    .await
    .unwrap();
    let body = json!({
        "parent_described": false,
        "parent_plan": { "duration_ms": 1 },
        "late_ms": { "a": 500 },
        "without_order": ["b"],
        "abort_reaches_members": true,
    });
    ok(&sim, "PUT", &format!("namespaces/{NS}"), body).await;
    let all = ok(&sim, "GET", "namespaces", Value::Null).await;
    assert_eq!(
        (&all[0]["id"], &all[1]["id"]),
        (&json!(NS), &json!("first"))
    );
    assert_eq!(all[0]["late_ms"]["a"], 500);
    ok(&sim, "DELETE", &format!("namespaces/{NS}"), Value::Null).await;
    let path = format!("namespaces/{NS}");
    let again = control(&sim.host(), "DELETE", &path, &Value::Null).await;
    assert_eq!(again.status, Some(404));
    let misspelt = json!({ "late": {} });
    let reply = control(&sim.host(), "PUT", &path, &misspelt).await;
    assert_eq!(reply.status, Some(400));
    ok(&sim, "DELETE", "namespaces/first", Value::Null).await;
    ok(&sim, "POST", "reset", Value::Null).await;
    assert_eq!(sim.namespaces()[0].late_ms["x"], 5);
}

#[tokio::test]
async fn a_batch_can_be_followed_through_the_control_api() {
    let sim = Simulator::start(Config::default()).await.unwrap();
    for app in ["a", "b"] {
        let body = json!({ "namespace": NS, "plan": { "duration_ms": 600_000 } });
        ok(&sim, "PUT", &format!("applications/{app}"), body).await;
    }
    let params = [("NamespaceId", NS), ("AppIds", "a,b")];
    let parent = call(&sim, BATCH, &params).await.order_id();
    let orders = ok(&sim, "GET", &format!("namespaces/{NS}/orders"), Value::Null).await;
    assert_eq!(orders[0]["id"], parent);
    assert_eq!(orders[0]["namespace"], NS);
    let members = ok(&sim, "GET", "applications/a/orders", Value::Null).await;
    assert_eq!(members[0]["parent"], parent);
    let end = json!({ "status": 3 });
    ok(&sim, "POST", &format!("orders/{parent}/end"), end).await;
    let order = ok(&sim, "GET", &format!("orders/{parent}"), Value::Null).await;
    assert_eq!(order["status"], 3);
}

#[tokio::test]
async fn instances_products_and_cluster_types_can_be_set() {
    let sim = Simulator::start(Config::default()).await.unwrap();
    let body = json!({ "product": "edas", "instances": ["e-1"], "cluster_type": 5 });
    ok(&sim, "PUT", "applications/edas-1", body).await;
    let refused = call(&sim, EDAS_RESTART, &[("AppId", "edas-1")]).await;
    assert_eq!(refused.json()["Code"], 601);
    let patch = json!({ "cluster_type": 2, "instances": ["e-2"] });
    ok(&sim, "PATCH", "applications/edas-1", patch).await;
    let restarted = call(&sim, EDAS_RESTART, &[("AppId", "edas-1")]).await;
    assert_eq!(restarted.json()["Code"], 200);
    assert_eq!(sim.ledger().restarted_parts("edas", "edas-1"), ["e-2"]);
    ok(
        &sim,
        "PUT",
        "applications/sae-1",
        json!({ "instances": ["i-1"] }),
    )
    .await;
    let params = [("AppId", "sae-1"), ("InstanceIds", "i-1")];
    let order = call(&sim, RESTART_INSTANCES, &params).await.order_id();
    let order = ok(&sim, "GET", &format!("orders/{order}"), Value::Null).await;
    assert_eq!(
        (&order["targets"], &order["product"]),
        (&json!(["i-1"]), &json!("sae"))
    );
}
