//! EDAS `RestartApplication`: refusals in HTTP 200, lists in wrappers, orders that name nothing.

use std::time::Duration;

use cloudsim::{Application, Canned, Edit, Fault, FaultRule, NewOrder, OrderPlan};
use jiff::SignedDuration;
use restart_operator::cloud::{
    error::{Delivery, Kind, Retry},
    types::{Answer, EdasApplication, Following, Match, OrderId, OrderState, Submission, Target},
};

use crate::fixture::{APP, Cloud, ECCS, RESTART, ambiguous, following, intent, matches, rejected};

const LIST: &str = "ListRecentChangeOrder";
const ORDER: &str = "GetChangeOrderInfo";

fn target(eccs: &[&str]) -> Target {
    Target::EdasApplication(EdasApplication {
        region: "cn-hangzhou".into(),
        app_id: APP.into(),
        ecc_ids: eccs.iter().map(|id| (*id).to_owned()).collect(),
    })
}

fn app(plan: OrderPlan) -> Application {
    Application::edas(APP).with_instances(ECCS).with_plan(plan)
}

async fn cloud(plan: OrderPlan) -> Cloud {
    let cloud = Cloud::edas().await;
    cloud.sim.freeze_clock();
    cloud.sim.put_application(app(plan));
    cloud
}

fn minute() -> OrderPlan {
    OrderPlan::lasting(Duration::from_secs(60)).batches(2)
}

fn done() -> OrderPlan {
    OrderPlan {
        duration_ms: 0,
        ..OrderPlan::default()
    }
}

/// An intent with the orders of now as its baseline, as the core stores it.
async fn checked(cloud: &Cloud, target: &Target) -> Submission {
    Submission {
        baseline: cloud.caller.check(target).await.unwrap().baseline,
        ..intent()
    }
}

async fn restarted(cloud: &Cloud, target: &Target) -> Following {
    let call = checked(cloud, target).await;
    let order = cloud.caller.restart_of(target, &call).await;
    following(&order, &call)
}

/// A restart that was executed and whose answer was lost.
async fn lost(cloud: &Cloud, target: &Target, call: &Submission) -> OrderId {
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

#[tokio::test]
async fn only_the_named_instances_are_restarted() {
    let cloud = cloud(minute()).await;
    let some = target(&["ecc-1", "ecc-3"]);
    let check = cloud.caller.check(&some).await.unwrap();
    assert_eq!(check.warnings, []);
    restarted(&cloud, &some).await;
    let ledger = cloud.sim.ledger();
    assert_eq!(ledger.restarted_parts("edas", APP), ["ecc-1", "ecc-3"]);
}

#[tokio::test]
async fn a_kubernetes_application_is_refused_with_the_right_advice() {
    for (cluster, kubernetes) in [(5, true), (3, true), (0, false), (1, false)] {
        let cloud = Cloud::edas().await;
        let application = Application::edas(APP).on_cluster(cluster);
        cloud.sim.put_application(application);
        let error = cloud.caller.check(&target(&[])).await.unwrap_err();
        assert_eq!(
            (error.kind, error.delivery, error.retry),
            (Kind::Unsupported, Delivery::Refused, Retry::Never)
        );
        assert_eq!(
            error.advice.contains("kubectl rollout restart"),
            kubernetes,
            "{cluster}"
        );
        // Nothing but the cluster was asked for.
        assert_eq!(cloud.sim.ledger().all_requests().len(), 1);
    }
}

#[tokio::test]
async fn what_does_not_exist_ends_the_request() {
    let cloud = cloud(minute()).await;
    let error = cloud
        .caller
        .check(&target(&["ecc-1", "ecc-9"]))
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.retry), (Kind::NotFound, Retry::Never));
    assert_eq!(error.message, "the application has no instance ecc-9");
    cloud.sim.remove_application(APP);
    let error = cloud.caller.check(&target(&[])).await.unwrap_err();
    assert_eq!(
        (error.kind, error.delivery),
        (Kind::NotFound, Delivery::Refused)
    );
}

#[tokio::test]
async fn a_busy_application_names_the_order_that_holds_it() {
    for (status, busy) in [(1, true), (8, true), (9, true), (2, false), (7, false)] {
        let cloud = cloud(minute()).await;
        let plan = OrderPlan {
            final_status: status,
            ..done()
        };
        let deploy = NewOrder::by_hand(APP).of_type("CoDeploy").with_plan(plan);
        let id = cloud.sim.start_order(deploy).unwrap();
        let check = cloud.caller.check(&target(&[])).await.unwrap();
        assert_eq!(check.baseline, [OrderId(id.clone())]);
        let running = check.running.map(|order| (order.id.0, order.kind));
        assert_eq!(running, busy.then(|| (id, "CoDeploy".into())), "{status}");
    }
}

#[tokio::test]
async fn each_class_of_refusal_is_told_apart() {
    let message = |code: &str, text: &str| {
        format!(r#"{{"Code":{code},"Message":"{text}","RequestId":"R-1"}}"#)
    };
    let empty = "Edas.errorcode.x.message ex.app.deploy.group.empty";
    for (http, body, kind, retry) in [
        (
            200,
            message("401", "no"),
            Kind::Forbidden,
            Some(Retry::Never),
        ),
        (
            200,
            message("\"403\"", "no"),
            Kind::Forbidden,
            Some(Retry::Never),
        ),
        (200, message("404", "no"), Kind::Invalid, Some(Retry::Never)),
        (
            200,
            message("601", empty),
            Kind::NotRunning,
            Some(Retry::Never),
        ),
        (
            200,
            message("\"601\"", empty),
            Kind::NotRunning,
            Some(Retry::Never),
        ),
        (
            200,
            message("601", "Edas.errorcode.other.message"),
            Kind::Unexpected,
            None,
        ),
        (200, message("500", "no"), Kind::Unexpected, None),
        (200, message("200", "no id"), Kind::Unexpected, None),
        (600, message("403", "no"), Kind::Forbidden, None),
        (600, message("601", empty), Kind::NotRunning, None),
        (
            400,
            message("\"Throttling.User\"", "slow"),
            Kind::Throttled,
            Some(Retry::WhenFree),
        ),
        (
            403,
            message("\"Forbidden.RAM\"", "no"),
            Kind::Forbidden,
            Some(Retry::Never),
        ),
        (
            404,
            message("\"InvalidApi.NotFound\"", "no"),
            Kind::Invalid,
            Some(Retry::Never),
        ),
        (
            400,
            message("\"InvalidEccInfo\"", "no"),
            Kind::Unexpected,
            None,
        ),
        (
            503,
            message("\"ServiceUnavailable\"", "no"),
            Kind::Transient,
            None,
        ),
        (200, "<html>".into(), Kind::Unexpected, None),
        (
            200,
            r#"{"Code":601,"Message":"x","ChangeOrderId":"o-1"}"#.into(),
            Kind::Unexpected,
            None,
        ),
        (
            200,
            r#"{"Code":403,"Message":"x","ChangeOrderId":"o-1"}"#.into(),
            Kind::Forbidden,
            None,
        ),
    ] {
        let cloud = cloud(minute()).await;
        let fault = Fault::AnswerInstead(Canned::body(http, body.clone()));
        cloud.sim.inject(FaultRule::on(RESTART, fault));
        match (retry, cloud.caller.submit_to(&target(&[]), &intent()).await) {
            (Some(retry), Answer::Rejected(error)) => {
                assert_eq!((error.kind, error.retry), (kind, retry), "{body}");
                assert_eq!(error.delivery, Delivery::Refused);
                assert!(!error.advice.is_empty(), "{body}");
            }
            (None, Answer::Ambiguous(error)) => assert_eq!(error.kind, kind, "{http} {body}"),
            (_, answer) => panic!("{http} {body}: {answer:?}"),
        }
    }
}

#[tokio::test]
async fn a_refused_parameter_is_definite_only_if_it_was_sent() {
    let cloud = cloud(minute()).await;
    let refused = || Fault::AnswerInstead(Canned::code(400, "InvalidEccInfo"));
    cloud.sim.inject(FaultRule::on(RESTART, refused()));
    let error = rejected(cloud.caller.submit_to(&target(&["ecc-1"]), &intent()).await);
    assert_eq!((error.kind, error.retry), (Kind::Invalid, Retry::Never));
    cloud.sim.inject(FaultRule::on(RESTART, refused()));
    ambiguous(cloud.caller.submit_to(&target(&[]), &intent()).await);
}

#[tokio::test]
async fn an_unknown_business_error_keeps_its_message() {
    let cloud = cloud(minute()).await;
    let hand = NewOrder::by_hand(APP);
    cloud.sim.start_order(hand).unwrap();
    let error = ambiguous(cloud.caller.submit_to(&target(&[]), &intent()).await);
    assert_eq!(error.code.as_deref(), Some("601"));
    assert!(error.message.contains("ChangeOrderRunning"));
    assert!(error.request_id.is_some());
    assert_eq!(cloud.restarts(), 0);
}

#[tokio::test]
async fn an_accepted_answer_may_have_its_code_as_a_text_or_not_at_all() {
    for body in [
        r#"{"Code":200,"ChangeOrderId":"o-1","RequestId":"R"}"#,
        r#"{"Code":"200","ChangeOrderId":"o-1"}"#,
        r#"{"ChangeOrderId":"o-1"}"#,
    ] {
        let cloud = cloud(minute()).await;
        let fault = Fault::AnswerInstead(Canned::body(200, body));
        cloud.sim.inject(FaultRule::on(RESTART, fault));
        let order = cloud.caller.restart_of(&target(&[]), &intent()).await;
        assert_eq!(order.0, "o-1");
    }
}

#[tokio::test]
async fn the_order_of_a_lost_answer_is_found_and_verified() {
    let cloud = cloud(minute()).await;
    let before = NewOrder::by_api(APP, cloudsim::DEFAULT_CREATOR).with_plan(done());
    cloud.sim.start_order(before).unwrap();
    let some = target(&["ecc-1", "ecc-2"]);
    let call = checked(&cloud, &some).await;
    let order = lost(&cloud, &some, &call).await;
    let look = cloud.caller.look(&some, &call).await.unwrap();
    assert_eq!(matches(&look), [(order.clone(), Match::Verified)]);
    assert!(look.complete);
    assert_eq!(look.cloud_time.as_second(), cloud.sim.now().as_second());
    assert!(look.candidates[0].line.contains(&order.0));
    // Orders for other instances are others' orders.
    let other = target(&["ecc-3"]);
    assert_eq!(
        matches(&cloud.caller.look(&other, &call).await.unwrap()),
        []
    );
    // Some answers name no instances.
    let edit = Edit::remove("/changeOrderInfo/Targets");
    cloud
        .sim
        .inject(FaultRule::on(ORDER, Fault::mutate([edit])));
    let look = cloud.caller.look(&some, &call).await.unwrap();
    assert_eq!(matches(&look), [(order, Match::Verified)]);
}

#[tokio::test]
async fn nothing_executed_means_no_candidate() {
    let cloud = cloud(minute()).await;
    let call = checked(&cloud, &target(&[])).await;
    cloud.sim.inject(FaultRule::on(RESTART, Fault::DropBefore));
    ambiguous(cloud.caller.submit_to(&target(&[]), &call).await);
    let look = cloud.caller.look(&target(&[]), &call).await.unwrap();
    assert_eq!((matches(&look), look.complete), (vec![], true));
}

#[tokio::test]
async fn orders_of_others_are_no_candidates_and_an_unlearned_creator_is_no_proof() {
    let mut cloud = cloud(minute()).await;
    let ours = cloudsim::DEFAULT_CREATOR;
    let call = checked(&cloud, &target(&[])).await;
    for order in [
        NewOrder::by_hand(APP),
        NewOrder {
            creator: ours.into(),
            ..NewOrder::by_hand(APP)
        },
        NewOrder::by_api(APP, "290000000000000777"),
        NewOrder::by_api(APP, ours).aged(120_000),
    ] {
        cloud.sim.start_order(order.with_plan(done())).unwrap();
    }
    let look = cloud.caller.look(&target(&[]), &call).await.unwrap();
    assert_eq!(matches(&look), []);
    let order = lost(&cloud, &target(&[]), &call).await;
    cloud.caller.access.creators = vec![];
    let look = cloud.caller.look(&target(&[]), &call).await.unwrap();
    assert!(matches(&look).contains(&(order, Match::CreatorUnknown)));
}

#[tokio::test]
async fn a_list_that_no_longer_shows_the_baseline_proves_nothing() {
    let cloud = cloud(minute()).await;
    let other = || {
        let order = NewOrder::by_hand(APP)
            .of_type("CoScaleOut")
            .with_plan(done());
        cloud.sim.start_order(order).unwrap()
    };
    other();
    let call = checked(&cloud, &target(&[])).await;
    for _ in 0..19 {
        other();
    }
    let look = cloud.caller.look(&target(&[]), &call).await.unwrap();
    assert!(look.complete);
    other();
    let look = cloud.caller.look(&target(&[]), &call).await.unwrap();
    assert_eq!((matches(&look), look.complete), (vec![], false));
}

#[tokio::test]
async fn an_order_that_has_not_started_or_is_not_readable_yet_is_looked_at_again() {
    let preparing = minute().preparing(Duration::from_secs(30));
    let cloud = cloud(preparing).await;
    let call = checked(&cloud, &target(&[])).await;
    let order = lost(&cloud, &target(&[]), &call).await;
    let not_started = [(order.clone(), Match::NotStarted)];
    let look = cloud.caller.look(&target(&[]), &call).await.unwrap();
    assert_eq!(matches(&look), not_started);
    cloud.sim.advance_clock(SignedDuration::from_secs(31));
    let empty = Fault::AnswerInstead(Canned::body(200, r#"{"Code":200}"#));
    cloud.sim.inject(FaultRule::on(ORDER, empty));
    let look = cloud.caller.look(&target(&[]), &call).await.unwrap();
    assert_eq!(matches(&look), not_started);
    let look = cloud.caller.look(&target(&[]), &call).await.unwrap();
    assert_eq!(matches(&look), [(order, Match::Verified)]);
}

#[tokio::test]
async fn lists_of_one_element_may_be_that_element() {
    let cloud = cloud(minute().batches(1)).await;
    cloud
        .sim
        .inject(FaultRule::new(Fault::ListAsSingleObject).always());
    let one = target(&["ecc-1"]);
    let call = checked(&cloud, &one).await;
    let order = lost(&cloud, &one, &call).await;
    let look = cloud.caller.look(&one, &call).await.unwrap();
    assert_eq!(matches(&look), [(order.clone(), Match::Verified)]);
    let followed = following(&order, &call);
    let report = cloud.caller.poll(&one, &followed).await.unwrap();
    assert_eq!((report.total, report.state), (1, OrderState::Running));
}

#[tokio::test]
async fn a_partial_end_is_no_success_and_says_why() {
    let plan = minute().ending(7).failing_for(["ecc-3"]);
    let cloud = cloud(plan).await;
    let followed = restarted(&cloud, &target(&[])).await;
    cloud.sim.advance_clock(SignedDuration::from_secs(61));
    let report = cloud.caller.poll(&target(&[]), &followed).await.unwrap();
    assert_eq!(
        (report.state, report.status),
        (OrderState::PartlySucceeded, 7)
    );
    assert_eq!((report.total, report.succeeded, report.failed), (2, 1, 1));
    assert!(
        report.message.starts_with("EDAS-10002 "),
        "{}",
        report.message
    );
    let ledger = cloud.sim.ledger();
    assert_eq!(ledger.restarted_parts("edas", APP), ["ecc-1", "ecc-2"]);
}

#[tokio::test]
async fn each_end_has_its_state() {
    for (status, state) in [
        (3, OrderState::Failed),
        (10, OrderState::Failed),
        (6, OrderState::Aborted),
        (8, OrderState::WaitsForConfirmation),
        (9, OrderState::Running),
        (77, OrderState::Running),
    ] {
        let cloud = cloud(minute().ending(status)).await;
        let followed = restarted(&cloud, &target(&[])).await;
        cloud.sim.advance_clock(SignedDuration::from_secs(61));
        let report = cloud.caller.poll(&target(&[]), &followed).await.unwrap();
        assert_eq!(report.state, state, "{status}");
    }
}

#[tokio::test]
async fn an_abort_is_accepted_while_the_order_runs_and_refused_after_its_end() {
    let cloud = cloud(minute()).await;
    let followed = restarted(&cloud, &target(&[])).await;
    cloud.caller.abort(&target(&[]), &followed).await.unwrap();
    let report = cloud.caller.poll(&target(&[]), &followed).await.unwrap();
    assert_eq!(report.state, OrderState::Aborted);
    let error = cloud
        .caller
        .abort(&target(&[]), &followed)
        .await
        .unwrap_err();
    assert_eq!(error.code.as_deref(), Some("601"));
}

#[tokio::test]
async fn an_order_followed_without_a_baseline_must_be_listed_with_the_application() {
    let cloud = cloud(minute()).await;
    let mut followed = restarted(&cloud, &target(&[])).await;
    assert_eq!(followed.baseline, []);
    assert!(cloud.caller.poll(&target(&[]), &followed).await.is_ok());
    let another = Application::edas("another").with_plan(minute());
    cloud.sim.put_application(another);
    let order = cloud.sim.start_order(NewOrder::by_hand("another")).unwrap();
    let foreign = Following {
        order: OrderId(order),
        ..followed.clone()
    };
    let error = cloud.caller.poll(&target(&[]), &foreign).await.unwrap_err();
    assert_eq!(error.kind, Kind::NotFound);

    // With one, the order is known to be the application's, and one read is enough.
    followed.baseline = vec![OrderId("o-0".into())];
    let lists = || cloud.sim.inspect(|ledger| ledger.requests(LIST).len());
    let before = lists();
    assert!(cloud.caller.poll(&target(&[]), &followed).await.is_ok());
    assert_eq!(lists(), before);
}

#[tokio::test]
async fn an_answer_about_no_order_or_another_one_is_no_state() {
    let cloud = cloud(minute()).await;
    let followed = Following {
        baseline: vec![OrderId("o-0".into())],
        ..restarted(&cloud, &target(&[])).await
    };
    for (body, kind) in [
        (r#"{"Code":200}"#, Kind::NotFound),
        (r#"{"Code":200,"changeOrderInfo":null}"#, Kind::NotFound),
        (
            r#"{"Code":200,"changeOrderInfo":{"ChangeOrderId":"another","Status":2}}"#,
            Kind::Unexpected,
        ),
        (r#"{"Code":601,"Message":"x"}"#, Kind::Unexpected),
        ("{}", Kind::Unexpected),
        ("[]", Kind::Unexpected),
    ] {
        let answer = Fault::AnswerInstead(Canned::body(200, body));
        cloud.sim.inject(FaultRule::on(ORDER, answer));
        let error = cloud
            .caller
            .poll(&target(&[]), &followed)
            .await
            .unwrap_err();
        assert_eq!(error.kind, kind, "{body}");
    }
}

#[tokio::test]
async fn the_creator_of_an_order_is_learned_from_the_list() {
    let cloud = cloud(minute()).await;
    let whole = target(&[]);
    let followed = restarted(&cloud, &whole).await;
    let caller = &cloud.caller;
    let creator = async |order: &OrderId| {
        let creator = caller.provider.creator(&caller.access, &whole, order);
        creator.await.unwrap()
    };
    assert_eq!(
        creator(&followed.order).await.as_deref(),
        Some(cloudsim::DEFAULT_CREATOR)
    );
    assert_eq!(creator(&OrderId("no-such-order".into())).await, None);
}

#[tokio::test]
async fn a_target_of_another_product_never_leaves_the_process() {
    let cloud = cloud(minute()).await;
    let sae = crate::fixture::target();
    assert_eq!(
        cloud.caller.check(&sae).await.unwrap_err().delivery,
        Delivery::NotSent
    );
    let error = rejected(cloud.caller.submit_to(&sae, &intent()).await);
    assert_eq!(error.delivery, Delivery::NotSent);
    assert_eq!(cloud.sim.ledger().all_requests().len(), 0);
}
