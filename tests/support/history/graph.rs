//! The allowed graph: the order of phases, what may change in an attempt, and how phase, facts and
//! conditions agree. The tables are those of the API reference, written down a second time on purpose.

use restart_operator::api::{
    Answer, Attempt, Condition, ConditionStatus, ConditionType, RestartRequest,
    RestartRequestStatus, condition,
};

use crate::support::world::phase_of;

/// Whether these versions, oldest first, are a path of the allowed graph.
pub fn check_path(path: &[RestartRequest]) -> Result<(), String> {
    for object in path {
        check_version(object)?;
    }
    for pair in path.windows(2) {
        let (old, new) = (&pair[0], &pair[1]);
        let (from, to) = (phase_of(old), phase_of(new));
        if from != to && !next(from).contains(&to) {
            return Err(format!("{} went from {from} to {to}", name(new)));
        }
        let attempt = |object: &RestartRequest| object.status.as_ref()?.attempt.clone();
        check_attempts(attempt(old), attempt(new))
            .map_err(|why| format!("{}: {why}", name(new)))?;
    }
    Ok(())
}

fn name(object: &RestartRequest) -> &str {
    object.metadata.name.as_deref().unwrap_or_default()
}

/// Where a phase may go.
fn next(phase: &str) -> &'static [&'static str] {
    const WAITING: &[&str] = &[
        "Pending",
        "Queued",
        "Suspended",
        "Submitting",
        "Succeeded",
        "Failed",
        "NotExecuted",
        "Expired",
        "Cancelled",
        "Skipped",
        "Unknown",
    ];
    match phase {
        "Pending" | "Queued" | "Suspended" => WAITING,
        "Submitting" => &[
            "Pending",
            "Queued",
            "Suspended",
            "Resolving",
            "Running",
            "Paused",
            "Failed",
            "NotExecuted",
            "Cancelled",
            "Unknown",
        ],
        "Resolving" => &[
            "Submitting",
            "Running",
            "Paused",
            "NotExecuted",
            "Cancelled",
            "Unknown",
        ],
        "Running" | "Paused" => &[
            "Running",
            "Paused",
            "Succeeded",
            "PartiallySucceeded",
            "Failed",
            "Cancelled",
            "Unknown",
        ],
        "Unknown" => &["Running", "Paused", "Succeeded", "NotExecuted"],
        _ => &[], // finished
    }
}

fn check_attempts(old: Option<Attempt>, new: Option<Attempt>) -> Result<(), String> {
    let (old, new) = match (old, new) {
        (None, None) => return Ok(()),
        (None, Some(new)) if (new.number, new.owned, new.answer) == (1, 0, None) => return Ok(()),
        (Some(old), Some(new)) => (old, new),
        (old, new) => return Err(format!("from {old:?} to {new:?}")),
    };
    let fine = if new.number == old.number {
        let same_call = (
            new.signed_at,
            new.not_after,
            new.target_hash,
            new.nonce,
            new.client_token,
        ) == (
            old.signed_at,
            old.not_after,
            old.target_hash,
            old.nonce,
            old.client_token,
        );
        let same_owner = new.attempt_id == old.attempt_id && new.owned == old.owned;
        let taken_over = new.attempt_id != old.attempt_id && new.owned == old.owned + 1;
        let settled = matches!(old.answer, Some(Answer::Accepted | Answer::Rejected));
        same_call && (same_owner || taken_over) && (!settled || new.answer == old.answer)
    } else {
        let fresh = (new.number, new.owned, new.answer) == (old.number + 1, 0, None);
        fresh && old.answer == Some(Answer::Rejected) && new.attempt_id != old.attempt_id
    };
    if fine {
        return Ok(());
    }
    Err(format!(
        "attempt {} ({}) to attempt {} ({})",
        old.number, old.attempt_id, new.number, new.attempt_id
    ))
}

/// One version by itself: facts, phase and conditions agree.
fn check_version(object: &RestartRequest) -> Result<(), String> {
    let Some(status) = &object.status else {
        return Err(format!("{} has no status", name(object)));
    };
    let wrong = |what: &str| Err(format!("{}, {}: {what}", name(object), phase_of(object)));
    if status.conditions.is_empty() {
        let born = status.attempt.is_none() && status.completion_time.is_none();
        return if born {
            Ok(())
        } else {
            wrong("facts without conditions")
        };
    }
    let find = |type_| condition::find(&status.conditions, type_);
    let all: Option<Vec<&Condition>> = ConditionType::ALL
        .iter()
        .map(|type_| find(*type_))
        .collect();
    let Some(all) = all.filter(|all| all.len() == status.conditions.len()) else {
        return wrong("not exactly the seven conditions");
    };
    if Some(status.observed_generation) > object.metadata.generation {
        return wrong("a generation that does not exist yet");
    }
    if all
        .iter()
        .any(|one| one.observed_generation != status.observed_generation)
    {
        return wrong("a condition of another generation");
    }
    let [accepted, submitted, common @ ..] = all.as_slice() else {
        return wrong("too few conditions");
    };
    let reason = common[0].reason.as_str();
    if common.iter().any(|one| one.reason != reason) {
        return wrong("five conditions, more than one reason");
    }
    if !reasons(phase_of(object)).contains(&reason) {
        return wrong(reason);
    }
    let truths: Vec<&str> = common.iter().map(|one| one.status.as_str()).collect();
    if truths != truth(phase_of(object), reason) {
        return wrong(&format!("conditions are {truths:?}"));
    }
    if !submitted_agrees(submitted, status) || accepted.reason.is_empty() {
        return wrong(&format!("Submitted is {submitted:?}"));
    }
    if phase_of(object) != phase_by_facts(object, status, reason) {
        return wrong("its facts say another phase");
    }
    Ok(())
}

/// The phase by the facts, first hit wins.
fn phase_by_facts(
    object: &RestartRequest,
    status: &RestartRequestStatus,
    reason: &str,
) -> &'static str {
    let told = phase_of(object);
    if status.completion_time.is_some() || matches!(reason, "OutcomeUnknown" | "OrderLost") {
        return told; // by the reason, which was checked before
    }
    let answer = status.attempt.as_ref().map(|attempt| attempt.answer);
    if status.change_order.is_some() {
        return if told == "Paused" {
            "Paused"
        } else {
            "Running"
        };
    }
    match answer {
        Some(Some(Answer::Ambiguous)) => "Resolving",
        Some(None) => "Submitting",
        // Suspended is told by the spec as the operator saw it.
        _ if told == "Suspended" => "Suspended",
        _ if status.queue.is_some() || reason == "Throttled" => "Queued",
        _ => "Pending",
    }
}

fn submitted_agrees(submitted: &Condition, status: &RestartRequestStatus) -> bool {
    let pair = (submitted.status, submitted.reason.as_str());
    if status.change_order.is_some() {
        return matches!(
            pair,
            (ConditionStatus::True, "OrderAccepted" | "OrderAdopted")
        );
    }
    matches!(
        pair,
        (
            ConditionStatus::False,
            "NotSubmitted" | "Rejected" | "NotExecuted"
        ) | (
            ConditionStatus::Unknown,
            "IntentRecorded" | "Resolving" | "OutcomeUnknown"
        )
    ) || (pair.0 == ConditionStatus::True && status.completion_time.is_some())
}

/// Succeeded, Finished, Ready, Reconciling, Stalled.
fn truth(phase: &str, reason: &str) -> [&'static str; 5] {
    match (phase, reason) {
        ("Succeeded", _) => ["True", "True", "True", "False", "False"],
        ("Skipped", _) => ["False", "True", "True", "False", "False"],
        ("PartiallySucceeded" | "Failed" | "NotExecuted" | "Expired" | "Cancelled", _) => {
            ["False", "True", "False", "False", "True"]
        }
        ("Unknown", _) | ("Paused", "OrderNeedsAttention") => {
            ["Unknown", "False", "False", "False", "True"]
        }
        _ => ["Unknown", "False", "False", "True", "False"],
    }
}

fn reasons(phase: &str) -> &'static [&'static str] {
    match phase {
        "Pending" => &[
            "Checking",
            "AccountNotFound",
            "AccountNotReady",
            "CloudUnavailable",
            "ClockSkew",
            "BackingOff",
        ],
        "Suspended" => &["Suspended"],
        "Queued" => &["TargetBusy", "ForeignChangeOrder", "Throttled"],
        "Submitting" => &["Submitting"],
        "Resolving" => &["Resolving"],
        "Running" => &["Running", "Cancelling"],
        "Paused" => &[
            "ApprovalRequired",
            "BatchConfirmationRequired",
            "OrderNeedsAttention",
        ],
        "Unknown" => &["OutcomeUnknown", "OrderLost"],
        "Succeeded" => &["RestartSucceeded", "DryRunPassed", "ResolvedExecuted"],
        "PartiallySucceeded" => &["PartiallySucceeded"],
        "Failed" => &[
            "RestartFailed",
            "OrderAborted",
            "ActiveDeadlineExceeded",
            "BackoffLimitExceeded",
            "Rejected",
            "AccountNotAllowed",
            "TargetNotAllowed",
            "GuardDenied",
            "TargetMismatch",
            "TargetNotFound",
            "TargetNotRunning",
            "TargetUnsupported",
            "BareMetalRefused",
            "PermissionDenied",
            "NotImplemented",
        ],
        "NotExecuted" => &["NotExecuted", "ResolvedNotExecuted", "RestoredFromBackup"],
        "Expired" => &["StartDeadlineExceeded", "StartBeforePassed"],
        "Cancelled" => &["CancelledBeforeSubmission", "CancelledInCloud"],
        "Skipped" => &["CreatedAfterStartBefore"],
        _ => &[],
    }
}
