//! Restarts: what is executed, what is refused, what the ledger says of it.

use std::time::Duration;

use cloudsim::{
    AccessKey, Application, ApplicationPatch, ApplicationStatus, Config, OrderPlan, Simulator,
};
use jiff::SignedDuration;
use serde_json::json;

use crate::client::{Draft, LIST, RESTART, call};

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
            &[("AppId", APP), ("AutoEnableApplicationScalingRule", "yes")],
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
