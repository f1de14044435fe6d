//! What people and tools read: the seven conditions and the phase, derived from the facts of a
//! status and one reason. Facts are never changed here.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::api::{
    Answer, Attribution, Condition, ConditionStatus, ConditionType, Phase, Reason,
    RestartRequestStatus, condition,
};

/// What a reason says about the whole request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It goes on by itself.
    Open,
    /// It is not finished and waits for a person.
    Stalled,
    /// The restart, the dry run, or a person's word for it: a good end.
    Good,
    /// Finished and inert: the restart belongs to the past.
    Inert,
    /// Any other end.
    Bad,
}

/// The phase that goes with a reason of the five common conditions.
#[must_use]
pub const fn phase(reason: Reason) -> Phase {
    use Reason as R;
    match reason {
        R::Suspended => Phase::Suspended,
        R::TargetBusy | R::ForeignChangeOrder | R::Throttled => Phase::Queued,
        R::Submitting => Phase::Submitting,
        R::Resolving => Phase::Resolving,
        R::Running | R::Cancelling => Phase::Running,
        R::ApprovalRequired | R::BatchConfirmationRequired | R::OrderNeedsAttention => {
            Phase::Paused
        }
        R::OutcomeUnknown | R::OrderLost => Phase::Unknown,
        R::RestartSucceeded | R::DryRunPassed | R::ResolvedExecuted => Phase::Succeeded,
        R::PartiallySucceeded => Phase::PartiallySucceeded,
        R::RestartFailed
        | R::OrderAborted
        | R::ActiveDeadlineExceeded
        | R::BackoffLimitExceeded
        | R::Rejected
        | R::AccountNotAllowed
        | R::TargetNotAllowed
        | R::GuardDenied
        | R::TargetMismatch
        | R::TargetNotFound
        | R::TargetNotRunning
        | R::TargetUnsupported
        | R::BareMetalRefused
        | R::PermissionDenied
        | R::NotImplemented => Phase::Failed,
        R::NotExecuted | R::ResolvedNotExecuted | R::RestoredFromBackup => Phase::NotExecuted,
        R::StartDeadlineExceeded | R::StartBeforePassed => Phase::Expired,
        R::CancelledBeforeSubmission | R::CancelledInCloud => Phase::Cancelled,
        R::CreatedAfterStartBefore => Phase::Skipped,
        R::Checking
        | R::AccountNotFound
        | R::AccountNotReady
        | R::CloudUnavailable
        | R::ClockSkew
        | R::BackingOff
        // Only of Accepted and Submitted; named here so that a new reason cannot be forgotten.
        | R::Accepted
        | R::NotSubmitted
        | R::IntentRecorded
        | R::OrderAccepted
        | R::OrderAdopted => Phase::Pending,
    }
}

/// What a reason says about the whole request.
#[must_use]
pub const fn standing(reason: Reason) -> Standing {
    match phase(reason) {
        Phase::Succeeded => Standing::Good,
        Phase::Skipped => Standing::Inert,
        Phase::Unknown => Standing::Stalled,
        Phase::Paused if matches!(reason, Reason::OrderNeedsAttention) => Standing::Stalled,
        Phase::PartiallySucceeded
        | Phase::Failed
        | Phase::NotExecuted
        | Phase::Expired
        | Phase::Cancelled => Standing::Bad,
        Phase::Pending
        | Phase::Suspended
        | Phase::Queued
        | Phase::Submitting
        | Phase::Resolving
        | Phase::Running
        | Phase::Paused => Standing::Open,
    }
}

/// Whether a request with this reason has come to its end.
#[must_use]
pub const fn ends(reason: Reason) -> bool {
    matches!(
        standing(reason),
        Standing::Good | Standing::Inert | Standing::Bad
    )
}

/// Writes phase and conditions. `completionTime` is set with the reason of an end and never moved.
pub fn tell(
    status: &mut RestartRequestStatus,
    generation: i64,
    reason: Reason,
    message: &str,
    now: Timestamp,
) {
    if ends(reason) && status.completion_time.is_none() {
        status.completion_time = Some(Time(now));
    }
    status.observed_generation = generation;
    status.phase = phase(reason);
    let told = common(reason).map(|(type_, truth)| (type_, truth, reason));
    let (is_accepted, why_accepted) = accepted(status, reason);
    let (is_submitted, why_submitted) = submitted(status, reason);
    let first = [
        (ConditionType::Accepted, is_accepted, why_accepted),
        (ConditionType::Submitted, is_submitted, why_submitted),
    ];
    for (type_, truth, why) in first.into_iter().chain(told) {
        condition::upsert(
            &mut status.conditions,
            Condition {
                type_: ConditionType::as_str(type_).to_owned(),
                status: truth,
                reason: why.as_str().to_owned(),
                message: cut(line(type_, truth, why).unwrap_or(message), MESSAGE_MAX).to_owned(),
                last_transition_time: Time(now),
                observed_generation: generation,
            },
        );
    }
}

/// What a condition says when it has nothing to tell that the others do not tell already: whoever reads
/// them all finds the one long message where it belongs, and not seven times.
fn line(type_: ConditionType, truth: ConditionStatus, why: Reason) -> Option<&'static str> {
    use ConditionStatus::{False, True, Unknown};
    match (type_, truth) {
        (ConditionType::Accepted, True) => Some("nothing speaks against the request"),
        (ConditionType::Submitted, _) => Some(submission(why)),
        (ConditionType::Succeeded, Unknown) => Some("it is not known yet"),
        (ConditionType::Finished, False) => Some("it has not come to its end"),
        (ConditionType::Finished, True) => Some("it has come to its end"),
        (ConditionType::Reconciling, False) => Some("nothing is under way"),
        (ConditionType::Stalled, False) => Some("it is not stuck"),
        (ConditionType::Accepted, False | Unknown)
        | (ConditionType::Succeeded, True | False)
        | (ConditionType::Finished, Unknown)
        | (ConditionType::Reconciling | ConditionType::Stalled, True | Unknown)
        | (ConditionType::Ready, _) => None,
    }
}

/// What became of the restart call, in one line.
fn submission(why: Reason) -> &'static str {
    let lines = [
        (Reason::NotSubmitted, "no restart call was made"),
        (Reason::IntentRecorded, "one restart call is being made"),
        (
            Reason::Resolving,
            "one restart call was made; its answer is not known",
        ),
        (Reason::OrderAccepted, "the cloud accepted the restart call"),
        (
            Reason::OrderAdopted,
            "the answer was lost; what the cloud made of the call was found",
        ),
        (
            Reason::Rejected,
            "the cloud refused the last call; nothing was executed",
        ),
        (Reason::NotExecuted, "the call was not executed"),
        (
            Reason::OutcomeUnknown,
            "one restart call was made; whether it was executed is not known",
        ),
    ];
    let found = lines.into_iter().find(|(reason, _)| *reason == why);
    found.map_or("", |(_, line)| line)
}

/// Raises the generation of everything told before, without changing what it says.
pub fn acknowledge(status: &mut RestartRequestStatus, generation: i64) {
    status.observed_generation = generation;
    for condition in &mut status.conditions {
        condition.observed_generation = generation;
    }
}

/// The reason that was told last, if any.
#[must_use]
pub fn told(status: &RestartRequestStatus) -> Option<Reason> {
    condition::find(&status.conditions, ConditionType::Ready).and_then(|c| Reason::parse(&c.reason))
}

/// The message that was told last.
#[must_use]
pub fn message(status: &RestartRequestStatus) -> &str {
    condition::find(&status.conditions, ConditionType::Ready).map_or("", |c| &c.message)
}

/// Upper bound of a condition message in bytes.
const MESSAGE_MAX: usize = 1024;

/// `text`, at most `max` bytes of it, cut between characters.
#[must_use]
pub fn cut(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

/// The five conditions that share one reason.
const fn common(reason: Reason) -> [(ConditionType, ConditionStatus); 5] {
    use ConditionStatus::{False, True, Unknown};
    let (succeeded, finished, ready, reconciling, stalled) = match standing(reason) {
        Standing::Open => (Unknown, False, False, True, False),
        Standing::Stalled => (Unknown, False, False, False, True),
        Standing::Good => (True, True, True, False, False),
        Standing::Inert => (False, True, True, False, False),
        Standing::Bad => (False, True, False, False, True),
    };
    [
        (ConditionType::Succeeded, succeeded),
        (ConditionType::Finished, finished),
        (ConditionType::Ready, ready),
        (ConditionType::Reconciling, reconciling),
        (ConditionType::Stalled, stalled),
    ]
}

/// `Accepted`: may the request be made at all?
fn accepted(status: &RestartRequestStatus, reason: Reason) -> (ConditionStatus, Reason) {
    if matches!(reason, Reason::Checking | Reason::CloudUnavailable) {
        return (ConditionStatus::Unknown, reason);
    }
    if refuses(reason) {
        return (ConditionStatus::False, reason);
    }
    if comes_before_a_check(reason) && status.attempt.is_none() {
        // What was known stays.
        return condition::find(&status.conditions, ConditionType::Accepted)
            .and_then(|c| Some((c.status, Reason::parse(&c.reason)?)))
            .unwrap_or((ConditionStatus::Unknown, Reason::Checking));
    }
    (ConditionStatus::True, Reason::Accepted)
}

const fn refuses(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::AccountNotFound
            | Reason::AccountNotReady
            | Reason::AccountNotAllowed
            | Reason::TargetNotAllowed
            | Reason::GuardDenied
            | Reason::TargetMismatch
            | Reason::TargetNotFound
            | Reason::TargetNotRunning
            | Reason::TargetUnsupported
            | Reason::BareMetalRefused
            | Reason::PermissionDenied
            | Reason::NotImplemented
            | Reason::RestoredFromBackup
    )
}

const fn comes_before_a_check(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Suspended
            | Reason::TargetBusy
            | Reason::Throttled
            | Reason::ClockSkew
            | Reason::StartDeadlineExceeded
            | Reason::StartBeforePassed
            | Reason::CancelledBeforeSubmission
    )
}

/// `Submitted`: does the cloud have the call?
fn submitted(status: &RestartRequestStatus, reason: Reason) -> (ConditionStatus, Reason) {
    use Reason as R;
    if let Some(order) = &status.change_order {
        let why = match order.attribution {
            Attribution::Direct => R::OrderAccepted,
            Attribution::Adopted => R::OrderAdopted,
        };
        return (ConditionStatus::True, why);
    }
    let Some(attempt) = &status.attempt else {
        return (ConditionStatus::False, R::NotSubmitted);
    };
    if attempt.answer == Some(Answer::Rejected) {
        return (ConditionStatus::False, R::Rejected);
    }
    if matches!(reason, R::OutcomeUnknown | R::OrderLost) {
        return (ConditionStatus::Unknown, R::OutcomeUnknown);
    }
    if reason == R::ResolvedExecuted {
        return (ConditionStatus::True, R::OrderAdopted);
    }
    if ends(reason) {
        return (ConditionStatus::False, R::NotExecuted);
    }
    let why = match attempt.answer {
        Some(_) => R::Resolving,
        None => R::IntentRecorded,
    };
    (ConditionStatus::Unknown, why)
}
