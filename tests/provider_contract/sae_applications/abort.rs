//! Aborting a batch: its own order, and those of the applications that run.

use std::time::Duration;

use cloudsim::{Canned, Fault, FaultRule, OrderPlan};
use restart_operator::cloud::{
    error::Kind,
    types::{OrderState, PartState},
};

use super::{app, cloud, pass, poll, requests, restarted, states, target};

#[tokio::test]
async fn an_abort_reaches_the_parent_and_the_members_that_run() {
    let cloud = cloud([app("a"), app("b")]).await;
    let target = target(&["a", "b"]);
    let mut followed = restarted(&cloud, &target).await;
    poll(&cloud, &target, &mut followed).await;
    cloud.caller.abort(&target, &followed).await.unwrap();
    assert_eq!(requests(&cloud, "AbortChangeOrder"), 3);
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!(report.state, OrderState::Aborted);
    assert_eq!(states(&report), [PartState::Aborted; 2]);
    let error = cloud.caller.abort(&target, &followed).await.unwrap_err();
    assert_eq!(error.kind, Kind::NotRunning);
}

#[tokio::test]
async fn an_abort_that_comes_too_late_for_some_stops_the_others() {
    let quick = app("a").with_plan(OrderPlan::lasting(Duration::from_secs(10)));
    let cloud = cloud([quick, app("b")]).await;
    let target = target(&["a", "b"]);
    let mut followed = restarted(&cloud, &target).await;
    poll(&cloud, &target, &mut followed).await;
    pass(&cloud, 20);
    cloud.caller.abort(&target, &followed).await.unwrap();
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!(states(&report), [PartState::Succeeded, PartState::Aborted]);
    assert_eq!(report.state, OrderState::PartlySucceeded);
}

#[tokio::test]
async fn a_refused_abort_of_one_order_is_told_after_all_were_asked() {
    let cloud = cloud([app("a"), app("b")]).await;
    let target = target(&["a", "b"]);
    let mut followed = restarted(&cloud, &target).await;
    poll(&cloud, &target, &mut followed).await;
    let refused = Fault::AnswerInstead(Canned::code(403, "Forbidden.RAM"));
    cloud.sim.inject(FaultRule::on("AbortChangeOrder", refused));
    let error = cloud.caller.abort(&target, &followed).await.unwrap_err();
    assert_eq!(error.kind, Kind::Forbidden);
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!(states(&report), [PartState::Aborted; 2]);
}
