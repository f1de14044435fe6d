//! Object, memory and clocks, gathered into the [`Snapshot`] that the core decides on. Reads only.

use super::{Context, error::Error, gate, record};
use crate::{
    api::{Reason, Resolution as Asked, RestartRequest},
    cloud::{permit::Mine, types::OrderId},
    protocol::{
        absorb::{is_edited, waiting_since},
        backoff,
        decide::{Abilities, Controls, Seen, Snapshot, Turn, start_deadline},
        policy::Policy,
        resolving::adoptable_until,
        state::{self, Resolution, State},
        story, target,
    },
};

/// The label that a restored object carries.
const RESTORED_LABEL: &str = "velero.io/restore-name";

/// The snapshot of a request, and the object that it was taken of.
///
/// An intent of our own that is met in a later pass than the one that wrote it is read again from
/// the server first: the right to send needs an object that certainly shows it.
pub(super) async fn observe(
    base: RestartRequest,
    from_this_pass: bool,
    seen: Seen,
    ctx: &Context,
) -> Result<(RestartRequest, Snapshot), Error> {
    let unsent = |object: &RestartRequest| mine(&State::of(object), ctx) == Mine::Unsent;
    let base = if unsent(&base) && !from_this_pass {
        record::live(&base, ctx).await?
    } else {
        base
    };
    let snapshot = snapshot(&base, seen, ctx);
    Ok((base, snapshot))
}

fn snapshot(on: &RestartRequest, seen: Seen, ctx: &Context) -> Snapshot {
    let now = ctx.clock.wall();
    let state = State::of(on);
    let spec = &on.spec;
    let waiting = matches!(state, State::Waiting { .. });
    let has_order = matches!(
        state,
        State::Unknown {
            has_order: true,
            ..
        }
    );
    Snapshot {
        mine: mine(&state, ctx),
        abilities: Abilities {
            token: target::has_token(&spec.target),
            abort: target::can_abort(&spec.target),
            by_word: target::takes_a_word(&spec.target, has_order),
        },
        turn: if waiting {
            gate::turn(on, ctx)
        } else {
            Turn::Ours
        },
        look_at: look_at(on, waiting, ctx),
        state,
        controls: controls(on, &ctx.policy),
        created: state::created(on),
        start_before: spec.start_before.as_ref().map(|time| time.0),
        start_deadline: start_deadline(waiting_since(on, now), spec.start_deadline_seconds),
        restored: on
            .metadata
            .labels
            .as_ref()
            .is_some_and(|labels| labels.contains_key(RESTORED_LABEL)),
        edited: is_edited(on),
        seen,
    }
}

fn mine(state: &State, ctx: &Context) -> Mine {
    match state {
        State::Intent {
            call,
            ambiguous: false,
            ..
        } => ctx.permits.mine(&call.attempt),
        // An answer was seen already: whoever sent it, it is not sent again.
        State::Intent { .. } => Mine::Sent,
        State::Waiting { .. }
        | State::Submitted { .. }
        | State::Unknown { .. }
        | State::Finished => Mine::NotMine,
    }
}

/// When to look again. A request that waits looks at once when an account changed. One that waited
/// for another request has no look behind it: it looks when its turn has come.
fn look_at(on: &RestartRequest, waiting: bool, ctx: &Context) -> Option<jiff::Timestamp> {
    let entry = ctx.memory.recall(on);
    let told = on.status.as_ref().and_then(story::told);
    let stale = entry.accounts_epoch != ctx.accounts.epoch() || told == Some(Reason::TargetBusy);
    entry.look_at.filter(|_| !(waiting && stale))
}

fn controls(on: &RestartRequest, policy: &Policy) -> Controls {
    let spec = &on.spec;
    Controls {
        suspend: spec.suspend,
        cancel: spec.cancel,
        deleting: on.metadata.deletion_timestamp.is_some(),
        dry_run: spec.dry_run,
        resolution: spec.resolution.as_ref().and_then(resolution),
        delete_at: delete_at(on, policy),
    }
}

fn resolution(asked: &Asked) -> Option<Resolution> {
    match asked {
        Asked {
            adopt: Some(order), ..
        } => Some(Resolution::Adopt(OrderId(order.clone()))),
        Asked {
            not_executed: Some(true),
            ..
        } => Some(Resolution::NotExecuted),
        Asked { .. } => None,
    }
}

/// The latest of three: the time to live; a margin after `startBefore`, so that what a tool brings
/// back is skipped; and where orders can be adopted, the time until which another request may take
/// this one's order for its own. A skipped request is kept, or that tool and the time to live would
/// loop.
fn delete_at(on: &RestartRequest, policy: &Policy) -> Option<jiff::Timestamp> {
    let ttl = on.spec.ttl_seconds_after_finished?;
    let before = on.spec.start_before.as_ref()?.0;
    let status = on.status.as_ref()?;
    let ended = status.completion_time.as_ref()?.0;
    if story::told(status) == Some(Reason::CreatedAfterStartBefore) {
        return None;
    }
    let lived = backoff::after(ended, jiff::SignedDuration::from_secs(i64::from(ttl)));
    let skipped = backoff::after(before, policy.delete_margin);
    let attempt = status.attempt.as_ref();
    let needed = attempt
        .filter(|_| !target::has_token(&on.spec.target))
        .map(|attempt| adoptable_until(attempt.not_after.0, policy));
    Some(lived.max(skipped).max(needed.unwrap_or(skipped)))
}
