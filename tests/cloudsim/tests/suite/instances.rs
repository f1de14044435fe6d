//! `RestartInstances`, and the reads that lead to instance ids.

use std::time::Duration;

use cloudsim::{Application, ApplicationStatus, Config, OrderPlan, Simulator};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::calls::{APPLICATIONS, GROUPS, INSTANCES, RESTART_INSTANCES};
use crate::client::{DESCRIBE, LIST, RESTART, Reply, call};

const APP: &str = "app-1";

/// An application with three instances and a clock that stands still.
async fn frozen() -> Simulator {
    let sim = Simulator::start(Config::default()).await.unwrap();
    let plan = OrderPlan::lasting(Duration::from_secs(10));
    let application = Application::running(APP).with_plan(plan);
    sim.put_application(application.with_instances(["i-a", "i-b", "i-c"]));
    sim.freeze_clock();
    sim
}

async fn restart(sim: &Simulator, ids: &str) -> Reply {
    let params = [("AppId", APP), ("InstanceIds", ids)];
    call(sim, RESTART_INSTANCES, &params).await
}

async fn instances(sim: &Simulator, more: &[(&str, &str)]) -> Value {
    let groups = call(sim, GROUPS, &[("AppId", APP)]).await.data();
    let group = groups[0]["GroupId"].as_str().unwrap();
    let params = [&[("AppId", APP), ("GroupId", group)], more].concat();
    call(sim, INSTANCES, &params).await.data()
}

fn ids(data: &Value) -> Vec<&str> {
    let items = data["Instances"].as_array().unwrap().iter();
    items.map(|it| it["InstanceId"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn named_instances_are_restarted_and_the_order_carries_them() {
    let sim = frozen().await;
    let order = restart(&sim, "i-c,i-a").await.order_id();
    let data = call(&sim, DESCRIBE, &[("ChangeOrderId", &order)])
        .await
        .data();
    assert_eq!(data["CoTargets"], json!(["i-c", "i-a"]));
    assert_eq!(data["CoTypeCode"], "CoRestartInstances");
    let item = &call(&sim, LIST, &[("AppId", APP)]).await.data()["ChangeOrderList"][0];
    assert_eq!(item["CoTypeCode"], "CoRestartInstances");
    let ledger = sim.ledger();
    assert_eq!(ledger.restarts_in("sae", APP).len(), 1);
    assert_eq!(ledger.restarted_parts("sae", APP), ["i-c", "i-a"]);
    let restart = &ledger.restarts()[0];
    assert_eq!((&restart.order, restart.product.as_str()), (&order, "sae"));
    assert_eq!(ledger.restarts_by_request(restart.request), [restart]);
}

#[tokio::test]
async fn a_restart_of_the_whole_application_names_no_parts() {
    let sim = frozen().await;
    let order = call(&sim, RESTART, &[("AppId", APP)]).await.order_id();
    let data = call(&sim, DESCRIBE, &[("ChangeOrderId", &order)])
        .await
        .data();
    assert!(data.get("CoTargets").is_none());
    assert!(sim.ledger().restarts()[0].parts.is_empty());
}

#[tokio::test]
async fn the_ledger_leaves_out_the_instances_whose_restart_fails() {
    let sim = frozen().await;
    let plan = OrderPlan::default().ending(3).failing_for(["i-b"]);
    sim.put_application(
        Application::running(APP)
            .with_instances(["i-a", "i-b"])
            .with_plan(plan),
    );
    restart(&sim, "i-a,i-b").await.order_id();
    assert_eq!(sim.ledger().restarted_parts("sae", APP), ["i-a"]);
}

#[tokio::test]
async fn a_restart_of_unknown_missing_or_repeated_instances_is_refused() {
    let sim = frozen().await;
    for (ids, code) in [
        ("i-a,i-z", "InvalidParameter.WithMessage"),
        ("", "InvalidParameter.NotEmpty"),
        ("i-a,,i-b", "InvalidParameter.Obviously"),
        ("i-a,i-a", "InvalidParameter.Obviously"),
    ] {
        assert_eq!(restart(&sim, ids).await.code(), code, "{ids}");
    }
    let params = [("AppId", "nobody"), ("InstanceIds", "i-a")];
    let reply = call(&sim, RESTART_INSTANCES, &params).await;
    assert_eq!(reply.code(), "InvalidApplication.NotFound");
    assert!(sim.ledger().restarts().is_empty());
}

#[tokio::test]
async fn a_busy_or_stopped_application_restarts_no_instance() {
    let sim = frozen().await;
    restart(&sim, "i-a").await.order_id();
    let busy = restart(&sim, "i-b").await;
    assert_eq!(busy.code(), "Application.ChangerOrderRunning");
    sim.put_application(Application::running(APP).with_status(ApplicationStatus::Stopped));
    assert_eq!(
        restart(&sim, "app-1-1").await.code(),
        "Application.InvalidStatus"
    );
    assert_eq!(sim.ledger().restarts().len(), 1);
}

#[tokio::test]
async fn an_application_without_given_instances_has_as_many_as_run() {
    let sim = frozen().await;
    sim.put_application(Application::running(APP));
    assert_eq!(ids(&instances(&sim, &[]).await), ["app-1-1", "app-1-2"]);
    restart(&sim, "app-1-2").await.order_id();
}

#[tokio::test]
async fn instances_are_listed_by_group_in_pages_with_their_restarts() {
    let sim = frozen().await;
    let first = instances(&sim, &[("PageSize", "2")]).await;
    assert_eq!(ids(&first), ["i-a", "i-b"]);
    assert_eq!(first["TotalSize"], 3);
    let second = instances(&sim, &[("PageSize", "2"), ("CurrentPage", "2")]).await;
    assert_eq!(ids(&second), ["i-c"]);
    let reversed = instances(&sim, &[("Reverse", "true")]).await;
    assert_eq!(ids(&reversed), ["i-c", "i-b", "i-a"]);
    let one = instances(&sim, &[("InstanceId", "i-b")]).await;
    assert_eq!(one["Instances"][0]["InstanceContainerRestarts"], 0);
    restart(&sim, "i-b").await.order_id();
    sim.advance_clock(SignedDuration::from_secs(10));
    let all = instances(&sim, &[]).await;
    let restarts = |place: usize| all["Instances"][place]["InstanceContainerRestarts"].clone();
    assert_eq!([restarts(0), restarts(1)], [json!(0), json!(1)]);
    let params = [("AppId", APP), ("GroupId", "other")];
    let reply = call(&sim, INSTANCES, &params).await;
    assert_eq!(reply.code(), "InvalidParameter.WithMessage");
}

#[tokio::test]
async fn applications_are_listed_by_namespace_id_and_name() {
    let sim = frozen().await;
    for (app, namespace) in [("a", "r:one"), ("b", "r:one"), ("c", "r:two")] {
        sim.put_application(Application::running(app).in_namespace(namespace));
    }
    sim.put_application(Application::edas("e").in_namespace("r:one"));
    for (params, expected) in [
        (&[("NamespaceId", "r:one")][..], &["a", "b"][..]),
        (
            &[("FieldType", "appIds"), ("FieldValue", "a,c,e,z")],
            &["a", "c"],
        ),
        (
            &[
                ("NamespaceId", "r:two"),
                ("FieldType", "appIds"),
                ("FieldValue", "a,c"),
            ],
            &["c"],
        ),
        (
            &[("FieldType", "appName"), ("FieldValue", "name-of-b")],
            &["b"],
        ),
        (&[("AppName", "name-of-c")], &["c"]),
        (&[("PageSize", "2"), ("CurrentPage", "2")], &["b", "c"]),
    ] {
        let data = call(&sim, APPLICATIONS, params).await.data();
        let items = data["Applications"].as_array().unwrap().iter();
        let found: Vec<_> = items.map(|it| it["AppId"].as_str().unwrap()).collect();
        assert_eq!(found, expected, "{params:?}");
    }
    let body = call(&sim, APPLICATIONS, &[("NamespaceId", "r:one")])
        .await
        .json();
    assert_eq!(body["TotalSize"], 2);
    assert_eq!(body["Data"]["TotalSize"], 2);
    assert_eq!(body["Data"]["Applications"][0]["NamespaceId"], "r:one");
    let reply = call(&sim, APPLICATIONS, &[("FieldType", "colour")]).await;
    assert_eq!(reply.code(), "InvalidParameter.Obviously");
}
