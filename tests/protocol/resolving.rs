//! Rows 16 to 21 and 30: finding out by looking.

use restart_operator::{
    api::{ConditionStatus, ConditionType, Phase},
    cloud::{
        error::{Delivery, Kind, Retry},
        types::{Look, Match, OrderState, Submission},
    },
    protocol::{
        absorb::{Done, Rivals},
        decide::Step,
        notice::EventReason,
    },
};
use serde_json::json;

use crate::life::{Life, at, candidate, error, lost, order, report};

/// The window of the first attempt: 900 s of signature, 60 s of skew, 120 s of settling.
const CLOSES: i64 = 1080;

fn unanswered() -> (Life, Submission) {
    let mut life = Life::new(json!({}));
    let call = life.send(lost());
    (life, call)
}

fn resolve(life: &mut Life, call: &Submission, look: Look, rivals: Rivals) {
    life.absorb(&Done::Resolved {
        attempt: call.attempt.clone(),
        look: Ok(look),
        rivals,
    });
}

#[test]
fn one_verified_order_is_adopted() {
    let (mut life, call) = unanswered();
    life.wait_until(3)
        .look(&call, vec![candidate("o-1", Match::Verified)]);
    assert_eq!((life.phase(), life.reason()), (Phase::Running, "Running"));
    assert_eq!(
        life.says(ConditionType::Submitted),
        (ConditionStatus::True, "OrderAdopted")
    );
    assert_eq!(life.events, [EventReason::Resolving, EventReason::Adopted]);
    assert_eq!(life.status().start_time.as_ref().unwrap().0, at(0));
}

#[test]
fn nothing_listed_proves_nothing_before_the_window_closes() {
    let (mut life, call) = unanswered();
    life.wait_until(3).look(&call, vec![]);
    let writes = life.writes;
    for seconds in [10, 30, 60, CLOSES - 1] {
        life.wait_until(seconds).look(&call, vec![]);
        assert_eq!(life.phase(), Phase::Resolving);
    }
    assert_eq!(
        life.writes, writes,
        "a look that finds nothing new is no write"
    );
    assert_eq!(life.look_at, Some(at(CLOSES)));
}

#[test]
fn nothing_listed_after_the_window_is_not_executed() {
    let (mut life, call) = unanswered();
    life.wait_until(CLOSES).look(&call, vec![]);
    assert_eq!(
        (life.phase(), life.reason()),
        (Phase::NotExecuted, "NotExecuted")
    );
    assert_eq!(
        life.says(ConditionType::Submitted),
        (ConditionStatus::False, "NotExecuted")
    );
}

#[test]
fn the_clouds_clock_closes_the_window_and_not_ours_alone() {
    let (mut life, call) = unanswered();
    life.wait_until(CLOSES + 30);
    let early = Look {
        candidates: vec![],
        complete: true,
        cloud_time: at(CLOSES - 1),
        notes: vec![],
    };
    resolve(&mut life, &call, early, Rivals::default());
    assert_eq!(life.phase(), Phase::Resolving);
    assert!(life.look_at.is_some());
}

#[test]
fn a_cancelled_call_that_was_not_executed_is_cancelled() {
    let (mut life, call) = unanswered();
    life.edit(json!({"cancel": true}));
    life.wait_until(CLOSES).look(&call, vec![]);
    assert_eq!(
        (life.phase(), life.reason()),
        (Phase::Cancelled, "CancelledBeforeSubmission")
    );
}

#[test]
fn what_cannot_be_told_apart_is_unknown_and_names_what_was_seen() {
    let verified = || candidate("o-1", Match::Verified);
    for (candidates, complete, when) in [
        (vec![verified(), candidate("o-2", Match::Verified)], true, 3),
        (vec![candidate("o-1", Match::CreatorUnknown)], true, 3),
        (vec![candidate("o-1", Match::NotStarted)], true, CLOSES),
        (vec![], false, CLOSES),
    ] {
        let (mut life, call) = unanswered();
        life.wait_until(when);
        let seen = !candidates.is_empty();
        let look = Look {
            candidates,
            complete,
            cloud_time: life.now,
            notes: vec![],
        };
        resolve(&mut life, &call, look, Rivals::default());
        assert_eq!(
            (life.phase(), life.reason()),
            (Phase::Unknown, "OutcomeUnknown")
        );
        assert_eq!(life.says(ConditionType::Finished).0, ConditionStatus::False);
        assert_eq!(life.says(ConditionType::Stalled).0, ConditionStatus::True);
        assert_eq!(
            life.message().contains("o-1 CoRestartApplication by 12345"),
            seen
        );
        assert!(life.message().contains("spec.resolution"));
        assert_eq!(life.step(), Step::Rest, "Unknown calls nothing");
    }
}

#[test]
fn an_order_that_has_not_started_is_looked_at_again() {
    let (mut life, call) = unanswered();
    life.wait_until(3)
        .look(&call, vec![candidate("o-1", Match::NotStarted)]);
    assert_eq!(life.phase(), Phase::Resolving);
    life.wait_until(10)
        .look(&call, vec![candidate("o-1", Match::Verified)]);
    assert_eq!(life.phase(), Phase::Running);
}

#[test]
fn an_order_of_another_request_is_no_candidate() {
    let (mut life, call) = unanswered();
    life.wait_until(3);
    let look = Look {
        candidates: vec![
            candidate("o-1", Match::Verified),
            candidate("o-2", Match::Verified),
        ],
        complete: true,
        cloud_time: life.now,
        notes: vec![],
    };
    let rivals = Rivals {
        recorded: vec![order("o-2")],
        unresolved: None,
    };
    resolve(&mut life, &call, look, rivals);
    assert_eq!(
        life.status().change_order.as_ref().unwrap().id.as_deref(),
        Some("o-1")
    );
}

#[test]
fn an_order_that_another_request_looks_for_too_is_not_adopted() {
    let (mut life, call) = unanswered();
    life.wait_until(3);
    let look = Look {
        candidates: vec![candidate("o-1", Match::Verified)],
        complete: true,
        cloud_time: life.now,
        notes: vec![],
    };
    let rivals = Rivals {
        recorded: vec![],
        unresolved: Some("other".into()),
    };
    resolve(&mut life, &call, look, rivals);
    assert_eq!(life.phase(), Phase::Unknown);
}

#[test]
fn a_list_that_cannot_be_read_is_tried_for_an_hour_after_the_window() {
    let (mut life, call) = unanswered();
    let fails = Done::Resolved {
        attempt: call.attempt,
        look: Err(error(Kind::Transient, Delivery::Unknown, Retry::Later)),
        rivals: Rivals::default(),
    };
    for seconds in [3, CLOSES, CLOSES + 3599] {
        life.wait_until(seconds).absorb(&fails);
        assert_eq!(life.phase(), Phase::Resolving);
        assert!(life.look_at.is_some());
    }
    life.wait_until(CLOSES + 3600).absorb(&fails);
    assert_eq!(life.phase(), Phase::Unknown);
}

fn unknown() -> Life {
    let (mut life, call) = unanswered();
    life.wait_until(3)
        .look(&call, vec![candidate("o-1", Match::CreatorUnknown)]);
    life
}

#[test]
fn a_person_names_the_order() {
    let mut life = unknown();
    life.edit(json!({"resolution": {"adopt": "o-1"}}));
    assert_eq!(life.step(), Step::Adopt(order("o-1")));
    life.absorb(&Done::Adopted {
        order: order("o-1"),
        report: Ok(report(OrderState::Running, 1)),
        taken_by: None,
    });
    assert_eq!(life.phase(), Phase::Running);
    assert_eq!(life.events.last(), Some(&EventReason::ResolutionApplied));
    life.poll(report(OrderState::Succeeded, 2));
    assert_eq!(life.phase(), Phase::Succeeded);
}

#[test]
fn a_wrong_order_is_refused_and_the_request_stays_unknown() {
    let wrong = |change: fn(&mut restart_operator::cloud::types::OrderReport)| {
        let mut report = report(OrderState::Running, 1);
        change(&mut report);
        report
    };
    for (report, taken_by) in [
        (wrong(|report| report.same_target = false), None),
        (wrong(|report| report.kind = "CoDeploy".into()), None),
        (wrong(|_| ()), Some("other".to_owned())),
    ] {
        let mut life = unknown();
        life.edit(json!({"resolution": {"adopt": "o-1"}}));
        life.absorb(&Done::Adopted {
            order: order("o-1"),
            report: Ok(report),
            taken_by,
        });
        assert_eq!(life.phase(), Phase::Unknown);
        assert_eq!(life.events.last(), Some(&EventReason::ResolutionRefused));
        assert_eq!(life.status().observed_generation, 2);
    }
}

#[test]
fn a_persons_not_executed_counts_once_the_signature_has_expired() {
    let mut life = unknown();
    life.edit(json!({"resolution": {"notExecuted": true}}));
    life.wait_until(959).follow();
    assert_eq!(life.phase(), Phase::Unknown);
    assert_eq!(life.look_at, Some(at(960)));
    life.wait_until(960).follow();
    assert_eq!(
        (life.phase(), life.reason()),
        (Phase::NotExecuted, "ResolvedNotExecuted")
    );
}
