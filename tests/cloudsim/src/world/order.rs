//! A change order: who made it, when, and how it goes.
//!
//! Where it stands at a moment is computed in `progress`; nothing here moves by itself.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{OrderPlan, Progress, is_final};

/// What is needed to make an order. In JSON every field but `app` has a default, which is an order
/// made by hand in the console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// Application id.
    #[serde(default)]
    pub app: String,
    /// SAE `CoTypeCode`, for example `CoRestartApplication` or `CoDeploy`.
    #[serde(default = "default_type")]
    pub co_type_code: String,
    /// SAE `Source`: `pop` for the API, `console` for a person.
    #[serde(default = "default_source")]
    pub source: String,
    /// SAE `CreateUserId`.
    #[serde(default = "default_creator")]
    pub creator: String,
    /// SAE `Description`.
    #[serde(default)]
    pub description: String,
    /// How it goes; `None` means the application's plan.
    #[serde(default)]
    pub plan: Option<OrderPlan>,
    /// Milliseconds by which the order is older than now.
    #[serde(default)]
    pub age_ms: u64,
}

fn default_type() -> String {
    "CoRestartApplication".to_owned()
}

fn default_source() -> String {
    "console".to_owned()
}

fn default_creator() -> String {
    "290000000000000999".to_owned()
}

impl NewOrder {
    /// An order that a person makes in the console: a restart by a user id no access key has.
    pub fn by_hand(app: impl Into<String>) -> Self {
        Self {
            app: app.into(),
            co_type_code: default_type(),
            source: default_source(),
            creator: default_creator(),
            description: String::new(),
            plan: None,
            age_ms: 0,
        }
    }

    /// An order made through the API by the user `creator`.
    pub fn by_api(app: impl Into<String>, creator: impl Into<String>) -> Self {
        Self {
            source: "pop".to_owned(),
            creator: creator.into(),
            ..Self::by_hand(app)
        }
    }

    /// The same order of another type.
    #[must_use]
    pub fn of_type(self, co_type_code: impl Into<String>) -> Self {
        Self {
            co_type_code: co_type_code.into(),
            ..self
        }
    }

    /// The same order with its own plan.
    #[must_use]
    pub fn with_plan(self, plan: OrderPlan) -> Self {
        Self {
            plan: Some(plan),
            ..self
        }
    }

    /// The same order, made `age_ms` milliseconds ago.
    #[must_use]
    pub fn aged(self, age_ms: u64) -> Self {
        Self { age_ms, ..self }
    }
}

/// A change order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Order id.
    pub id: String,
    /// Application id.
    pub app: String,
    /// SAE `CoTypeCode`.
    pub co_type_code: String,
    /// SAE `Source`.
    pub source: String,
    /// SAE `CreateUserId`.
    pub creator: String,
    /// SAE `Description`.
    pub description: String,
    /// Creation time by the simulator's clock.
    pub created: Timestamp,
    /// How it goes.
    pub plan: OrderPlan,
    /// An end that came from outside the plan: moment and status.
    pub ended: Option<(Timestamp, i64)>,
}

impl Order {
    pub(super) fn new(id: String, new: NewOrder, fallback: OrderPlan, now: Timestamp) -> Self {
        let age = SignedDuration::from_millis(i64::try_from(new.age_ms).unwrap_or(i64::MAX));
        Self {
            id,
            app: new.app,
            co_type_code: new.co_type_code,
            source: new.source,
            creator: new.creator,
            description: new.description,
            created: now.checked_sub(age).unwrap_or(Timestamp::UNIX_EPOCH),
            plan: new.plan.unwrap_or(fallback),
            ended: None,
        }
    }

    /// Where the order stands at `now`.
    pub fn progress(&self, now: Timestamp) -> Progress {
        Progress::of(self, now)
    }

    /// Whether the order still occupies its application at `now`.
    pub fn is_running(&self, now: Timestamp) -> bool {
        !is_final(self.progress(now).status)
    }

    pub(super) fn end(&mut self, now: Timestamp, status: i64) {
        self.ended = Some((now, status));
    }

    /// A copy for people and tests.
    pub fn snapshot(&self, now: Timestamp) -> OrderSnapshot {
        let progress = self.progress(now);
        OrderSnapshot {
            id: self.id.clone(),
            app: self.app.clone(),
            co_type_code: self.co_type_code.clone(),
            source: self.source.clone(),
            creator: self.creator.clone(),
            created: self.created,
            status: progress.status,
            sub_status: progress.sub_status,
            pipelines: progress
                .pipelines
                .iter()
                .map(|batch| batch.status)
                .collect(),
            finished: progress.finished,
        }
    }
}

/// An order and where it stood when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderSnapshot {
    /// Order id.
    pub id: String,
    /// Application id.
    pub app: String,
    /// SAE `CoTypeCode`.
    pub co_type_code: String,
    /// SAE `Source`.
    pub source: String,
    /// SAE `CreateUserId`.
    pub creator: String,
    /// Creation time.
    pub created: Timestamp,
    /// Order status number.
    pub status: i64,
    /// 0 normal, 1 abnormal.
    pub sub_status: i64,
    /// Status number of each pipeline (batch), first batch first.
    pub pipelines: Vec<i64>,
    /// When it ended; `None` while it occupies its application.
    pub finished: Option<Timestamp>,
}
