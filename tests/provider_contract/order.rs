//! Following an order: poll, abort, and whose it is.

use std::time::Duration;

use cloudsim::{Application, Canned, Edit, Fault, FaultRule, NewOrder, OrderPlan};
use jiff::SignedDuration;
use restart_operator::cloud::{
    error::{CloudError, Kind},
    types::{OrderId, OrderReport, OrderState},
};

use crate::fixture::{APP, Caller, Cloud, RawServer, following, intent, ok, quick, target};

async fn poll(cloud: &Cloud, order: &OrderId) -> Result<OrderReport, CloudError> {
    cloud
        .caller
        .poll(&target(), &following(order, &intent()))
        .await
}

async fn restarted(plan: OrderPlan) -> (Cloud, OrderId) {
    let cloud = Cloud::start().await;
    cloud.sim.freeze_clock();
    cloud
        .sim
        .put_application(Application::running(APP).with_plan(plan));
    let order = cloud.caller.restart(&intent()).await;
    (cloud, order)
}

#[tokio::test]
async fn an_order_is_followed_to_its_end() {
    let (cloud, order) = restarted(OrderPlan::lasting(Duration::from_secs(60)).batches(3)).await;
    let report = poll(&cloud, &order).await.unwrap();
    assert_eq!((report.state, report.status), (OrderState::Running, 1));
    assert_eq!((report.total, report.succeeded, report.failed), (3, 0, 0));
    assert_eq!(report.kind, "CoRestartApplication");
    assert!(report.same_target);

    cloud.sim.advance_clock(SignedDuration::from_secs(30));
    let report = poll(&cloud, &order).await.unwrap();
    assert_eq!((report.state, report.succeeded), (OrderState::Running, 1));

    cloud.sim.advance_clock(SignedDuration::from_secs(31));
    let report = poll(&cloud, &order).await.unwrap();
    assert_eq!((report.state, report.status), (OrderState::Succeeded, 2));
    assert_eq!(
        (report.total, report.succeeded, report.message.as_str()),
        (3, 3, "")
    );
}

#[tokio::test]
async fn a_failed_order_says_why_as_far_as_it_can_be_read() {
    let (cloud, order) = restarted(OrderPlan::default().ending(3)).await;
    cloud.sim.advance_clock(SignedDuration::from_secs(10));
    cloud.sim.inject(FaultRule::on(
        "DescribePipeline",
        Fault::AnswerInstead(Canned::status(503)),
    ));
    let report = poll(&cloud, &order).await.unwrap();
    assert_eq!(report.state, OrderState::Failed);
    assert_eq!((report.succeeded, report.failed), (1, 1));
    assert_eq!(report.message, "The change order failed.");
}

#[tokio::test]
async fn the_reason_of_a_failed_batch_replaces_the_orders_own_message() {
    // One answer that serves both reads.
    let body = format!(
        r#"{{"Code":"200","Data":{{"ChangeOrderId":"o-1","AppId":"{APP}","Status":3,
        "ErrorMessage":"failed","Pipelines":{{"PipelineId":"p-1","Status":3}},
        "StageList":{{"TaskList":[{{"Status":2,"ErrorMessage":"success"}},{{"Status":3,
        "ErrorCode":"EDAS-10022","ErrorMessage":"<p>readiness\n<b>failed</b></p>"}}]}}}}}}"#
    );
    let server = RawServer::start(Some(ok(&body))).await;
    let caller = Caller::new(&format!("http://{}", server.address), &quick());
    let order = OrderId("o-1".into());
    let report = caller
        .poll(&target(), &following(&order, &intent()))
        .await
        .unwrap();
    assert_eq!((report.state, report.failed), (OrderState::Failed, 1));
    assert_eq!(report.message, "EDAS-10022 readiness failed");
    assert_eq!(
        caller.observed.operations(),
        ["DescribeChangeOrder", "DescribePipeline"]
    );
}

#[tokio::test]
async fn a_success_with_a_failed_batch_is_not_a_success() {
    let plan = OrderPlan {
        pipeline_statuses: vec![2, 3],
        ..OrderPlan::default()
    };
    let (cloud, order) = restarted(plan).await;
    cloud.sim.advance_clock(SignedDuration::from_secs(10));
    let report = poll(&cloud, &order).await.unwrap();
    assert_eq!(
        (report.state, report.status),
        (OrderState::PartlySucceeded, 2)
    );
}

#[tokio::test]
async fn a_stuck_order_needs_attention_and_an_unknown_number_is_no_end() {
    for (plan, state) in [
        (OrderPlan::default().stuck(), OrderState::NeedsAttention),
        (
            OrderPlan::default().ending(8),
            OrderState::WaitsForConfirmation,
        ),
        (
            OrderPlan::default().ending(11),
            OrderState::WaitsForApproval,
        ),
        (OrderPlan::default().ending(77), OrderState::Running),
    ] {
        let (cloud, order) = restarted(plan).await;
        cloud.sim.advance_clock(SignedDuration::from_secs(10));
        assert_eq!(poll(&cloud, &order).await.unwrap().state, state);
    }
}

#[tokio::test]
async fn an_order_of_another_application_is_told() {
    let cloud = Cloud::start().await;
    cloud.sim.put_application(Application::running("app-2"));
    let other = OrderId(cloud.sim.start_order(NewOrder::by_hand("app-2")).unwrap());
    assert!(!poll(&cloud, &other).await.unwrap().same_target);
}

#[tokio::test]
async fn an_order_that_is_not_found_or_not_readable_is_an_error_and_no_state() {
    let (cloud, order) = restarted(OrderPlan::default()).await;
    let unknown = OrderId("no-such-order".into());
    assert_eq!(
        poll(&cloud, &unknown).await.unwrap_err().kind,
        Kind::NotFound
    );

    for edit in [
        Edit::remove("/Data"),
        Edit::remove("/Data/AppId"),
        Edit::set("/Data/ChangeOrderId", "another"),
        Edit::set("/Success", false),
        Edit::set("/Data/Status", true),
    ] {
        cloud.sim.inject(FaultRule::on(
            "DescribeChangeOrder",
            Fault::mutate([edit.clone()]),
        ));
        let error = poll(&cloud, &order).await.unwrap_err();
        assert_eq!(error.kind, Kind::Unexpected, "{edit:?}");
    }
    for status in [500, 502, 503, 504] {
        let fault = Fault::AnswerInstead(Canned::status(status));
        cloud
            .sim
            .inject(FaultRule::on("DescribeChangeOrder", fault));
        assert_eq!(
            poll(&cloud, &order).await.unwrap_err().kind,
            Kind::Transient
        );
    }
}

#[tokio::test]
async fn an_abort_ends_the_order_and_says_when_there_is_nothing_to_abort() {
    let (cloud, order) = restarted(OrderPlan::lasting(Duration::from_secs(60))).await;
    let caller = &cloud.caller;
    let followed = following(&order, &intent());
    caller.abort(&target(), &followed).await.unwrap();
    assert_eq!(
        poll(&cloud, &order).await.unwrap().state,
        OrderState::Aborted
    );
    let request = cloud.sim.ledger().requests("AbortChangeOrder")[0].clone();
    assert!(!request.params.contains_key("Rollback"));

    let error = caller.abort(&target(), &followed).await.unwrap_err();
    assert_eq!(error.kind, Kind::NotRunning);
}

#[tokio::test]
async fn the_creator_of_an_order_is_learned_from_the_list() {
    let (cloud, order) = restarted(OrderPlan::default()).await;
    let caller = &cloud.caller;
    let creator = |order: OrderId| async move {
        caller
            .provider
            .creator(&caller.access, &target(), &order)
            .await
            .unwrap()
    };
    assert_eq!(
        creator(order).await.as_deref(),
        Some(cloudsim::DEFAULT_CREATOR)
    );
    assert_eq!(creator(OrderId("no-such-order".into())).await, None);
}
