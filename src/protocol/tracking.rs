//! Rows 22 to 29: following the order to its end.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::{absorb::Draft, backoff, notice::EventReason, preflight::describe, state::State};
use crate::{
    api::{Progress, Reason},
    cloud::{
        error::{CloudError, Kind},
        types::{OrderId, OrderReport, OrderState},
    },
};

/// The order was read.
pub(super) fn polled(
    draft: &mut Draft<'_>,
    order: &OrderId,
    report: Result<&OrderReport, &CloudError>,
    progress_due: bool,
) {
    let State::Submitted {
        order: ours,
        started,
        ..
    } = draft.state.clone()
    else {
        return;
    };
    if ours != *order {
        return;
    }
    match report {
        Err(error) if error.kind == Kind::NotFound && !is_young(draft, started) => {
            lost(
                draft,
                &describe(
                    error,
                    &format!("change order {order} cannot be found"),
                    true,
                ),
            );
        }
        Ok(report) if !report.same_target => {
            lost(
                draft,
                &format!("change order {order} belongs to another target"),
            );
        }
        Err(error) => unreadable(draft, order, started, error, progress_due),
        Ok(report) => read(draft, order, started, report, progress_due),
    }
}

/// The cloud's reads may lag behind its own answer.
fn is_young(draft: &Draft<'_>, started: Timestamp) -> bool {
    draft.now < backoff::after(started, draft.policy.order_lag)
}

fn lost(draft: &mut Draft<'_>, why: &str) {
    let message = format!(
        "{why}. The restart was accepted, and its end cannot be seen. Look at the target's change \
         orders in the cloud console, then set spec.resolution.adopt to the order's id, or \
         spec.resolution.notExecuted to true"
    );
    draft.tell(Reason::OrderLost, &message);
    draft.notice(EventReason::OutcomeUnknown, &message);
}

fn unreadable(
    draft: &mut Draft<'_>,
    order: &OrderId,
    started: Timestamp,
    error: &CloudError,
    progress_due: bool,
) {
    if deadline_is_over(draft, started) {
        return deadline_exceeded(draft, order);
    }
    let message = describe(
        error,
        &format!("the cloud runs change order {order}; it cannot be read now"),
        false,
    );
    if progress_due {
        let reason = draft.told().unwrap_or(Reason::Running);
        draft.tell(reason, &message);
    }
    let hint = error
        .retry_after
        .and_then(|wait| SignedDuration::try_from(wait).ok());
    let soonest = backoff::after(draft.now, hint.unwrap_or_default());
    plan(draft, started, soonest);
}

fn read(
    draft: &mut Draft<'_>,
    order: &OrderId,
    started: Timestamp,
    report: &OrderReport,
    progress_due: bool,
) {
    let before = draft.status.clone();
    note_numbers(draft, report);
    let because = if report.message.is_empty() {
        String::new()
    } else {
        format!(": {}", report.message)
    };
    match report.state {
        OrderState::Succeeded => succeeded(draft, order),
        OrderState::PartlySucceeded => draft.end(
            Reason::PartiallySucceeded,
            &format!("change order {order} ended with some parts restarted and some not{because}"),
        ),
        OrderState::Failed => draft.end(
            Reason::RestartFailed,
            &format!(
                "change order {order} failed with status {}{because}. Look at the order in the cloud \
                 console; create a new request to restart again",
                report.status
            ),
        ),
        OrderState::Aborted if draft.on.spec.cancel => draft.end(
            Reason::CancelledInCloud,
            &format!("change order {order} was aborted on request; parts of it may have restarted"),
        ),
        OrderState::Aborted => draft.end(
            Reason::OrderAborted,
            &format!(
                "change order {order} was aborted in the cloud by somebody else{because}. Create a \
                 new request to restart again"
            ),
        ),
        OrderState::Running
        | OrderState::WaitsForConfirmation
        | OrderState::WaitsForApproval
        | OrderState::NeedsAttention => {
            if deadline_is_over(draft, started) {
                return deadline_exceeded(draft, order);
            }
            under_way(draft, order, report.state, started);
            let told_before = super::story::told(&before);
            if told_before == super::story::told(&draft.status) && !progress_due && !draft.edited {
                draft.status = before; // progress alone can wait for its turn
            }
        }
    }
}

fn note_numbers(draft: &mut Draft<'_>, report: &OrderReport) {
    if let Some(stored) = &mut draft.status.change_order {
        stored.status = Some(report.status);
        stored.sub_status = report.sub_status;
        if !report.kind.is_empty() {
            stored.type_ = Some(super::story::cut(&report.kind, 128).to_owned());
        }
    }
    if report.total >= 1 {
        let done = report.succeeded + report.failed;
        draft.status.progress = Some(Progress {
            total: report.total,
            succeeded: report.succeeded,
            failed: report.failed,
            running: i32::from(done < report.total),
            display: format!("{done}/{}", report.total),
        });
    }
}

fn succeeded(draft: &mut Draft<'_>, order: &OrderId) {
    if draft.on.spec.cancel {
        draft.notice(
            EventReason::CancelTooLate,
            &format!("change order {order} succeeded before it could be aborted"),
        );
    }
    draft.end(
        Reason::RestartSucceeded,
        &format!("change order {order} succeeded"),
    );
}

/// The order goes on, or waits for a person.
fn under_way(draft: &mut Draft<'_>, order: &OrderId, state: OrderState, started: Timestamp) {
    let (reason, message) = match state {
        OrderState::WaitsForApproval => (
            Reason::ApprovalRequired,
            format!(
                "change order {order} waits for an approval; approve or reject it in the cloud console"
            ),
        ),
        OrderState::WaitsForConfirmation => (
            Reason::BatchConfirmationRequired,
            format!(
                "change order {order} waits for a person to start the next batch; confirm it in the \
                 cloud console"
            ),
        ),
        OrderState::NeedsAttention => (
            Reason::OrderNeedsAttention,
            format!(
                "change order {order} stopped advancing; look at its batches in the cloud console, \
                 then let it go on or abort it there"
            ),
        ),
        OrderState::Running
        | OrderState::Succeeded
        | OrderState::PartlySucceeded
        | OrderState::Failed
        | OrderState::Aborted => running(draft, order),
    };
    let paused = !matches!(reason, Reason::Running | Reason::Cancelling);
    if paused {
        draft.notice_if_new(reason, EventReason::PausedInCloud, &message);
    }
    draft.tell(reason, &message);
    let soonest = if paused {
        backoff::after(draft.now, draft.policy.poll_paused)
    } else {
        draft.now
    };
    plan(draft, started, soonest);
}

/// The story of an order that goes on.
fn running(draft: &Draft<'_>, order: &OrderId) -> (Reason, String) {
    if draft.on.spec.cancel {
        (
            Reason::Cancelling,
            format!("the cloud is asked to abort change order {order}"),
        )
    } else {
        (
            Reason::Running,
            format!("the cloud runs change order {order}"),
        )
    }
}

/// The next poll: by the order's age, not before `soonest`, and exactly at the active deadline.
fn plan(draft: &mut Draft<'_>, started: Timestamp, soonest: Timestamp) {
    let by_age = backoff::next_poll(started, draft.now, draft.seed(), draft.policy);
    draft.look_at = Some(by_age.max(soonest).min(deadline(draft, started)));
}

fn deadline(draft: &Draft<'_>, started: Timestamp) -> Timestamp {
    let seconds = i64::from(draft.on.spec.active_deadline_seconds);
    backoff::after(started, SignedDuration::from_secs(seconds))
}

fn deadline_is_over(draft: &Draft<'_>, started: Timestamp) -> bool {
    draft.now >= deadline(draft, started)
}

fn deadline_exceeded(draft: &mut Draft<'_>, order: &OrderId) {
    let status = draft.status.change_order.as_ref().and_then(|o| o.status);
    let last = status.map_or_else(|| "not known".to_owned(), |status| status.to_string());
    let message = format!(
        "change order {order} did not end within activeDeadlineSeconds ({} s); its last status was \
         {last}. It may still run in the cloud: look at it in the console",
        draft.on.spec.active_deadline_seconds,
    );
    draft.end(Reason::ActiveDeadlineExceeded, &message);
}

/// The cloud was asked to abort the order. Whatever it said, the order is polled next.
pub(super) fn aborted(draft: &mut Draft<'_>, order: &OrderId, result: Result<&(), &CloudError>) {
    let State::Submitted { order: ours, .. } = draft.state.clone() else {
        return;
    };
    if ours != *order {
        return;
    }
    draft.go_on = true;
    let stamp = draft.stamp();
    let message = match result {
        Ok(()) => {
            if let Some(stored) = &mut draft.status.change_order {
                let stamp = Time(stamp);
                stored.abort_requested_at.get_or_insert(stamp);
            }
            format!("the cloud is asked to abort change order {order}")
        }
        // It ended meanwhile: the poll that follows tells how.
        Err(error) if error.kind == Kind::NotRunning => return,
        Err(error) => describe(
            error,
            &format!("change order {order} could not be aborted yet"),
            false,
        ),
    };
    draft.notice_if_new(Reason::Cancelling, EventReason::CancelRequested, &message);
    draft.tell(Reason::Cancelling, &message);
}
