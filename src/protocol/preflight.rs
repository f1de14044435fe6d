//! Rows 1 to 9: what a request that was not sent yet is told.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::{
    absorb::{Draft, Hindrance},
    backoff,
    decide::{Ending, Why},
    notice::EventReason,
    state::State,
};
use crate::{
    api::{ForeignOrder, Preflight, Queue, Reason, Warning},
    cloud::{
        error::{CloudError, Delivery, Kind, Retry},
        types::{Check, RunningOrder},
    },
};

/// Nothing was to be done yet.
pub(super) fn waited(draft: &mut Draft<'_>, until: Timestamp, why: &Why) {
    draft.look_at = (until < Timestamp::MAX).then_some(until);
    if until.duration_since(draft.now) < draft.policy.silent_wait {
        return;
    }
    // What a waiting request was told on an old view is no news of one that went on meanwhile.
    let waiting = matches!(draft.state, State::Waiting { .. });
    match why {
        Why::AsBefore | Why::TimeToLive => {}
        Why::Suspended | Why::BackingOff | Why::Held { .. } if !waiting => {}
        Why::Suspended => {
            let message =
                "spec.suspend holds the request before the call; set it to false to go on";
            draft.notice_if_new(Reason::Suspended, EventReason::Suspended, message);
            draft.tell(Reason::Suspended, message);
        }
        Why::BackingOff => {
            // The rejection told why already, unless something else was told in between.
            let told = [
                Reason::BackingOff,
                Reason::Throttled,
                Reason::ForeignChangeOrder,
            ];
            if !draft.told().is_some_and(|reason| told.contains(&reason)) {
                draft.tell(Reason::BackingOff, "waits before the next attempt");
            }
        }
        Why::Held { by, position } => {
            let message =
                format!("request {by} has the same target in work; this one starts after it");
            draft.notice_if_new(Reason::TargetBusy, EventReason::Queued, &message);
            draft.tell(Reason::TargetBusy, &message);
            draft.status.queue = Some(Queue {
                position: Some(*position),
                held_by: Some(by.clone()),
                change_order: None,
            });
        }
        Why::WindowOpen if !draft.edited => {}
        Why::WindowOpen => {
            let message = "the signed call can still be executed; spec.resolution.notExecuted is \
                           applied when the signature has expired";
            draft.notice(EventReason::ResolutionRefused, message);
        }
    }
}

/// The preflight came back. A clear one is not written: it goes into the intent.
pub(super) fn checked(draft: &mut Draft<'_>, result: &Result<Check, Hindrance>) {
    if !matches!(draft.state, State::Waiting { .. }) {
        return;
    }
    match result {
        Ok(check) if clock_is_off(draft, check) => {
            let message = "the operator's clock and the cloud's differ by more than a minute, so no \
                           call is signed; set the clock of the operator's node";
            hold(draft, Reason::ClockSkew, message, draft.policy.recheck);
        }
        Ok(check) => match &check.running {
            Some(order) if !draft.on.spec.dry_run => occupied(draft, order),
            _ => draft.go_on = true,
        },
        Err(Hindrance::Waiting { reason, message }) => {
            hold(draft, *reason, message, draft.policy.recheck);
        }
        Err(Hindrance::Refused { reason, message }) => draft.end(*reason, message),
        Err(Hindrance::Cloud(error)) => unreadable(draft, error),
        Err(Hindrance::Unrecorded(orders)) => made_already(draft, orders),
    }
}

fn clock_is_off(draft: &Draft<'_>, check: &Check) -> bool {
    check.clock_offset.abs() > draft.policy.skew
}

fn hold(draft: &mut Draft<'_>, reason: Reason, message: &str, wait: jiff::SignedDuration) {
    draft.tell(reason, message);
    draft.look_at = Some(backoff::after(draft.now, wait));
}

/// An order that somebody else runs: shown, and waited for.
pub(super) fn occupied(draft: &mut Draft<'_>, order: &RunningOrder) {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let message = format!(
        "change order {}{}{} occupies the target; the restart starts after it",
        order.id,
        text(&order.kind)
            .map(|kind| format!(" ({kind})"))
            .unwrap_or_default(),
        text(&order.created_by)
            .map(|who| format!(" of user {who}"))
            .unwrap_or_default(),
    );
    draft.notice_if_new(Reason::ForeignChangeOrder, EventReason::Queued, &message);
    hold(
        draft,
        Reason::ForeignChangeOrder,
        &message,
        draft.policy.recheck_busy,
    );
    draft.status.queue = Some(Queue {
        position: None,
        held_by: None,
        change_order: Some(ForeignOrder {
            id: order.id.0.clone(),
            type_: text(&order.kind),
            created_by: text(&order.created_by),
            since: text(&order.since),
        }),
    });
}

/// A read of the preflight failed. Only a refusal that no waiting cures ends the request.
fn unreadable(draft: &mut Draft<'_>, error: &CloudError) {
    if error.kind == Kind::Unauthenticated {
        let message = describe(error, "the account's credential was refused", false);
        return hold(
            draft,
            Reason::AccountNotReady,
            &message,
            draft.policy.recheck_busy,
        );
    }
    if error.delivery == Delivery::Refused && error.retry == Retry::Never {
        let message = describe(error, "the check before the restart was refused", true);
        return draft.end(refusal(error.kind), &message);
    }
    let hint = error
        .retry_after
        .and_then(|wait| jiff::SignedDuration::try_from(wait).ok());
    let wait = hint.unwrap_or_default().max(draft.policy.recheck_busy);
    if error.kind == Kind::Throttled {
        let message = describe(error, "the account's call quota is used up", false);
        draft.notice_if_new(Reason::Throttled, EventReason::Queued, &message);
        return hold(draft, Reason::Throttled, &message, wait);
    }
    let message = describe(
        error,
        "the cloud cannot be asked about the target now",
        false,
    );
    hold(draft, Reason::CloudUnavailable, &message, wait);
}

/// The restart that is asked for seems to be made, and its record is gone. Only a person can tell.
fn made_already(draft: &mut Draft<'_>, orders: &[String]) {
    let message = format!(
        "the cloud shows a restart of ours since this request was created, and no request has \
         recorded it: {}. The status of this request may have been rolled back, so nothing was \
         sent. Set spec.resolution.adopt to the order's id if it is the restart of this request, \
         or spec.resolution.notExecuted to true",
        super::story::cut(&orders.join("; "), 500),
    );
    draft.tell(Reason::OutcomeUnknown, &message);
    draft.notice(EventReason::OutcomeUnknown, &message);
    draft.look_at = None;
}

/// The reason of an end by a cloud refusal.
pub(super) const fn refusal(kind: Kind) -> Reason {
    match kind {
        Kind::NotFound => Reason::TargetNotFound,
        Kind::NotRunning => Reason::TargetNotRunning,
        Kind::Mismatch => Reason::TargetMismatch,
        Kind::Unsupported => Reason::TargetUnsupported,
        Kind::BareMetal => Reason::BareMetalRefused,
        Kind::Forbidden | Kind::Unauthenticated => Reason::PermissionDenied,
        Kind::Throttled
        | Kind::Transient
        | Kind::Busy
        | Kind::Invalid
        | Kind::Billing
        | Kind::Unexpected => Reason::Rejected,
    }
}

/// A cloud error in one line: what, the cloud's words, its code, and what to do. A request id is
/// named only where the line is written once: it differs each time.
pub(super) fn describe(error: &CloudError, what: &str, with_request_id: bool) -> String {
    let code = error
        .code
        .as_deref()
        .map(|code| format!(" ({code})"))
        .unwrap_or_default();
    let id = match &error.request_id {
        Some(id) if with_request_id => format!(" [request id {id}]"),
        _ => String::new(),
    };
    let advice = if error.advice.is_empty() {
        String::new()
    } else {
        format!(". {}", error.advice)
    };
    format!(
        "{what}: {}{code}{id}{advice}",
        error.message.trim_end_matches('.')
    )
}

/// The end of a request that never called the cloud, of a dry run, or by a person's word.
pub(super) fn settled(draft: &mut Draft<'_>, ending: &Ending) {
    let still = match &draft.state {
        State::Waiting { .. } => true,
        State::Unknown { .. } => matches!(
            ending.reason,
            Reason::ResolvedNotExecuted | Reason::ResolvedExecuted
        ),
        State::Intent { .. } | State::Submitted { .. } | State::Finished => false,
    };
    if !still {
        return;
    }
    if let Some(check) = &ending.check {
        draft.status.preflight = Some(found(check, draft.stamp()));
    }
    if matches!(draft.state, State::Unknown { .. }) {
        draft.notice(
            EventReason::ResolutionApplied,
            "spec.resolution is followed",
        );
    }
    let message = ending_message(draft, ending.reason);
    draft.end(ending.reason, &message);
}

fn ending_message(draft: &Draft<'_>, reason: Reason) -> String {
    let waited_for = draft.on.status.as_ref().map_or("", super::story::message);
    let text = if reason == Reason::CreatedAfterStartBefore {
        "the request was created at or after its own startBefore, so its restart belongs to the \
         past and nothing was called; for a restart now, create a request with a new name and a \
         later startBefore"
    } else if reason == Reason::CancelledBeforeSubmission {
        "cancelled before anything was sent; nothing was restarted"
    } else if reason == Reason::StartBeforePassed {
        "startBefore passed while the request waited, so nothing was sent; create a new request \
         with a later startBefore"
    } else if reason == Reason::StartDeadlineExceeded {
        return format!(
            "the request waited longer than startDeadlineSeconds ({} s), so nothing was sent; it \
             waited last for: {waited_for}. Remove that cause and create a new request",
            draft.on.spec.start_deadline_seconds,
        );
    } else if reason == Reason::RestoredFromBackup {
        "the object was restored from a backup without its status, so its restart belongs to the \
         past and nothing was called; for a restart now, create a request with a new name"
    } else if reason == Reason::DryRunPassed {
        "every check passed and nothing was called; create the request without dryRun to restart"
    } else if reason == Reason::ResolvedExecuted {
        "a person said that the restart was executed"
    } else {
        "a person said that nothing was executed"
    };
    text.to_owned()
}

/// `status.preflight` of what was found.
pub(super) fn found(check: &Check, now: Timestamp) -> Preflight {
    let unavailable = match (check.instances, check.effective_min_ready) {
        (Some(n), Some(ready)) => Some(n.saturating_sub(ready).max(0)),
        _ => None,
    };
    let mut warnings: Vec<Warning> = check
        .warnings
        .iter()
        .map(|warning| Warning {
            code: warning.code.to_owned(),
            message: warning.message.clone(),
        })
        .collect();
    if let Some(order) = &check.running {
        warnings.push(Warning {
            code: "TargetBusy".to_owned(),
            message: format!("change order {} runs on the target now", order.id),
        });
    }
    Preflight {
        time: Time(now),
        instances: check.instances,
        effective_min_ready_instances: check.effective_min_ready,
        max_unavailable: unavailable,
        call: Some(super::story::cut(&check.call, 1024).to_owned()),
        principal: None,
        warnings,
    }
}
