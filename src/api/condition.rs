//! Conditions: a bounded type of our own, the names of conditions, and `upsert`.
//!
//! The condition type of k8s-openapi has no upper bounds, and rules over unbounded texts are
//! refused by the API server. Reasons are a closed list of their own in `reason`.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds::{MESSAGE_MAX, REASON_MAX, TIME_PATTERN};
use super::closed_list::closed_list;

/// One observation about the object, in the form that all Kubernetes tools read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// What is observed. Each type appears once. At most 64 characters.
    #[serde(rename = "type")]
    #[schemars(length(min = 1, max = 64))]
    pub type_: String,

    /// Whether it holds: True, False or Unknown.
    pub status: ConditionStatus,

    /// Why, as one word of a closed list. At most 64 characters.
    #[schemars(length(min = 1, max = REASON_MAX), regex(pattern = "^[A-Za-z][A-Za-z0-9]*$"))]
    pub reason: String,

    /// Why, in a sentence for people: the object, the cloud's code and request id, and one piece
    /// of advice. At most 1024 characters.
    #[schemars(length(max = MESSAGE_MAX))]
    pub message: String,

    /// When `status` of this condition last changed. A new reason or message does not move it.
    #[schemars(regex(pattern = TIME_PATTERN))]
    pub last_transition_time: Time,

    /// The `metadata.generation` that this observation is about. Tools that wait for a condition
    /// pass over one of an older generation.
    #[schemars(range(min = 0))]
    pub observed_generation: i64,
}

closed_list! {
    /// Whether a condition holds.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
    pub enum ConditionStatus {
        /// It holds.
        True,
        /// It does not hold.
        False,
        /// It cannot be said.
        Unknown,
    }
}

impl From<bool> for ConditionStatus {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

closed_list! {
    /// The types of conditions that this operator writes. A request that was seen once has all
    /// seven; an account has the last three.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum ConditionType {
        /// The request may go on: account, target and guards agree with it.
        Accepted,
        /// The cloud took the restart call.
        Submitted,
        /// The restart did what was asked.
        Succeeded,
        /// Nothing more will happen for this request, whatever the result.
        Finished,
        /// kstatus: the object is as it should be.
        Ready,
        /// kstatus: the operator is still working on it.
        Reconciling,
        /// kstatus: it will not go on without a person.
        Stalled,
    }
}

/// The condition of this type, if there is one.
#[must_use]
pub fn find(conditions: &[Condition], type_: ConditionType) -> Option<&Condition> {
    conditions.iter().find(|c| c.type_ == type_.as_str())
}

/// Puts `new` in the place of the condition of the same type, or at the end.
///
/// While the status value stays the same, the old `lastTransitionTime` is kept: a caller passes
/// "now" and never has to look at what was there.
pub fn upsert(conditions: &mut Vec<Condition>, mut new: Condition) {
    match conditions.iter_mut().find(|old| old.type_ == new.type_) {
        Some(old) => {
            if old.status == new.status {
                new.last_transition_time = old.last_transition_time.clone();
            }
            *old = new;
        }
        None => conditions.push(new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(status: ConditionStatus, reason: &str, second: i64) -> Condition {
        Condition {
            type_: ConditionType::Ready.as_str().to_owned(),
            status,
            reason: reason.to_owned(),
            message: String::new(),
            last_transition_time: Time(jiff::Timestamp::constant(second, 0)),
            observed_generation: 1,
        }
    }

    #[test]
    fn the_time_stays_while_the_status_value_stays() {
        let mut all = vec![ready(ConditionStatus::False, "Checking", 10)];
        upsert(&mut all, ready(ConditionStatus::False, "Running", 20));
        assert_eq!(all, [ready(ConditionStatus::False, "Running", 10)]);
    }

    #[test]
    fn the_time_moves_when_the_status_value_changes() {
        let mut all = vec![ready(ConditionStatus::False, "Running", 10)];
        upsert(
            &mut all,
            ready(ConditionStatus::True, "RestartSucceeded", 20),
        );
        assert_eq!(all, [ready(ConditionStatus::True, "RestartSucceeded", 20)]);
    }

    #[test]
    fn a_new_type_is_added_at_the_end_and_the_others_stay() {
        let mut all = vec![ready(ConditionStatus::True, "RestartSucceeded", 10)];
        let stalled = Condition {
            type_: ConditionType::Stalled.as_str().to_owned(),
            ..ready(ConditionStatus::False, "RestartSucceeded", 20)
        };
        upsert(&mut all, stalled.clone());
        assert_eq!(
            all,
            [
                ready(ConditionStatus::True, "RestartSucceeded", 10),
                stalled
            ]
        );
    }

    #[test]
    fn a_condition_is_found_by_its_type() {
        let all = vec![ready(ConditionStatus::True, "RestartSucceeded", 10)];
        assert_eq!(find(&all, ConditionType::Ready), Some(&all[0]));
        assert_eq!(find(&all, ConditionType::Stalled), None);
    }
}
