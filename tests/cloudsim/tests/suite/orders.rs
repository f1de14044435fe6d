//! Restarts and change orders: what is executed, and how it goes on.

use std::time::Duration;

use cloudsim::{Application, Config, NewOrder, OrderPlan, Simulator};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::client::{ABORT, DESCRIBE, LIST, RESTART, STATUS, call};

const APP: &str = "app-1";

/// A simulator with one application and a clock that stands still.
async fn frozen(plan: OrderPlan) -> Simulator {
    let sim = Simulator::start(Config::default()).await.unwrap();
    sim.put_application(Application::running(APP).with_plan(plan));
    sim.freeze_clock();
    sim
}

fn ten_seconds() -> OrderPlan {
    OrderPlan::lasting(Duration::from_secs(10))
}

async fn restart(sim: &Simulator) -> String {
    call(sim, RESTART, &[("AppId", APP)]).await.order_id()
}

async fn describe(sim: &Simulator, order: &str) -> Value {
    call(sim, DESCRIBE, &[("ChangeOrderId", order)])
        .await
        .data()
}

fn pass(sim: &Simulator, seconds: i64) {
    sim.advance_clock(SignedDuration::from_secs(seconds));
}

async fn restart_refused(sim: &Simulator) {
    assert_eq!(
        call(sim, RESTART, &[("AppId", APP)]).await.status,
        Some(400)
    );
}

#[tokio::test]
async fn an_order_goes_through_its_batches_as_the_clock_moves() {
    let sim = frozen(ten_seconds().preparing(Duration::from_secs(2))).await;
    let start = sim.now().as_millisecond();
    let order = restart(&sim).await;
    let data = describe(&sim, &order).await;
    assert_eq!(
        (&data["Status"], &data["SubStatus"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(data["Pipelines"][0].get("StartTime"), None);
    pass(&sim, 3);
    let data = describe(&sim, &order).await;
    assert_eq!(data["Status"], 1);
    let pipelines = &data["Pipelines"];
    assert_eq!(
        (&pipelines[0]["Status"], &pipelines[1]["Status"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(pipelines[0]["StartTime"], json!(start + 2_000));
    assert_eq!(pipelines[0]["UpdateTime"], json!(start + 3_000));
    pass(&sim, 4);
    let data = describe(&sim, &order).await;
    assert_eq!(data["Pipelines"][0]["Status"], 2);
    assert_eq!(data["Pipelines"][1]["StartTime"], json!(start + 6_000));
    assert_eq!(
        data["CurrentPipelineId"],
        data["Pipelines"][1]["PipelineId"]
    );
    pass(&sim, 3);
    let data = describe(&sim, &order).await;
    assert_eq!(
        (&data["Status"], &data["BatchCount"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(data["Pipelines"][1]["UpdateTime"], json!(start + 10_000));
    assert_eq!(data["CoTypeCode"], "CoRestartApplication");
    assert_eq!(data["AppId"], APP);
    assert!(data.get("FinishTime").is_none());
}

#[tokio::test]
async fn an_order_ends_in_any_status_a_test_asks_for() {
    for status in [2, 3, 6, 10, 1, 7, 8, 11, 77] {
        let sim = frozen(ten_seconds().ending(status)).await;
        let order = restart(&sim).await;
        pass(&sim, 3_600);
        assert_eq!(describe(&sim, &order).await["Status"], status);
        let busy = !matches!(status, 2 | 3 | 6 | 10);
        let state = call(&sim, STATUS, &[("AppId", APP)]).await.data();
        assert_eq!(state["LastChangeOrderRunning"], busy);
        assert_eq!(
            call(&sim, RESTART, &[("AppId", APP)]).await.status == Some(400),
            busy
        );
    }
}

#[tokio::test]
async fn a_stuck_order_stays_in_status_one_with_sub_status_one() {
    let sim = frozen(ten_seconds().stuck()).await;
    let order = restart(&sim).await;
    pass(&sim, 3_600);
    let data = describe(&sim, &order).await;
    assert_eq!(
        (&data["Status"], &data["SubStatus"]),
        (&json!(1), &json!(1))
    );
    let state = call(&sim, STATUS, &[("AppId", APP)]).await.data();
    assert_eq!(state["SubStatus"], "RUNNING_BUT_HAS_ERROR");
    assert!(sim.end_order(&order, 2));
    assert_eq!(describe(&sim, &order).await["Status"], 2);
    restart(&sim).await;
}

#[tokio::test]
async fn the_application_status_has_the_types_of_the_api() {
    let sim = frozen(ten_seconds()).await;
    let idle = call(&sim, STATUS, &[("AppId", APP)]).await.data();
    let created = sim.now().as_millisecond();
    assert_eq!(idle["CurrentStatus"], "RUNNING");
    assert_eq!(idle["LastChangeOrderId"], "");
    assert_eq!(idle["LastChangeOrderRunning"], false);
    assert_eq!(idle["SubStatus"], "NORMAL");
    assert_eq!(idle["RunningInstances"], 2);
    let text = idle["CreateTime"].as_str().unwrap().parse::<i64>().unwrap();
    assert!(created - text < 60_000);
    let order = restart(&sim).await;
    let busy = call(&sim, STATUS, &[("AppId", APP)]).await.data();
    assert_eq!(busy["LastChangeOrderId"], order);
    assert_eq!(busy["LastChangeOrderStatus"], "RUNNING");
    pass(&sim, 10);
    let done = call(&sim, STATUS, &[("AppId", APP)]).await.data();
    assert_eq!(done["LastChangeOrderStatus"], "SUCCESS");
    let reply = call(&sim, STATUS, &[("AppId", "nobody")]).await;
    assert_eq!(reply.code(), "InvalidApplication.NotFound");
}

#[tokio::test]
async fn a_running_order_can_be_aborted_and_a_finished_one_cannot() {
    let sim = frozen(ten_seconds()).await;
    let order = restart(&sim).await;
    pass(&sim, 1);
    assert_eq!(
        call(&sim, ABORT, &[("ChangeOrderId", &order)])
            .await
            .order_id(),
        order
    );
    let data = describe(&sim, &order).await;
    assert_eq!(
        (&data["Status"], &data["Pipelines"][0]["Status"]),
        (&json!(6), &json!(6))
    );
    let again = call(
        &sim,
        ABORT,
        &[("ChangeOrderId", &order), ("Rollback", "false")],
    )
    .await;
    assert_eq!(again.code(), "Application.ChangerOrder.Not.Running");
    let unknown = call(&sim, ABORT, &[("ChangeOrderId", "x")]).await;
    assert_eq!(unknown.code(), "InvalidChangeOrder.NotFound");
    let next = restart(&sim).await;
    pass(&sim, 10);
    let late = call(&sim, ABORT, &[("ChangeOrderId", &next)]).await;
    assert_eq!(late.code(), "Application.ChangerOrder.Not.Running");
    assert_eq!(describe(&sim, &next).await["Status"], 2);
}

#[tokio::test]
async fn an_unknown_order_is_refused() {
    let sim = frozen(ten_seconds()).await;
    let reply = call(&sim, DESCRIBE, &[("ChangeOrderId", "x")]).await;
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (Some(400), "InvalidChangeOrder.NotFound")
    );
    assert_eq!(
        call(&sim, DESCRIBE, &[]).await.code(),
        "InvalidParameter.NotEmpty"
    );
}

#[tokio::test]
async fn an_order_made_by_hand_occupies_the_application_but_is_no_restart_of_the_ledger() {
    let sim = frozen(ten_seconds()).await;
    let order = sim
        .start_order(NewOrder::by_hand(APP).of_type("CoDeploy"))
        .unwrap();
    restart_refused(&sim).await;
    let item = &call(&sim, LIST, &[("AppId", APP)]).await.data()["ChangeOrderList"][0];
    assert_eq!(item["ChangeOrderId"], order);
    assert_eq!(
        (&item["Source"], &item["CoTypeCode"]),
        (&json!("console"), &json!("CoDeploy"))
    );
    assert_ne!(item["CreateUserId"], cloudsim::DEFAULT_CREATOR);
    assert!(sim.ledger().restarts().is_empty());
    let busy = sim.start_order(NewOrder::by_hand(APP)).unwrap_err();
    assert_eq!(busy.code, "Application.ChangerOrderRunning");
    sim.force_order(NewOrder::by_api(APP, "8")).unwrap();
    assert_eq!(sim.orders_of(APP).len(), 2);
    let absent = sim.start_order(NewOrder::by_hand("nobody")).unwrap_err();
    assert_eq!(absent.code, "InvalidApplication.NotFound");
}
