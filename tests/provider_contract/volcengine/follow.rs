//! Following a reboot: nothing is believed that was not seen, and looks share their reads.

use std::time::Duration;

use cloudsim::{Canned, Edit, Fault, FaultRule, Instance, NewEvent, RebootPlan};
use restart_operator::cloud::{
    Provider,
    error::Kind,
    types::{Following, OrderState, PartState},
};

use super::{EVENTS, Fleet, LIST, REBOOT, accepted, states, target};

#[tokio::test]
async fn a_reboot_is_followed_through_rebooting_to_its_end() {
    let fleet = Fleet::of(vec![Instance::running("i-a"), Instance::running("i-b")]).await;
    let target = target(&["i-a", "i-b"]);
    let mut following = fleet.reboot(&target).await;
    assert_eq!(states(&following.parts), [PartState::Waiting; 2]);

    fleet.pass(3);
    let report = fleet.poll(&target, &mut following).await;
    assert_eq!(report.state, OrderState::Running);
    assert_eq!(states(&report.parts), [PartState::Running; 2]);

    fleet.pass(8);
    let report = fleet.poll(&target, &mut following).await;
    assert_eq!(report.state, OrderState::Succeeded);
    assert_eq!((report.total, report.succeeded, report.failed), (2, 2, 0));
    assert_eq!(fleet.calls(EVENTS), 0);
    assert_eq!(fleet.calls(REBOOT), 1);
    assert_eq!((fleet.reboots("i-a"), fleet.reboots("i-b")), (1, 1));
}

#[tokio::test]
async fn a_missed_rebooting_is_decided_by_its_event() {
    for (event, state) in [
        ("Succeeded", OrderState::Succeeded),
        ("Failed", OrderState::Failed),
    ] {
        let plan = RebootPlan::lasting(Duration::from_secs(10))
            .by_way_of("RUNNING")
            .event_ending(event);
        let fleet = Fleet::of(vec![Instance::running("i-a").with_plan(plan)]).await;
        let target = target(&["i-a"]);
        let mut following = fleet.reboot(&target).await;
        fleet.pass(3);
        let report = fleet.poll(&target, &mut following).await;
        // The event is still going on.
        assert_eq!(report.state, OrderState::Running);
        assert_eq!(states(&report.parts), [PartState::Waiting]);
        fleet.pass(8);
        assert_eq!(fleet.poll(&target, &mut following).await.state, state);
    }
}

#[tokio::test]
async fn an_instance_that_was_only_ever_running_ends_unconfirmed() {
    let plan = RebootPlan::lasting(Duration::from_secs(1))
        .by_way_of("RUNNING")
        .without_event();
    let fleet = Fleet::of(vec![Instance::running("i-a").with_plan(plan)]).await;
    // A reboot by another, long before.
    fleet.sim.write_event(
        "i-a",
        NewEvent {
            kind: "RebootInstance".into(),
            status: "Succeeded".into(),
            age_ms: 120_000,
        },
    );
    let target = target(&["i-a"]);
    let mut following = fleet.reboot(&target).await;
    fleet.pass(298);
    let report = fleet.poll(&target, &mut following).await;
    assert_eq!(report.state, OrderState::Running);
    fleet.pass(3);
    let report = fleet.poll(&target, &mut following).await;
    assert_eq!(report.state, OrderState::Unconfirmed);
    assert_eq!(states(&report.parts), [PartState::Unconfirmed]);
}

#[tokio::test]
async fn events_that_cannot_be_read_now_conclude_nothing_and_forbidden_ones_are_none() {
    let plan = RebootPlan::lasting(Duration::from_secs(1)).by_way_of("RUNNING");
    for (http, code, state) in [
        (500, "InternalError", OrderState::Running),
        (429, "FlowLimitExceeded", OrderState::Running),
        (403, "AccessDenied", OrderState::Unconfirmed),
    ] {
        let fleet = Fleet::of(vec![Instance::running("i-a").with_plan(plan.clone())]).await;
        let fault = Fault::AnswerInstead(Canned::code(http, code));
        fleet.sim.inject(FaultRule::on(EVENTS, fault).always());
        let target = target(&["i-a"]);
        let mut following = fleet.reboot(&target).await;
        fleet.pass(301);
        let report = fleet.poll(&target, &mut following).await;
        assert_eq!(report.state, state, "{code}");
    }
}

#[tokio::test]
async fn a_stopped_instance_has_failed_only_at_the_second_look() {
    let plan = RebootPlan::lasting(Duration::from_secs(10)).ending("STOPPED");
    let fleet = Fleet::of(vec![Instance::running("i-a").with_plan(plan)]).await;
    let target = target(&["i-a"]);
    let mut following = fleet.reboot(&target).await;
    fleet.pass(11);
    let report = fleet.poll(&target, &mut following).await;
    assert_eq!(report.state, OrderState::Running);
    assert_eq!(report.parts[0].error.as_ref().unwrap().code, "STOPPED");
    // The same read again is no second look.
    let report = fleet.poll(&target, &mut following).await;
    assert_eq!((report.state, fleet.calls(LIST)), (OrderState::Running, 1));
    fleet.pass(5);
    let report = fleet.poll(&target, &mut following).await;
    assert_eq!(report.state, OrderState::Failed);
    assert_eq!(report.message, "i-a: the instance is STOPPED (STOPPED)");
}

#[tokio::test]
async fn instances_that_break_or_vanish_have_failed_and_the_others_have_not() {
    let ending = |id: &str, status: &str| {
        let plan = RebootPlan::lasting(Duration::from_secs(10)).ending(status);
        Instance::running(id).with_plan(plan)
    };
    let fleet = Fleet::of(vec![
        ending("i-a", "ERROR"),
        ending("i-b", "DELETING"),
        ending("i-c", ""),
        Instance::running("i-d"),
    ])
    .await;
    let target = target(&["i-a", "i-b", "i-c", "i-d"]);
    let mut following = fleet.reboot(&target).await;
    for seconds in [3, 8] {
        fleet.pass(seconds);
        fleet.poll(&target, &mut following).await;
    }
    let report = fleet.poll(&target, &mut following).await;
    assert_eq!(report.state, OrderState::PartlySucceeded);
    assert_eq!((report.total, report.succeeded, report.failed), (4, 1, 3));
}

#[tokio::test]
async fn an_instance_that_the_answer_leaves_out_stays_unconfirmed_whatever_is_seen() {
    let fleet = Fleet::of(vec![Instance::running("i-a"), Instance::running("i-b")]).await;
    let leave_out = Edit::set("/Result/OperationDetails/1/InstanceId", "i-z");
    fleet
        .sim
        .inject(FaultRule::on(REBOOT, Fault::mutate([leave_out])));
    let target = target(&["i-a", "i-b"]);
    let mut following = fleet.reboot(&target).await;
    let expected = [PartState::Waiting, PartState::Unconfirmed];
    assert_eq!(states(&following.parts), expected);
    for seconds in [3, 8] {
        fleet.pass(seconds);
        fleet.poll(&target, &mut following).await;
    }
    let expected = [PartState::Succeeded, PartState::Unconfirmed];
    assert_eq!(states(&following.parts), expected);
    let report = fleet.poll(&target, &mut following).await;
    assert_eq!(report.state, OrderState::Unconfirmed);
}

#[tokio::test]
async fn a_hundred_instances_are_one_call_and_one_look() {
    let names: Vec<String> = (1..=100).map(|n| format!("i-{n:03}")).collect();
    let fleet = Fleet::of(names.iter().map(Instance::running).collect()).await;
    let ids: Vec<&str> = names.iter().map(String::as_str).collect();
    let target = target(&ids);
    let check = fleet.check(&target).await.unwrap();
    assert_eq!(
        (check.instances, check.call.len() <= 1024),
        (Some(100), true)
    );
    let mut following = fleet.reboot(&target).await;
    for seconds in [3, 8] {
        fleet.pass(seconds);
        fleet.poll(&target, &mut following).await;
    }
    assert_eq!(states(&following.parts), [PartState::Succeeded; 100]);
    assert_eq!((fleet.calls(REBOOT), fleet.calls(LIST)), (1, 3));
    assert_eq!(fleet.sim.ledger().restarts().len(), 100);
}

#[tokio::test]
async fn a_list_that_is_missing_from_its_answer_does_not_mean_that_instances_are_gone() {
    let fleet = Fleet::of(vec![Instance::running("i-a")]).await;
    let target = target(&["i-a"]);
    let following = fleet.reboot(&target).await;
    fleet.pass(3);
    for edit in [
        Edit::remove("/Result"),
        Edit::remove("/Result/Instances"),
        Edit::set("/Result/Instances", "none"),
        Edit::remove("/ResponseMetadata"),
    ] {
        let fault = Fault::mutate([edit.clone()]);
        fleet.sim.inject(FaultRule::on(LIST, fault));
        let poll = fleet.provider.poll(&fleet.access, &target, &following);
        assert_eq!(poll.await.unwrap_err().kind, Kind::Unexpected, "{edit:?}");
        fleet.pass(3);
    }
}

#[tokio::test]
async fn looks_at_about_the_same_time_share_one_read() {
    let fleet = Fleet::of(vec![
        Instance::running("i-a"),
        Instance::running("i-b"),
        Instance::running("i-c"),
    ])
    .await;
    let targets = [target(&["i-a"]), target(&["i-b"]), target(&["i-c"])];
    let mut followed = Vec::new();
    for (target, token) in targets.iter().zip(["1", "2", "3"]) {
        let call = fleet.intent(token);
        let accepted = accepted(fleet.submit(target, &call).await);
        followed.push(Following {
            order: accepted.order,
            started: call.signed_at,
            baseline: vec![],
            parts: accepted.parts,
            named: false,
            taken: vec![],
        });
    }
    // The first who looks does not know of the others yet; the second asks for all.
    for reads in [2, 3] {
        fleet.pass(3);
        let looks = targets
            .iter()
            .zip(&followed)
            .map(|(target, following)| fleet.provider.poll(&fleet.access, target, following));
        for report in futures::future::join_all(looks).await {
            assert_eq!(states(&report.unwrap().parts), [PartState::Running]);
        }
        assert_eq!(fleet.calls(LIST), reads);
    }
}

#[tokio::test]
async fn a_read_that_another_request_spoils_is_made_again_alone() {
    let fleet = Fleet::of(vec![Instance::running("i-a"), Instance::running("i-b")]).await;
    let (mine, other) = (target(&["i-a"]), target(&["i-b"]));
    let mut following = fleet.reboot(&mine).await;
    let call = fleet.intent("other");
    accepted(fleet.submit(&other, &call).await);
    let spoils = Fault::AnswerInstead(Canned::code(403, "AccessDenied"));
    fleet
        .sim
        .inject(FaultRule::on(LIST, spoils).app("i-b").always());
    fleet.pass(3);
    let refused = Following {
        started: call.signed_at,
        ..following.clone()
    };
    let look = fleet.provider.poll(&fleet.access, &other, &refused);
    assert_eq!(look.await.unwrap_err().kind, Kind::Forbidden);
    fleet.pass(3);
    let report = fleet.poll(&mine, &mut following).await;
    assert_eq!(states(&report.parts), [PartState::Running]);
}
