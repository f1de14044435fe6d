//! `BatchRestartApplications`: the parent, the members, and where they show.

use std::time::Duration;

use cloudsim::{
    Application, ApplicationStatus, Config, Namespace, NewOrder, OrderPlan, OrderSnapshot,
    Simulator,
};
use jiff::SignedDuration;
use serde_json::Value;

use crate::calls::{BATCH, NAMESPACE, NAMESPACE_ORDERS};
use crate::client::{ABORT, DESCRIBE, LIST, Reply, STATUS, call};

const NS: &str = "cn-hangzhou:demo";

/// Three applications whose orders take ten seconds, and a clock that stands still.
async fn frozen() -> Simulator {
    let sim = Simulator::start(Config::default()).await.unwrap();
    for app in ["a", "b", "c"] {
        sim.put_application(application(app, seconds(10)));
    }
    sim.freeze_clock();
    sim
}

fn application(id: &str, plan: OrderPlan) -> Application {
    Application::running(id).in_namespace(NS).with_plan(plan)
}

fn seconds(seconds: u64) -> OrderPlan {
    OrderPlan::lasting(Duration::from_secs(seconds))
}

fn pass(sim: &Simulator, seconds: i64) {
    sim.advance_clock(SignedDuration::from_secs(seconds));
}

async fn batch(sim: &Simulator, apps: &str) -> Reply {
    let params = [("NamespaceId", NS), ("AppIds", apps)];
    call(sim, BATCH, &params).await
}

async fn describe(sim: &Simulator, order: &str) -> Value {
    call(sim, DESCRIBE, &[("ChangeOrderId", order)])
        .await
        .data()
}

async fn resources(sim: &Simulator) -> Value {
    call(sim, NAMESPACE, &[("NamespaceId", NS)]).await.data()
}

fn newest(sim: &Simulator, app: &str) -> OrderSnapshot {
    sim.orders_of(app).remove(0)
}

#[tokio::test]
async fn a_batch_makes_a_parent_order_and_one_order_per_member() {
    let sim = frozen().await;
    let parent = batch(&sim, "c,a").await.order_id();
    for app in ["a", "c"] {
        let order = newest(&sim, app);
        assert_eq!(order.parent.as_deref(), Some(parent.as_str()));
        assert_eq!(order.co_type_code, "CoRestartApplication");
        let state = call(&sim, STATUS, &[("AppId", app)]).await.data();
        assert_eq!(state["LastChangeOrderId"], order.id);
    }
    assert!(sim.orders_of("b").is_empty());
    let data = describe(&sim, &parent).await;
    assert_eq!((&data["AppId"], &data["Status"]), (&"".into(), &1.into()));
    pass(&sim, 10);
    assert_eq!(describe(&sim, &parent).await["Status"], 2);
}

#[tokio::test]
async fn the_ledger_has_one_restart_per_member_under_its_parent() {
    let sim = frozen().await;
    let parent = batch(&sim, "b,a").await.order_id();
    let ledger = sim.ledger();
    let restarts = ledger.restarts_of_batch(&parent);
    let apps: Vec<_> = restarts.iter().map(|it| it.app.as_str()).collect();
    assert_eq!(apps, ["b", "a"]);
    assert_eq!(ledger.restarts().len(), 2);
    assert_eq!(ledger.restarts_in("sae", "a").len(), 1);
    let request = ledger.requests("BatchRestartApplications")[0];
    assert_eq!(ledger.restarts_by_request(request.seq), restarts);
    assert_eq!(request.app.as_deref(), Some("b,a"));
}

#[tokio::test]
async fn the_parent_shows_in_the_namespace_and_not_in_the_lists_of_applications() {
    let sim = frozen().await;
    let before = resources(&sim).await;
    assert_eq!(before["LastChangeOrderId"], "");
    assert_eq!(before["LastChangeOrderRunning"], false);
    assert_eq!(before["AppCount"], 3);
    let parent = batch(&sim, "a,b").await.order_id();
    let busy = resources(&sim).await;
    assert_eq!(busy["LastChangeOrderId"], parent);
    assert_eq!(busy["LastChangeOrderRunning"], true);
    assert_eq!(busy["LastChangeOrderStatus"], "RUNNING");
    let list = call(&sim, NAMESPACE_ORDERS, &[("NamespaceId", NS)]).await;
    let item = &list.data()["ChangeOrderList"][0];
    assert_eq!(item["ChangeOrderId"], parent);
    assert_eq!(item["NamespaceId"], NS);
    assert!(item.get("AppId").is_none() && item["Pipelines"].is_string());
    let list = call(&sim, LIST, &[("AppId", "a")]).await.data();
    assert_eq!(list["TotalSize"], 1);
    assert_ne!(list["ChangeOrderList"][0]["ChangeOrderId"], parent);
}

#[tokio::test]
async fn parents_are_listed_newest_first_in_pages_and_by_status() {
    let sim = frozen().await;
    let mut parents = Vec::new();
    for _ in 0..3 {
        parents.insert(0, batch(&sim, "a").await.order_id());
        pass(&sim, 10);
    }
    let page = async |params: &[(&str, &str)]| {
        let params = [&[("NamespaceId", NS)], params].concat();
        let data = call(&sim, NAMESPACE_ORDERS, &params).await.data();
        let items = data["ChangeOrderList"].as_array().unwrap().iter();
        let ids = items.map(|it| it["ChangeOrderId"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(page(&[]).await, parents);
    assert_eq!(
        page(&[("PageSize", "2"), ("CurrentPage", "2")]).await,
        parents[2..]
    );
    assert!(page(&[("CoStatus", "3")]).await.is_empty());
    assert_eq!(
        page(&[("CoType", "CoBatchRestartApplication")]).await.len(),
        3
    );
}

#[tokio::test]
async fn members_end_as_their_own_plans_say_and_the_parent_with_the_last() {
    let sim = frozen().await;
    sim.put_application(application("b", seconds(20).ending(3)));
    let parent = batch(&sim, "a,b").await.order_id();
    pass(&sim, 10);
    assert_eq!(newest(&sim, "a").status, 2);
    assert_eq!(describe(&sim, &parent).await["Status"], 1);
    pass(&sim, 10);
    assert_eq!(newest(&sim, "b").status, 3);
    assert_eq!(describe(&sim, &parent).await["Status"], 3);
    sim.put_application(application("b", seconds(1).stuck()));
    let parent = batch(&sim, "a,b").await.order_id();
    pass(&sim, 3_600);
    assert_eq!(describe(&sim, &parent).await["Status"], 1);
}

#[tokio::test]
async fn a_parent_may_lie_about_its_members_or_be_unknown_to_describe() {
    let sim = frozen().await;
    sim.put_application(application("b", seconds(1).ending(3)));
    sim.put_namespace(Namespace {
        parent_plan: Some(seconds(5)),
        parent_type: "msg.docker.app.actions.CoBatchRestart".to_owned(),
        ..Namespace::new(NS)
    });
    let parent = batch(&sim, "a,b").await.order_id();
    pass(&sim, 5);
    let data = describe(&sim, &parent).await;
    assert_eq!(data["Status"], 2, "though a member failed and one runs");
    assert_eq!(data["CoTypeCode"], "msg.docker.app.actions.CoBatchRestart");
    sim.put_namespace(Namespace {
        parent_described: false,
        ..Namespace::new(NS)
    });
    let reply = call(&sim, DESCRIBE, &[("ChangeOrderId", &parent)]).await;
    assert_eq!(reply.code(), "InvalidChangeOrder.NotFound");
    assert_eq!(resources(&sim).await["LastChangeOrderId"], parent);
    call(&sim, DESCRIBE, &[("ChangeOrderId", &newest(&sim, "b").id)])
        .await
        .data();
}

#[tokio::test]
async fn a_member_may_get_its_order_late_or_never() {
    let sim = frozen().await;
    let namespace = Namespace::new(NS).with_late_member("a", 30_000);
    sim.put_namespace(namespace.with_member_without_order("b"));
    let parent = batch(&sim, "a,b,c").await.order_id();
    let start = sim.now();
    assert_eq!(sim.orders_of("c").len(), 1);
    pass(&sim, 29);
    assert!(sim.orders_of("a").is_empty());
    let state = call(&sim, STATUS, &[("AppId", "a")]).await.data();
    assert_eq!(state["LastChangeOrderId"], "");
    pass(&sim, 1);
    assert_eq!(newest(&sim, "a").status, 1);
    assert_eq!(describe(&sim, &parent).await["Status"], 1);
    pass(&sim, 10);
    assert_eq!(newest(&sim, "a").status, 2);
    assert_eq!(describe(&sim, &parent).await["Status"], 2);
    assert!(sim.orders_of("b").is_empty());
    let ledger = sim.ledger();
    assert!(ledger.restarts_of("b").is_empty());
    let late = start.checked_add(SignedDuration::from_secs(30)).unwrap();
    assert_eq!(ledger.restarts_of("a")[0].at, late);
}

#[tokio::test]
async fn a_busy_or_stopped_member_gets_no_order() {
    let sim = frozen().await;
    let busy = sim.start_order(NewOrder::by_hand("a")).unwrap();
    sim.put_application(application("b", seconds(1)).with_status(ApplicationStatus::Stopped));
    let parent = batch(&sim, "a,b,c").await.order_id();
    assert_eq!(newest(&sim, "a").id, busy);
    assert!(sim.orders_of("b").is_empty());
    assert_eq!(sim.ledger().restarts_of_batch(&parent).len(), 1);
}

#[tokio::test]
async fn the_abort_of_a_parent_reaches_the_members_only_if_the_namespace_says_so() {
    let sim = frozen().await;
    for reaches in [false, true] {
        sim.put_namespace(Namespace {
            abort_reaches_members: reaches,
            ..Namespace::new(NS)
        });
        let parent = batch(&sim, "a,b").await.order_id();
        let reply = call(&sim, ABORT, &[("ChangeOrderId", &parent)]).await;
        assert_eq!(reply.order_id(), parent);
        assert_eq!(describe(&sim, &parent).await["Status"], 6);
        let expected = if reaches { 6 } else { 1 };
        assert_eq!(newest(&sim, "a").status, expected);
        let again = call(&sim, ABORT, &[("ChangeOrderId", &parent)]).await;
        assert_eq!(again.code(), "Application.ChangerOrder.Not.Running");
        pass(&sim, 10);
    }
}

#[tokio::test]
async fn a_batch_that_does_not_fit_the_namespace_is_refused_as_a_whole() {
    let sim = frozen().await;
    sim.put_application(Application::running("d").in_namespace("cn-hangzhou:other"));
    sim.put_namespace(Namespace::new("cn-hangzhou:empty"));
    for (namespace, apps, http, code) in [
        (NS, "a,d", 400, "Invalid.App.List.Not.Same.Namespace"),
        (NS, "a,nobody", 400, "Invalid.App.List.Not.Same.Namespace"),
        (
            "cn-hangzhou:empty",
            "a",
            400,
            "Mamespace.Have.No.Applications",
        ),
        ("nowhere", "a", 404, "InvalidNamespaceId.NotFound"),
        (NS, "", 400, "InvalidParameter.NotEmpty"),
        ("", "a", 400, "InvalidParameter.NotEmpty"),
        (NS, "a,a", 400, "InvalidParameter.Obviously"),
    ] {
        let params = [("NamespaceId", namespace), ("AppIds", apps)];
        let reply = call(&sim, BATCH, &params).await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (Some(http), code),
            "{namespace} {apps}"
        );
    }
    assert!(sim.ledger().restarts().is_empty());
    assert!(sim.orders_of_namespace(NS).is_empty());
    let reply = call(&sim, NAMESPACE, &[("NamespaceId", "nowhere")]).await;
    assert_eq!(reply.code(), "InvalidNamespaceId.NotFound");
}
