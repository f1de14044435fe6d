//! I7: what was stored of a request, one version after the other, is a path of the allowed graph, and
//! each version tells one story.

use std::collections::BTreeMap;

use restart_operator::api::{
    ConditionStatus, ConditionType, Phase, RestartRequest, RestartRequestStatus, condition,
};

use crate::store::Change;

/// What is wrong with the stored versions.
#[must_use]
pub fn judge(changes: &[Change]) -> Vec<String> {
    let mut last: BTreeMap<&str, &RestartRequest> = BTreeMap::new();
    let mut wrong = Vec::new();
    for change in changes {
        let Some(object) = &change.object else {
            continue;
        };
        let before = last.insert(&change.uid, object);
        if !change.by_operator {
            continue;
        }
        let (Some(status), Some(before)) = (&object.status, before) else {
            continue;
        };
        let from = before.status.as_ref().map(|s| s.phase).unwrap_or_default();
        let mut complain = |what: String| {
            wrong.push(format!("I7: {} v{}: {what}", change.name, change.version));
        };
        if !may_follow(from, status.phase) {
            complain(format!("{} after {}", status.phase.as_str(), from.as_str()));
        }
        conditions(status).into_iter().for_each(&mut complain);
    }
    wrong
}

/// The graph of phases.
fn may_follow(from: Phase, to: Phase) -> bool {
    use Phase as P;
    let waits = |phase| matches!(phase, P::Pending | P::Suspended | P::Queued);
    let early_end = matches!(
        to,
        P::Failed | P::NotExecuted | P::Expired | P::Cancelled | P::Skipped | P::Succeeded
    );
    let runs = |phase| matches!(phase, P::Running | P::Paused);
    match from {
        // Unknown without a call: the target shows a restart whose record may have been lost.
        P::Pending | P::Suspended | P::Queued => {
            waits(to) || early_end || matches!(to, P::Submitting | P::Unknown)
        }
        P::Submitting => {
            waits(to)
                || runs(to)
                || matches!(
                    to,
                    P::Submitting
                        | P::Resolving
                        | P::Failed
                        | P::Cancelled
                        | P::NotExecuted
                        | P::Unknown
                )
        }
        P::Resolving => {
            runs(to)
                || matches!(
                    to,
                    P::Resolving | P::Submitting | P::Cancelled | P::NotExecuted | P::Unknown
                )
        }
        P::Running | P::Paused => {
            runs(to)
                || matches!(
                    to,
                    P::Succeeded | P::PartiallySucceeded | P::Failed | P::Cancelled | P::Unknown
                )
        }
        P::Unknown => runs(to) || matches!(to, P::Unknown | P::Succeeded | P::NotExecuted),
        P::Succeeded
        | P::PartiallySucceeded
        | P::Failed
        | P::NotExecuted
        | P::Expired
        | P::Cancelled
        | P::Skipped => to == from,
    }
}

/// All seven conditions are there, five of them agree on the reason, and the truth of each follows
/// from the phase.
fn conditions(status: &RestartRequestStatus) -> Vec<String> {
    use ConditionStatus::{False, True, Unknown};
    use ConditionType as C;
    let mut wrong = Vec::new();
    let find = |type_: C| condition::find(&status.conditions, type_);
    for type_ in C::ALL {
        if find(*type_).is_none() {
            wrong.push(format!("there is no condition {}", type_.as_str()));
        }
    }
    let common = [
        C::Succeeded,
        C::Finished,
        C::Ready,
        C::Reconciling,
        C::Stalled,
    ];
    let reason = find(C::Ready).map(|condition| condition.reason.as_str());
    let stalls = matches!(
        reason,
        Some("OutcomeUnknown" | "OrderLost" | "OrderNeedsAttention")
    );
    let truths = match status.phase {
        Phase::Succeeded => [True, True, True, False, False],
        Phase::Skipped => [False, True, True, False, False],
        Phase::PartiallySucceeded
        | Phase::Failed
        | Phase::NotExecuted
        | Phase::Expired
        | Phase::Cancelled => [False, True, False, False, True],
        Phase::Pending
        | Phase::Suspended
        | Phase::Queued
        | Phase::Submitting
        | Phase::Resolving
        | Phase::Running
        | Phase::Paused
        | Phase::Unknown
            if stalls =>
        {
            [Unknown, False, False, False, True]
        }
        Phase::Pending
        | Phase::Suspended
        | Phase::Queued
        | Phase::Submitting
        | Phase::Resolving
        | Phase::Running
        | Phase::Paused
        | Phase::Unknown => [Unknown, False, False, True, False],
    };
    for (type_, truth) in common.into_iter().zip(truths) {
        let Some(found) = find(type_) else { continue };
        if Some(found.reason.as_str()) != reason {
            wrong.push(format!("{} says {}", type_.as_str(), found.reason));
        }
        if found.status != truth {
            let is = found.status.as_str();
            wrong.push(format!(
                "{}={is} in {}",
                type_.as_str(),
                status.phase.as_str()
            ));
        }
    }
    wrong
}
