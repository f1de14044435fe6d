//! The preflight: what it reads, and what ends a request before anything is sent.

use cloudsim::{
    Application, ApplicationPatch, ApplicationStatus, Canned, Fault, FaultRule, NewOrder,
};
use jiff::SignedDuration;
use restart_operator::cloud::{
    error::{CloudError, Delivery, Kind, Retry},
    types::{Check, OrderId, Target},
};

use crate::fixture::{APP, Cloud, application, intent, key, target};

async fn check(cloud: &Cloud) -> Result<Check, CloudError> {
    cloud
        .caller
        .provider
        .check(&cloud.caller.access, &target())
        .await
}

#[tokio::test]
async fn a_free_application_passes_with_one_baseline_order_and_the_call() {
    let cloud = Cloud::start().await;
    let first = check(&cloud).await.unwrap();
    assert_eq!((first.instances, first.running), (Some(2), None));
    assert_eq!(first.baseline, []);
    assert_eq!(
        first.call,
        format!("PUT /pop/v1/sam/app/restartApplication?AppId={APP}")
    );
    assert!(first.clock_offset.abs() <= SignedDuration::from_secs(1));

    let order = cloud.caller.restart(&intent()).await;
    cloud.sim.advance_clock(SignedDuration::from_secs(10));
    let second = check(&cloud).await.unwrap();
    assert_eq!(second.baseline, [order]);
    assert_eq!(second.running, None);
    assert!(
        (second.clock_offset - SignedDuration::from_secs(10))
            .abs()
            .as_secs()
            <= 1
    );
    // One read is enough once the status names the last order; the first check had to ask the list.
    let expected = [
        "DescribeApplicationStatus",
        "ListChangeOrders",
        "RestartApplication",
        "DescribeApplicationStatus",
    ];
    assert_eq!(cloud.caller.observed.operations(), expected);
}

#[tokio::test]
async fn an_expired_last_order_is_replaced_by_the_newest_of_the_list() {
    let cloud = Cloud::start().await;
    let order = cloud.caller.restart(&intent()).await;
    cloud.sim.advance_clock(SignedDuration::from_secs(10));
    cloud.sim.inject(FaultRule::on(
        "DescribeApplicationStatus",
        Fault::mutate([cloudsim::Edit::set("/Data/LastChangeOrderId", "")]),
    ));
    assert_eq!(check(&cloud).await.unwrap().baseline, [order]);
}

#[tokio::test]
async fn a_busy_application_names_the_order_that_holds_it() {
    let cloud = Cloud::start().await;
    let id = cloud
        .sim
        .start_order(NewOrder::by_hand(APP).of_type("CoDeploy"))
        .unwrap();
    let running = check(&cloud).await.unwrap().running.unwrap();
    assert_eq!(running.id, OrderId(id));
    assert_eq!(running.kind, "CoDeploy");
    assert_eq!(running.created_by, "290000000000000999");
    assert!(!running.since.is_empty());
}

#[tokio::test]
async fn what_cannot_be_restarted_ends_the_request_or_waits() {
    let cloud = Cloud::start().await;
    let state = |status| {
        cloud
            .sim
            .put_application(Application::running(APP).with_status(status));
    };
    state(ApplicationStatus::Stopped);
    let error = check(&cloud).await.unwrap_err();
    assert_eq!(
        (error.kind, error.delivery),
        (Kind::NotRunning, Delivery::Refused)
    );
    assert_eq!(error.retry, Retry::Never);

    state(ApplicationStatus::Unknown);
    let error = check(&cloud).await.unwrap_err();
    assert_eq!((error.kind, error.retry), (Kind::Transient, Retry::Later));

    cloud.sim.remove_application(APP);
    let error = check(&cloud).await.unwrap_err();
    assert_eq!(
        (error.kind, error.delivery),
        (Kind::NotFound, Delivery::Refused)
    );
    assert_eq!(error.retry, Retry::Never);
}

#[tokio::test]
async fn the_warnings_come_from_the_running_instances() {
    let cloud = Cloud::start().await;
    let patch = ApplicationPatch {
        running_instances: Some(1),
        ..ApplicationPatch::default()
    };
    cloud.sim.patch_application(APP, patch).unwrap();
    let app = restart_operator::cloud::types::SaeApplication {
        min_ready_instances: Some(0),
        ..application()
    };
    let caller = &cloud.caller;
    let check = caller
        .provider
        .check(&caller.access, &Target::SaeApplication(app))
        .await
        .unwrap();
    assert_eq!(check.effective_min_ready, Some(0));
    let codes: Vec<_> = check.warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(codes, ["OutageExpected", "SingleInstance"]);
}

#[tokio::test]
async fn a_wrong_key_or_a_missing_right_is_told_apart() {
    let mut cloud = Cloud::start().await;
    cloud.sim.inject(FaultRule::on(
        "DescribeApplicationStatus",
        Fault::AnswerInstead(Canned::code(403, "Forbidden.RAM")),
    ));
    assert_eq!(check(&cloud).await.unwrap_err().kind, Kind::Forbidden);
    cloud.caller.access.credential = key("nobody", "nothing", None);
    assert_eq!(check(&cloud).await.unwrap_err().kind, Kind::Unauthenticated);
}

#[tokio::test]
async fn an_answer_without_a_date_cannot_tell_the_clock_and_is_no_preflight() {
    let cloud = Cloud::start().await;
    let body = r#"{"Code":"200","Data":{"CurrentStatus":"RUNNING","LastChangeOrderId":"o-1"}}"#;
    let answer = Canned::body(200, body).header("date", "yesterday");
    cloud.sim.inject(FaultRule::on(
        "DescribeApplicationStatus",
        Fault::AnswerInstead(answer),
    ));
    assert_eq!(check(&cloud).await.unwrap_err().kind, Kind::Unexpected);
}
