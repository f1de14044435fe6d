//! `ListChangeOrders`: order, pages, filters.

use std::time::Duration;

use cloudsim::{Application, Config, NewOrder, OrderPlan, Simulator};
use serde_json::Value;

use crate::client::{LIST, call};

const APP: &str = "app-1";

/// Five finished orders, one each second, oldest first.
async fn five() -> (Simulator, Vec<String>) {
    let sim = Simulator::start(Config::default()).await.unwrap();
    sim.put_application(Application::running(APP));
    sim.freeze_clock();
    let mut ids = Vec::new();
    for age in [5_000, 4_000, 3_000, 2_000, 1_000] {
        let plan = OrderPlan::lasting(Duration::from_millis(500));
        let order = NewOrder::by_hand(APP).aged(age).with_plan(plan);
        ids.push(sim.start_order(order).unwrap());
    }
    (sim, ids)
}

async fn list(sim: &Simulator, params: &[(&str, &str)]) -> Value {
    let params = [&[("AppId", APP)], params].concat();
    call(sim, LIST, &params).await.data()
}

fn ids(data: &Value) -> Vec<&str> {
    let items = data["ChangeOrderList"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["ChangeOrderId"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn orders_are_listed_newest_first_or_reversed() {
    let (sim, mut made) = five().await;
    let reversed = list(&sim, &[("Reverse", "true")]).await;
    assert_eq!(ids(&reversed), made);
    made.reverse();
    let data = list(&sim, &[]).await;
    assert_eq!(ids(&data), made);
    assert_eq!(data["TotalSize"], 5);
}

#[tokio::test]
async fn an_order_dated_back_takes_its_place_in_time() {
    let (sim, made) = five().await;
    let order = NewOrder::by_hand(APP).aged(2_500);
    let order = sim
        .force_order(order.with_plan(OrderPlan::lasting(Duration::ZERO)))
        .unwrap();
    let data = list(&sim, &[]).await;
    assert_eq!(
        ids(&data),
        [&made[4], &made[3], &order, &made[2], &made[1], &made[0]]
    );
}

#[tokio::test]
async fn pages_are_cut_from_the_newest_on() {
    let (sim, made) = five().await;
    let first = list(&sim, &[("CurrentPage", "1"), ("PageSize", "2")]).await;
    assert_eq!(ids(&first), [&made[4], &made[3]]);
    let last = list(&sim, &[("CurrentPage", "3"), ("PageSize", "2")]).await;
    assert_eq!(ids(&last), [&made[0]]);
    assert_eq!(
        (&last["CurrentPage"], &last["PageSize"]),
        (&3.into(), &2.into())
    );
    assert_eq!(last["TotalSize"], 5);
    assert!(ids(&list(&sim, &[("CurrentPage", "4"), ("PageSize", "2")]).await).is_empty());
}

#[tokio::test]
async fn a_page_out_of_bounds_is_refused() {
    let (sim, _) = five().await;
    for (name, value) in [("CurrentPage", "0"), ("PageSize", "0"), ("PageSize", "101")] {
        let reply = call(&sim, LIST, &[("AppId", APP), (name, value)]).await;
        assert_eq!(reply.code(), "InvalidParameter.Obviously", "{name}={value}");
    }
    assert_eq!(
        call(&sim, LIST, &[]).await.code(),
        "InvalidParameter.NotEmpty"
    );
    let unknown = call(&sim, LIST, &[("AppId", "nobody")]).await;
    assert_eq!(unknown.code(), "InvalidApplication.NotFound");
}

#[tokio::test]
async fn orders_can_be_filtered_by_type_and_status() {
    let (sim, made) = five().await;
    let deploy = sim
        .start_order(NewOrder::by_hand(APP).of_type("CoDeploy"))
        .unwrap();
    assert_eq!(ids(&list(&sim, &[("CoType", "CoDeploy")]).await), [&deploy]);
    assert_eq!(ids(&list(&sim, &[("CoStatus", "1")]).await), [&deploy]);
    assert_eq!(
        ids(&list(&sim, &[("CoStatus", "2")]).await).len(),
        made.len()
    );
}

#[tokio::test]
async fn only_a_finished_order_has_a_finish_time() {
    let (sim, _) = five().await;
    sim.start_order(NewOrder::by_hand(APP)).unwrap();
    let data = list(&sim, &[]).await;
    let items = &data["ChangeOrderList"];
    assert_eq!(items[0]["FinishTime"], "");
    let finished = items[1]["FinishTime"].as_str().unwrap();
    assert_eq!(finished.len(), "2025-01-01 00:00:00".len());
    assert!(finished >= items[1]["CreateTime"].as_str().unwrap());
}
