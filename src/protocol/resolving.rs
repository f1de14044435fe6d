//! Rows 16 to 21 and 30: finding out what became of a call, by looking only.

use jiff::Timestamp;

use super::{
    absorb::{Draft, Rivals},
    backoff,
    notice::EventReason,
    policy::Policy,
    preflight::describe,
    state::State,
    story, submitting, target,
};
use crate::{
    api::{Answer as Stored, Attribution, ChangeOrder, ErrorDetail, Reason},
    cloud::{
        error::CloudError,
        types::{AttemptId, Candidate, Look, Match, OrderId, OrderReport, Submission},
    },
};

/// When the absence of an order proves that none was opened: the signature has expired for every
/// clock, and the list had time to settle.
#[must_use]
pub(super) fn closes_at(call: &Submission, policy: &Policy) -> Timestamp {
    backoff::after(backoff::after(call.not_after, policy.skew), policy.settle)
}

/// Until when the order of an attempt may be taken for another request's, so long the record of it is
/// needed. Such a request has signed before the order was there, at the latest when the signature of
/// this attempt ended for the slowest clock. Its own signature lives as long again; then its list
/// settles, and is waited for.
#[must_use]
pub fn adoptable_until(not_after: Timestamp, policy: &Policy) -> Timestamp {
    let signed_latest = backoff::after(not_after, policy.skew);
    let ends_latest = backoff::after(signed_latest, policy.signature_life + policy.skew);
    backoff::after(ends_latest, policy.settle + policy.list_patience)
}

/// When to look at the list again. A list that proves nothing is read twice, for the message only.
pub(super) fn next_look(draft: &Draft<'_>, call: &Submission) -> Timestamp {
    let closes_at = closes_at(call, draft.policy);
    if !target::is_resolvable(&draft.on.spec.target) && draft.now < closes_at {
        let early = backoff::after(call.signed_at, draft.policy.looks[4]);
        return if draft.now < early {
            early.min(closes_at)
        } else {
            closes_at
        };
    }
    backoff::next_look(call.signed_at, closes_at, draft.now, draft.policy)
}

/// A look at the order list for a call whose outcome is not known.
pub(super) fn resolved(
    draft: &mut Draft<'_>,
    attempt: &AttemptId,
    look: Result<&Look, &CloudError>,
    rivals: &Rivals,
) {
    let State::Intent { call, .. } = draft.state.clone() else {
        return;
    };
    if call.attempt != *attempt {
        return;
    }
    match look {
        Err(error) => unreadable(draft, &call, error),
        Ok(look) => seen(draft, &call, look, rivals),
    }
}

/// A list that cannot be read proves nothing; after long enough a person is asked.
fn unreadable(draft: &mut Draft<'_>, call: &Submission, error: &CloudError) {
    let last = backoff::after(closes_at(call, draft.policy), draft.policy.list_patience);
    if draft.now >= last {
        let why = describe(error, "the order list could not be read", true);
        return unknown(draft, call, &why, &[]);
    }
    let message = format!(
        "{}. Whether the restart was executed is not known yet; the list is read again until {last}",
        describe(error, "the order list cannot be read", false),
    );
    look_again(draft, call, &message);
}

fn seen(draft: &mut Draft<'_>, call: &Submission, look: &Look, rivals: &Rivals) {
    let closes_at = closes_at(call, draft.policy);
    // By the cloud's own clock: ours may run ahead, and then the window is still open.
    let closed = look.cloud_time >= closes_at && draft.now >= closes_at;
    let ours = candidates(look, rivals);
    let undecided = ours
        .iter()
        .any(|candidate| candidate.match_ == Match::NotStarted);
    if undecided && !closed {
        let message = "an order that may be ours has not started yet; it is looked at again";
        return look_again(draft, call, message);
    }
    match ours.as_slice() {
        [] if !closed => {
            let message = if draft.has_token() {
                format!(
                    "the answer to the restart call is not known; what became of it is looked for \
                     until {closes_at}"
                )
            } else {
                format!(
                    "the answer to the restart call is not known and no order of ours is listed \
                     yet; the list is read again until {closes_at}, and nothing is sent again"
                )
            };
            look_again(draft, call, &message);
        }
        [] if look.complete => nothing_executed(draft),
        [] if !target::is_resolvable(&draft.on.spec.target) => unproven(draft, call, look),
        [] => unknown(
            draft,
            call,
            "the order list does not reach back to the time before the call",
            &[],
        ),
        [one] if one.match_ == Match::Verified => match &rivals.unresolved {
            None => adopt(draft, call, &one.order),
            Some(other) => {
                let why = format!("request {other} looks for an order of the same target too");
                unknown(draft, call, &why, &ours);
            }
        },
        [_] => unknown(
            draft,
            call,
            "the creator of the order cannot be checked",
            &ours,
        ),
        _ => unknown(draft, call, "more than one order could be ours", &ours),
    }
}

/// No list proves what became of the call: a person is told what was seen.
fn unproven(draft: &mut Draft<'_>, call: &Submission, look: &Look) {
    let seen = if look.notes.is_empty() {
        "nothing".to_owned()
    } else {
        look.notes.join("; ")
    };
    let why = format!(
        "the cloud has no list that proves it. Seen: {}",
        story::cut(&seen, 500)
    );
    unknown(draft, call, &why, &[]);
}

fn candidates<'a>(look: &'a Look, rivals: &Rivals) -> Vec<&'a Candidate> {
    look.candidates
        .iter()
        .filter(|candidate| !rivals.recorded.contains(&candidate.order))
        .collect()
}

/// The one order that is certainly ours, if that can be said.
pub(super) fn only_ours(look: &Look, rivals: &Rivals) -> Option<OrderId> {
    match candidates(look, rivals).as_slice() {
        [one] if one.match_ == Match::Verified && rivals.unresolved.is_none() => {
            Some(one.order.clone())
        }
        _ => None,
    }
}

fn look_again(draft: &mut Draft<'_>, call: &Submission, message: &str) {
    let new = draft.told() != Some(Reason::Resolving);
    // While the story stays the same the message stays too, or each look would be a write.
    if new || message != draft.on.status.as_ref().map_or("", story::message) {
        mark_ambiguous(draft, None, message);
    }
    draft.notice_if_new(Reason::Resolving, EventReason::Resolving, message);
    draft.look_at = Some(next_look(draft, call));
}

/// Stores that the answer is not known. The right to call is lost with it.
pub(super) fn mark_ambiguous(draft: &mut Draft<'_>, error: Option<ErrorDetail>, message: &str) {
    if let Some(stored) = &mut draft.status.attempt {
        stored.answer.get_or_insert(Stored::Ambiguous);
        if error.is_some() {
            stored.error = error;
        }
    }
    draft.tell(Reason::Resolving, message);
}

/// Takes an order as ours: found afterwards, verified.
pub(super) fn adopt(draft: &mut Draft<'_>, call: &Submission, order: &OrderId) {
    if let Some(stored) = &mut draft.status.attempt {
        stored.answer.get_or_insert(Stored::Ambiguous);
    }
    draft.status.change_order = Some(adopted_order(order));
    submitting::follow(draft, call);
    let note = format!("change order {order} was found and is ours; nothing was sent again");
    draft.notice(EventReason::Adopted, &note);
}

fn adopted_order(order: &OrderId) -> ChangeOrder {
    ChangeOrder {
        id: Some(order.0.clone()),
        request_id: None,
        attribution: Attribution::Adopted,
        status: None,
        sub_status: None,
        type_: None,
        abort_requested_at: None,
    }
}

/// The window is closed, the list is complete, and no order of ours is in it.
fn nothing_executed(draft: &mut Draft<'_>) {
    if let Some(stored) = &mut draft.status.attempt {
        stored.answer.get_or_insert(Stored::Ambiguous);
    }
    if draft.on.spec.cancel {
        let message = "cancelled; the order list proves that the call was not executed";
        return draft.end(Reason::CancelledBeforeSubmission, message);
    }
    draft.end(
        Reason::NotExecuted,
        "the order list proves that the call was not executed, and its signature has expired; \
         nothing was restarted. Create a new request to restart",
    );
}

/// Nobody can tell without a person. The request is not finished and calls nothing.
fn unknown(draft: &mut Draft<'_>, call: &Submission, why: &str, seen: &[&Candidate]) {
    if let Some(stored) = &mut draft.status.attempt {
        stored.answer.get_or_insert(Stored::Ambiguous);
    }
    let lines: Vec<&str> = seen
        .iter()
        .map(|candidate| candidate.line.as_str())
        .collect();
    let listed = if lines.is_empty() {
        String::new()
    } else {
        format!(" Seen: {}.", lines.join("; "))
    };
    let message = format!(
        "whether the restart signed at {} was executed cannot be found out: {why}.{listed} Look at \
         the target's change orders in the cloud console, then set spec.resolution.adopt to the \
         order's id, or spec.resolution.notExecuted to true",
        call.signed_at,
    );
    draft.tell(Reason::OutcomeUnknown, &message);
    draft.notice(EventReason::OutcomeUnknown, &message);
    draft.look_at = None;
}

/// The order that a person named was read.
pub(super) fn adopted(
    draft: &mut Draft<'_>,
    order: &OrderId,
    report: Result<&OrderReport, &CloudError>,
    taken_by: Option<&str>,
) {
    if !matches!(draft.state, State::Unknown { .. }) {
        return;
    }
    let refused = match (report, taken_by) {
        (Err(error), _) => {
            draft.look_at = Some(backoff::after(draft.now, draft.policy.poll_max));
            Some(describe(error, "the order cannot be read", false))
        }
        (Ok(_), Some(other)) => Some(format!(
            "request {other} has recorded this order as its own"
        )),
        (Ok(report), None) if !report.same_target => {
            Some("the order belongs to another target".to_owned())
        }
        (Ok(report), None) if !report.kind.is_empty() && !report.kind.contains("Restart") => {
            Some(format!("the order is no restart ({})", report.kind))
        }
        (Ok(_), None) => None,
    };
    if let Some(why) = refused {
        if draft.edited {
            let note = format!("spec.resolution.adopt {order} is not followed: {why}");
            draft.notice(EventReason::ResolutionRefused, &note);
        }
        return;
    }
    draft.status.change_order = Some(adopted_order(order));
    let signed_at = draft
        .status
        .attempt
        .as_ref()
        .map_or_else(|| draft.stamp(), |attempt| attempt.signed_at.0);
    draft.status.start_time = Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(
        signed_at,
    ));
    draft.tell(
        Reason::Running,
        &format!("the cloud runs change order {order}, named by a person"),
    );
    draft.notice(
        EventReason::ResolutionApplied,
        &format!("change order {order} is followed"),
    );
    draft.look_at = Some(draft.now);
}
