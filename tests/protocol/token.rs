//! Section 8: a call with a token, which may be sent again; and parts that are told one by one.

use restart_operator::{
    api::{Answer as Stored, ConditionType, Phase, TargetState},
    cloud::{
        error::{Delivery, Kind, Retry},
        permit::Mine,
        types::{Acceptance, Answer, Look, OrderState, PartState, Submission},
    },
    protocol::{
        absorb::{Done, Rivals},
        decide::{Step, Why},
        notice::EventReason,
        state::State,
    },
};
use serde_json::{Value, json};

use crate::life::{Life, at, error, lost, order, part, report};

/// A request for two Volcengine instances, with a call that lives 120 s.
fn reboot(change: Value) -> Life {
    let mut spec = json!({"target": {
        "saeApplication": null,
        "volcengineInstances": {"instanceIds": ["i-1", "i-2"]},
    }});
    for (key, value) in change.as_object().unwrap() {
        spec[key] = value.clone();
    }
    let mut life = Life::new(spec);
    life.policy.signature_life = life.policy.signature_life_token;
    life
}

fn accepted(states: [PartState; 2]) -> Answer {
    accepted_with(&[("i-1", states[0]), ("i-2", states[1])])
}

fn accepted_with(parts: &[(&str, PartState)]) -> Answer {
    Answer::Accepted(Acceptance {
        order: order("call-1"),
        request_id: Some("call-1".into()),
        parts: parts.iter().map(|(id, state)| part(id, *state)).collect(),
    })
}

fn take_over(life: &mut Life, call: &Submission, id: char) -> Submission {
    let taken = Submission {
        attempt: restart_operator::cloud::types::AttemptId(id.to_string().repeat(32)),
        owned: call.owned + 1,
        ..call.clone()
    };
    let next = life.absorb(&Done::TakenOver {
        from: call.attempt.clone(),
        call: Box::new(taken.clone()),
        holder: "other".into(),
    });
    assert!(next.go_on);
    life.mine = Mine::Unsent;
    taken
}

#[test]
fn the_token_is_stored_in_place_of_a_nonce() {
    let mut life = reboot(json!({}));
    let call = life.open();
    let attempt = life.status().attempt.clone().unwrap();
    assert_eq!(attempt.client_token.as_deref(), Some(call.nonce.as_str()));
    assert_eq!(attempt.nonce, None);
    let State::Intent { call: read, .. } = State::of(&life.object) else {
        panic!("no intent")
    };
    assert_eq!(read, call);
}

#[test]
fn a_lost_answer_is_followed_by_the_same_call_after_a_takeover() {
    let mut life = reboot(json!({}));
    let call = life.send(lost());
    assert_eq!(
        life.look_at,
        Some(at(5)),
        "the call is left alone for a moment"
    );
    assert!(matches!(
        life.step(),
        Step::Wait {
            why: Why::AsBefore,
            ..
        }
    ));
    life.wait_until(5);
    assert_eq!(life.step(), Step::TakeOver(call.clone()));
    let again = take_over(&mut life, &call, 'b');
    assert_eq!((again.owned, again.signed_at), (1, call.signed_at));
    assert_eq!(
        again.nonce, call.nonce,
        "one token for the life of the request"
    );
    assert_eq!(life.status().attempt.as_ref().unwrap().answer, None);
    assert_eq!(life.step(), Step::Submit(again));
}

#[test]
fn the_intent_of_a_dead_process_is_taken_over_at_once() {
    let mut life = reboot(json!({}));
    let call = life.open();
    life.mine = Mine::NotMine;
    assert_eq!(life.step(), Step::TakeOver(call));
}

#[test]
fn nothing_is_sent_again_after_the_last_moment_to_send() {
    let mut life = reboot(json!({}));
    let call = life.send(lost());
    life.look_at = None;
    assert_eq!(life.wait_until(94).step(), Step::TakeOver(call.clone()));
    assert_eq!(life.wait_until(95).step(), Step::Resolve(call));
}

#[test]
fn nothing_is_sent_again_after_a_cancel() {
    let mut life = reboot(json!({}));
    let call = life.send(lost());
    life.edit(json!({"cancel": true}));
    assert_eq!(life.wait_until(10).step(), Step::Resolve(call));
}

#[test]
fn a_rejection_after_a_resend_is_not_definite() {
    let mut life = reboot(json!({}));
    let call = life.send(lost());
    let again = take_over(&mut life, &call, 'b');
    life.absorb(&Done::Answered {
        call: Box::new(again),
        answer: Answer::Rejected(error(Kind::Busy, Delivery::Refused, Retry::WhenFree)),
        look: None,
    });
    assert_eq!(life.phase(), Phase::Resolving);
    assert_eq!(
        life.status().attempt.as_ref().unwrap().answer,
        Some(Stored::Ambiguous)
    );
}

#[test]
fn the_answer_to_any_copy_of_the_call_counts() {
    let mut life = reboot(json!({}));
    let call = life.send(lost());
    take_over(&mut life, &call, 'b');
    life.absorb(&Done::Answered {
        call: Box::new(call),
        answer: accepted([PartState::Waiting, PartState::Waiting]),
        look: None,
    });
    assert_eq!(life.phase(), Phase::Running);
    let order = life.status().change_order.clone().unwrap();
    assert_eq!(
        (order.id, order.request_id.as_deref()),
        (None, Some("call-1"))
    );
}

#[test]
fn a_window_without_an_answer_ends_unknown_with_what_was_seen() {
    let mut life = reboot(json!({}));
    let call = life.send(lost());
    life.wait_until(300);
    life.absorb(&Done::Resolved {
        attempt: call.attempt,
        look: Ok(Look {
            candidates: vec![],
            complete: false,
            cloud_time: at(300),
            notes: vec!["event e-1 RebootInstance of i-1 Succeeded".into()],
        }),
        rivals: Rivals::default(),
    });
    assert_eq!(
        (life.phase(), life.reason()),
        (Phase::Unknown, "OutcomeUnknown")
    );
    assert!(life.message().contains("event e-1"), "{}", life.message());
    // A person's word is taken: there is no order to read.
    life.edit(json!({"resolution": {"adopt": "e-1"}}));
    life.follow();
    assert_eq!(
        (life.phase(), life.reason()),
        (Phase::Succeeded, "ResolvedExecuted")
    );
}

#[test]
fn what_was_seen_of_an_instance_is_written_at_once() {
    let mut life = reboot(json!({}));
    life.send(accepted([PartState::Waiting, PartState::Rejected]));
    let writes = life.writes;
    let mut seen = report(OrderState::Running, 0);
    seen.parts = vec![
        part("i-1", PartState::Running),
        part("i-2", PartState::Rejected),
    ];
    let polled = |report| Done::Polled {
        order: order("call-1"),
        report: Ok(report),
        progress_due: false,
    };
    life.absorb(&polled(seen.clone()));
    assert_eq!(life.writes, writes + 1, "evidence is not progress");
    assert_eq!(life.status().targets[0].state, TargetState::Running);
    seen.state = OrderState::PartlySucceeded;
    seen.parts[0].state = PartState::Succeeded;
    life.absorb(&polled(seen));
    assert_eq!(life.phase(), Phase::PartiallySucceeded);
}

#[test]
fn an_instance_that_was_not_seen_in_motion_is_looked_at_often() {
    let mut life = reboot(json!({}));
    life.send(accepted([PartState::Waiting, PartState::Waiting]));
    let mut looked_at = |state| {
        let mut seen = report(OrderState::Running, 0);
        seen.parts = vec![part("i-1", PartState::Running), part("i-2", state)];
        life.wait_until(200).absorb(&Done::Polled {
            order: order("call-1"),
            report: Ok(seen),
            progress_due: false,
        });
        life.look_at.unwrap()
    };
    assert_eq!(looked_at(PartState::Waiting), at(205));
    assert!(looked_at(PartState::Running) > at(210));
    // An order that can be read at any time is not looked at more often for that.
    let listed = json!({"target": {"saeApplication": null, "saeInstances": {
        "appId": "a", "instanceIds": ["i-1", "i-2"]}}});
    let mut life = Life::new(listed);
    life.send(accepted_with(&[("i-1", PartState::Waiting)]));
    life.wait_until(200).absorb(&Done::Polled {
        order: order("call-1"),
        report: Ok(report(OrderState::Running, 1)),
        progress_due: false,
    });
    assert!(life.look_at.unwrap() > at(210));
}

#[test]
fn an_instance_without_evidence_is_never_a_success() {
    let mut life = reboot(json!({}));
    life.send(accepted([PartState::Waiting, PartState::Waiting]));
    let mut silent = report(OrderState::Unconfirmed, 0);
    silent.parts = vec![
        part("i-1", PartState::Succeeded),
        part("i-2", PartState::Unconfirmed),
    ];
    life.wait_until(400).absorb(&Done::Polled {
        order: order("call-1"),
        report: Ok(silent),
        progress_due: true,
    });
    assert_eq!(
        (life.phase(), life.reason()),
        (Phase::Unknown, "OutcomeUnknown")
    );
    assert!(life.message().contains("i-2") && !life.message().contains("i-1,"));
    assert_eq!(
        life.condition(ConditionType::Succeeded).status.as_str(),
        "Unknown"
    );
}

#[test]
fn a_cancel_after_acceptance_is_told_to_be_too_late() {
    let mut life = reboot(json!({}));
    life.send(accepted([PartState::Waiting, PartState::Waiting]));
    life.edit(json!({"cancel": true}));
    assert!(
        matches!(life.step(), Step::Poll(_)),
        "there is nothing to abort"
    );
    let mut seen = report(OrderState::Running, 0);
    seen.parts = vec![
        part("i-1", PartState::Running),
        part("i-2", PartState::Waiting),
    ];
    life.absorb(&Done::Polled {
        order: order("call-1"),
        report: Ok(seen),
        progress_due: true,
    });
    assert_eq!((life.phase(), life.reason()), (Phase::Running, "Running"));
    assert!(life.events.contains(&EventReason::CancelTooLate));
}

#[test]
fn a_cancel_is_too_late_only_when_it_was_asked_for_and_the_call_was_accepted() {
    let mut life = reboot(json!({}));
    life.send(accepted([PartState::Waiting, PartState::Waiting]));
    life.edit(json!({"reason": "INC-7"}));
    life.absorb(&Done::Polled {
        order: order("call-1"),
        report: Ok(report(OrderState::Running, 0)),
        progress_due: true,
    });
    assert!(!life.events.contains(&EventReason::CancelTooLate));

    let mut life = reboot(json!({}));
    let call = life.send(lost());
    life.wait_until(10).edit(json!({"cancel": true}));
    life.look(&call, vec![]);
    assert_eq!(life.status().observed_generation, 2);
    assert!(!life.events.contains(&EventReason::CancelTooLate));
}

#[test]
fn a_batch_is_never_adopted_and_never_proved_not_executed() {
    let batch = json!({"target": {"saeApplication": null, "saeApplications": {
        "namespaceId": "cn-hangzhou", "appIds": ["a", "b"]}}});
    let mut life = Life::new(batch);
    let call = life.send(lost());
    assert_eq!(
        life.look_at,
        Some(at(120)),
        "it is looked at for the message only"
    );
    let nothing = |seconds| Done::Resolved {
        attempt: call.attempt.clone(),
        look: Ok(Look {
            candidates: vec![],
            complete: false,
            cloud_time: at(seconds),
            notes: vec!["order o-9 of a".into()],
        }),
        rivals: Rivals::default(),
    };
    life.wait_until(120).absorb(&nothing(120));
    assert_eq!(
        (life.phase(), life.look_at),
        (Phase::Resolving, Some(at(1080)))
    );
    life.wait_until(1080).absorb(&nothing(1080));
    assert_eq!(life.phase(), Phase::Unknown);
    assert!(life.message().contains("order o-9 of a"));
}
