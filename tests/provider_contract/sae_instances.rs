//! SAE `RestartInstances`: some instances of one application, and no other.

use std::time::Duration;

use cloudsim::{Application, Canned, Edit, Fault, FaultRule, NewOrder, OrderPlan};
use jiff::SignedDuration;
use restart_operator::cloud::{
    error::{Delivery, Kind, Retry},
    types::{Answer, Match, OrderId, OrderState, SaeInstances, Target},
};

use crate::fixture::{APP, Cloud, ambiguous, following, intent, matches, rejected};

const RESTART: &str = "RestartInstances";
const INSTANCES: &str = "DescribeApplicationInstances";

fn target(ids: &[&str]) -> Target {
    Target::SaeInstances(SaeInstances {
        region: "cn-hangzhou".into(),
        app_id: APP.into(),
        instance_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
    })
}

async fn cloud(instances: usize) -> Cloud {
    let cloud = Cloud::start().await;
    let ids = (0..instances).map(|number| format!("i-{number:03}"));
    let plan = OrderPlan::lasting(Duration::from_secs(60)).batches(2);
    cloud.sim.put_application(
        Application::running(APP)
            .with_instances(ids)
            .with_plan(plan),
    );
    cloud.sim.freeze_clock();
    cloud
}

#[tokio::test]
async fn named_instances_are_checked_restarted_and_followed() {
    let cloud = cloud(3).await;
    let target = target(&["i-000", "i-002"]);
    let check = cloud.caller.check(&target).await.unwrap();
    assert_eq!(check.instances, Some(3));
    assert_eq!((check.warnings, check.running), (vec![], None));
    assert_eq!(
        check.call,
        format!("PUT /pop/v1/sam/app/restartInstances?AppId={APP}&InstanceIds=i-000,i-002")
    );
    let call = intent();
    let order = cloud.caller.restart_of(&target, &call).await;
    let followed = following(&order, &call);
    let report = cloud.caller.poll(&target, &followed).await.unwrap();
    assert_eq!(report.state, OrderState::Running);
    assert_eq!(report.kind, "CoRestartInstances");
    assert!(report.same_target);
    cloud.sim.advance_clock(SignedDuration::from_secs(61));
    let report = cloud.caller.poll(&target, &followed).await.unwrap();
    assert_eq!(report.state, OrderState::Succeeded);
    assert_eq!((report.total, report.succeeded, report.failed), (2, 2, 0));
    let ledger = cloud.sim.ledger();
    assert_eq!(ledger.restarted_parts("sae", APP), ["i-000", "i-002"]);
    assert_eq!(ledger.requests(RESTART).len(), 1);
}

#[tokio::test]
async fn a_hundred_instances_are_found_over_several_pages_and_restarted_by_one_call() {
    let cloud = cloud(250).await;
    let ids: Vec<String> = (150..250).map(|number| format!("i-{number:03}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let target = target(&ids);
    cloud.caller.check(&target).await.unwrap();
    cloud.caller.restart_of(&target, &intent()).await;
    let ledger = cloud.sim.ledger();
    assert_eq!(ledger.requests(INSTANCES).len(), 3);
    assert_eq!(ledger.restarted_parts("sae", APP), ids);
}

#[tokio::test]
async fn an_instance_that_the_application_does_not_have_ends_the_request() {
    let cloud = cloud(3).await;
    let error = cloud
        .caller
        .check(&target(&["i-001", "i-009", "i-010"]))
        .await;
    let error = error.unwrap_err();
    assert_eq!(
        (error.kind, error.delivery, error.retry),
        (Kind::NotFound, Delivery::Refused, Retry::Never)
    );
    assert_eq!(
        error.message,
        "the application has no instance i-009, i-010"
    );

    cloud.sim.remove_application(APP);
    let error = cloud.caller.check(&target(&["i-001"])).await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("InvalidApplication.NotFound"));
}

#[tokio::test]
async fn a_list_of_instances_without_an_end_proves_nothing() {
    let cloud = cloud(3).await;
    let page = r#"{"Code":"200","Data":{"Instances":{"InstanceId":"another"}}}"#;
    let answer = Fault::AnswerInstead(Canned::body(200, page));
    cloud.sim.inject(FaultRule::on(INSTANCES, answer).always());
    let error = cloud.caller.check(&target(&["i-001"])).await.unwrap_err();
    assert_eq!(
        (error.kind, error.delivery),
        (Kind::Unexpected, Delivery::Unknown)
    );
    assert_eq!(cloud.sim.ledger().requests(INSTANCES).len(), 20);
}

#[tokio::test]
async fn naming_every_instance_is_warned_of() {
    let cloud = cloud(2).await;
    let check = cloud
        .caller
        .check(&target(&["i-000", "i-001"]))
        .await
        .unwrap();
    let codes: Vec<_> = check.warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(codes, ["OutageExpected"]);
}

#[tokio::test]
async fn a_busy_application_names_the_order_that_holds_it() {
    let cloud = cloud(2).await;
    let deploy = NewOrder::by_hand(APP).of_type("CoDeploy");
    let id = cloud.sim.start_order(deploy).unwrap();
    let check = cloud.caller.check(&target(&["i-000"])).await.unwrap();
    assert_eq!(check.running.unwrap().id, OrderId(id));
    let error = rejected(cloud.caller.submit_to(&target(&["i-000"]), &intent()).await);
    assert_eq!((error.kind, error.retry), (Kind::Busy, Retry::WhenFree));
}

#[tokio::test]
async fn the_order_of_a_lost_answer_is_found_by_its_instances() {
    let cloud = cloud(3).await;
    let ours = target(&["i-000", "i-001"]);
    let call = intent();
    cloud.sim.inject(FaultRule::on(RESTART, Fault::DropAfter));
    ambiguous(cloud.caller.submit_to(&ours, &call).await);
    let order = OrderId(cloud.sim.ledger().restarts()[0].order.clone());
    let look = cloud.caller.look(&ours, &call).await.unwrap();
    assert_eq!(matches(&look), [(order.clone(), Match::Verified)]);
    assert!(look.complete);
    // The same order answers nobody who asked for other instances, or for the whole application.
    for other in [
        target(&["i-000"]),
        target(&["i-000", "i-002"]),
        crate::fixture::target(),
    ] {
        let look = cloud.caller.look(&other, &call).await.unwrap();
        assert_eq!(matches(&look), []);
        assert!(look.complete);
    }
    // Not every version of the API names the instances.
    let edit = Edit::remove("/Data/CoTargets");
    let silent = FaultRule::on("DescribeChangeOrder", Fault::mutate([edit]));
    cloud.sim.inject(silent);
    let look = cloud.caller.look(&ours, &call).await.unwrap();
    assert_eq!(matches(&look), [(order, Match::Verified)]);
}

#[tokio::test]
async fn a_lost_call_that_was_not_executed_leaves_no_candidate() {
    let cloud = cloud(3).await;
    let call = intent();
    cloud.sim.inject(FaultRule::on(RESTART, Fault::DropBefore));
    ambiguous(cloud.caller.submit_to(&target(&["i-000"]), &call).await);
    let look = cloud.caller.look(&target(&["i-000"]), &call).await.unwrap();
    assert_eq!(matches(&look), []);
    assert!(look.complete);
    assert_eq!(cloud.restarts(), 0);
}

#[tokio::test]
async fn a_batch_of_instances_that_fails_makes_the_end_partial() {
    let cloud = cloud(4).await;
    let plan = OrderPlan {
        pipeline_statuses: vec![2, 3],
        ..OrderPlan::default()
    };
    let app = Application::running(APP).with_instances(["i-000", "i-001"]);
    cloud.sim.put_application(app.with_plan(plan));
    let target = target(&["i-000", "i-001"]);
    let call = intent();
    let order = cloud.caller.restart_of(&target, &call).await;
    cloud.sim.advance_clock(SignedDuration::from_secs(10));
    let report = cloud
        .caller
        .poll(&target, &following(&order, &call))
        .await
        .unwrap();
    assert_eq!(report.state, OrderState::PartlySucceeded);
    assert_eq!((report.succeeded, report.failed), (1, 1));
    assert!(!report.message.is_empty());
}

#[tokio::test]
async fn an_abort_is_accepted_while_the_order_runs_and_refused_after_its_end() {
    let cloud = cloud(2).await;
    let target = target(&["i-000"]);
    let call = intent();
    let order = cloud.caller.restart_of(&target, &call).await;
    let followed = following(&order, &call);
    cloud.caller.abort(&target, &followed).await.unwrap();
    let report = cloud.caller.poll(&target, &followed).await.unwrap();
    assert_eq!(report.state, OrderState::Aborted);
    let error = cloud.caller.abort(&target, &followed).await.unwrap_err();
    assert_eq!(error.kind, Kind::NotRunning);
    let creator = cloud
        .caller
        .provider
        .creator(&cloud.caller.access, &target, &order)
        .await
        .unwrap();
    assert_eq!(creator.as_deref(), Some(cloudsim::DEFAULT_CREATOR));
}

#[tokio::test]
async fn each_class_of_refusal_is_told_apart() {
    for (http, code, kind, retry) in [
        (
            400,
            "InvalidApplication.NotFound",
            Kind::NotFound,
            Some(Retry::Never),
        ),
        (
            400,
            "InvalidParameter.WithMessage",
            Kind::Invalid,
            Some(Retry::Never),
        ),
        (
            400,
            "NoComputeResourceQuota.Exceed",
            Kind::Billing,
            Some(Retry::Never),
        ),
        (403, "Forbidden.RAM", Kind::Forbidden, Some(Retry::Never)),
        (
            400,
            "InvalidSecurityToken.Expired",
            Kind::Unauthenticated,
            Some(Retry::Later),
        ),
        (400, "System.Upgrading", Kind::Transient, Some(Retry::Later)),
        (
            400,
            "Throttling.User",
            Kind::Throttled,
            Some(Retry::WhenFree),
        ),
        (400, "InvalidInstanceIds", Kind::Invalid, Some(Retry::Never)),
        (503, "ServiceUnavailable", Kind::Transient, None),
        (400, "SomethingElse", Kind::Unexpected, None),
    ] {
        let cloud = cloud(2).await;
        let fault = Fault::AnswerInstead(Canned::code(http, code));
        cloud.sim.inject(FaultRule::on(RESTART, fault));
        let answer = cloud.caller.submit_to(&target(&["i-000"]), &intent()).await;
        match (retry, answer) {
            (Some(retry), Answer::Rejected(error)) => {
                assert_eq!((error.kind, error.retry), (kind, retry), "{code}");
                assert_eq!(error.operation, RESTART);
            }
            (None, Answer::Ambiguous(error)) => assert_eq!(error.kind, kind, "{code}"),
            (_, answer) => panic!("{code}: {answer:?}"),
        }
        assert_eq!(cloud.restarts(), 0);
    }
}
