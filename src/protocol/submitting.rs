//! Rows 9 to 15: the intent, and the answer to the one call that it allows.

use jiff::SignedDuration;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::{
    absorb::{Draft, Opening, Rivals},
    backoff,
    notice::EventReason,
    preflight::{self, describe},
    resolving,
    state::State,
    story, tracking,
};
use crate::{
    api::{Answer as Stored, Attempt, Attribution, ChangeOrder, ErrorDetail, Reason},
    cloud::{
        error::{CloudError, Delivery, Kind, Retry},
        types::{Acceptance, Answer, AttemptId, Look, Submission},
    },
};

/// The intent, to be stored by compare-and-swap. On an object where it may no longer be opened
/// (somebody else's intent, a `cancel`, an end) nothing is changed.
pub(super) fn opened(draft: &mut Draft<'_>, opening: &Opening) {
    let Opening {
        call,
        holder,
        check,
    } = opening;
    let already_ours = matches!(&draft.state, State::Intent { call: stored, .. } if stored.attempt == call.attempt);
    if already_ours {
        draft.go_on = true;
        return;
    }
    let State::Waiting { used, .. } = draft.state else {
        return;
    };
    let spec = &draft.on.spec;
    let held = spec.cancel || spec.suspend || draft.on.metadata.deletion_timestamp.is_some();
    if held || call.number != used + 1 {
        return;
    }
    draft.status.attempt = Some(attempt(call, holder, draft.has_token()));
    draft.status.preflight = Some(preflight::found(check, draft.stamp()));
    if !check.warnings.is_empty() {
        let texts: Vec<_> = check
            .warnings
            .iter()
            .map(|w| format!("{}: {}", w.code, w.message))
            .collect();
        draft.notice(EventReason::PreflightWarning, &texts.join("; "));
    }
    draft.tell(
        Reason::Submitting,
        "the intent is stored and the restart call is being made; should its answer be lost, the outcome \
         is looked for, and nothing is restarted twice",
    );
    draft.go_on = true;
}

/// Destructured without `..`, so that a new field of the call cannot be left out of what is stored.
fn attempt(call: &Submission, holder: &str, token: bool) -> Attempt {
    let Submission {
        attempt,
        number,
        owned,
        signed_at,
        not_after,
        target_hash,
        nonce,
        credential,
        baseline,
    } = call;
    Attempt {
        number: *number,
        attempt_id: attempt.0.clone(),
        holder: holder.to_owned(),
        owned: *owned,
        signed_at: Time(*signed_at),
        not_after: Time(*not_after),
        target_hash: target_hash.clone(),
        nonce: (!token).then(|| nonce.clone()),
        client_token: token.then(|| nonce.clone()),
        credential: credential.clone(),
        baseline_order_ids: baseline.iter().map(|order| order.0.clone()).collect(),
        answer: None,
        error: None,
        not_before: None,
    }
}

/// An intent with a token, made ours by compare-and-swap: the same call, date and token under a new
/// attempt id.
pub(super) fn taken_over(draft: &mut Draft<'_>, from: &AttemptId, call: &Submission, holder: &str) {
    let State::Intent { call: stored, .. } = &draft.state else {
        return;
    };
    if stored.attempt == call.attempt {
        draft.go_on = true; // stored by an earlier try
        return;
    }
    let stopped = draft.on.spec.cancel || draft.on.metadata.deletion_timestamp.is_some();
    if stored.attempt != *from || stopped {
        return;
    }
    draft.status.attempt = Some(attempt(call, holder, true));
    draft.tell(
        Reason::Submitting,
        "the outcome of the call is not known; the same call with the same token is sent again",
    );
    draft.go_on = true;
}

/// The answer to the call.
pub(super) fn answered(
    draft: &mut Draft<'_>,
    sent: &Submission,
    answer: &Answer,
    look: Option<&(Look, Rivals)>,
) {
    if let Answer::Accepted(acceptance) = answer
        && let Some(call) = left_unknown(draft, &sent.attempt)
    {
        // Somebody else looked in vain while the answer was on its way: it is the better knowledge.
        return accepted(draft, &call, acceptance);
    }
    let State::Intent {
        call, ambiguous, ..
    } = draft.state.clone()
    else {
        return;
    };
    let same = call.attempt == sent.attempt;
    // With a token every copy of the call has one result, whoever sent it.
    let same_token = draft.has_token() && call.number == sent.number;
    match answer {
        Answer::Accepted(acceptance) if same || same_token => accepted(draft, &call, acceptance),
        _ if !same => {} // somebody else's intent is stored now; its owner goes on
        Answer::Accepted(_) => {}
        // What is stored as ambiguous stays so, and a rejection of a call that was sent more than
        // once is not definite: another copy may still be executed.
        Answer::Rejected(error) if !ambiguous && call.owned == 0 => {
            rejected(draft, &call, error, look);
        }
        Answer::Rejected(error) | Answer::Ambiguous(error) => doubtful(draft, &call, error),
    }
}

/// The call of this attempt, if its outcome was given up and no order is known.
fn left_unknown(draft: &Draft<'_>, attempt: &AttemptId) -> Option<Submission> {
    let State::Unknown { .. } = draft.state else {
        return None;
    };
    let stored = draft.status.attempt.as_ref()?;
    let call = super::state::submission(stored);
    (draft.status.change_order.is_none() && call.attempt == *attempt).then_some(call)
}

fn accepted(draft: &mut Draft<'_>, call: &Submission, acceptance: &Acceptance) {
    if let Some(stored) = &mut draft.status.attempt {
        stored.answer = Some(Stored::Accepted);
        stored.error = None;
    }
    draft.status.change_order = Some(ChangeOrder {
        id: (!draft.has_token()).then(|| acceptance.order.0.clone()),
        request_id: acceptance.request_id.clone(),
        attribution: Attribution::Direct,
        status: None,
        sub_status: None,
        type_: None,
        abort_requested_at: None,
    });
    draft.status.targets = tracking::targets(&acceptance.parts);
    follow(draft, call);
    let note = format!(
        "the cloud accepted the restart as {}",
        tracking::name(draft)
    );
    draft.notice(EventReason::Submitted, &note);
}

/// An order of ours is known: from here on it is polled.
pub(super) fn follow(draft: &mut Draft<'_>, call: &Submission) {
    draft.status.start_time = Some(Time(call.signed_at));
    let (reason, message) = tracking::running(draft, &tracking::name(draft));
    draft.tell(reason, &message);
    let deadline = tracking::deadline(draft, call.signed_at);
    draft.look_at = Some(draft.next_poll(draft.now).min(deadline));
}

fn rejected(
    draft: &mut Draft<'_>,
    call: &Submission,
    error: &CloudError,
    look: Option<&(Look, Rivals)>,
) {
    if let Some((look, rivals)) = look
        && let Some(order) = resolving::only_ours(look, rivals)
    {
        return resolving::adopt(draft, call, &order);
    }
    if let Some(stored) = &mut draft.status.attempt {
        stored.answer = Some(Stored::Rejected);
        stored.error = Some(detail(error));
    }
    if draft.on.spec.cancel || draft.on.metadata.deletion_timestamp.is_some() {
        return draft.end(
            Reason::CancelledBeforeSubmission,
            "cancelled; the call was not executed and nothing was restarted",
        );
    }
    let permanent = error.delivery == Delivery::Refused && error.retry == Retry::Never;
    if permanent {
        let message = describe(error, "the cloud refused the restart", true);
        return draft.end(preflight::refusal(error.kind), &message);
    }
    if call.number > draft.on.spec.backoff_limit {
        let message = format!(
            "{}. All {} attempts were rejected (backoffLimit {}); nothing was restarted. Create a \
             new request when the cause is gone",
            describe(error, "the cloud rejected the last attempt", true),
            call.number,
            draft.on.spec.backoff_limit,
        );
        return draft.end(Reason::BackoffLimitExceeded, &message);
    }
    back_off(draft, call, error);
}

/// Waits before the next attempt, which will have a number, a nonce and a date of its own.
fn back_off(draft: &mut Draft<'_>, call: &Submission, error: &CloudError) {
    let base = match error.retry {
        Retry::WhenFree => draft.policy.backoff_busy,
        Retry::Later | Retry::Never => draft.policy.backoff,
    };
    let hint = error
        .retry_after
        .and_then(|wait| SignedDuration::try_from(wait).ok());
    let wait = backoff::rejection(base, call.number, hint, draft.seed(), draft.policy);
    let until = backoff::after(draft.now, wait);
    if let Some(stored) = &mut draft.status.attempt {
        stored.not_before = Some(Time(whole_seconds_up(until)));
    }
    let reason = if error.kind == Kind::Throttled {
        Reason::Throttled
    } else if error.kind == Kind::Busy {
        Reason::ForeignChangeOrder
    } else {
        Reason::BackingOff
    };
    let message = format!(
        "{}. Nothing was restarted; attempt {} follows after {} s",
        describe(error, "the cloud rejected the restart", true),
        call.number + 1,
        wait.as_secs(),
    );
    draft.tell(reason, &message);
    draft.notice(EventReason::Rejected, &message);
    draft.look_at = Some(until);
}

/// What is stored has whole seconds; a back-off is never shortened by that.
fn whole_seconds_up(time: jiff::Timestamp) -> jiff::Timestamp {
    let up = time.subsec_nanosecond() > 0;
    jiff::Timestamp::from_second(time.as_second() + i64::from(up)).unwrap_or(time)
}

/// The restart may have been executed. From here on only the order list tells.
fn doubtful(draft: &mut Draft<'_>, call: &Submission, error: &CloudError) {
    let what = describe(error, "the answer to the restart call is not known", true);
    let closes_at = resolving::closes_at(call, draft.policy);
    let next = if draft.has_token() {
        "only the same call with the same token is sent again, which restarts nothing twice; what \
         became of it is looked for"
    } else {
        "nothing is sent again; its order is looked for"
    };
    let message = format!("{what}. The restart may have been executed; {next} until {closes_at}");
    resolving::mark_ambiguous(draft, Some(detail(error)), &message);
    draft.notice_if_new(Reason::Resolving, EventReason::Resolving, &message);
    draft.look_at = Some(resolving::next_look(draft, call));
    if draft.has_token() {
        let pause = whole_seconds_up(backoff::after(draft.now, draft.policy.resend_pause));
        if let Some(stored) = &mut draft.status.attempt {
            stored.not_before = Some(Time(pause));
        }
        draft.look_at = draft.look_at.map(|look| look.min(pause));
    }
}

/// A cloud error as it is stored.
pub(super) fn detail(error: &CloudError) -> ErrorDetail {
    ErrorDetail {
        code: story::cut(error.code.as_deref().unwrap_or(error.kind.as_str()), 128).to_owned(),
        message: story::cut(&error.message, 1024).to_owned(),
        request_id: error
            .request_id
            .as_deref()
            .map(|id| story::cut(id, 128).to_owned()),
    }
}
