//! EDAS `RestartApplication`: refusals in HTTP 200, lists in wrappers, orders that name nothing.

mod follow;
mod preflight;
mod resolve;
mod submit;

use std::time::Duration;

use cloudsim::{Application, Fault, FaultRule, OrderPlan};
use jiff::SignedDuration;
use restart_operator::cloud::types::{
    EdasApplication, Following, OrderId, OrderState, Submission, Target,
};

use crate::fixture::{APP, Cloud, ECCS, RESTART, ambiguous, following, intent};

pub(super) const LIST: &str = "ListRecentChangeOrder";
pub(super) const ORDER: &str = "GetChangeOrderInfo";

pub(super) fn target(eccs: &[&str]) -> Target {
    Target::EdasApplication(EdasApplication {
        region: "cn-hangzhou".into(),
        app_id: APP.into(),
        ecc_ids: eccs.iter().map(|id| (*id).to_owned()).collect(),
    })
}

pub(super) fn app(plan: OrderPlan) -> Application {
    Application::edas(APP).with_instances(ECCS).with_plan(plan)
}

pub(super) async fn cloud(plan: OrderPlan) -> Cloud {
    let cloud = Cloud::edas().await;
    cloud.sim.freeze_clock();
    cloud.sim.put_application(app(plan));
    cloud
}

pub(super) fn minute() -> OrderPlan {
    OrderPlan::lasting(Duration::from_secs(60)).batches(2)
}

pub(super) fn done() -> OrderPlan {
    OrderPlan {
        duration_ms: 0,
        ..OrderPlan::default()
    }
}

/// An intent with the orders of now as its baseline, as the core stores it.
pub(super) async fn checked(cloud: &Cloud, target: &Target) -> Submission {
    Submission {
        baseline: cloud.caller.check(target).await.unwrap().baseline,
        ..intent()
    }
}

pub(super) async fn restarted(cloud: &Cloud, target: &Target) -> Following {
    let call = checked(cloud, target).await;
    let order = cloud.caller.restart_of(target, &call).await;
    following(&order, &call)
}

/// A restart that was executed and whose answer was lost.
pub(super) async fn lost(cloud: &Cloud, target: &Target, call: &Submission) -> OrderId {
    cloud.sim.inject(FaultRule::on(RESTART, Fault::DropAfter));
    ambiguous(cloud.caller.submit_to(target, call).await);
    OrderId(cloud.sim.ledger().restarts().last().unwrap().order.clone())
}

#[tokio::test]
async fn the_whole_application_is_checked_restarted_and_followed() {
    let cloud = cloud(minute()).await;
    let whole = target(&[]);
    let check = cloud.caller.check(&whole).await.unwrap();
    assert_eq!((check.instances, check.running), (Some(3), None));
    assert_eq!(check.baseline, []);
    let codes: Vec<_> = check.warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(codes, ["WholeApplication"]);
    assert_eq!(
        check.call,
        format!("POST /pop/v5/changeorder/co_restart?AppId={APP}")
    );
    assert_eq!(
        cloud.caller.observed.operations(),
        ["ListApplication", "QueryApplicationStatus", LIST]
    );
    let followed = restarted(&cloud, &whole).await;
    let report = cloud.caller.poll(&whole, &followed).await.unwrap();
    assert_eq!((report.state, report.status), (OrderState::Running, 1));
    assert_eq!((report.total, report.succeeded), (2, 0));
    assert!(report.same_target);
    cloud.sim.advance_clock(SignedDuration::from_secs(61));
    let report = cloud.caller.poll(&whole, &followed).await.unwrap();
    assert_eq!(report.state, OrderState::Succeeded);
    assert_eq!((report.total, report.succeeded, report.failed), (2, 2, 0));
    let ledger = cloud.sim.ledger();
    assert_eq!(ledger.restarted_parts("edas", APP), ECCS);
    let calls = ledger.requests(RESTART);
    assert_eq!(calls.len(), 1);
    assert!(!calls[0].params.contains_key("EccInfo"));
}
