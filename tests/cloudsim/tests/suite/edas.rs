//! EDAS: restarts, orders, refusals inside HTTP 200.

use std::time::Duration;

use cloudsim::{Application, ApplicationStatus, Config, NewOrder, OrderPlan, Simulator, Verdict};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::calls::{Call, EDAS_ABORT, EDAS_ORDER, EDAS_ORDERS, EDAS_RESTART};
use crate::client::{DESCRIBE, Draft, RESTART, call};

const APP: &str = "edas-1";

/// An application with three ECCs and a clock that stands still.
async fn frozen(plan: OrderPlan) -> Simulator {
    let sim = Simulator::start(Config::default()).await.unwrap();
    let application = Application::edas(APP).with_plan(plan);
    sim.put_application(application.with_instances(["e-1", "e-2", "e-3"]));
    sim.freeze_clock();
    sim
}

fn ten_seconds() -> OrderPlan {
    OrderPlan::lasting(Duration::from_secs(10))
}

fn pass(sim: &Simulator, seconds: i64) {
    sim.advance_clock(SignedDuration::from_secs(seconds));
}

/// The body of a good answer.
async fn good(sim: &Simulator, what: Call, params: &[(&str, &str)]) -> Value {
    let reply = call(sim, what, params).await;
    assert_eq!(reply.status, Some(200));
    let body = reply.json();
    assert_eq!(body["Code"], 200, "{body}");
    body
}

async fn restart(sim: &Simulator, more: &[(&str, &str)]) -> String {
    let params = [&[("AppId", APP)], more].concat();
    let body = good(sim, EDAS_RESTART, &params).await;
    body["ChangeOrderId"].as_str().unwrap().to_owned()
}

async fn info(sim: &Simulator, order: &str) -> Value {
    good(sim, EDAS_ORDER, &[("ChangeOrderId", order)]).await["changeOrderInfo"].clone()
}

/// A call that EDAS refuses with 601 inside HTTP 200; the message.
async fn refused(sim: &Simulator, what: Call, params: &[(&str, &str)]) -> String {
    let reply = call(sim, what, params).await;
    assert_eq!(reply.status, Some(200));
    let body = reply.json();
    assert_eq!(body["Code"], 601, "an integer: {body}");
    assert!(body["RequestId"].is_string() && body.get("Success").is_none());
    let ledger = sim.ledger();
    let last = ledger.all_requests().last().unwrap();
    let code = "601".to_owned();
    assert_eq!(last.verdict, Some(Verdict::Refused { http: 200, code }));
    body["Message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_restart_of_everything_has_a_flat_answer_and_all_eccs_as_targets() {
    let sim = frozen(ten_seconds()).await;
    let body = good(&sim, EDAS_RESTART, &[("AppId", APP)]).await;
    let mut names: Vec<_> = body.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["ChangeOrderId", "Code", "Message", "RequestId"]);
    let order = info(&sim, body["ChangeOrderId"].as_str().unwrap()).await;
    assert_eq!(order["Targets"]["Items"], json!(["e-1", "e-2", "e-3"]));
    let ledger = sim.ledger();
    assert_eq!(ledger.restarts_in("edas", APP).len(), 1);
    assert_eq!(ledger.restarted_parts("edas", APP), ["e-1", "e-2", "e-3"]);
    assert!(ledger.restarts_in("sae", APP).is_empty());
    assert_eq!(ledger.all_requests()[0].product.as_deref(), Some("edas"));
}

#[tokio::test]
async fn only_the_named_eccs_are_restarted() {
    let sim = frozen(ten_seconds()).await;
    let order = restart(&sim, &[("EccInfo", "e-3,e-1")]).await;
    assert_eq!(
        info(&sim, &order).await["Targets"]["Items"],
        json!(["e-3", "e-1"])
    );
    assert_eq!(sim.ledger().restarted_parts("edas", APP), ["e-3", "e-1"]);
}

#[tokio::test]
async fn an_order_goes_through_its_pipelines_with_times_as_texts() {
    let sim = frozen(ten_seconds()).await;
    let start = sim.now().as_millisecond();
    let order = restart(&sim, &[]).await;
    pass(&sim, 6);
    let data = info(&sim, &order).await;
    assert_eq!(data["Status"], 1);
    assert_eq!(data["CreateUserId"], cloudsim::DEFAULT_CREATOR);
    for absent in ["AppId", "CoTypeCode", "FinishTime"] {
        assert!(data.get(absent).is_none(), "{absent}");
    }
    let pipelines = &data["PipelineInfoList"]["PipelineInfo"];
    assert_eq!(pipelines[0]["PipelineStatus"], 2);
    assert_eq!(pipelines[0]["StartTime"], start.to_string());
    assert_eq!(pipelines[1]["StartTime"], (start + 5_000).to_string());
    let stage = &pipelines[0]["StageList"]["StageInfoDTO"][0];
    let instances = &stage["StageResultDTO"]["InstanceDTOList"]["InstanceDTO"];
    assert_eq!(instances[0]["InstanceName"], "e-1");
    let detail = &pipelines[0]["StageDetailList"]["StageDetailDTO"][0];
    assert_eq!(detail["TaskList"]["TaskInfoDTO"][0]["TaskStatus"], "2");
    pass(&sim, 4);
    assert_eq!(info(&sim, &order).await["Status"], 2);
}

#[tokio::test]
async fn a_partly_succeeded_order_has_ended_and_tells_which_ecc_failed() {
    let sim = frozen(ten_seconds().ending(7).failing_for(["e-2"])).await;
    let order = restart(&sim, &[]).await;
    pass(&sim, 10);
    let data = info(&sim, &order).await;
    assert_eq!(data["Status"], 7);
    let mut failed = Vec::new();
    for pipeline in data["PipelineInfoList"]["PipelineInfo"].as_array().unwrap() {
        let stage = &pipeline["StageList"]["StageInfoDTO"][0]["StageResultDTO"];
        for instance in stage["InstanceDTOList"]["InstanceDTO"].as_array().unwrap() {
            if instance["Status"] == 3 {
                failed.push(instance["InstanceName"].as_str().unwrap());
            }
        }
    }
    assert_eq!(failed, ["e-2"]);
    assert_eq!(sim.ledger().restarted_parts("edas", APP), ["e-1", "e-3"]);
    let item = &good(&sim, EDAS_ORDERS, &[("AppId", APP)]).await["ChangeOrderList"]["ChangeOrder"];
    assert_eq!(item[0]["Status"], 7);
    assert_ne!(item[0]["FinishTime"], "");
    restart(&sim, &[]).await;
}

#[tokio::test]
async fn an_order_that_waits_for_a_person_keeps_the_application_busy() {
    let sim = frozen(ten_seconds().ending(8)).await;
    let order = restart(&sim, &[]).await;
    pass(&sim, 3_600);
    assert_eq!(info(&sim, &order).await["Status"], 8);
    refused(&sim, EDAS_RESTART, &[("AppId", APP)]).await;
    let body = good(&sim, EDAS_ABORT, &[("ChangeOrderId", &order)]).await;
    assert_eq!(body["Data"]["ChangeOrderId"], order);
    assert_eq!(body["ErrorCode"], "success");
    assert_eq!(info(&sim, &order).await["Status"], 6);
    refused(&sim, EDAS_ABORT, &[("ChangeOrderId", &order)]).await;
    restart(&sim, &[]).await;
}

#[tokio::test]
async fn recent_orders_are_listed_newest_first_and_at_most_twenty() {
    let sim = frozen(OrderPlan::lasting(Duration::ZERO)).await;
    let empty = good(&sim, EDAS_ORDERS, &[("AppId", APP)]).await;
    assert_eq!(empty["ChangeOrderList"], json!({}), "an empty wrapper");
    let mut made = Vec::new();
    for _ in 0..20 {
        let order = NewOrder::by_hand(APP).of_type("CoDeploy");
        made.push(sim.start_order(order).unwrap());
    }
    made.push(restart(&sim, &[]).await);
    made.reverse();
    made.truncate(20);
    let body = good(&sim, EDAS_ORDERS, &[("AppId", APP)]).await;
    let items = body["ChangeOrderList"]["ChangeOrder"].as_array().unwrap();
    let ids = items.iter().map(|it| it["ChangeOrderId"].as_str().unwrap());
    assert_eq!(ids.collect::<Vec<_>>(), made);
    assert_eq!(
        (&items[0]["Source"], &items[1]["Source"]),
        (&json!("pop"), &json!("console"))
    );
    assert_eq!(items[0]["AppId"], APP);
}

#[tokio::test]
async fn business_errors_are_inside_http_200_and_execute_nothing() {
    let sim = frozen(ten_seconds()).await;
    sim.put_application(Application::edas("k8s").on_cluster(5));
    sim.put_application(Application::edas("none").with_instances([""; 0]));
    sim.put_application(Application::edas("off").with_status(ApplicationStatus::Stopped));
    sim.put_application(Application::running("sae-1"));
    for app in ["nobody", "k8s", "off", "sae-1"] {
        refused(&sim, EDAS_RESTART, &[("AppId", app)]).await;
    }
    let empty = refused(&sim, EDAS_RESTART, &[("AppId", "none")]).await;
    assert_eq!(empty, "ex.app.deploy.group.empty");
    refused(
        &sim,
        EDAS_RESTART,
        &[("AppId", APP), ("EccInfo", "e-1,e-9")],
    )
    .await;
    refused(&sim, EDAS_ORDER, &[("ChangeOrderId", "x")]).await;
    refused(&sim, EDAS_ORDERS, &[("AppId", "nobody")]).await;
    assert!(sim.ledger().restarts().is_empty());
}

#[tokio::test]
async fn the_gateway_refuses_as_for_sae() {
    let sim = frozen(ten_seconds()).await;
    for (params, code) in [
        (&[][..], "MissingAppId"),
        (&[("AppId", APP), ("EccInfo", "e-1,e-1")], "InvalidEccInfo"),
        (&[("AppId", APP), ("Ecc", "e-1")], "InvalidEcc"),
    ] {
        let reply = call(&sim, EDAS_RESTART, params).await;
        assert_eq!((reply.status, reply.code().as_str()), (Some(400), code));
    }
    let draft = Draft::new(&sim, EDAS_RESTART, &[("AppId", APP)]);
    let draft = draft.set("x-acs-version", "2019-05-06").sign();
    assert_eq!(draft.send(&sim).await.code(), "InvalidVersion");
    let draft = Draft::roa(&sim, EDAS_RESTART, &[("AppId", APP)]).sign_roa();
    assert_eq!(draft.send(&sim).await.json()["Code"], 200);
}

#[tokio::test]
async fn the_products_do_not_know_each_others_applications_and_orders() {
    let sim = frozen(ten_seconds()).await;
    sim.put_application(Application::running("sae-1"));
    let order = restart(&sim, &[]).await;
    let reply = call(&sim, DESCRIBE, &[("ChangeOrderId", &order)]).await;
    assert_eq!(reply.code(), "InvalidChangeOrder.NotFound");
    let reply = call(&sim, RESTART, &[("AppId", APP)]).await;
    assert_eq!(reply.code(), "InvalidApplication.NotFound");
    let order = call(&sim, RESTART, &[("AppId", "sae-1")]).await.order_id();
    refused(&sim, EDAS_ORDER, &[("ChangeOrderId", &order)]).await;
    refused(&sim, EDAS_ABORT, &[("ChangeOrderId", &order)]).await;
}
