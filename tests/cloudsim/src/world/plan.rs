//! How an order will go: its length, its batches and its end.
//!
//! A plan is data. What it means at a moment is computed in `progress`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Status of an order somebody aborted (SAE order status 6).
pub(super) const ABORTED: i64 = 6;
/// Status of an order that runs (SAE order status 1).
pub(super) const RUNNING: i64 = 1;
/// Status of an order that succeeded (SAE order status 2).
pub(super) const SUCCEEDED: i64 = 2;
/// Status of an order that waits for a person to confirm the next batch (SAE order status 8).
pub(super) const WAITS_FOR_CONFIRMATION: i64 = 8;

/// The order statuses after which an order does not move any more and no longer occupies its
/// application: succeeded, failed, aborted, platform fault.
pub const FINAL_STATUSES: [i64; 4] = [SUCCEEDED, 3, ABORTED, 10];

/// Whether an order of this status has ended.
pub fn is_final(status: i64) -> bool {
    FINAL_STATUSES.contains(&status)
}

/// How an order goes from its creation to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrderPlan {
    /// Time of status 0, before the first batch starts; at most `duration_ms`. Milliseconds.
    pub prepare_ms: u64,
    /// Time from creation to the end. Milliseconds; 0 means that it has ended when first read.
    pub duration_ms: u64,
    /// Number of pipelines, one per batch of the rolling operation, at least 1.
    pub batches: u32,
    /// Status from the end on. One of [`FINAL_STATUSES`], or in EDAS also 7, ends the order; any
    /// other number (1, 8, 11, 77 …) stays and keeps the application busy until somebody aborts
    /// the order, or confirms it if it is 8.
    pub final_status: i64,
    /// `SubStatus` from the end on: 0 normal, 1 abnormal.
    pub final_sub_status: i64,
    /// Statuses of the pipelines from the end on, first batch first. Empty means that all are 2 but
    /// the last, which has the order's own status.
    pub pipeline_statuses: Vec<i64>,
    /// Instances (SAE) or ECCs (EDAS) whose restart fails; the others are really restarted.
    pub failed_parts: Vec<String>,
}

impl Default for OrderPlan {
    /// Two batches, two seconds, success.
    fn default() -> Self {
        Self {
            prepare_ms: 0,
            duration_ms: 2_000,
            batches: 2,
            final_status: SUCCEEDED,
            final_sub_status: 0,
            pipeline_statuses: Vec::new(),
            failed_parts: Vec::new(),
        }
    }
}

impl OrderPlan {
    /// Success after `duration`, in two batches.
    pub fn lasting(duration: Duration) -> Self {
        let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self {
            duration_ms,
            ..Self::default()
        }
    }

    /// The same plan with another end.
    #[must_use]
    pub fn ending(self, final_status: i64) -> Self {
        Self {
            final_status,
            ..self
        }
    }

    /// The same plan that stays in status 1 with `SubStatus` 1 for ever, as SAE does when a batch
    /// does not finish.
    #[must_use]
    pub fn stuck(self) -> Self {
        Self {
            final_status: RUNNING,
            final_sub_status: 1,
            ..self
        }
    }

    /// The same plan with another number of batches.
    #[must_use]
    pub fn batches(self, batches: u32) -> Self {
        Self { batches, ..self }
    }

    /// The same plan in which the restart of these instances or ECCs fails.
    #[must_use]
    pub fn failing_for(self, parts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            failed_parts: parts.into_iter().map(Into::into).collect(),
            ..self
        }
    }

    /// The same plan that spends `duration` in status 0 first.
    #[must_use]
    pub fn preparing(self, duration: Duration) -> Self {
        let prepare_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self { prepare_ms, ..self }
    }
}
