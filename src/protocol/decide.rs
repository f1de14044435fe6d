//! What to do next: one arm per row of the protocol's table, first match wins.
//!
//! Reads nothing but its arguments and changes nothing.

use jiff::{SignedDuration, Timestamp};

use super::{
    policy::Policy,
    state::{Resolution, State},
};
use crate::{
    api::Reason,
    cloud::{
        permit::Mine,
        types::{Check, Following, OrderId, Submission},
    },
};

/// All that [`decide`] may know.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The stored facts.
    pub state: State,
    /// What the author asks for.
    pub controls: Controls,
    /// `metadata.creationTimestamp`.
    pub created: Timestamp,
    /// `spec.startBefore`.
    pub start_before: Option<Timestamp>,
    /// When the waiting time is over, unless suspended.
    pub start_deadline: Timestamp,
    /// The object came out of a backup without its status.
    pub restored: bool,
    /// Whose the open intent is.
    pub mine: Mine,
    /// What the target's product can do.
    pub abilities: Abilities,
    /// Whose turn it is on this target.
    pub turn: Turn,
    /// Not to look at the cloud again before this. `None`: now.
    pub look_at: Option<Timestamp>,
    /// The spec was edited since the last status write: look now.
    pub edited: bool,
    /// What this very pass found out.
    pub seen: Seen,
}

/// The fields of the spec that steer a request after its creation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of the spec")]
pub struct Controls {
    /// `spec.suspend`.
    pub suspend: bool,
    /// `spec.cancel`.
    pub cancel: bool,
    /// `metadata.deletionTimestamp` is set: somebody's finalizer holds the object.
    pub deleting: bool,
    /// `spec.dryRun`.
    pub dry_run: bool,
    /// `spec.resolution`.
    pub resolution: Option<Resolution>,
    /// When a finished request is to be deleted.
    pub delete_at: Option<Timestamp>,
}

/// What a target's product can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// The call carries a token: it may be sent again after a takeover.
    pub token: bool,
    /// An order can be aborted.
    pub abort: bool,
    /// A person's word about the outcome cannot be checked.
    pub by_word: bool,
}

/// Whose turn it is on a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nobody else's.
    Ours,
    /// Another request holds the target, or is before us.
    Held {
        /// Its name, or its UID when it lives in another namespace.
        by: String,
        /// 1 for the next in line.
        position: i32,
    },
}

/// Findings of this pass. They are never carried into a later one.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// A preflight that let the request through.
    pub check: Option<Check>,
    /// The cloud was asked to abort the order.
    pub abort_tried: bool,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Nothing, for ever or until an edit.
    Rest,
    /// Nothing before `until`.
    Wait {
        /// When to look again.
        until: Timestamp,
        /// What for.
        why: Why,
    },
    /// Preflight, by reads only.
    Check,
    /// Store the intent.
    OpenIntent {
        /// Number of the attempt.
        number: i32,
        /// What the preflight found.
        check: Box<Check>,
    },
    /// Send the restart call: the only step that may execute a restart.
    Submit(Submission),
    /// Give up the right to send, for ever.
    Withhold(Submission),
    /// Make an intent ours that has a token, to send the same call again.
    TakeOver(Submission),
    /// Look for the order of a call whose answer is not known.
    Resolve(Submission),
    /// Read the order.
    Poll(Following),
    /// Ask the cloud to abort the order.
    Abort(Following),
    /// Read the order that a person named.
    Adopt(OrderId),
    /// Write the end.
    Settle(Ending),
    /// Delete the finished object.
    Delete,
}

/// What a request waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// A person resumes it.
    Suspended,
    /// The back-off after a rejection.
    BackingOff,
    /// Another request of the same target.
    Held {
        /// See [`Turn::Held`].
        by: String,
        /// See [`Turn::Held`].
        position: i32,
    },
    /// What the last look was told to wait for; the status says it already.
    AsBefore,
    /// The end of the window, before which a person's "not executed" proves nothing.
    WindowOpen,
    /// The time to live of a finished request.
    TimeToLive,
}

/// How a request ends without, or after, the cloud.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    /// The reason; the phase follows from it.
    pub reason: Reason,
    /// What a dry run found.
    pub check: Option<Box<Check>>,
}

impl Ending {
    const fn of(reason: Reason) -> Step {
        Step::Settle(Self {
            reason,
            check: None,
        })
    }
}

/// The next step of a request.
#[must_use]
pub fn decide(s: &Snapshot, now: Timestamp, policy: &Policy) -> Step {
    match &s.state {
        State::Waiting {
            used, not_before, ..
        } => waiting(s, *used, *not_before, now, policy),
        State::Intent {
            call, not_before, ..
        } => intent(s, call, *not_before, now, policy),
        State::Submitted {
            following,
            abort_accepted,
        } => submitted(s, following, *abort_accepted, now),
        State::Unknown { window_end, .. } => unknown(s, *window_end, now, policy),
        State::Finished => finished(s, now),
    }
}

/// Rows 1 to 9.
fn waiting(
    s: &Snapshot,
    used: i32,
    not_before: Option<Timestamp>,
    now: Timestamp,
    policy: &Policy,
) -> Step {
    if used == 0 && s.start_before.is_some_and(|limit| s.created >= limit) {
        return Ending::of(Reason::CreatedAfterStartBefore);
    }
    if s.controls.cancel || s.controls.deleting {
        return Ending::of(Reason::CancelledBeforeSubmission);
    }
    if s.start_before.is_some_and(|limit| now >= limit) {
        return Ending::of(Reason::StartBeforePassed);
    }
    if !s.controls.suspend && now >= s.start_deadline {
        return Ending::of(Reason::StartDeadlineExceeded);
    }
    if used == 0 && s.restored {
        return Ending::of(Reason::RestoredFromBackup);
    }
    if s.controls.suspend {
        let until = s.start_before.unwrap_or(Timestamp::MAX);
        return Step::Wait {
            until,
            why: Why::Suspended,
        };
    }
    let limit = s
        .start_before
        .map_or(s.start_deadline, |limit| limit.min(s.start_deadline));
    let wait = |until: Timestamp, why| Step::Wait {
        until: until.min(limit),
        why,
    };
    if let Some(until) = not_before.filter(|until| now < *until) {
        return wait(until, Why::BackingOff);
    }
    if let (Turn::Held { by, position }, false) = (&s.turn, s.controls.dry_run) {
        let why = Why::Held {
            by: by.clone(),
            position: *position,
        };
        return wait(
            super::backoff::after(now, line_step(*position, policy)),
            why,
        );
    }
    match (&s.seen.check, look_again_at(s, now)) {
        (Some(check), _) if s.controls.dry_run => Step::Settle(Ending {
            reason: Reason::DryRunPassed,
            check: Some(Box::new(check.clone())),
        }),
        (Some(check), _) => Step::OpenIntent {
            number: used + 1,
            check: Box::new(check.clone()),
        },
        (None, Some(until)) => wait(until, Why::AsBefore),
        (None, None) => Step::Check,
    }
}

/// How long until a request in a line looks again by itself: whoever is far back looks less often. The
/// first of a line is woken when its turn comes.
fn line_step(position: i32, policy: &Policy) -> SignedDuration {
    policy.recheck_busy * position.clamp(1, FARTHEST)
}

/// From this position on all requests of a line look equally often.
const FARTHEST: i32 = 20;

/// Rows 10, 11 and 16 to 21. What an answer or a look leads to is [`absorb`](super::absorb)'s part.
fn intent(
    s: &Snapshot,
    call: &Submission,
    not_before: Option<Timestamp>,
    now: Timestamp,
    policy: &Policy,
) -> Step {
    let stopped = s.controls.cancel || s.controls.deleting;
    match s.mine {
        Mine::Unsent if stopped => Step::Withhold(call.clone()),
        Mine::Unsent => Step::Submit(call.clone()),
        Mine::Sent | Mine::NotMine
            if s.abilities.token && !stopped && now < send_by(s, call, policy) =>
        {
            match not_before.filter(|until| now < *until) {
                Some(until) => Step::Wait {
                    until,
                    why: Why::AsBefore,
                },
                None => Step::TakeOver(call.clone()),
            }
        }
        Mine::Sent | Mine::NotMine => match look_again_at(s, now) {
            Some(until) => Step::Wait {
                until,
                why: Why::AsBefore,
            },
            None => Step::Resolve(call.clone()),
        },
    }
}

/// Rows 22 to 29. The end of the active deadline is a look time like any other.
fn submitted(s: &Snapshot, following: &Following, abort_accepted: bool, now: Timestamp) -> Step {
    if s.seen.abort_tried {
        return Step::Poll(following.clone()); // whatever the cloud said, the order tells
    }
    if let Some(until) = look_again_at(s, now) {
        return Step::Wait {
            until,
            why: Why::AsBefore,
        };
    }
    let wanted = s.controls.cancel && s.abilities.abort;
    if wanted && !abort_accepted {
        return Step::Abort(following.clone());
    }
    Step::Poll(following.clone())
}

/// Row 30. Unknown calls nothing unless a person names an order.
fn unknown(s: &Snapshot, window_end: Option<Timestamp>, now: Timestamp, policy: &Policy) -> Step {
    match &s.controls.resolution {
        None => Step::Rest,
        Some(Resolution::NotExecuted) => {
            let proven = window_end.map(|end| super::backoff::after(end, policy.skew));
            match proven.filter(|proven| now < *proven) {
                Some(until) => Step::Wait {
                    until,
                    why: Why::WindowOpen,
                },
                None => Ending::of(Reason::ResolvedNotExecuted),
            }
        }
        Some(Resolution::Adopt(_)) if s.abilities.by_word => Ending::of(Reason::ResolvedExecuted),
        Some(Resolution::Adopt(order)) => match look_again_at(s, now) {
            Some(until) => Step::Wait {
                until,
                why: Why::AsBefore,
            },
            None => Step::Adopt(order.clone()),
        },
    }
}

/// Row 31.
fn finished(s: &Snapshot, now: Timestamp) -> Step {
    match s.controls.delete_at {
        // Somebody's finalizer holds it, and it goes when that is taken away.
        _ if s.controls.deleting => Step::Rest,
        None => Step::Rest,
        Some(at) if now < at => Step::Wait {
            until: at,
            why: Why::TimeToLive,
        },
        Some(_) => Step::Delete,
    }
}

/// The last moment to send a call, by the wall clock: the permit keeps the same by the boot clock.
fn send_by(s: &Snapshot, call: &Submission, policy: &Policy) -> Timestamp {
    let end = call
        .not_after
        .saturating_sub(policy.send_margin)
        .unwrap_or(call.not_after);
    s.start_before.map_or(end, |limit| end.min(limit))
}

/// The time of the next look, if it is not yet. An edit of the spec makes it now.
fn look_again_at(s: &Snapshot, now: Timestamp) -> Option<Timestamp> {
    s.look_at.filter(|at| now < *at && !s.edited)
}

/// The end of the waiting time of a request, counted from its creation or its last resume.
#[must_use]
pub fn start_deadline(waiting_since: Timestamp, seconds: i32) -> Timestamp {
    super::backoff::after(waiting_since, SignedDuration::from_secs(i64::from(seconds)))
}
