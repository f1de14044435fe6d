//! SAE `BatchRestartApplications`: one call, judged by the orders of its applications.

mod abort;
mod follow;
mod preflight;
mod submit;

use std::time::Duration;

use cloudsim::{Application, OrderPlan};
use jiff::SignedDuration;
use restart_operator::cloud::types::{
    Following, OrderReport, OrderState, PartState, SaeApplications, Submission, Target,
};

use crate::fixture::{Cloud, following, intent};

pub(super) const NAMESPACE: &str = "cn-hangzhou:shop";
pub(super) const RESTART: &str = "BatchRestartApplications";
pub(super) const LIST: &str = "ListChangeOrders";
pub(super) const ORDER: &str = "DescribeChangeOrder";

pub(super) fn target(ids: &[&str]) -> Target {
    Target::SaeApplications(SaeApplications {
        region: "cn-hangzhou".into(),
        namespace_id: NAMESPACE.into(),
        app_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
    })
}

pub(super) fn app(id: &str) -> Application {
    let plan = OrderPlan::lasting(Duration::from_secs(60));
    Application::running(id)
        .in_namespace(NAMESPACE)
        .with_plan(plan)
}

pub(super) fn ending(id: &str, status: i64) -> Application {
    let plan = OrderPlan::lasting(Duration::from_secs(60)).ending(status);
    app(id).with_plan(plan)
}

pub(super) async fn cloud(apps: impl IntoIterator<Item = Application>) -> Cloud {
    let cloud = Cloud::start().await;
    cloud.sim.freeze_clock();
    for app in apps {
        cloud.sim.put_application(app);
    }
    cloud
}

pub(super) fn pass(cloud: &Cloud, seconds: i64) {
    cloud.sim.advance_clock(SignedDuration::from_secs(seconds));
}

/// A batch that was checked and accepted, with its baseline, as the core stores it.
pub(super) async fn restarted(cloud: &Cloud, target: &Target) -> Following {
    let check = cloud.caller.check(target).await.unwrap();
    let call = Submission {
        baseline: check.baseline,
        ..intent()
    };
    let order = cloud.caller.restart_of(target, &call).await;
    following(&order, &call)
}

/// A look whose parts are stored, as the core does.
pub(super) async fn poll(cloud: &Cloud, target: &Target, followed: &mut Following) -> OrderReport {
    let report = cloud.caller.poll(target, followed).await.unwrap();
    followed.parts.clone_from(&report.parts);
    report
}

pub(super) fn states(report: &OrderReport) -> Vec<PartState> {
    report.parts.iter().map(|part| part.state).collect()
}

pub(super) fn requests(cloud: &Cloud, action: &str) -> usize {
    cloud.sim.inspect(|ledger| ledger.requests(action).len())
}

#[tokio::test]
async fn a_batch_is_checked_restarted_by_one_call_and_followed_to_its_end() {
    let cloud = cloud([app("a"), app("b"), app("c")]).await;
    let target = target(&["a", "b"]);
    let check = cloud.caller.check(&target).await.unwrap();
    assert_eq!((check.instances, check.running), (Some(4), None));
    assert_eq!((check.baseline, check.warnings), (vec![], vec![]));
    assert_eq!(
        check.call,
        format!("PUT /pop/v1/sam/app/batchRestartApplications?NamespaceId={NAMESPACE}&AppIds=a,b")
    );
    let mut followed = restarted(&cloud, &target).await;
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!(report.state, OrderState::Running);
    assert_eq!(states(&report), [PartState::Running; 2]);
    assert_eq!(report.kind, "CoBatchRestartApplication");
    assert!(report.same_target);

    pass(&cloud, 61);
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!((report.state, report.status), (OrderState::Succeeded, 2));
    assert_eq!((report.total, report.succeeded, report.failed), (2, 2, 0));
    assert_eq!(requests(&cloud, RESTART), 1);
    let ledger = cloud.sim.ledger();
    let restarted = ledger.restarts_of_batch(&followed.order.0);
    let apps: Vec<_> = restarted.iter().map(|one| one.app.as_str()).collect();
    assert_eq!(apps, ["a", "b"]);
    let orders: Vec<_> = restarted.iter().map(|one| one.order.clone()).collect();
    let shown: Vec<_> = report
        .parts
        .iter()
        .map(|part| part.order.clone().unwrap().0)
        .collect();
    assert_eq!(shown, orders);
}
