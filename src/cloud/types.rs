//! Plain data that the core and the cloud clients share: targets, intents, answers, orders.
//!
//! Nothing here acts, waits, reads a clock or knows Kubernetes. A product adds a variant to
//! [`Target`] and fills the rest with its own facts.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::error::CloudError;

/// A cloud product whose API this operator calls. Used as a closed metric label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Product {
    /// Alibaba Cloud Serverless App Engine.
    Sae,
}

impl Product {
    /// The name in metrics, target hashes and `status.targetSummary`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sae => "sae",
        }
    }
}

/// What is to be restarted, in canonical form: the only thing a restart call is built from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// SAE `RestartApplication`.
    SaeApplication(SaeApplication),
}

/// One SAE application and the parameters of its rolling restart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SaeApplication {
    /// Region id, such as `cn-hangzhou`. It is part of the host name.
    pub region: String,
    /// `AppId`.
    pub app_id: String,
    /// `MinReadyInstances`: -1 to 100000; left out of the call when unset.
    pub min_ready_instances: Option<i32>,
    /// `MinReadyInstanceRatio`: percent, -1 to 100; left out of the call when unset.
    pub min_ready_instance_ratio: Option<i32>,
    /// `AutoEnableApplicationScalingRule`; left out of the call when unset.
    pub auto_enable_application_scaling_rule: Option<bool>,
}

impl Target {
    /// The product that serves this target.
    #[must_use]
    pub const fn product(&self) -> Product {
        match self {
            Self::SaeApplication(_) => Product::Sae,
        }
    }

    /// The cloud's own name of the restart call. Used as a closed metric label.
    #[must_use]
    pub const fn operation(&self) -> &'static str {
        match self {
            Self::SaeApplication(_) => "RestartApplication",
        }
    }

    /// The region whose endpoint serves this target.
    #[must_use]
    pub fn region(&self) -> &str {
        match self {
            Self::SaeApplication(app) => &app.region,
        }
    }

    /// The ids that only one open attempt or running order may hold at a time.
    #[must_use]
    pub fn ids(&self) -> Vec<&str> {
        match self {
            Self::SaeApplication(app) => vec![&app.app_id],
        }
    }

    /// One short line for people, such as `sae app 0099b7be`.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::SaeApplication(app) => format!("sae app {}", app.app_id),
        }
    }
}

/// Id of a change order. Opaque: its form is not documented.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrderId(pub String);

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// 128 random bits in hex: names one stored intent. Every intent write carries a new one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttemptId(pub String);

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One intent as it is stored: everything that the restart call is signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Names this stored intent.
    pub attempt: AttemptId,
    /// 1 for the first attempt of a request.
    pub number: i32,
    /// How often the intent was taken over; 0 without a cloud token.
    pub owned: i32,
    /// The date that the signature carries, whole seconds. Never "now".
    pub signed_at: Timestamp,
    /// When the gateway stops accepting the signature.
    pub not_after: Timestamp,
    /// SHA-256 of the canonical target, 64 hex digits.
    pub target_hash: String,
    /// Nonce of the signature: the gateway refuses a second copy.
    pub nonce: String,
    /// Fingerprint of the access key id that signs it, 16 hex digits.
    pub credential: String,
    /// Newest orders of the target before the intent; none of them can be ours.
    pub baseline: Vec<OrderId>,
}

/// What the cloud said to a restart call.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The cloud opened a change order.
    Accepted(Acceptance),
    /// The cloud, or the failed connection, says for certain that nothing was executed.
    Rejected(CloudError),
    /// Anything else: the restart may have been executed.
    Ambiguous(CloudError),
}

/// An accepted restart call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// The change order to poll.
    pub order: OrderId,
    /// The cloud's id of the call itself, which support asks for.
    pub request_id: Option<String>,
}

/// What the preflight found out about a target, by reads only.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// Running instances, if the product tells.
    pub instances: Option<i32>,
    /// Instances that stay ready during the restart; unset when the call leaves it to the cloud.
    pub effective_min_ready: Option<i32>,
    /// The restart call as it would be sent, without signature. At most 1024 bytes.
    pub call: String,
    /// Things a person should know before the restart.
    pub warnings: Vec<Warning>,
    /// Newest orders of the target; an order among them cannot come from an attempt opened later.
    pub baseline: Vec<OrderId>,
    /// The order that occupies the target now.
    pub running: Option<RunningOrder>,
    /// Cloud clock minus operator clock, by the `Date` header of the answer.
    pub clock_offset: SignedDuration,
}

/// One preflight warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// A word from the closed list of the API reference, such as `OutageExpected`.
    pub code: &'static str,
    /// One sentence with the numbers behind it.
    pub message: String,
}

/// A change order that occupies a target: shown to the person who waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningOrder {
    /// Its id.
    pub id: OrderId,
    /// Machine code of its type, such as `CoDeploy`; empty when not known.
    pub kind: String,
    /// The cloud's user id of its creator; empty when not known.
    pub created_by: String,
    /// Creation time in the cloud's own words, without a zone; empty when not known.
    pub since: String,
}

/// One look at the order list while the outcome of a call is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// Orders that could be ours, newest first.
    pub candidates: Vec<Candidate>,
    /// The list reached back to the baseline (or to its own end).
    pub complete: bool,
    /// The cloud's clock when it answered (`Date` header).
    pub cloud_time: Timestamp,
}

/// An order that could come from our call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub order: OrderId,
    /// Why it is or is not known to be ours.
    pub match_: Match,
    /// One line for the person who has to decide: id, type, creator, creation time.
    pub line: String,
}

/// How far a candidate was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// Right application, type, creator and window.
    Verified,
    /// Everything fits, but the creator that our calls appear under is not learned yet.
    CreatorUnknown,
    /// The order has not started yet, so its time cannot be compared; look again.
    NotStarted,
}

/// What a poll saw of a change order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderReport {
    /// Where the order stands.
    pub state: OrderState,
    /// The cloud's own status number.
    pub status: i32,
    /// The cloud's own sub status number, if it has one.
    pub sub_status: Option<i32>,
    /// Machine code of the order's type; empty when not known.
    pub kind: String,
    /// The application is the one we asked for.
    pub same_target: bool,
    /// Batches in all; 0 when not known yet.
    pub total: i32,
    /// Batches that succeeded.
    pub succeeded: i32,
    /// Batches that failed.
    pub failed: i32,
    /// The cloud's reason, cleaned and short; empty when there is none.
    pub message: String,
}

/// The class of an order's status number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// Preparing, running, waiting for the next batch, or a number that nobody documents.
    Running,
    /// The cloud waits for a person to confirm the next batch.
    WaitsForConfirmation,
    /// The cloud waits for an approval.
    WaitsForApproval,
    /// The order stopped advancing and waits for a person to abort it.
    NeedsAttention,
    /// Ended well, every part of it.
    Succeeded,
    /// Ended; some parts succeeded, some did not.
    PartlySucceeded,
    /// Ended badly.
    Failed,
    /// Terminated before its end by somebody.
    Aborted,
}
