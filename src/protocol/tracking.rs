//! Rows 22 to 29: following the order to its end.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::{
    absorb::Draft, backoff, notice::EventReason, preflight::describe, state::State, story::cut,
};
use crate::{
    api::{Attribution, ErrorDetail, Progress, Reason, TargetState, TargetStatus},
    cloud::{
        error::{CloudError, Delivery, Kind},
        types::{OrderId, OrderReport, OrderState, Part, PartState},
    },
};

/// The order was read.
pub(super) fn polled(
    draft: &mut Draft<'_>,
    order: &OrderId,
    report: Result<&OrderReport, &CloudError>,
    progress_due: bool,
) {
    let State::Submitted { following, .. } = draft.state.clone() else {
        return;
    };
    if following.order != *order {
        return;
    }
    let started = following.started;
    let what = &name(draft);
    match report {
        Err(error) if error.kind == Kind::NotFound && !is_young(draft, started) => {
            lost(
                draft,
                &describe(error, &format!("{what} cannot be found"), true),
            );
        }
        Ok(report) if !report.same_target => {
            lost(draft, &format!("{what} belongs to another target"));
        }
        Err(error) => unreadable(draft, what, started, error, progress_due),
        Ok(report) => read(draft, what, started, report, progress_due),
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
    what: &str,
    started: Timestamp,
    error: &CloudError,
    progress_due: bool,
) {
    if deadline_is_over(draft, started) {
        return deadline_exceeded(draft, what);
    }
    let message = describe(
        error,
        &format!("the cloud runs {what}; it cannot be read now"),
        false,
    );
    // Our own pace is no news.
    let paced = error.kind == Kind::Throttled && error.delivery == Delivery::NotSent;
    if progress_due && !paced {
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
    what: &str,
    started: Timestamp,
    report: &OrderReport,
    progress_due: bool,
) {
    let before = draft.status.clone();
    note_numbers(draft, report);
    let because = if report.message.is_empty() {
        String::new()
    } else {
        format!(": {}", report.message.trim_end_matches('.'))
    };
    match report.state {
        OrderState::Succeeded => succeeded(draft, what),
        OrderState::PartlySucceeded => draft.end(
            Reason::PartiallySucceeded,
            &format!(
                "{what} ended with some parts restarted and some not{because}. See status.targets; create \
                 a new request for those that were not"
            ),
        ),
        OrderState::Failed => draft.end(
            Reason::RestartFailed,
            &format!(
                "{what} failed{}{because}. Look at it in the cloud console; create a new request to \
                 restart again",
                if draft.has_token() { String::new() } else { format!(" with status {}", report.status) },
            ),
        ),
        OrderState::Aborted if draft.on.spec.cancel => draft.end(
            Reason::CancelledInCloud,
            &format!("{what} was aborted on request; parts of it may have restarted"),
        ),
        OrderState::Aborted => draft.end(
            Reason::OrderAborted,
            &format!(
                "{what} was aborted in the cloud by somebody else{because}. Create a \
                 new request to restart again"
            ),
        ),
        OrderState::Unconfirmed => unconfirmed(draft, what),
        OrderState::Running
        | OrderState::WaitsForConfirmation
        | OrderState::WaitsForApproval
        | OrderState::NeedsAttention => {
            if deadline_is_over(draft, started) {
                return deadline_exceeded(draft, what);
            }
            under_way(draft, what, report.state, started);
            let same = super::story::told(&before) == super::story::told(&draft.status);
            // What was seen of a part is evidence, which a later look may not show again.
            let evidence = before.targets != draft.status.targets;
            if same && !evidence && !progress_due && !draft.edited {
                draft.status = before; // progress alone can wait for its turn
            }
        }
    }
}

/// What is followed, for people.
pub(super) fn name(draft: &Draft<'_>) -> String {
    let order = draft.status.change_order.as_ref();
    match order.map(|order| (order.id.as_ref(), order.request_id.as_ref())) {
        Some((Some(id), _)) => format!("change order {id}"),
        Some((None, Some(call))) => format!("the reboot of call {call}"),
        Some((None, None)) | None => "the restart".to_owned(),
    }
}

/// The parts as they are stored.
pub(super) fn targets(parts: &[Part]) -> Vec<TargetStatus> {
    let target = |part: &Part| TargetStatus {
        id: part.id.clone(),
        state: match part.state {
            PartState::Waiting => TargetState::Waiting,
            PartState::Running => TargetState::Running,
            PartState::Succeeded => TargetState::Succeeded,
            PartState::Failed => TargetState::Failed,
            PartState::Aborted => TargetState::Aborted,
            PartState::Rejected => TargetState::Rejected,
            PartState::Unconfirmed => TargetState::Unconfirmed,
        },
        order_id: part.order.as_ref().map(|order| order.0.clone()),
        error: part.error.as_ref().map(|error| ErrorDetail {
            code: cut(&error.code, 128).to_owned(),
            message: cut(&error.message, 1024).to_owned(),
            request_id: None,
        }),
    };
    parts.iter().take(100).map(target).collect()
}

/// Nothing goes on any more, and of some parts there is no evidence of a restart.
fn unconfirmed(draft: &mut Draft<'_>, what: &str) {
    let silent = draft.status.targets.iter().filter(|target| {
        matches!(
            target.state,
            TargetState::Unconfirmed | TargetState::Waiting
        )
    });
    let ids: Vec<&str> = silent.map(|target| target.id.as_str()).collect();
    let message = format!(
        "{what} was accepted, and there is no evidence that these were restarted: {}. Look at them \
         in the cloud console, then set spec.resolution.adopt to the id of what you find there, or \
         spec.resolution.notExecuted to true",
        cut(&ids.join(", "), 600),
    );
    draft.tell(Reason::OutcomeUnknown, &message);
    draft.notice(EventReason::OutcomeUnknown, &message);
    draft.look_at = None;
}

fn note_numbers(draft: &mut Draft<'_>, report: &OrderReport) {
    // Without orders there is no number either.
    let has_orders = !draft.has_token();
    if let Some(stored) = draft.status.change_order.as_mut().filter(|_| has_orders) {
        stored.status = Some(report.status);
        stored.sub_status = report.sub_status;
        if !report.kind.is_empty() {
            stored.type_ = Some(super::story::cut(&report.kind, 128).to_owned());
        }
    }
    if !report.parts.is_empty() {
        draft.status.targets = targets(&report.parts);
    }
    // An order that ended, or waits for a person, restarts nothing now.
    let goes_on = matches!(
        report.state,
        OrderState::Running | OrderState::NeedsAttention
    );
    if report.total >= 1 {
        let done = report.succeeded + report.failed;
        draft.status.progress = Some(Progress {
            total: report.total,
            succeeded: report.succeeded,
            failed: report.failed,
            running: i32::from(goes_on && done < report.total),
            display: format!("{done}/{}", report.total),
        });
    }
}

fn succeeded(draft: &mut Draft<'_>, what: &str) {
    if draft.on.spec.cancel {
        draft.notice(
            EventReason::CancelTooLate,
            &format!("{what} succeeded before it could be aborted"),
        );
    }
    draft.end(Reason::RestartSucceeded, &format!("{what} succeeded"));
}

/// The order goes on, or waits for a person.
fn under_way(draft: &mut Draft<'_>, what: &str, state: OrderState, started: Timestamp) {
    let (reason, message) = match state {
        OrderState::WaitsForApproval => (
            Reason::ApprovalRequired,
            format!("{what} waits for an approval; approve or reject it in the cloud console"),
        ),
        OrderState::WaitsForConfirmation => (
            Reason::BatchConfirmationRequired,
            format!(
                "{what} waits for a person to start the next batch; confirm it in the \
                 cloud console"
            ),
        ),
        OrderState::NeedsAttention => (
            Reason::OrderNeedsAttention,
            format!(
                "{what} stopped advancing; look at its batches in the cloud console, \
                 then let it go on or abort it there"
            ),
        ),
        OrderState::Running
        | OrderState::Succeeded
        | OrderState::PartlySucceeded
        | OrderState::Failed
        | OrderState::Aborted
        | OrderState::Unconfirmed => running(draft, what),
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
pub(super) fn running(draft: &Draft<'_>, what: &str) -> (Reason, String) {
    if draft.wants_abort() {
        (
            Reason::Cancelling,
            format!("the cloud is asked to abort {what}"),
        )
    } else {
        let found = draft
            .status
            .change_order
            .as_ref()
            .is_some_and(|order| order.attribution == Attribution::Adopted);
        let how = if found {
            ", which was found after a lost answer"
        } else {
            ""
        };
        (Reason::Running, format!("the cloud runs {what}{how}"))
    }
}

/// The next poll: by the order's age, not before `soonest`, and exactly at the active deadline.
fn plan(draft: &mut Draft<'_>, started: Timestamp, soonest: Timestamp) {
    let by_age = draft.next_poll(started);
    draft.look_at = Some(by_age.max(soonest).min(deadline(draft, started)));
}

/// The end of the active time of an order of that start.
pub(super) fn deadline(draft: &Draft<'_>, started: Timestamp) -> Timestamp {
    let seconds = i64::from(draft.on.spec.active_deadline_seconds);
    backoff::after(started, SignedDuration::from_secs(seconds))
}

fn deadline_is_over(draft: &Draft<'_>, started: Timestamp) -> bool {
    draft.now >= deadline(draft, started)
}

fn deadline_exceeded(draft: &mut Draft<'_>, what: &str) {
    // Without an order, a part that was never seen restarting says nothing about itself.
    let unseen = draft
        .status
        .targets
        .iter()
        .any(|target| target.state == TargetState::Waiting);
    if draft.has_token() && unseen {
        return unconfirmed(draft, what);
    }
    let status = draft.status.change_order.as_ref().and_then(|o| o.status);
    let last = status.map_or_else(|| "not known".to_owned(), |status| status.to_string());
    let message = format!(
        "{what} did not end within activeDeadlineSeconds ({} s); its last status was \
         {last}. It may still run in the cloud: look at it in the console",
        draft.on.spec.active_deadline_seconds,
    );
    draft.end(Reason::ActiveDeadlineExceeded, &message);
}

/// The cloud was asked to abort the order. Whatever it said, the order is polled next.
pub(super) fn aborted(draft: &mut Draft<'_>, order: &OrderId, result: Result<&(), &CloudError>) {
    let State::Submitted { following, .. } = draft.state.clone() else {
        return;
    };
    if following.order != *order {
        return;
    }
    draft.go_on = true;
    let what = &name(draft);
    let stamp = draft.stamp();
    let message = match result {
        Ok(()) => {
            if let Some(stored) = &mut draft.status.change_order {
                let stamp = Time(stamp);
                stored.abort_requested_at.get_or_insert(stamp);
            }
            format!("the cloud is asked to abort {what}")
        }
        // It ended meanwhile: the poll that follows tells how.
        Err(error) if error.kind == Kind::NotRunning => return,
        Err(error) => describe(error, &format!("{what} could not be aborted yet"), false),
    };
    draft.notice_if_new(Reason::Cancelling, EventReason::CancelRequested, &message);
    draft.tell(Reason::Cancelling, &message);
}
