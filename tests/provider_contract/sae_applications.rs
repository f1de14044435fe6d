//! SAE `BatchRestartApplications`: one call, judged by the orders of its applications.

use std::time::Duration;

use cloudsim::{
    Application, ApplicationStatus, Canned, Fault, FaultRule, Namespace, NewOrder, OrderPlan,
};
use jiff::SignedDuration;
use restart_operator::cloud::{
    error::{Delivery, Kind, Retry},
    types::{
        Answer, Following, OrderId, OrderReport, OrderState, PartState, SaeApplications,
        Submission, Target,
    },
};

use crate::fixture::{Cloud, ambiguous, following, intent};

const NAMESPACE: &str = "cn-hangzhou:shop";
const RESTART: &str = "BatchRestartApplications";
const LIST: &str = "ListChangeOrders";
const ORDER: &str = "DescribeChangeOrder";

fn target(ids: &[&str]) -> Target {
    Target::SaeApplications(SaeApplications {
        region: "cn-hangzhou".into(),
        namespace_id: NAMESPACE.into(),
        app_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
    })
}

fn app(id: &str) -> Application {
    let plan = OrderPlan::lasting(Duration::from_secs(60));
    Application::running(id)
        .in_namespace(NAMESPACE)
        .with_plan(plan)
}

fn ending(id: &str, status: i64) -> Application {
    let plan = OrderPlan::lasting(Duration::from_secs(60)).ending(status);
    app(id).with_plan(plan)
}

async fn cloud(apps: impl IntoIterator<Item = Application>) -> Cloud {
    let cloud = Cloud::start().await;
    cloud.sim.freeze_clock();
    for app in apps {
        cloud.sim.put_application(app);
    }
    cloud
}

fn pass(cloud: &Cloud, seconds: i64) {
    cloud.sim.advance_clock(SignedDuration::from_secs(seconds));
}

/// A batch that was checked and accepted, with its baseline, as the core stores it.
async fn restarted(cloud: &Cloud, target: &Target) -> Following {
    let check = cloud.caller.check(target).await.unwrap();
    let call = Submission {
        baseline: check.baseline,
        ..intent()
    };
    let order = cloud.caller.restart_of(target, &call).await;
    following(&order, &call)
}

/// A look whose parts are stored, as the core does.
async fn poll(cloud: &Cloud, target: &Target, followed: &mut Following) -> OrderReport {
    let report = cloud.caller.poll(target, followed).await.unwrap();
    followed.parts.clone_from(&report.parts);
    report
}

fn states(report: &OrderReport) -> Vec<PartState> {
    report.parts.iter().map(|part| part.state).collect()
}

fn requests(cloud: &Cloud, action: &str) -> usize {
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

#[tokio::test]
async fn the_baseline_has_the_namespaces_order_and_one_of_each_application() {
    let cloud = cloud([app("a"), app("b")]).await;
    let target = target(&["a", "b"]);
    let followed = restarted(&cloud, &target).await;
    pass(&cloud, 61);
    let check = cloud.caller.check(&target).await.unwrap();
    let ledger = cloud.sim.ledger();
    let members = ledger.restarts_of_batch(&followed.order.0);
    let expected: Vec<OrderId> = std::iter::once(followed.order.clone())
        .chain(members.iter().map(|one| OrderId(one.order.clone())))
        .collect();
    assert_eq!(check.baseline, expected);

    // The old orders are not taken for the new ones.
    let mut again = restarted(&cloud, &target).await;
    let report = poll(&cloud, &target, &mut again).await;
    assert_eq!(states(&report), [PartState::Running; 2]);
    for part in &report.parts {
        assert!(!expected.contains(part.order.as_ref().unwrap()));
    }
}

#[tokio::test]
async fn one_bad_member_ends_the_whole_request_before_anything_is_sent() {
    let elsewhere = Application::running("elsewhere");
    let stopped = app("stopped").with_status(ApplicationStatus::Stopped);
    let unknown = app("unknown").with_status(ApplicationStatus::Unknown);
    let cloud = cloud([app("a"), elsewhere, stopped, unknown]).await;
    for (ids, kind, delivery, named) in [
        (
            &["a", "nobody"][..],
            Kind::NotFound,
            Delivery::Refused,
            "nobody",
        ),
        (
            &["a", "elsewhere"],
            Kind::Mismatch,
            Delivery::Refused,
            "elsewhere",
        ),
        (
            &["a", "stopped"],
            Kind::NotRunning,
            Delivery::Refused,
            "stopped",
        ),
        (
            &["a", "unknown"],
            Kind::Transient,
            Delivery::Unknown,
            "unknown",
        ),
    ] {
        let error = cloud.caller.check(&target(ids)).await.unwrap_err();
        assert_eq!((error.kind, error.delivery), (kind, delivery), "{ids:?}");
        assert!(error.message.contains(named), "{}", error.message);
    }
    let Target::SaeApplications(batch) = target(&["a"]) else {
        panic!("not a batch")
    };
    let nowhere = Target::SaeApplications(SaeApplications {
        namespace_id: "cn-hangzhou:nowhere".into(),
        ..batch
    });
    let error = cloud.caller.check(&nowhere).await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("InvalidNamespaceId.NotFound"));
    assert_eq!((error.kind, error.retry), (Kind::NotFound, Retry::Never));
}

#[tokio::test]
async fn a_busy_member_is_waited_for() {
    let cloud = cloud([app("a"), app("b")]).await;
    let deploy = NewOrder::by_hand("b").of_type("CoDeploy");
    let id = cloud.sim.start_order(deploy).unwrap();
    let check = cloud.caller.check(&target(&["a", "b"])).await.unwrap();
    let running = check.running.unwrap();
    assert_eq!((running.id.0, running.kind.as_str()), (id, "CoDeploy"));
}

#[tokio::test]
async fn fifty_applications_are_found_among_hundreds() {
    let ids: Vec<String> = (0..250).map(|number| format!("app-{number:03}")).collect();
    let cloud = cloud(ids.iter().map(|id| app(id))).await;
    let chosen: Vec<&str> = ids[200..].iter().map(String::as_str).collect();
    let target = target(&chosen);
    let mut followed = restarted(&cloud, &target).await;
    assert_eq!(requests(&cloud, "ListApplications"), 3);
    assert_eq!(cloud.restarts(), 50);
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!((report.total, report.state), (50, OrderState::Running));
    // One read of the parent and one of each application: none is read twice.
    assert_eq!(requests(&cloud, ORDER), 1);
    pass(&cloud, 61);
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!(
        (report.succeeded, report.state),
        (50, OrderState::Succeeded)
    );
    assert_eq!(requests(&cloud, ORDER), 52);
}

#[tokio::test]
async fn applications_that_fail_make_the_end_partial_or_failed() {
    for (a, b, state, detail) in [
        (
            2,
            3,
            OrderState::PartlySucceeded,
            [PartState::Succeeded, PartState::Failed],
        ),
        (
            6,
            2,
            OrderState::PartlySucceeded,
            [PartState::Aborted, PartState::Succeeded],
        ),
        (
            3,
            10,
            OrderState::Failed,
            [PartState::Failed, PartState::Failed],
        ),
    ] {
        let cloud = cloud([ending("a", a), ending("b", b)]).await;
        let target = target(&["a", "b"]);
        let mut followed = restarted(&cloud, &target).await;
        pass(&cloud, 61);
        let report = poll(&cloud, &target, &mut followed).await;
        assert_eq!((report.state, states(&report)), (state, detail.to_vec()));
        let of_b = report
            .parts
            .iter()
            .filter(|part| part.state == PartState::Failed);
        for part in of_b {
            assert!(!part.error.as_ref().unwrap().message.is_empty());
        }
    }
}

#[tokio::test]
async fn a_parent_that_says_success_makes_none() {
    let cloud = cloud([app("a"), ending("b", 3)]).await;
    cloud.sim.put_namespace(Namespace {
        parent_plan: Some(OrderPlan::lasting(Duration::from_secs(10)).ending(2)),
        ..Namespace::new(NAMESPACE)
    });
    let target = target(&["a", "b"]);
    let mut followed = restarted(&cloud, &target).await;
    pass(&cloud, 11);
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!((report.state, report.status), (OrderState::Running, 2));
    pass(&cloud, 300);
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!(report.state, OrderState::PartlySucceeded);
}

#[tokio::test]
async fn a_parent_that_says_failure_does_not_hide_that_all_succeeded() {
    let cloud = cloud([app("a"), app("b")]).await;
    cloud.sim.put_namespace(Namespace {
        parent_plan: Some(OrderPlan::lasting(Duration::from_secs(10)).ending(3)),
        ..Namespace::new(NAMESPACE)
    });
    let target = target(&["a", "b"]);
    let mut followed = restarted(&cloud, &target).await;
    pass(&cloud, 61);
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!((report.state, report.status), (OrderState::Succeeded, 3));
}

#[tokio::test]
async fn a_parent_that_cannot_be_read_is_found_in_the_namespaces_list() {
    let cloud = cloud([app("a")]).await;
    cloud.sim.put_namespace(Namespace {
        parent_described: false,
        parent_type: "msg.docker.app.actions.CoBatchRestartApplication".into(),
        ..Namespace::new(NAMESPACE)
    });
    let target = target(&["a"]);
    let mut followed = restarted(&cloud, &target).await;
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!((report.state, report.status), (OrderState::Running, 1));
    assert_eq!(report.kind, "CoBatchRestartApplication");
    assert!(report.same_target);
    pass(&cloud, 61);
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!(report.state, OrderState::Succeeded);

    let unknown = Following {
        order: OrderId("no-such-order".into()),
        ..followed
    };
    let error = cloud.caller.poll(&target, &unknown).await.unwrap_err();
    assert_eq!(error.kind, Kind::NotFound);
}

#[tokio::test]
async fn a_member_that_starts_late_is_waited_for() {
    let cloud = cloud([app("a"), app("b")]).await;
    let namespace = Namespace::new(NAMESPACE).with_late_member("b", 100_000);
    cloud.sim.put_namespace(Namespace {
        parent_plan: Some(OrderPlan::lasting(Duration::from_secs(10))),
        ..namespace
    });
    let target = target(&["a", "b"]);
    let mut followed = restarted(&cloud, &target).await;
    pass(&cloud, 90);
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!(states(&report), [PartState::Succeeded, PartState::Waiting]);
    assert_eq!(report.state, OrderState::Running);
    pass(&cloud, 30);
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!(states(&report), [PartState::Succeeded, PartState::Running]);
    pass(&cloud, 60);
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!(report.state, OrderState::Succeeded);
}

#[tokio::test]
async fn a_member_without_an_order_is_unconfirmed_two_minutes_after_the_parents_end() {
    let cloud = cloud([app("a"), app("b")]).await;
    let namespace = Namespace::new(NAMESPACE).with_member_without_order("b");
    cloud.sim.put_namespace(namespace);
    let target = target(&["a", "b"]);
    let mut followed = restarted(&cloud, &target).await;
    // The parent ends with its only member, after 60 s.
    pass(&cloud, 178);
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!(states(&report), [PartState::Succeeded, PartState::Waiting]);
    assert_eq!(report.state, OrderState::Running);
    pass(&cloud, 4);
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!(
        states(&report),
        [PartState::Succeeded, PartState::Unconfirmed]
    );
    assert_eq!(report.state, OrderState::Unconfirmed);
}

#[tokio::test]
async fn what_was_seen_to_its_end_is_not_judged_by_a_later_restart() {
    let cloud = cloud([app("a"), app("b")]).await;
    let namespace = Namespace::new(NAMESPACE).with_late_member("b", 100_000);
    cloud.sim.put_namespace(namespace);
    let target = target(&["a", "b"]);
    let mut followed = restarted(&cloud, &target).await;
    pass(&cloud, 61);
    poll(&cloud, &target, &mut followed).await;
    let failed = OrderPlan::lasting(Duration::from_secs(1)).ending(3);
    let by_hand = NewOrder::by_hand("a").with_plan(failed);
    cloud.sim.start_order(by_hand).unwrap();
    pass(&cloud, 120);
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!(report.state, OrderState::Succeeded);
}

#[tokio::test]
async fn each_poll_brings_the_batch_further_even_when_a_read_is_refused() {
    let cloud = cloud([app("a"), app("b"), app("c")]).await;
    let target = target(&["a", "b", "c"]);
    let mut followed = restarted(&cloud, &target).await;
    pass(&cloud, 61);
    let throttled = || Fault::AnswerInstead(Canned::code(400, "Throttling.User"));
    cloud.sim.inject(FaultRule::on(LIST, throttled()).nth(2));
    let report = poll(&cloud, &target, &mut followed).await;
    let waiting = PartState::Waiting;
    assert_eq!(states(&report), [PartState::Succeeded, waiting, waiting]);
    assert_eq!(report.state, OrderState::Running);

    cloud.sim.inject(FaultRule::on(LIST, throttled()));
    let error = cloud.caller.poll(&target, &followed).await.unwrap_err();
    assert_eq!(error.kind, Kind::Throttled);
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!(report.state, OrderState::Succeeded);
}

#[tokio::test]
async fn a_paused_batch_and_a_stuck_one_wait_for_a_person() {
    for (status, state) in [
        (8, OrderState::WaitsForConfirmation),
        (11, OrderState::WaitsForApproval),
    ] {
        let cloud = cloud([app("a")]).await;
        cloud.sim.put_namespace(Namespace {
            parent_plan: Some(OrderPlan::lasting(Duration::from_secs(1)).ending(status)),
            ..Namespace::new(NAMESPACE).with_member_without_order("a")
        });
        let target = target(&["a"]);
        let mut followed = restarted(&cloud, &target).await;
        pass(&cloud, 200);
        let report = poll(&cloud, &target, &mut followed).await;
        assert_eq!(report.state, state);
        assert_eq!(states(&report), [PartState::Waiting]);
    }
    let plan = OrderPlan::lasting(Duration::from_secs(1)).stuck();
    let cloud = cloud([app("a").with_plan(plan)]).await;
    let target = target(&["a"]);
    let mut followed = restarted(&cloud, &target).await;
    pass(&cloud, 60);
    // The list does not tell that an order stands still, the order does.
    poll(&cloud, &target, &mut followed).await;
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!(report.state, OrderState::NeedsAttention);
}

#[tokio::test]
async fn a_lost_answer_is_told_and_never_resolved() {
    let cloud = cloud([app("a"), app("b")]).await;
    let target = target(&["a", "b"]);
    let old = restarted(&cloud, &target).await;
    pass(&cloud, 61);
    let check = cloud.caller.check(&target).await.unwrap();
    let call = Submission {
        baseline: check.baseline,
        ..intent()
    };
    let empty = cloud.caller.look(&target, &call).await.unwrap();
    assert_eq!((empty.candidates, empty.notes), (vec![], vec![]));
    assert!(!empty.complete);

    cloud.sim.inject(FaultRule::on(RESTART, Fault::DropAfter));
    ambiguous(cloud.caller.submit_to(&target, &call).await);
    let parent = cloud.sim.orders_of_namespace(NAMESPACE)[0].id.clone();
    let look = cloud.caller.look(&target, &call).await.unwrap();
    assert_eq!(look.candidates, []);
    assert!(!look.complete);
    assert_eq!(look.cloud_time.as_second(), cloud.sim.now().as_second());
    let [of_namespace, of_a, of_b] = look.notes.as_slice() else {
        panic!("{:?}", look.notes)
    };
    assert!(of_namespace.starts_with(&format!("namespace: {parent}")));
    assert!(of_a.starts_with("a: ") && of_b.starts_with("b: "));
    assert!(!look.notes.iter().any(|note| note.contains(&old.order.0)));

    // What cannot be read is told too, and the rest is looked at all the same.
    let refused = Fault::AnswerInstead(Canned::code(403, "Forbidden.RAM"));
    cloud.sim.inject(FaultRule::on(LIST, refused));
    let look = cloud.caller.look(&target, &call).await.unwrap();
    assert_eq!(look.notes.len(), 3);
    assert!(look.notes[1].starts_with("a: ") && !look.notes[1].contains("CoRestart"));
}

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

#[tokio::test]
async fn the_creator_is_that_of_the_parent() {
    let cloud = cloud([app("a")]).await;
    let target = target(&["a"]);
    let followed = restarted(&cloud, &target).await;
    let caller = &cloud.caller;
    let creator = caller
        .provider
        .creator(&caller.access, &target, &followed.order);
    assert_eq!(
        creator.await.unwrap().as_deref(),
        Some(cloudsim::DEFAULT_CREATOR)
    );
}

#[tokio::test]
async fn each_class_of_refusal_is_told_apart() {
    for (http, code, kind, retry) in [
        (
            404,
            "InvalidNamespaceId.NotFound",
            Kind::NotFound,
            Some(Retry::Never),
        ),
        (
            400,
            "Invalid.App.List.Not.Same.Namespace",
            Kind::Mismatch,
            Some(Retry::Never),
        ),
        (
            400,
            "Mamespace.Have.No.Applications",
            Kind::Mismatch,
            Some(Retry::Never),
        ),
        (400, "user.indebt", Kind::Billing, Some(Retry::Never)),
        (400, "System.Upgrading", Kind::Transient, Some(Retry::Later)),
        (
            400,
            "Throttling.Api",
            Kind::Throttled,
            Some(Retry::WhenFree),
        ),
        (500, "InternalError", Kind::Transient, None),
        (400, "SomethingElse", Kind::Unexpected, None),
    ] {
        let cloud = cloud([app("a")]).await;
        let fault = Fault::AnswerInstead(Canned::code(http, code));
        cloud.sim.inject(FaultRule::on(RESTART, fault));
        let answer = cloud.caller.submit_to(&target(&["a"]), &intent()).await;
        match (retry, answer) {
            (Some(retry), Answer::Rejected(error)) => {
                assert_eq!((error.kind, error.retry), (kind, retry), "{code}");
            }
            (None, Answer::Ambiguous(error)) => assert_eq!(error.kind, kind, "{code}"),
            (_, answer) => panic!("{code}: {answer:?}"),
        }
    }
}
