//! System events: the audit trail that `DescribeSystemEvents` reads.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::RebootPlan;

/// `Type` of the event of a reboot.
pub const REBOOT_EVENT: &str = "RebootInstance";

/// An event of one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) instance: String,
    pub(crate) kind: String,
    pub(crate) created: Timestamp,
    /// From when on it can be read.
    pub(crate) shown: Timestamp,
    /// When it takes its last status.
    pub(crate) ended: Timestamp,
    pub(crate) last_status: String,
}

/// What is needed to make an event apart from any reboot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewEvent {
    /// `Type`, for example `SystemMaintenance_Redeploy`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `Status`, which stays.
    pub status: String,
    /// Milliseconds by which it is older than now.
    #[serde(default)]
    pub age_ms: u64,
}

impl Event {
    /// The event of a reboot; `None` if its plan wants none.
    pub(super) fn of_reboot(
        id: String,
        instance: &str,
        plan: &RebootPlan,
        now: Timestamp,
    ) -> Option<Self> {
        let end = plan.stages.last().map_or(0, |stage| stage.after_ms);
        (!plan.event.is_empty()).then(|| Self {
            id,
            instance: instance.to_owned(),
            kind: REBOOT_EVENT.to_owned(),
            created: now,
            shown: later(now, plan.event_delay_ms),
            ended: later(now, end),
            last_status: plan.event.clone(),
        })
    }

    pub(super) fn apart(id: String, instance: &str, new: NewEvent, now: Timestamp) -> Self {
        let age = SignedDuration::from_millis(i64::try_from(new.age_ms).unwrap_or(i64::MAX));
        let created = now.checked_sub(age).unwrap_or(Timestamp::UNIX_EPOCH);
        Self {
            id,
            instance: instance.to_owned(),
            kind: new.kind,
            created,
            shown: created,
            ended: created,
            last_status: new.status,
        }
    }

    /// `Status` at a moment.
    pub(crate) fn status(&self, at: Timestamp) -> &str {
        if self.has_ended(at) {
            &self.last_status
        } else {
            "Executing"
        }
    }

    pub(crate) fn has_ended(&self, at: Timestamp) -> bool {
        self.ended <= at
    }
}

/// A moment `ms` later; one beyond the calendar is its end.
pub(crate) fn later(at: Timestamp, ms: u64) -> Timestamp {
    let by = SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX));
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}
