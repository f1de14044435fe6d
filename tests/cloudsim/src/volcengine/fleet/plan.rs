//! How a reboot will go: the statuses on the way, its end, and its system event.
//!
//! A plan is data and can be written down as JSON.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// ECS `Status` of an instance that runs; the only one in which a reboot is accepted.
pub const RUNNING: &str = "RUNNING";
/// ECS `Status` of an instance that restarts.
pub const REBOOTING: &str = "REBOOTING";
/// Stands for an instance that `DescribeInstances` does not list any more.
pub const GONE: &str = "";

/// A status that begins some time after the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Milliseconds from the call to the beginning of this stage.
    pub after_ms: u64,
    /// ECS `Status` from then on: any text, or [`GONE`].
    pub status: String,
}

/// How a reboot goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RebootPlan {
    /// Statuses by time, earliest first; before the first one the instance looks as it did. With
    /// none it looks as if nothing happened.
    pub stages: Vec<Stage>,
    /// `Status` of the `RebootInstance` system event when the last stage begins, `Executing` before
    /// that. Empty means that there is no event.
    pub event: String,
    /// Milliseconds from the call to the moment at which the event can be read.
    pub event_delay_ms: u64,
}

impl Default for RebootPlan {
    /// Two seconds of `REBOOTING`, then `RUNNING`; the event is there at once and succeeds.
    fn default() -> Self {
        Self::lasting(Duration::from_secs(2))
    }
}

impl RebootPlan {
    /// `REBOOTING` at once, `RUNNING` after `duration`.
    pub fn lasting(duration: Duration) -> Self {
        let stage = |after: Duration, status: &str| Stage {
            after_ms: millis(after),
            status: status.to_owned(),
        };
        Self {
            stages: vec![stage(Duration::ZERO, REBOOTING), stage(duration, RUNNING)],
            event: "Succeeded".to_owned(),
            event_delay_ms: 0,
        }
    }

    /// The same plan with another status on the way: `RUNNING` is a `REBOOTING` never seen.
    #[must_use]
    pub fn by_way_of(mut self, status: impl Into<String>) -> Self {
        if let Some(first) = self.stages.first_mut() {
            first.status = status.into();
        }
        self
    }

    /// The same plan whose first status shows only after `duration`.
    #[must_use]
    pub fn showing_after(mut self, duration: Duration) -> Self {
        if let Some(first) = self.stages.first_mut() {
            first.after_ms = millis(duration);
        }
        self
    }

    /// The same plan with one more status at its end, `after` the call.
    #[must_use]
    pub fn then(mut self, after: Duration, status: impl Into<String>) -> Self {
        self.stages.push(Stage {
            after_ms: millis(after),
            status: status.into(),
        });
        self
    }

    /// The same plan with another last status, for example `STOPPED`, `ERROR` or [`GONE`]. The
    /// event fails unless the status is `RUNNING`.
    #[must_use]
    pub fn ending(mut self, status: impl Into<String>) -> Self {
        let status = status.into();
        let event = if status == RUNNING {
            "Succeeded"
        } else {
            "Failed"
        };
        if let Some(last) = self.stages.last_mut() {
            last.status = status;
        }
        self.event_ending(event)
    }

    /// The same plan without its end: the first status stays, the event stays `Executing`.
    #[must_use]
    pub fn stuck(mut self) -> Self {
        self.stages.truncate(1);
        self.event_ending("Executing")
    }

    /// The same plan with another last status of the event.
    #[must_use]
    pub fn event_ending(self, status: impl Into<String>) -> Self {
        Self {
            event: status.into(),
            ..self
        }
    }

    /// The same plan whose event can be read only after `duration`.
    #[must_use]
    pub fn event_after(self, duration: Duration) -> Self {
        Self {
            event_delay_ms: millis(duration),
            ..self
        }
    }

    /// The same plan without a system event.
    #[must_use]
    pub fn without_event(self) -> Self {
        self.event_ending("")
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
