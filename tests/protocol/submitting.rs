//! Rows 10 to 15: the one call and its answer.

use restart_operator::{
    api::{Answer as Stored, ConditionStatus, ConditionType, Phase},
    cloud::{
        error::{Delivery, Kind, Retry},
        permit::Mine,
        types::{Answer, Look, Match},
    },
    protocol::{
        absorb::{Done, Rivals},
        decide::{Step, Why},
        notice::EventReason,
        state::State,
    },
};
use serde_json::json;

use crate::life::{Life, accepted, at, candidate, error, lost};

#[test]
fn only_the_writer_of_an_unsent_intent_sends_it() {
    let mut life = Life::new(json!({}));
    let call = life.open();
    assert_eq!(
        (life.phase(), life.reason()),
        (Phase::Submitting, "Submitting")
    );
    assert_eq!(
        life.says(ConditionType::Submitted),
        (ConditionStatus::Unknown, "IntentRecorded")
    );
    assert_eq!(life.step(), Step::Submit(call.clone()));
    for not_ours in [Mine::Sent, Mine::NotMine] {
        life.mine = not_ours;
        assert_eq!(life.step(), Step::Resolve(call.clone()));
    }
}

#[test]
fn what_is_signed_is_what_is_stored() {
    let mut life = Life::new(json!({}));
    let call = life.open();
    let State::Intent {
        call: read,
        ambiguous: false,
    } = State::of(&life.object)
    else {
        panic!("no open intent");
    };
    assert_eq!(read, call);
}

#[test]
fn an_accepted_call_is_followed() {
    let mut life = Life::new(json!({}));
    life.wait_until(5);
    life.send(accepted());
    assert_eq!((life.phase(), life.reason()), (Phase::Running, "Running"));
    assert_eq!(
        life.says(ConditionType::Submitted),
        (ConditionStatus::True, "OrderAccepted")
    );
    assert_eq!(life.status().start_time.as_ref().unwrap().0, at(5));
    assert_eq!(
        life.status().attempt.as_ref().unwrap().answer,
        Some(Stored::Accepted)
    );
    assert_eq!(
        (life.writes, life.events.as_slice()),
        (2, &[EventReason::Submitted][..])
    );
}

#[test]
fn a_cancel_between_intent_and_call_withholds_the_call() {
    let mut life = Life::new(json!({}));
    let call = life.open();
    life.edit(json!({"cancel": true}));
    assert_eq!(life.step(), Step::Withhold(call.clone()));
    life.mine = Mine::Sent;
    let answer = Answer::Rejected(error(Kind::Transient, Delivery::NotSent, Retry::Later));
    life.absorb(&Done::Answered {
        attempt: call.attempt,
        answer,
        look: None,
    });
    assert_eq!(
        (life.phase(), life.reason()),
        (Phase::Cancelled, "CancelledBeforeSubmission")
    );
}

#[test]
fn a_permanent_rejection_ends_the_request_with_its_code() {
    for (kind, reason) in [
        (Kind::NotFound, "TargetNotFound"),
        (Kind::NotRunning, "TargetNotRunning"),
        (Kind::Mismatch, "TargetMismatch"),
        (Kind::Forbidden, "PermissionDenied"),
        (Kind::Billing, "Rejected"),
        (Kind::Invalid, "Rejected"),
    ] {
        let mut life = Life::new(json!({}));
        life.send(Answer::Rejected(error(
            kind,
            Delivery::Refused,
            Retry::Never,
        )));
        assert_eq!((life.phase(), life.reason()), (Phase::Failed, reason));
        assert_eq!(
            life.says(ConditionType::Submitted),
            (ConditionStatus::False, "Rejected")
        );
        assert!(life.message().contains("Some.Code") && life.message().contains("req-9"));
    }
}

#[test]
fn a_rejection_that_passes_leads_to_a_new_attempt_after_the_back_off() {
    let mut life = Life::new(json!({}));
    life.send(Answer::Rejected(error(
        Kind::Transient,
        Delivery::Refused,
        Retry::Later,
    )));
    assert_eq!(
        (life.phase(), life.reason()),
        (Phase::Pending, "BackingOff")
    );
    let not_before = life
        .status()
        .attempt
        .as_ref()
        .unwrap()
        .not_before
        .as_ref()
        .unwrap()
        .0;
    let wait = not_before.duration_since(at(0)).as_secs();
    assert!((9..=11).contains(&wait), "{wait}");
    assert!(matches!(
        life.step(),
        Step::Wait {
            why: Why::BackingOff,
            ..
        }
    ));
    life.now = not_before;
    life.look_at = None;
    assert_eq!(life.step(), Step::Check);
    let second = life.open();
    assert_eq!(second.number, 2);
}

#[test]
fn a_busy_target_and_a_used_up_quota_are_queued() {
    for (kind, reason) in [
        (Kind::Busy, "ForeignChangeOrder"),
        (Kind::Throttled, "Throttled"),
    ] {
        let mut life = Life::new(json!({}));
        life.send(Answer::Rejected(error(
            kind,
            Delivery::Refused,
            Retry::WhenFree,
        )));
        assert_eq!((life.phase(), life.reason()), (Phase::Queued, reason));
        assert!(life.look_at.unwrap() >= at(27));
    }
}

#[test]
fn attempts_end_at_the_back_off_limit() {
    let mut life = Life::new(json!({"backoffLimit": 1}));
    let rejection = || Answer::Rejected(error(Kind::Transient, Delivery::Refused, Retry::Later));
    life.send(rejection());
    assert_eq!(life.phase(), Phase::Pending);
    life.wait_until(60).send(rejection());
    assert_eq!(
        (life.phase(), life.reason()),
        (Phase::Failed, "BackoffLimitExceeded")
    );
}

#[test]
fn a_lost_answer_is_never_followed_by_a_call() {
    let mut life = Life::new(json!({}));
    let call = life.send(lost());
    assert_eq!(
        (life.phase(), life.reason()),
        (Phase::Resolving, "Resolving")
    );
    assert_eq!(
        life.status().attempt.as_ref().unwrap().answer,
        Some(Stored::Ambiguous)
    );
    assert_eq!(life.look_at, Some(at(3)));
    assert_eq!(life.wait_until(3).step(), Step::Resolve(call));
    assert_eq!(life.events, [EventReason::Resolving]);
}

#[test]
fn a_late_rejection_does_not_undo_an_ambiguous_answer() {
    let mut life = Life::new(json!({}));
    let call = life.send(lost());
    let answer = Answer::Rejected(error(Kind::Transient, Delivery::Refused, Retry::Later));
    life.absorb(&Done::Answered {
        attempt: call.attempt,
        answer,
        look: None,
    });
    assert_eq!(
        life.status().attempt.as_ref().unwrap().answer,
        Some(Stored::Ambiguous)
    );
    assert_eq!(life.phase(), Phase::Resolving);
}

#[test]
fn a_late_acceptance_is_taken() {
    let mut life = Life::new(json!({}));
    let call = life.send(lost());
    life.absorb(&Done::Answered {
        attempt: call.attempt,
        answer: accepted(),
        look: None,
    });
    assert_eq!(
        life.says(ConditionType::Submitted),
        (ConditionStatus::True, "OrderAccepted")
    );
}

#[test]
fn an_answer_to_another_intent_changes_nothing() {
    let mut life = Life::new(json!({}));
    life.open();
    let before = life.object.clone();
    let attempt = restart_operator::cloud::types::AttemptId("f".repeat(32));
    life.absorb(&Done::Answered {
        attempt,
        answer: accepted(),
        look: None,
    });
    assert_eq!(life.object, before);
}

#[test]
fn busy_with_our_own_order_is_adopted() {
    let mut life = Life::new(json!({}));
    let call = life.open();
    let look = Look {
        candidates: vec![candidate("o-1", Match::Verified)],
        complete: true,
        cloud_time: at(1),
    };
    life.absorb(&Done::Answered {
        attempt: call.attempt,
        answer: Answer::Rejected(error(Kind::Busy, Delivery::Refused, Retry::WhenFree)),
        look: Some((look, Rivals::default())),
    });
    assert_eq!(
        life.says(ConditionType::Submitted),
        (ConditionStatus::True, "OrderAdopted")
    );
    assert_eq!(life.events, [EventReason::Adopted]);
}

#[test]
fn suspend_after_the_call_is_answered() {
    let mut life = Life::new(json!({}));
    life.send(accepted());
    life.edit(json!({"suspend": true}));
    life.poll(crate::life::report(
        restart_operator::cloud::types::OrderState::Running,
        1,
    ));
    assert!(life.events.contains(&EventReason::SuspendIgnored));
    assert_eq!(life.status().observed_generation, 2);
}

#[test]
fn an_acceptance_that_comes_after_somebody_else_gave_up_is_the_better_knowledge() {
    let mut life = Life::new(json!({}));
    let call = life.open();
    life.look(&call, vec![candidate("o-1", Match::CreatorUnknown)]);
    assert_eq!(life.phase(), Phase::Unknown);
    life.absorb(&Done::Answered {
        attempt: call.attempt,
        answer: accepted(),
        look: None,
    });
    assert_eq!(life.phase(), Phase::Running);
    assert_eq!(
        life.says(ConditionType::Submitted),
        (ConditionStatus::True, "OrderAccepted")
    );
}
