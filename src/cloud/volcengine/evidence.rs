//! What has become of each instance of an accepted reboot. Pure.
//!
//! The answer to the call names no task, and no field tells when an instance was started (ECS,
//! `DescribeInstances`). So a reboot is believed only when it was seen: the instance in motion and
//! then running again, or a system event that says so. An instance that was only ever seen running
//! may never have been rebooted.

use jiff::{SignedDuration, Timestamp};

use super::{classify::REBOOT, verdict::Mark, wire::SystemEvent};
use crate::cloud::{
    error::CloudError,
    text,
    types::{Following, OrderReport, OrderState, Part, PartError, PartState},
};

/// Type of the event that the cloud writes for a reboot.
pub const EVENT: &str = "RebootInstance";

/// How much earlier than `signedAt` an event of ours may be dated: the clock skew that the protocol
/// allows.
const BEFORE_SIGNED: SignedDuration = SignedDuration::from_secs(60);

/// How long evidence is waited for while the instance is only ever running.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// Events that are told to the person who has to decide.
const NOTES: usize = 20;

/// Why a running instance is looked at a second time.
const STOPPED: &str = "STOPPED";

/// One instance as a read showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// When: by the cloud's clock.
    pub at: Timestamp,
    /// `Status`; unset when it was not listed.
    pub status: Option<String>,
}

/// What is known of system events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Events {
    /// These, and no others.
    Read(Vec<SystemEvent>),
    /// The identity may not read them: there is no such evidence.
    Forbidden,
    /// They cannot be read now: nothing may be concluded from their absence.
    Unavailable,
}

/// The oldest date of an event of ours.
#[must_use]
pub fn events_since(signed_at: Timestamp) -> Timestamp {
    signed_at
        .checked_sub(BEFORE_SIGNED)
        .unwrap_or(Timestamp::MIN)
}

/// The parts as they are stored, one for each id, in the order of the ids.
#[must_use]
pub fn parts(ids: &[String], following: &Following) -> Vec<Part> {
    let stored = |id: &String| following.parts.iter().find(|part| part.id == *id).cloned();
    ids.iter()
        .map(|id| stored(id).unwrap_or_else(|| part(id.clone(), PartState::Waiting, None)))
        .collect()
}

/// A part without an order of its own.
#[must_use]
pub const fn part(id: String, state: PartState, error: Option<PartError>) -> Part {
    Part {
        id,
        state,
        order: None,
        error,
    }
}

/// The parts of a call that was accepted. Of an instance that the answer does not accept and does
/// not refuse nothing can be told any more: evidence shows that a reboot ended, and not whose it was.
#[must_use]
pub fn accepted(ids: &[String], marks: Vec<Mark>) -> Vec<Part> {
    let error = |error: CloudError| PartError {
        code: error.code.unwrap_or_default(),
        message: error.message,
    };
    let one = |(id, mark): (&String, Mark)| {
        let (state, error) = match mark {
            Mark::Accepted => (PartState::Waiting, None),
            Mark::Refused(why) => (PartState::Rejected, Some(error(why))),
            Mark::Unclear(why) => (PartState::Unconfirmed, why.map(error)),
        };
        part(id.clone(), state, error)
    };
    ids.iter().zip(marks).map(one).collect()
}

/// What was seen while the answer to the call is not known, one line each. It proves nothing: an
/// event does not tell who asked for the reboot.
#[must_use]
pub fn notes(events: &[SystemEvent], since: Timestamp) -> Vec<String> {
    if events.is_empty() {
        return vec![format!(
            "no system event {EVENT} of these instances since {since}"
        )];
    }
    let line = |event: &SystemEvent| {
        format!(
            "{}: system event {} {} {} of {}",
            event.resource_id, event.id, event.kind, event.status, event.created_at
        )
    };
    events.iter().take(NOTES).map(line).collect()
}

/// Only an event can tell: the instance is running, and it was never seen in motion.
#[must_use]
pub fn needs_events(part: &Part, seen: &Sighting) -> bool {
    part.state == PartState::Waiting && seen.status.as_deref() == Some("RUNNING")
}

/// Where a part stands after one more look at it.
#[must_use]
pub fn judge(part: Part, seen: &Sighting, events: &Events, started: Timestamp) -> Part {
    if part.state.is_final() {
        return part;
    }
    match seen.status.as_deref() {
        None => failed(part, "NotFound", "the instance is gone"),
        Some(state @ ("ERROR" | "DELETING")) => {
            failed(part, state, &format!("the instance is {state}"))
        }
        Some(STOPPED) => stopped(part, seen.at),
        Some("REBOOTING" | "STOPPING" | "STARTING") => Part {
            state: PartState::Running,
            ..unmarked(part)
        },
        Some("RUNNING") if part.state == PartState::Running => Part {
            state: PartState::Succeeded,
            error: None,
            ..part
        },
        Some("RUNNING") => only_running(unmarked(part), seen.at, events, started),
        // Moving for another reason, or in a state that nobody documents: it proves nothing.
        Some(_) => unmarked(part),
    }
}

// In theory a reboot may pass through this state, so it counts only when a second look finds it
// too. The first look leaves a mark in the part; it carries its time, since one read may serve
// several looks.
fn stopped(part: Part, at: Timestamp) -> Part {
    let mark = PartError {
        code: STOPPED.to_owned(),
        message: format!("the instance was STOPPED at {at}"),
    };
    match &part.error {
        Some(before) if before.code == STOPPED && *before != mark => {
            failed(part, STOPPED, "the instance is STOPPED")
        }
        _ => Part {
            error: Some(mark),
            ..part
        },
    }
}

fn unmarked(part: Part) -> Part {
    let error = part.error.filter(|error| error.code != STOPPED);
    Part { error, ..part }
}

fn only_running(part: Part, now: Timestamp, events: &Events, started: Timestamp) -> Part {
    match told_by(&part.id, events, started) {
        Told::Ended => Part {
            state: PartState::Succeeded,
            error: None,
            ..part
        },
        Told::Failed => failed(part, EVENT, "the cloud says that the reboot failed"),
        Told::Nothing if now.duration_since(started) >= PATIENCE => Part {
            state: PartState::Unconfirmed,
            ..part
        },
        Told::Nothing | Told::GoesOn => part,
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    Nothing,
    Ended,
    Failed,
    GoesOn,
}

// The newest event decides; of several with one date the one that promises least.
fn told_by(id: &str, events: &Events, started: Timestamp) -> Told {
    let listed = match events {
        Events::Read(listed) => listed,
        Events::Forbidden => return Told::Nothing,
        Events::Unavailable => return Told::GoesOn,
    };
    let since = events_since(started);
    listed
        .iter()
        .filter(|event| event.resource_id == id && event.kind == EVENT)
        .filter_map(|event| {
            let created: Timestamp = event.created_at.parse().ok()?;
            let told = match event.status.as_str() {
                "Succeeded" => Told::Ended,
                "Failed" => Told::Failed,
                "Executing" => Told::GoesOn,
                _ => return None,
            };
            (created >= since).then_some((created, told))
        })
        .max()
        .map_or(Told::Nothing, |(_, told)| told)
}

fn failed(part: Part, code: &str, message: &str) -> Part {
    Part {
        state: PartState::Failed,
        error: Some(PartError {
            code: code.to_owned(),
            message: message.to_owned(),
        }),
        ..part
    }
}

/// What all parts together say of the call.
#[must_use]
pub fn report(parts: Vec<Part>) -> OrderReport {
    let count = |is: fn(PartState) -> bool| {
        let found = parts.iter().filter(|part| is(part.state)).count();
        i32::try_from(found).unwrap_or(i32::MAX)
    };
    let total = count(|_| true);
    let succeeded = count(|state| state == PartState::Succeeded);
    let failed = count(is_bad);
    let state = if count(|state| !state.is_final()) > 0 {
        OrderState::Running
    } else if count(|state| state == PartState::Unconfirmed) > 0 {
        OrderState::Unconfirmed
    } else if failed == 0 {
        OrderState::Succeeded
    } else if succeeded == 0 {
        OrderState::Failed
    } else {
        OrderState::PartlySucceeded
    };
    OrderReport {
        state,
        // This cloud has words where others have numbers.
        status: 0,
        sub_status: None,
        kind: REBOOT.to_owned(),
        same_target: true,
        total,
        succeeded,
        failed,
        message: reasons(&parts),
        parts,
    }
}

const fn is_bad(state: PartState) -> bool {
    matches!(
        state,
        PartState::Failed | PartState::Aborted | PartState::Rejected
    )
}

fn reasons(parts: &[Part]) -> String {
    let lines: Vec<String> = parts
        .iter()
        .filter(|part| is_bad(part.state))
        .filter_map(|part| {
            let error = part.error.as_ref()?;
            Some(format!("{}: {} ({})", part.id, error.message, error.code))
        })
        .collect();
    text::clean(&lines.join("; "))
}
