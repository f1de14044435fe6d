//! Restarts and change orders: what is executed, and how it goes on.

use std::time::Duration;

use cloudsim::{
    AccessKey, Application, ApplicationPatch, ApplicationStatus, Config, NewOrder, OrderPlan,
    Simulator,
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::client::{ABORT, DESCRIBE, Draft, LIST, RESTART, STATUS, call};

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

#[tokio::test]
async fn an_application_has_one_running_order_at_a_time() {
    let sim = frozen(ten_seconds()).await;
    sim.put_application(Application::running("app-2"));
    let first = restart(&sim).await;
    let busy = call(&sim, RESTART, &[("AppId", APP)]).await;
    assert_eq!(
        (busy.status, busy.code().as_str()),
        (Some(400), "Application.ChangerOrderRunning")
    );
    call(&sim, RESTART, &[("AppId", "app-2")]).await.order_id();
    pass(&sim, 10);
    let second = restart(&sim).await;
    assert_ne!(first, second);
    let orders: Vec<_> = sim
        .orders_of(APP)
        .into_iter()
        .map(|order| order.id)
        .collect();
    assert_eq!(orders, [second, first]);
}

#[tokio::test]
async fn the_ledger_names_each_restart_with_its_request() {
    let sim = frozen(ten_seconds()).await;
    let draft = Draft::new(&sim, RESTART, &[("AppId", APP)]).sign();
    let order = draft.send(&sim).await.order_id();
    restart_refused(&sim).await;
    let ledger = sim.ledger();
    let [restart] = ledger.restarts() else {
        panic!("{ledger:?}")
    };
    assert_eq!((restart.app.as_str(), &restart.order), (APP, &order));
    assert_eq!(restart.nonce, Some(draft.nonce()));
    assert_eq!(restart.creator, cloudsim::DEFAULT_CREATOR);
    assert_eq!(restart.at, sim.now());
    let request = ledger.request(restart.request).unwrap();
    assert_eq!(request.nonce, Some(draft.nonce()));
    assert_eq!(request.params["AppId"], APP);
    assert!(request.is_served());
    assert!(request.seq < restart.seq);
    assert_eq!(ledger.requests("RestartApplication").len(), 2);
    assert_eq!(ledger.restarts_of(APP).len(), 1);
    assert_eq!(ledger.restarts_by_nonce(&draft.nonce()).len(), 1);
}

async fn restart_refused(sim: &Simulator) {
    assert_eq!(
        call(sim, RESTART, &[("AppId", APP)]).await.status,
        Some(400)
    );
}

#[tokio::test]
async fn an_accepted_restart_has_the_envelope_of_the_api() {
    let sim = frozen(ten_seconds()).await;
    let body = call(&sim, RESTART, &[("AppId", APP)]).await.json();
    assert!(body["RequestId"].is_string() && body["TraceId"].is_string());
    assert_eq!(body["Code"], "200");
    assert_eq!(body["Message"], "success");
    assert_eq!(body["ErrorCode"], "");
    assert_eq!(body["Success"], true);
    assert_eq!(body["Data"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn a_restart_with_missing_or_invalid_parameters_is_refused() {
    let sim = frozen(ten_seconds()).await;
    for (params, code) in [
        (&[][..], "InvalidParameter.NotEmpty"),
        (&[("AppId", "")], "InvalidParameter.NotEmpty"),
        (&[("AppId", "nobody")], "InvalidApplication.NotFound"),
        (
            &[("AppId", APP), ("MinReadyInstances", "many")],
            "InvalidParameter.Obviously",
        ),
        (
            &[("AppId", APP), ("MinReadyInstances", "-2")],
            "InvalidParameter.Obviously",
        ),
        (
            &[("AppId", APP), ("MinReadyInstanceRatio", "101")],
            "InvalidParameter.Obviously",
        ),
        (
            &[("AppId", APP), ("MinReadyInstance", "1")],
            "InvalidParameter.Obviously",
        ),
        (
            &[("AppId", APP), ("AutoEnableApplicationScalingRule", "True")],
            "InvalidParameter.Obviously",
        ),
    ] {
        let reply = call(&sim, RESTART, params).await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (Some(400), code),
            "{params:?}"
        );
    }
    assert!(sim.ledger().restarts().is_empty());
}

#[tokio::test]
async fn an_application_that_does_not_run_is_not_restarted() {
    let sim = frozen(ten_seconds()).await;
    for status in [ApplicationStatus::Stopped, ApplicationStatus::Unknown] {
        let patch = ApplicationPatch {
            status: Some(status),
            ..ApplicationPatch::default()
        };
        sim.patch_application(APP, patch).unwrap();
        let reply = call(&sim, RESTART, &[("AppId", APP)]).await;
        assert_eq!(reply.code(), "Application.InvalidStatus");
    }
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
    for status in [2, 3, 6, 10, 1, 8, 11, 77] {
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

#[tokio::test]
async fn each_access_key_makes_orders_in_the_name_of_its_own_user() {
    let sim = frozen(ten_seconds()).await;
    sim.put_access_key(AccessKey::new("second", "other secret", "31"));
    let draft = Draft::new(&sim, RESTART, &[("AppId", APP)]);
    let draft = Draft {
        key_id: "second".into(),
        secret: "other secret".into(),
        ..draft
    };
    draft.sign().send(&sim).await.order_id();
    let item = &call(&sim, LIST, &[("AppId", APP)]).await.data()["ChangeOrderList"][0];
    assert_eq!(
        (&item["CreateUserId"], &item["Source"]),
        (&json!("31"), &json!("pop"))
    );
    assert_eq!(sim.ledger().restarts()[0].access_key_id, "second");
}
