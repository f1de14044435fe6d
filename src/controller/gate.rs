//! Whose turn it is on a cloud target, by what the cache shows and what this process has written
//! since: a watch that is silent would else let a request wait for one that has ended. It saves calls
//! and keeps order; no rule of the at-most-once protocol rests on it.

use jiff::Timestamp;
use kube::runtime::reflector::Store;

use super::{memory::Memory, view::View};
use crate::{
    api::{Reason, RestartRequest},
    protocol::{
        decide::Turn,
        state::{self, State},
        story, target,
    },
};

/// The turn of a request that waits. Before it are: every request of the same target with an open
/// attempt or a running order, and every earlier one that waits for nothing but its turn.
#[must_use]
pub(super) fn turn(request: &RestartRequest, stores: &[Store<View>], memory: &Memory) -> Turn {
    let mine = target::keys(&request.spec.target);
    let others = stores.iter().flat_map(Store::state);
    let mut before: Vec<(Timestamp, String)> = others
        .filter_map(|view| {
            let other = view.object.as_deref().ok()?;
            let shares = target::keys(&other.spec.target)
                .iter()
                .any(|key| mine.contains(key));
            let stands_before = shares
                && other.metadata.uid != request.metadata.uid
                && is_before(other, request)
                && memory
                    .newer(other)
                    .is_none_or(|newer| is_before(&newer, request));
            stands_before.then(|| (state::created(other), name_for(other, request)))
        })
        .collect();
    before.sort();
    match before.first() {
        None => Turn::Ours,
        Some((_, holder)) => Turn::Held {
            by: holder.clone(),
            position: i32::try_from(before.len()).unwrap_or(i32::MAX),
        },
    }
}

fn is_before(other: &RestartRequest, request: &RestartRequest) -> bool {
    match State::of(other) {
        State::Intent { .. } | State::Submitted { .. } => true,
        State::Unknown { .. } | State::Finished => false,
        State::Waiting { .. } => order(other) < order(request) && waits_for_its_turn(other),
    }
}

fn order(request: &RestartRequest) -> (Timestamp, Option<&str>) {
    (state::created(request), request.metadata.uid.as_deref())
}

/// A request that waits for something of its own (an account, a person, a back-off) holds nobody.
fn waits_for_its_turn(request: &RestartRequest) -> bool {
    let told = request.status.as_ref().and_then(story::told);
    !request.spec.suspend
        && !request.spec.dry_run
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
