//! `RestartRequest`: one restart of one target, asked for once.
//!
//! Only the specification lives here; status is in `status` and `attempt`, the admission rules
//! are in `rules` and `fence`. The object stays as a record after the end.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds::{ID_MAX, ID_PATTERN, NAME_MAX, NAME_PATTERN, TIME_PATTERN};
use super::rules;
use super::status::RestartRequestStatus;
use super::target::TargetSpec;

/// What to restart, with which account, and within which limits. Only `suspend`, `cancel`,
/// `ttlSecondsAfterFinished` and `resolution` can be changed later.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "restart-operator.dev",
    version = "v1alpha1",
    kind = "RestartRequest",
    plural = "restartrequests",
    shortname = "rr",
    category = "restarts",
    namespaced,
    status = "RestartRequestStatus",
    derive = "PartialEq",
    doc = "RestartRequest asks for one restart of one cloud target. The restart call is made at \
           most once. The object stays as a record of what happened; another restart is another \
           RestartRequest. Deleting it neither stops nor undoes anything in the cloud.",
    validation = rules::no_resolution_at_birth(),
    validation = rules::resolution_only_while_unknown(),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase",
        description = "Where the restart stands"),
    printcolumn(name = "Progress", type_ = "string", json_path = ".status.progress.display",
        description = "Parts done, of all parts"),
    printcolumn(name = "Target", type_ = "string", json_path = ".status.targetSummary",
        description = "Product, sort and id of the target"),
    printcolumn(name = "Reason", type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].reason",
        description = "Why it stands there"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp",
        description = "Time since the request was created"),
    printcolumn(name = "Account", type_ = "string", json_path = ".spec.accountRef.name",
        priority = 1, description = "Account that makes the call"),
    printcolumn(name = "Order", type_ = "string", json_path = ".status.changeOrder.id",
        priority = 1, description = "Change order of the cloud"),
    printcolumn(name = "Attempt", type_ = "integer", json_path = ".status.attempt.number",
        priority = 1, description = "Number of the attempt"),
    printcolumn(name = "Started", type_ = "date", json_path = ".status.startTime",
        priority = 1, description = "Time since the accepted call"),
    printcolumn(name = "Finished", type_ = "date", json_path = ".status.completionTime",
        priority = 1, description = "Time since the end"),
    printcolumn(name = "Message", type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].message",
        priority = 1, description = "What happened and what to do"),
    selectable = ".status.phase",
    selectable = ".spec.accountRef.name",
    selectable = ".status.attempt.targetHash"
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = rules::account_ref_is_immutable(),
    validation = rules::target_is_immutable(),
    validation = rules::dry_run_is_immutable(),
    validation = rules::reason_is_immutable(),
    validation = rules::start_before_is_immutable(),
    validation = rules::limits_are_immutable(),
    validation = rules::cancel_stays(),
    validation = rules::ttl_needs_start_before()
)]
pub struct RestartRequestSpec {
    /// The account whose credential makes the call. Immutable.
    pub account_ref: AccountRef,

    /// What is restarted. Exactly one member is set. Immutable.
    pub target: TargetSpec,

    /// Why it is restarted, for the record. 1 to 512 characters. Never sent to the cloud.
    /// Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub reason: Option<String>,

    /// Only check and plan: `status.preflight` shows the call that would be made, and nothing is
    /// restarted. Immutable.
    #[serde(default)]
    pub dry_run: bool,

    /// The call is made before this instant or never (RFC 3339 with a zone, such as
    /// 2026-11-22T18:00:00Z). A
    /// request created at or after it is Skipped, so a finished request that a GitOps tool or a
    /// backup brings back restarts nothing. Suspending does not move it. Set it on everything
    /// that is kept in Git. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIME_PATTERN))]
    pub start_before: Option<Time>,

    /// How long the request may wait before the call, in seconds: 1 to 2592000 (30 days). After
    /// that it is Expired. Suspended time does not count, and an open call is never cut.
    /// Immutable.
    #[serde(default = "default_deadline_seconds")]
    #[schemars(range(min = 1, max = 2_592_000))]
    pub start_deadline_seconds: i32,

    /// How long the restart itself may take, in seconds from the accepted call: 1 to 604800
    /// (7 days). After that the request is Failed; the order is not aborted and may still run in
    /// the cloud. Immutable.
    #[serde(default = "default_deadline_seconds")]
    #[schemars(range(min = 1, max = 604_800))]
    pub active_deadline_seconds: i32,

    /// How many new attempts follow when the cloud definitely rejects the call and says that
    /// trying later can help: 0 to 10. An unclear answer is never followed by a new attempt.
    /// Immutable.
    #[serde(default = "default_backoff_limit")]
    #[schemars(range(min = 0, max = 10))]
    pub backoff_limit: i32,

    /// Hold the request before its call. Can be switched on and off. Without effect while a call
    /// is open and after it.
    #[serde(default)]
    pub suspend: bool,

    /// Stop the restart: before the call nothing is sent; afterwards the cloud is asked to abort
    /// the order, where it can. It cannot be taken back.
    #[serde(default)]
    pub cancel: bool,

    /// Delete the object this many seconds after its end: 0 to 31536000 (a year), and not before
    /// `startBefore` plus a minute. A request that called Alibaba Cloud is kept for an hour and 35
    /// minutes from that call at least: till then it shows whose its change order is. Unset keeps it.
    /// Needs `startBefore`, because a tool that brings the object back would otherwise restart the
    /// target again. Can be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 31_536_000))]
    pub ttl_seconds_after_finished: Option<i32>,

    /// A person's answer when the operator cannot find out whether the restart happened (phase
    /// Unknown). Can be set or changed only then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Resolution>,
}

/// The account that makes the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountRef {
    /// CloudAccount (of the request's own namespace) or ClusterCloudAccount.
    #[serde(default)]
    pub kind: AccountKind,

    /// Name of the account, 1 to 253 characters. It need not exist yet: the request waits for it.
    #[schemars(length(min = 1, max = NAME_MAX), regex(pattern = NAME_PATTERN))]
    pub name: String,
}

/// The kind of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum AccountKind {
    /// An account of the request's own namespace.
    #[default]
    CloudAccount,
    /// An account that serves the namespaces it names.
    ClusterCloudAccount,
}

/// A person's answer to an unknown outcome. Exactly one member is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::exactly_one_answer())]
pub struct Resolution {
    /// Id of the change order that this request caused (for an SAE batch its parent order, for
    /// Volcengine the request id or the id of the system event). It is checked, where the cloud
    /// can be asked, and then followed to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = ID_MAX), regex(pattern = ID_PATTERN))]
    pub adopt: Option<String>,

    /// The restart did not happen. Only `true` can be written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = [true]))]
    pub not_executed: Option<bool>,
}

/// An hour: long enough for a queue behind one other restart, short enough that nobody is
/// surprised by a restart asked for yesterday.
const fn default_deadline_seconds() -> i32 {
    3600
}

const fn default_backoff_limit() -> i32 {
    3
}
