//! Faults of lists, repeated requests, and which requests a rule meets.

use std::time::Duration;

use cloudsim::{
    Application, Config, Edit, Fault, FaultRule, NewOrder, OrderPlan, Point, Simulator,
};
use jiff::SignedDuration;
use serde_json::json;

use crate::client::{DESCRIBE, LIST, RESTART, Reply, STATUS, call};

const APP: &str = "app-1";

async fn with(faults: impl IntoIterator<Item = Fault>) -> Simulator {
    let sim = Simulator::start(Config::default()).await.unwrap();
    sim.put_application(Application::running(APP));
    for fault in faults {
        sim.inject(FaultRule::on("RestartApplication", fault));
    }
    sim
}

async fn restart(sim: &Simulator) -> Reply {
    call(sim, RESTART, &[("AppId", APP)]).await
}

#[tokio::test]
async fn list_lag_hides_young_orders_from_every_read() {
    let sim = with([]).await;
    sim.freeze_clock();
    let old = NewOrder::by_hand(APP).aged(60_000);
    let old = sim
        .start_order(old.with_plan(OrderPlan::lasting(Duration::ZERO)))
        .unwrap();
    let young = restart(&sim).await.order_id();
    let rule = FaultRule::new(Fault::ListLag { ms: 30_000 }).always();
    sim.inject(rule);
    let state = call(&sim, STATUS, &[("AppId", APP)]).await.data();
    assert_eq!(state["LastChangeOrderId"], old);
    let list = call(&sim, LIST, &[("AppId", APP)]).await.data();
    assert_eq!(
        (
            &list["TotalSize"],
            &list["ChangeOrderList"][0]["ChangeOrderId"]
        ),
        (&json!(1), &json!(old))
    );
    let reply = call(&sim, DESCRIBE, &[("ChangeOrderId", &young)]).await;
    assert_eq!(reply.code(), "InvalidChangeOrder.NotFound");
    assert_eq!(
        restart(&sim).await.code(),
        "Application.ChangerOrderRunning"
    );
    sim.advance_clock(SignedDuration::from_secs(30));
    let list = call(&sim, LIST, &[("AppId", APP)]).await.data();
    assert_eq!(list["ChangeOrderList"][0]["ChangeOrderId"], young);
}

#[tokio::test]
async fn a_list_of_one_can_be_written_as_a_single_object() {
    let sim = with([]).await;
    let order = restart(&sim).await.order_id();
    sim.inject(FaultRule::on("ListChangeOrders", Fault::ListAsSingleObject));
    let list = call(&sim, LIST, &[("AppId", APP)]).await.data();
    assert_eq!(list["ChangeOrderList"]["ChangeOrderId"], order);
}

#[tokio::test]
async fn a_repeated_request_is_stopped_by_the_nonce_filter() {
    let sim = with([Fault::Repeat { copies: 2 }]).await;
    assert_eq!(restart(&sim).await.code(), "SignatureNonceUsed");
    let ledger = sim.ledger();
    assert_eq!(
        (
            ledger.restarts().len(),
            ledger.requests("RestartApplication").len()
        ),
        (1, 3)
    );
    assert!(ledger.all_requests()[0].is_served());
    assert_eq!(
        ledger.all_requests()[2].refusal(),
        Some("SignatureNonceUsed")
    );
}

#[tokio::test]
async fn a_repeated_request_is_executed_twice_without_the_nonce_filter() {
    let plan = OrderPlan::lasting(Duration::ZERO);
    let config = Config {
        nonce_filter: false,
        default_plan: plan,
        ..Config::default()
    };
    let sim = Simulator::start(config).await.unwrap();
    sim.put_application(Application::running(APP));
    sim.inject(FaultRule::on(
        "RestartApplication",
        Fault::Repeat { copies: 1 },
    ));
    let order = restart(&sim).await.order_id();
    let ledger = sim.ledger();
    assert_eq!(ledger.restarts().len(), 2);
    assert_eq!(ledger.restarts()[1].order, order);
}

#[tokio::test]
async fn a_rule_meets_only_its_action_application_and_turn() {
    let sim = Simulator::start(Config::default()).await.unwrap();
    sim.put_application(Application::running(APP));
    sim.put_application(Application::running("app-2"));
    let order = restart(&sim).await.order_id();
    let rule = FaultRule::on("DescribeChangeOrder", Fault::DropBefore)
        .app(APP)
        .nth(2)
        .times(2);
    let id = sim.inject(rule);
    let mut answered = Vec::new();
    for _ in 0..4 {
        call(&sim, STATUS, &[("AppId", APP)]).await.data();
        let reply = call(&sim, DESCRIBE, &[("ChangeOrderId", &order)]).await;
        answered.push(reply.status.is_some());
    }
    assert_eq!(answered, [true, false, false, true]);
    assert_eq!((sim.faults()[0].matched, sim.faults()[0].met), (4, 2));
    assert!(sim.remove_fault(id) && !sim.remove_fault(id));
}

#[tokio::test]
async fn faults_of_several_rules_act_together() {
    let delay = Fault::Delay {
        ms: 50,
        point: Point::After,
    };
    let edit = Fault::mutate([Edit::set("/Data/ChangeOrderId", "")]);
    let sim = with([delay, edit, Fault::Cut { bytes: 5 }, Fault::DropAfter]).await;
    assert_eq!(
        restart(&sim).await.body.len(),
        5,
        "the first of two that decide the answer wins"
    );
    assert_eq!(
        sim.ledger().all_requests()[0].faults,
        ["delay", "mutate", "cut", "drop_after"]
    );
}
