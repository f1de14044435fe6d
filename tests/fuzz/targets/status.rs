//! Any stored RestartRequest, as JSON: what state it is in, and what follows from it.

use jiff::{SignedDuration, Timestamp};
use restart_operator::{
    api::RestartRequest,
    cloud::permit::Mine,
    protocol::{
        absorb::{Done, absorb, is_edited, waiting_since},
        backoff::Hints,
        decide::{Abilities, Controls, Seen, Snapshot, Step, Turn, decide, start_deadline},
        policy::Policy,
        state::{self, State},
        target,
    },
};

pub(crate) fn stored_requests(data: &[u8]) {
    let Ok(object) = serde_json::from_slice::<RestartRequest>(data) else {
        return;
    };
    let signed = super::call().signed_at;
    for seconds in [-3_600, 0, 60, 1_200, 100_000] {
        let now = signed + SignedDuration::from_secs(seconds);
        for mine in [Mine::NotMine, Mine::Unsent, Mine::Sent] {
            follow(&object, mine, now);
        }
    }
}

fn follow(object: &RestartRequest, mine: Mine, now: Timestamp) {
    let policy = Policy::default();
    let state = State::of(object);
    let step = decide(&snapshot(object, &state, mine, now), now, &policy);
    let done = match step.clone() {
        Step::Wait { until, why } => Done::Waited { until, why },
        Step::Settle(ending) => Done::Settled(ending),
        Step::Rest
        | Step::Check
        | Step::OpenIntent { .. }
        | Step::Submit(_)
        | Step::Withhold(_)
        | Step::TakeOver(_)
        | Step::Resolve(_)
        | Step::Poll(_)
        | Step::Abort(_)
        | Step::Adopt(_)
        | Step::Delete => Done::Rested,
    };
    may_be_done(&state, mine, &step);
    let next = absorb(object, &done, now, &policy, Hints::default());
    let mut stored = object.clone();
    stored.status = Some(next.status.clone());
    let again = absorb(&stored, &done, now, &policy, Hints::default());
    assert_eq!(again.status, next.status, "absorbing twice is not once");
    if state == State::Finished {
        assert_eq!(State::of(&stored), State::Finished, "an end is final");
    }
    if let (Some(before), Some(after)) = (attempt(object), attempt(&stored)) {
        assert_eq!(before, after, "without a call the attempt stays");
    } else {
        assert_eq!(attempt(object).is_some(), attempt(&stored).is_some());
    }
}

/// A call is sent for an open intent that is ours and unsent, and for nothing else.
fn may_be_done(state: &State, mine: Mine, step: &Step) {
    match (state, step) {
        (State::Intent { .. }, Step::Submit(_)) => assert_eq!(mine, Mine::Unsent),
        (_, Step::Submit(_)) => panic!("a call without an intent"),
        (State::Finished, step) => assert!(matches!(
            step,
            Step::Rest | Step::Delete | Step::Wait { .. }
        )),
        (State::Waiting { .. }, step) => assert!(!matches!(
            step,
            Step::TakeOver(_) | Step::Withhold(_) | Step::Resolve(_) | Step::Poll(_)
        )),
        _ => {}
    }
}

fn attempt(object: &RestartRequest) -> Option<&restart_operator::api::Attempt> {
    object.status.as_ref()?.attempt.as_ref()
}

fn snapshot(object: &RestartRequest, state: &State, mine: Mine, now: Timestamp) -> Snapshot {
    let spec = &object.spec;
    let status = object.status.as_ref();
    let has_order = status.is_some_and(|status| status.change_order.is_some());
    Snapshot {
        state: state.clone(),
        controls: Controls {
            suspend: spec.suspend,
            cancel: spec.cancel,
            deleting: object.metadata.deletion_timestamp.is_some(),
            dry_run: spec.dry_run,
            resolution: None,
            delete_at: None,
        },
        created: state::created(object),
        start_before: spec.start_before.as_ref().map(|time| time.0),
        start_deadline: start_deadline(waiting_since(object, now), spec.start_deadline_seconds),
        restored: false,
        mine,
        abilities: Abilities {
            token: target::has_token(&spec.target),
            abort: target::can_abort(&spec.target),
            by_word: target::takes_a_word(&spec.target, has_order),
        },
        turn: Turn::Ours,
        look_at: None,
        edited: is_edited(object),
        seen: Seen::default(),
    }
}
