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
    /// Alibaba Cloud Enterprise Distributed Application Service, ECS clusters.
    Edas,
    /// Volcengine Elastic Compute Service.
    Volcengine,
}

impl Product {
    /// Every product.
    pub const ALL: [Self; 3] = [Self::Sae, Self::Edas, Self::Volcengine];

    /// The name in metrics and target hashes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sae => "sae",
            Self::Edas => "edas",
            Self::Volcengine => "volcengine",
        }
    }

    /// Every call that is made to it, by the cloud's own names: a closed metric label.
    #[must_use]
    pub const fn operations(self) -> &'static [&'static str] {
        match self {
            Self::Sae => &[
                "RestartApplication",
                "RestartInstances",
                "BatchRestartApplications",
                "AbortChangeOrder",
                "DescribeApplicationStatus",
                "DescribeApplicationGroups",
                "DescribeApplicationInstances",
                "ListApplications",
                "DescribeNamespaceResources",
                "DescribeChangeOrder",
                "DescribePipeline",
                "ListChangeOrders",
                "ListNamespaceChangeOrders",
            ],
            Self::Edas => &[
                "RestartApplication",
                "AbortChangeOrder",
                "ListApplication",
                "QueryApplicationStatus",
                "ListRecentChangeOrder",
                "GetChangeOrderInfo",
            ],
            Self::Volcengine => &[
                "RebootInstances",
                "DescribeInstances",
                "DescribeSystemEvents",
            ],
        }
    }

    /// The cloud whose accounts serve it.
    #[must_use]
    pub const fn cloud(self) -> Cloud {
        match self {
            Self::Sae | Self::Edas => Cloud::Alibaba,
            Self::Volcengine => Cloud::Volcengine,
        }
    }

    /// The restart call carries a token by which the cloud recognises a repeated one.
    #[must_use]
    pub const fn has_token(self) -> bool {
        matches!(self, Self::Volcengine)
    }

    /// Calls per minute and credential that are made when the account does not say. SAE once
    /// documented 60 per account.
    #[must_use]
    pub const fn calls_per_minute(self) -> u32 {
        match self {
            Self::Sae | Self::Edas => 50,
            Self::Volcengine => 300,
        }
    }

    /// A running order can be aborted.
    #[must_use]
    pub const fn can_abort(self) -> bool {
        matches!(self, Self::Sae | Self::Edas)
    }
}

/// A cloud: who signs the accounts' bills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cloud {
    /// Alibaba Cloud.
    Alibaba,
    /// Volcengine.
    Volcengine,
}

/// What is to be restarted, in canonical form: the only thing a restart call is built from. Id
/// lists are sorted by bytes and have no duplicates.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// SAE `RestartApplication`.
    SaeApplication(SaeApplication),
    /// SAE `RestartInstances`.
    SaeInstances(SaeInstances),
    /// SAE `BatchRestartApplications`.
    SaeApplications(SaeApplications),
    /// EDAS `RestartApplication`.
    EdasApplication(EdasApplication),
    /// Volcengine ECS `RebootInstances`.
    VolcengineInstances(VolcengineInstances),
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

/// Some instances of one SAE application.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SaeInstances {
    /// Region id. It is part of the host name.
    pub region: String,
    /// `AppId`.
    pub app_id: String,
    /// `InstanceIds`: 1 to 100.
    pub instance_ids: Vec<String>,
}

/// Some SAE applications of one namespace, restarted by one call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SaeApplications {
    /// Region id. It is part of the host name.
    pub region: String,
    /// `NamespaceId`.
    pub namespace_id: String,
    /// `AppIds`: 1 to 50.
    pub app_ids: Vec<String>,
}

/// One EDAS application of an ECS cluster, or some of its instances.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EdasApplication {
    /// Region id. It is part of the host name.
    pub region: String,
    /// `AppId`.
    pub app_id: String,
    /// `EccInfo`: up to 100 ids; empty for every instance.
    pub ecc_ids: Vec<String>,
}

/// Volcengine instances, rebooted by one call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VolcengineInstances {
    /// Region id. It is part of the signature's scope.
    pub region: String,
    /// `InstanceIds.N`: 1 to 100.
    pub instance_ids: Vec<String>,
    /// `ForceStop`.
    pub force_stop: bool,
    /// Bare metal may be rebooted too. Not sent.
    pub allow_bare_metal: bool,
}

impl Target {
    /// The product that serves this target.
    #[must_use]
    pub const fn product(&self) -> Product {
        match self {
            Self::SaeApplication(_) | Self::SaeInstances(_) | Self::SaeApplications(_) => {
                Product::Sae
            }
            Self::EdasApplication(_) => Product::Edas,
            Self::VolcengineInstances(_) => Product::Volcengine,
        }
    }

    /// Calls of a preflight with the restart call that follows it, at most.
    #[must_use]
    pub fn restart_calls(&self) -> usize {
        match self {
            Self::SaeApplication(_) | Self::VolcengineInstances(_) => 3,
            Self::SaeInstances(_) | Self::EdasApplication(_) => 4,
            Self::SaeApplications(batch) => batch.app_ids.len() + 3,
        }
    }

    /// Calls of one look at an order. A batch needs a few more until each order of its members is known.
    #[must_use]
    pub fn poll_calls(&self) -> usize {
        match self {
            Self::SaeApplication(_) | Self::SaeInstances(_) | Self::EdasApplication(_) => 1,
            Self::SaeApplications(batch) => batch.app_ids.len() + 1,
            Self::VolcengineInstances(_) => 2,
        }
    }

    /// The region whose endpoint serves this target.
    #[must_use]
    pub fn region(&self) -> &str {
        match self {
            Self::SaeApplication(t) => &t.region,
            Self::SaeInstances(t) => &t.region,
            Self::SaeApplications(t) => &t.region,
            Self::EdasApplication(t) => &t.region,
            Self::VolcengineInstances(t) => &t.region,
        }
    }

    /// The ids that an account's allow-list is asked for: applications, for Volcengine instances.
    #[must_use]
    pub fn listed_ids(&self) -> Vec<&str> {
        match self {
            Self::SaeApplication(t) => vec![&t.app_id],
            Self::SaeInstances(t) => vec![&t.app_id],
            Self::SaeApplications(t) => t.app_ids.iter().map(String::as_str).collect(),
            Self::EdasApplication(t) => vec![&t.app_id],
            Self::VolcengineInstances(t) => t.instance_ids.iter().map(String::as_str).collect(),
        }
    }

    /// Everything that is named, in a fixed order, for the hash: application or namespace first.
    #[must_use]
    pub fn all_ids(&self) -> Vec<&str> {
        match self {
            Self::SaeApplication(t) => vec![&t.app_id],
            Self::SaeInstances(t) => chain(&t.app_id, &t.instance_ids),
            Self::SaeApplications(t) => chain(&t.namespace_id, &t.app_ids),
            Self::EdasApplication(t) => chain(&t.app_id, &t.ecc_ids),
            Self::VolcengineInstances(t) => t.instance_ids.iter().map(String::as_str).collect(),
        }
    }
}

fn chain<'a>(first: &'a str, rest: &'a [String]) -> Vec<&'a str> {
    std::iter::once(first)
        .chain(rest.iter().map(String::as_str))
        .collect()
}

/// Id of a change order. Opaque: its form is not documented. Volcengine opens no order; there the
/// id of the accepted call stands in its place.
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
    /// Nonce of the signature: the gateway refuses a second copy. With a token: the token, the same
    /// for the life of the request.
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
    /// What the answer says of each part, where it says something: Volcengine. Empty otherwise.
    pub parts: Vec<Part>,
}

/// One application of a batch, or one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub state: PartState,
    /// The change order of its own, if it has one.
    pub order: Option<OrderId>,
    /// Why it was rejected, or failed.
    pub error: Option<PartError>,
}

/// Why one part was rejected, or failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartError {
    /// The cloud's own error code, or the status of its order.
    pub code: String,
    /// One cleaned line of at most 512 bytes.
    pub message: String,
}

/// Where one part stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartState {
    /// Nothing was seen of its restart yet.
    Waiting,
    /// Its restart was seen going on.
    Running,
    /// Its restart was seen from beginning to end, or the cloud says so.
    Succeeded,
    /// Its restart failed.
    Failed,
    /// Its order was aborted.
    Aborted,
    /// Refused within an accepted call: final.
    Rejected,
    /// Time is up, and there is no evidence of a restart.
    Unconfirmed,
}

impl PartState {
    /// Nothing more will be seen of it.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Waiting | Self::Running)
    }
}

/// An order that is followed, with what is known of it: all that a poll may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Following {
    /// The order.
    pub order: OrderId,
    /// `signedAt` of the accepted call, whole seconds.
    pub started: Timestamp,
    /// Orders that were there before the call.
    pub baseline: Vec<OrderId>,
    /// The parts as they are stored; empty when nothing is stored of them.
    pub parts: Vec<Part>,
    /// A person named the order: whether it is about the target is not known yet.
    pub named: bool,
    /// Orders that other requests have recorded as their own: none of them is a part's.
    pub taken: Vec<OrderId>,
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
    /// Newest orders of the target, the last one first; an order among them cannot come from an attempt opened later.
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
    /// The list reached back to the baseline (or to its own end), so that no candidate means no
    /// order. Never for a product whose lists prove nothing: Volcengine, SAE batch.
    pub complete: bool,
    /// The cloud's clock when it answered (`Date` header).
    pub cloud_time: Timestamp,
    /// What was seen that proves nothing, for the person who has to decide: one line each.
    pub notes: Vec<String>,
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
    /// Batches, or parts, in all; 0 when not known yet.
    pub total: i32,
    /// Those that succeeded.
    pub succeeded: i32,
    /// Those that failed, were rejected or aborted.
    pub failed: i32,
    /// Each application of a batch, or each instance; empty where the order alone tells.
    pub parts: Vec<Part>,
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
    /// Nothing goes on any more, and of at least one part there is no evidence.
    Unconfirmed,
}
