//! Whose turn it is on a cloud target, by what the cache and our own last writes show. It saves calls
//! and keeps order; no rule of the at-most-once protocol rests on it.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use kube::runtime::reflector::ObjectRef;

use super::{Context, view::View};
use crate::{
    api::{Reason, RestartRequest},
    protocol::{
        decide::Turn,
        state::{self, State},
        story, target,
    },
};

/// How long a request waits whose target got an intent of another one since it was looked at.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// The targets for which this process is writing an intent right now: neither the cache nor memory
/// shows it yet.
#[derive(Debug, Default)]
pub(super) struct Gate {
    opening: Mutex<HashSet<String>>,
}

/// The right to write an intent for some targets, until it is dropped.
#[derive(Debug)]
pub(super) struct Claim<'a> {
    gate: &'a Gate,
    keys: Vec<String>,
}

impl Gate {
    /// Lets a request write its intent, if it is still its turn when nobody else can write one.
    pub(super) fn admit(&self, request: &RestartRequest, ctx: &Context) -> Option<Claim<'_>> {
        let claim = self.claim(target::keys(&request.spec.target))?;
        (turn(request, ctx) == Turn::Ours).then_some(claim)
    }

    /// All of the targets, or none.
    fn claim(&self, keys: Vec<String>) -> Option<Claim<'_>> {
        let mut opening = self.lock();
        if keys.iter().any(|key| opening.contains(key)) {
            return None;
        }
        opening.extend(keys.iter().cloned());
        Some(Claim { gate: self, keys })
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        // Each change is complete before the lock is given back, even if a panic follows.
        self.opening.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut opening = self.gate.lock();
        for key in &self.keys {
            opening.remove(key);
        }
    }
}

/// The turn of a request that waits. Before it are: every request of the same target with an open
/// attempt or a running order, and every earlier one that waits for nothing but its turn.
pub(super) fn turn(request: &RestartRequest, ctx: &Context) -> Turn {
    let mut before = Vec::new();
    each_of_the_line(request, ctx, |other| {
        let place = place(other);
        let is_before = match place {
            Some(Place::Holds) => true,
            Some(Place::Waits) => order(other) < order(request),
            None => false,
        };
        if is_before {
            let rank = (place, state::created(other), uid(other).to_owned());
            before.push((rank, name_for(other, request)));
        }
    });
    match before.iter().min() {
        None => Turn::Ours,
        Some((_, holder)) => Turn::Held {
            by: holder.clone(),
            position: i32::try_from(before.len()).unwrap_or(i32::MAX),
        },
    }
}

/// Wakes those whose turn may have come when this request has left the line.
pub(super) fn wake_next(left: &RestartRequest, ctx: &Context) {
    for next in next_in_line(left, ctx) {
        ctx.wakes.wake(&next);
    }
}

/// Of each target the first that waits.
fn next_in_line(left: &RestartRequest, ctx: &Context) -> Vec<ObjectRef<View>> {
    let mut waiting = Vec::new();
    each_of_the_line(left, ctx, |other| {
        if place(other) == Some(Place::Waits) {
            let rank = (state::created(other), uid(other).to_owned());
            waiting.push((rank, other.spec.target.clone(), reference(other)));
        }
    });
    waiting.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    let mut first = Vec::new();
    for (_, target, reference) in waiting {
        if !first
            .iter()
            .any(|(earlier, _)| target::share(earlier, &target))
        {
            first.push((target, reference));
        }
    }
    first.into_iter().map(|(_, reference)| reference).collect()
}

/// The request holds its target, or is in the line for it.
pub(super) fn stands_in_line(request: &RestartRequest) -> bool {
    place(request).is_some()
}

/// Every other request of the same target that has not ended. Our own last write counts more than an
/// older cache: without it one that has just ended would seem to run on, and one that has just
/// started to wait.
fn each_of_the_line(request: &RestartRequest, ctx: &Context, mut see: impl FnMut(&RestartRequest)) {
    for view in ctx
        .stores
        .iter()
        .flat_map(kube::runtime::reflector::Store::state)
    {
        let Ok(cached) = &view.object else { continue };
        let same = cached.metadata.uid == request.metadata.uid;
        if has_ended(cached) || same || !target::share(&cached.spec.target, &request.spec.target) {
            continue;
        }
        see(&ctx.memory.freshest(cached));
    }
}

fn has_ended(request: &RestartRequest) -> bool {
    let status = request.status.as_ref();
    status.is_some_and(|status| status.completion_time.is_some())
}

/// A place in the line. Who holds comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Holds,
    Waits,
}

fn place(request: &RestartRequest) -> Option<Place> {
    match State::of(request) {
        State::Intent { .. } | State::Submitted { .. } => Some(Place::Holds),
        State::Waiting { .. } => waits_for_its_turn(request).then_some(Place::Waits),
        State::Unknown { .. } | State::Finished => None,
    }
}

fn order(request: &RestartRequest) -> (Timestamp, &str) {
    (state::created(request), uid(request))
}

fn uid(request: &RestartRequest) -> &str {
    request.metadata.uid.as_deref().unwrap_or_default()
}

/// A request that waits for something of its own (an account, a person, a back-off), or for its own
/// end, holds nobody.
fn waits_for_its_turn(request: &RestartRequest) -> bool {
    let told = request.status.as_ref().and_then(story::told);
    let spec = &request.spec;
    let leaves = spec.suspend || spec.cancel || request.metadata.deletion_timestamp.is_some();
    !leaves
        && !spec.dry_run
        && matches!(
            told,
            None | Some(Reason::Checking | Reason::TargetBusy | Reason::ForeignChangeOrder)
        )
}

/// A name within the namespace, a UID across: nothing of another namespace is told.
fn name_for(other: &RestartRequest, request: &RestartRequest) -> String {
    let meta = &other.metadata;
    let same = meta.namespace == request.metadata.namespace;
    let text = if same {
        meta.name.as_ref()
    } else {
        meta.uid.as_ref()
    };
    text.cloned().unwrap_or_default()
}

fn reference(request: &RestartRequest) -> ObjectRef<View> {
    let meta = &request.metadata;
    ObjectRef::new(meta.name.as_deref().unwrap_or_default())
        .within(meta.namespace.as_deref().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_that_share_a_target_one_may_write_its_intent_at_a_time() {
        let gate = Gate::default();
        let keys = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect();
        let first = gate.claim(keys(&["a", "b"]));
        assert!(first.is_some());
        assert!(gate.claim(keys(&["b", "c"])).is_none());
        assert!(
            gate.claim(keys(&["c"])).is_some(),
            "the other key was not kept"
        );
        drop(first);
        assert!(gate.claim(keys(&["b", "c"])).is_some());
    }
}
