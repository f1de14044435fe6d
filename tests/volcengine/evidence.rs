//! Every path of an instance through a reboot, and of a call through its instances.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use restart_operator::cloud::{
    types::{Following, OrderId, OrderState, Part, PartError, PartState},
    volcengine::{
        evidence::{Events, Sighting, judge, needs_events, notes, part, parts, report},
        wire::SystemEvent,
    },
};

use PartState::{Failed, Rejected, Running, Succeeded, Unconfirmed, Waiting};

fn start() -> Timestamp {
    "2026-11-22T08:00:00Z".parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    start() + SignedDuration::from_secs(seconds)
}

fn seen(seconds: i64, status: &str) -> Sighting {
    Sighting {
        at: after(seconds),
        status: Some(status.to_owned()),
    }
}

fn event(status: &str, created_at: &str) -> SystemEvent {
    SystemEvent {
        id: "e-1".into(),
        resource_id: "i-a".into(),
        kind: "RebootInstance".into(),
        status: status.into(),
        created_at: created_at.into(),
    }
}

fn in_state(state: PartState) -> Part {
    part("i-a".into(), state, None)
}

/// The states in which a part stands after each of these looks, without events.
fn path(looks: &[&str]) -> Vec<PartState> {
    let mut part = in_state(Waiting);
    let mut states = Vec::new();
    for (status, number) in looks.iter().zip(1..) {
        part = judge(
            part,
            &seen(5 * number, status),
            &Events::Read(vec![]),
            start(),
        );
        states.push(part.state);
    }
    states
}

#[test]
fn only_motion_and_then_running_is_success() {
    for (looks, last) in [
        (&["REBOOTING", "RUNNING"][..], Succeeded),
        (&["STOPPING", "RUNNING"], Succeeded),
        (&["STARTING", "RUNNING"], Succeeded),
        (&["RUNNING", "REBOOTING", "RUNNING"], Succeeded),
        (&["STOPPING", "STOPPED", "STARTING", "RUNNING"], Succeeded),
        (&["REBOOTING", "MIGRATING", "RUNNING"], Succeeded),
        (&["RUNNING", "RUNNING", "RUNNING"], Waiting),
        (&["CREATING", "RUNNING"], Waiting),
        (&["REBUILDING", "RUNNING"], Waiting),
        (&["RESIZING", "RUNNING"], Waiting),
        (&["MODIFYING_VPC", "RUNNING"], Waiting),
        (&["MIGRATING", "RUNNING"], Waiting),
        (&["", "RUNNING"], Waiting),
        (&["STOPPED", "RUNNING"], Waiting),
        (&["REBOOTING", "REBOOTING"], Running),
        (&["ERROR", "RUNNING"], Failed),
        (&["REBOOTING", "ERROR"], Failed),
        (&["DELETING"], Failed),
        (&["STOPPED"], Waiting),
        (&["REBOOTING", "STOPPED"], Running),
        (&["STOPPED", "STOPPED"], Failed),
        (&["STOPPED", "RUNNING", "STOPPED"], Waiting),
        (&["STOPPED", "MIGRATING", "STOPPED"], Waiting),
        (&["REBOOTING", "STOPPED", "STOPPED"], Failed),
    ] {
        assert_eq!(path(looks).last(), Some(&last), "{looks:?}");
    }
}

#[test]
fn a_vanished_instance_has_failed() {
    let gone = Sighting {
        at: after(3),
        status: None,
    };
    for state in [Waiting, Running] {
        let part = judge(in_state(state), &gone, &Events::Unavailable, start());
        assert_eq!(part.state, Failed);
        assert_eq!(part.error.unwrap().code, "NotFound");
    }
}

#[test]
fn one_read_is_one_look_however_often_it_is_shown() {
    let none = Events::Unavailable;
    let marked = judge(in_state(Waiting), &seen(5, "STOPPED"), &none, start());
    let again = judge(marked.clone(), &seen(5, "STOPPED"), &none, start());
    assert_eq!(again, marked);
    let second = judge(marked, &seen(6, "STOPPED"), &none, start());
    assert_eq!(second.state, Failed);
}

#[test]
fn a_running_instance_that_was_never_seen_in_motion_is_decided_by_its_newest_event() {
    let old = "2026-11-22T15:58:59+08:00"; // 61 s before, in the cloud's own offset
    let just = "2026-11-22T15:59:00+08:00";
    let later = "2026-11-22T08:00:30Z";
    for (events, state) in [
        (vec![event("Succeeded", just)], Succeeded),
        (vec![event("Failed", just)], Failed),
        (vec![event("Executing", just)], Waiting),
        (vec![event("Succeeded", old)], Unconfirmed),
        (vec![event("Failed", old)], Unconfirmed),
        (vec![event("Canceled", just)], Unconfirmed),
        (vec![event("Succeeded", "yesterday")], Unconfirmed),
        (vec![], Unconfirmed),
        (
            vec![event("Failed", just), event("Succeeded", later)],
            Succeeded,
        ),
        (
            vec![event("Failed", later), event("Succeeded", just)],
            Failed,
        ),
        (
            vec![event("Executing", later), event("Succeeded", later)],
            Waiting,
        ),
        (
            vec![SystemEvent {
                resource_id: "i-b".into(),
                ..event("Succeeded", just)
            }],
            Unconfirmed,
        ),
        (
            vec![SystemEvent {
                kind: "StopInstance".into(),
                ..event("Succeeded", just)
            }],
            Unconfirmed,
        ),
    ] {
        let events = Events::Read(events);
        let part = judge(in_state(Waiting), &seen(300, "RUNNING"), &events, start());
        assert_eq!(part.state, state, "{events:?}");
    }
}

#[test]
fn without_evidence_a_reboot_is_unconfirmed_after_five_minutes_and_not_before() {
    for (seconds, events, state) in [
        (299, Events::Read(vec![]), Waiting),
        (300, Events::Read(vec![]), Unconfirmed),
        (300, Events::Forbidden, Unconfirmed),
        (3000, Events::Unavailable, Waiting),
    ] {
        let part = judge(
            in_state(Waiting),
            &seen(seconds, "RUNNING"),
            &events,
            start(),
        );
        assert_eq!(part.state, state, "{seconds} {events:?}");
    }
    let moving = judge(
        in_state(Waiting),
        &seen(3000, "MIGRATING"),
        &Events::Read(vec![]),
        start(),
    );
    assert_eq!(moving.state, Waiting);
}

#[test]
fn events_are_asked_for_only_where_nothing_else_can_tell() {
    for (state, status, asks) in [
        (Waiting, "RUNNING", true),
        (Waiting, "REBOOTING", false),
        (Running, "RUNNING", false),
        (Rejected, "RUNNING", false),
    ] {
        assert_eq!(needs_events(&in_state(state), &seen(5, status)), asks);
    }
}

#[test]
fn what_an_answer_said_stays_with_an_instance_until_it_succeeds() {
    let unclear = Part {
        error: Some(PartError {
            code: "InternalError".into(),
            message: "fault".into(),
        }),
        ..in_state(Waiting)
    };
    let none = Events::Read(vec![]);
    let waits = judge(unclear.clone(), &seen(5, "RUNNING"), &none, start());
    assert_eq!(waits, unclear);
    let moves = judge(waits, &seen(10, "REBOOTING"), &none, start());
    assert!(moves.error.is_some());
    let ends = judge(moves, &seen(15, "RUNNING"), &none, start());
    assert_eq!((ends.state, ends.error), (Succeeded, None));
}

#[test]
fn a_call_stands_where_its_instances_stand() {
    for (states, state) in [
        (&[Waiting, Succeeded][..], OrderState::Running),
        (&[Running, Failed, Unconfirmed], OrderState::Running),
        (&[Succeeded, Succeeded], OrderState::Succeeded),
        (&[Succeeded, Rejected], OrderState::PartlySucceeded),
        (&[Succeeded, Failed], OrderState::PartlySucceeded),
        (&[Failed, Rejected], OrderState::Failed),
        (&[Unconfirmed, Succeeded], OrderState::Unconfirmed),
        (&[Unconfirmed, Failed], OrderState::Unconfirmed),
    ] {
        let report = report(states.iter().map(|state| in_state(*state)).collect());
        assert_eq!(report.state, state, "{states:?}");
        assert_eq!(usize::try_from(report.total).unwrap(), states.len());
        assert!(report.same_target);
    }
}

#[test]
fn parts_are_those_stored_and_waiting_where_none_is() {
    let following = Following {
        order: OrderId("r-1".into()),
        started: start(),
        baseline: vec![],
        parts: vec![part("i-z".into(), Failed, None), in_state(Running)],
        named: false,
        taken: vec![],
    };
    let found = parts(&["i-a".into(), "i-b".into()], &following);
    let expected = [in_state(Running), part("i-b".into(), Waiting, None)];
    assert_eq!(found, expected);
}

#[test]
fn a_look_without_an_answer_quotes_the_events() {
    let lines = notes(&[event("Succeeded", "2026-11-22T16:00:05+08:00")], start());
    assert_eq!(
        lines,
        ["i-a: system event e-1 RebootInstance Succeeded of 2026-11-22T16:00:05+08:00"]
    );
    assert_eq!(notes(&vec![event("Failed", "x"); 100], start()).len(), 20);
    assert!(notes(&[], start())[0].starts_with("no system event"));
}

proptest! {
    #[test]
    fn without_motion_and_without_an_event_nothing_ever_succeeds(
        looks in proptest::collection::vec(
            prop_oneof![
                Just("RUNNING"), Just("STOPPED"), Just("CREATING"), Just("RESIZING"), Just("X"),
            ],
            0..20,
        ),
    ) {
        prop_assert!(!path(&looks).contains(&Succeeded));
    }

    #[test]
    fn a_part_that_ended_stays_as_it_is(status in "[A-Z]{0,9}", seconds in 0i64..1000) {
        for state in [Succeeded, Failed, Rejected, Unconfirmed] {
            let part = judge(in_state(state), &seen(seconds, &status), &Events::Forbidden, start());
            prop_assert_eq!(part, in_state(state));
        }
    }
}
