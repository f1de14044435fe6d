//! Faults and flow control at the calls that were added after the first five.

use std::time::Duration;

use cloudsim::{
    Application, Canned, Config, Edit, Fault, FaultRule, Namespace, OrderPlan, Simulator,
};
use jiff::SignedDuration;
use serde_json::json;

use crate::calls::{
    BATCH, Call, EDAS_APPLICATIONS, EDAS_ORDER, EDAS_ORDERS, EDAS_RESTART, GROUPS, NAMESPACE,
    PIPELINE, RESTART_INSTANCES,
};
use crate::client::{LIST, RESTART, Reply, call};

const SAE: &str = "sae-1";
const EDAS: &str = "edas-1";
const NS: &str = "cn-hangzhou:demo";

/// One application of each product, with orders that end at once.
async fn simulator(config: Config) -> Simulator {
    let sim = Simulator::start(config).await.unwrap();
    let plan = OrderPlan::lasting(Duration::ZERO);
    sim.put_application(
        Application::running(SAE)
            .in_namespace(NS)
            .with_plan(plan.clone()),
    );
    sim.put_application(Application::edas(EDAS).with_plan(plan));
    sim
}

async fn plain() -> Simulator {
    simulator(Config::default()).await
}

/// The restart calls beside SAE's own `RestartApplication`.
fn restarts() -> [(Call, Vec<(&'static str, &'static str)>); 3] {
    [
        (
            RESTART_INSTANCES,
            vec![("AppId", SAE), ("InstanceIds", "sae-1-1")],
        ),
        (BATCH, vec![("NamespaceId", NS), ("AppIds", SAE)]),
        (EDAS_RESTART, vec![("AppId", EDAS)]),
    ]
}

fn throttled(reply: &Reply) -> bool {
    reply.status == Some(400) && reply.code() == "Throttling.User"
}

#[tokio::test]
async fn every_restart_can_be_lost_before_or_after_it_is_executed() {
    let sim = plain().await;
    for (what, params) in restarts() {
        let executed = sim.ledger().restarts().len();
        sim.inject(FaultRule::on(what.0, Fault::DropBefore));
        assert_eq!(call(&sim, what, &params).await.status, None);
        assert_eq!(sim.ledger().restarts().len(), executed);
        sim.inject(FaultRule::on(what.0, Fault::DropAfter));
        assert_eq!(call(&sim, what, &params).await.status, None);
        assert_eq!(sim.ledger().restarts().len(), executed + 1);
        sim.inject(FaultRule::on(
            what.0,
            Fault::Throttle {
                retry_after_ms: Some(5),
            },
        ));
        assert!(throttled(&call(&sim, what, &params).await));
        assert_eq!(sim.ledger().restarts().len(), executed + 1);
    }
}

#[tokio::test]
async fn a_rule_can_tell_the_products_apart_and_find_a_member_of_a_batch() {
    let sim = plain().await;
    sim.inject(FaultRule::on("RestartApplication", Fault::DropBefore).product("edas"));
    call(&sim, RESTART, &[("AppId", SAE)]).await.order_id();
    assert_eq!(
        call(&sim, EDAS_RESTART, &[("AppId", EDAS)]).await.status,
        None
    );
    sim.put_application(Application::running("sae-2").in_namespace(NS));
    sim.inject(FaultRule::new(Fault::DropBefore).app("sae-2"));
    let params = [("NamespaceId", NS), ("AppIds", "sae-1,sae-2")];
    assert_eq!(call(&sim, BATCH, &params).await.status, None);
}

#[tokio::test]
async fn a_rule_finds_the_application_of_a_pipeline() {
    let sim = plain().await;
    let order = call(&sim, RESTART, &[("AppId", SAE)]).await.order_id();
    sim.inject(FaultRule::on("DescribePipeline", Fault::DropBefore).app(SAE));
    let pipeline = format!("{order}-0");
    let reply = call(&sim, PIPELINE, &[("PipelineId", &pipeline)]).await;
    assert_eq!(reply.status, None);
}

#[tokio::test]
async fn a_made_up_code_has_the_form_of_the_product() {
    let sim = plain().await;
    for (code, written) in [("401", json!(401)), ("Odd.Code", json!("Odd.Code"))] {
        let fault = Fault::AnswerInstead(Canned::code(200, code).message("why"));
        sim.inject(FaultRule::on("RestartApplication", fault).product("edas"));
        let reply = call(&sim, EDAS_RESTART, &[("AppId", EDAS)]).await;
        let body = reply.json();
        assert_eq!((&body["Code"], &body["Message"]), (&written, &json!("why")));
        assert!(body.get("ErrorCode").is_none());
    }
    let fault = Fault::mutate([Edit::set("/Code", "200")]);
    sim.inject(FaultRule::on("RestartApplication", fault).product("edas"));
    let reply = call(&sim, EDAS_RESTART, &[("AppId", EDAS)]).await;
    assert_eq!(reply.json()["Code"], "200");
}

#[tokio::test]
async fn lists_of_one_element_can_come_as_that_element_wherever_they_are() {
    let sim = plain().await;
    let order = call(
        &sim,
        EDAS_RESTART,
        &[("AppId", EDAS), ("EccInfo", "edas-1-1")],
    )
    .await;
    let order = order.json()["ChangeOrderId"].as_str().unwrap().to_owned();
    sim.inject(FaultRule::new(Fault::ListAsSingleObject).always());
    let body = call(&sim, EDAS_ORDERS, &[("AppId", EDAS)]).await.json();
    assert_eq!(body["ChangeOrderList"]["ChangeOrder"]["AppId"], EDAS);
    let body = call(&sim, EDAS_APPLICATIONS, &[]).await.json();
    assert_eq!(body["ApplicationList"]["Application"]["AppId"], EDAS);
    let body = call(&sim, EDAS_ORDER, &[("ChangeOrderId", &order)]).await;
    assert_eq!(
        body.json()["changeOrderInfo"]["Targets"]["Items"],
        "edas-1-1"
    );
    let body = call(&sim, GROUPS, &[("AppId", SAE)]).await.json();
    assert_eq!(body["Data"]["GroupName"], "_DEFAULT_GROUP");
}

#[tokio::test]
async fn lagging_reads_hide_young_orders_of_edas_and_of_namespaces() {
    let sim = plain().await;
    sim.freeze_clock();
    let batch = [("NamespaceId", NS), ("AppIds", SAE)];
    call(&sim, BATCH, &batch).await.order_id();
    call(&sim, EDAS_RESTART, &[("AppId", EDAS)]).await;
    sim.inject(FaultRule::new(Fault::ListLag { ms: 5_000 }).always());
    for (seconds, shown) in [(4, false), (1, true)] {
        sim.advance_clock(SignedDuration::from_secs(seconds));
        let body = call(&sim, EDAS_ORDERS, &[("AppId", EDAS)]).await.json();
        assert_eq!(body["ChangeOrderList"].get("ChangeOrder").is_some(), shown);
        let data = call(&sim, NAMESPACE, &[("NamespaceId", NS)]).await.data();
        assert_eq!(data["LastChangeOrderId"] != "", shown);
        let data = call(&sim, LIST, &[("AppId", SAE)]).await.data();
        assert_eq!(data["TotalSize"] == 1, shown);
    }
}

#[tokio::test]
async fn each_product_has_its_own_quota_per_minute() {
    let sim = simulator(Config {
        calls_per_minute: Some(1),
        namespaces: vec![Namespace::new(NS)],
        ..Config::default()
    })
    .await;
    sim.freeze_clock();
    let sae = async || call(&sim, RESTART, &[("AppId", SAE)]).await;
    let edas = async || call(&sim, EDAS_RESTART, &[("AppId", EDAS)]).await;
    assert!(!throttled(&sae().await) && !throttled(&edas().await));
    assert!(throttled(&sae().await) && throttled(&edas().await));
    sim.advance_clock(SignedDuration::from_mins(1));
    assert!(!throttled(&sae().await) && !throttled(&edas().await));
}
