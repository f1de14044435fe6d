//! Following a batch whose applications end differently, late, or not at all.

use std::time::Duration;

use cloudsim::{Canned, DEFAULT_CREATOR, Fault, FaultRule, Namespace, NewOrder, OrderPlan};
use restart_operator::cloud::{
    error::Kind,
    types::{Following, OrderId, OrderState, PartState},
};

use super::{LIST, NAMESPACE, app, cloud, ending, pass, poll, restarted, states, target};

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

/// Restarts of "b", to which the batch gave no order, and what is said of it in the end.
async fn unrestarted(learned: bool, others: &[NewOrder]) -> PartState {
    let mut cloud = cloud([app("a"), app("b")]).await;
    if !learned {
        cloud.caller.access.creators = vec![];
    }
    let namespace = Namespace::new(NAMESPACE).with_member_without_order("b");
    cloud.sim.put_namespace(namespace);
    let target = target(&["a", "b"]);
    let mut followed = restarted(&cloud, &target).await;
    for other in others {
        cloud.sim.start_order(other.clone()).unwrap();
        pass(&cloud, 61);
    }
    pass(&cloud, 190);
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!(report.parts[0].state, PartState::Succeeded);
    assert_eq!(report.state, OrderState::Unconfirmed);
    report.parts[1].state
}

#[tokio::test]
async fn somebody_elses_restart_of_a_member_is_not_the_batchs() {
    for learned in [true, false] {
        for other in [
            NewOrder::by_hand("b"),
            NewOrder::by_api("b", "290000000000000777"),
        ] {
            let state = unrestarted(learned, &[other]).await;
            assert_eq!(state, PartState::Unconfirmed, "learned {learned}");
        }
    }
}

#[tokio::test]
async fn of_two_restarts_that_could_be_the_batchs_neither_is_believed() {
    let other = || NewOrder::by_api("b", DEFAULT_CREATOR);
    let state = unrestarted(true, &[other(), other()]).await;
    assert_eq!(state, PartState::Unconfirmed);
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
    assert_eq!(
        states(&report),
        [PartState::Succeeded, PartState::Waiting, PartState::Waiting]
    );
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
