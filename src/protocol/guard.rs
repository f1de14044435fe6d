//! A restart of ours that no request has recorded. It shows that the status of a request was rolled
//! back, by a restored etcd or an edit by hand: with it went the intent, which is all that keeps the
//! request from a second call.
//!
//! So before an intent is opened, the orders since the request's creation are looked through, where
//! lists can tell. A request whose restart may have been made already is left to a person.

use jiff::Timestamp;

use super::{
    absorb::{Hindrance, Rivals},
    policy::Policy,
    resolving, state,
};
use crate::{
    api::{Reason, RestartRequest},
    cloud::types::{AttemptId, Look, Match, Submission},
};

/// A call that may have been made at any time of the request's life: what the list is searched
/// for. It is never sent.
#[must_use]
pub fn any_call_of(on: &RestartRequest, now: Timestamp, policy: &Policy) -> Submission {
    Submission {
        attempt: AttemptId(String::new()),
        number: 0,
        owned: 0,
        // A search begins the skew earlier. An order from before the request's creation is not its
        // own, however short before.
        signed_at: super::backoff::after(state::created(on), policy.skew),
        not_after: now,
        target_hash: String::new(),
        nonce: String::new(),
        credential: String::new(),
        baseline: Vec::new(),
    }
}

/// What hinders a request, if the list shows an order that is certainly ours and nobody's. While
/// another request looks for an order of the target, it may be that one's.
#[must_use]
pub fn hindrance(look: &Look, rivals: &Rivals) -> Option<Hindrance> {
    let ours: Vec<String> = resolving::candidates(look, rivals)
        .into_iter()
        .filter(|candidate| candidate.match_ == Match::Verified)
        .map(|candidate| candidate.line.clone())
        .collect();
    match &rivals.unresolved {
        _ if ours.is_empty() => None,
        None => Some(Hindrance::Unrecorded(ours)),
        Some(other) => Some(Hindrance::Waiting {
            reason: Reason::TargetBusy,
            message: format!("request {other} looks for an order of the same target"),
        }),
    }
}
