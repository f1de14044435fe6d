//! Status of a `RestartRequest`, written by the operator alone. The facts about the call are in
//! `attempt`; here are the frame around them and what is only shown.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempt::{Attempt, ChangeOrder, TargetStatus};
use super::bounds::{
    CONDITIONS_MAX, ID_MAX, MESSAGE_MAX, NAME_MAX, PRINCIPAL_MAX, REASON_MAX, SUMMARY_MAX,
    TARGETS_MAX, TIME_PATTERN, WARNINGS_MAX,
};
use super::closed_list::closed_list;
use super::condition::Condition;
use super::fence;

/// What happened to the request. Written by the operator alone, and only when something changed.
/// A fresh object has observedGeneration -1 and phase Pending, so that no tool takes it for done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1, "phase": "Pending"}))]
#[x_kube(
    validation = fence::attempt_stays(),
    validation = fence::attempt_id_changes_with_a_count(),
    validation = fence::new_attempt_needs_a_rejection(),
    validation = fence::client_token_is_fixed(),
    validation = fence::change_order_is_fixed(),
    validation = fence::finished_is_final(),
    validation = fence::completion_time_means_finished(),
    validation = fence::not_reconciling_and_stalled(),
    validation = fence::first_attempt_is_fresh(),
    validation = fence::next_attempt_is_fresh(),
    validation = fence::intent_is_frozen(),
    validation = fence::answer_is_final(),
    validation = fence::rejection_needs_a_single_sender()
)]
pub struct RestartRequestStatus {
    /// The `metadata.generation` that this status is about; -1 before the operator has seen the
    /// object. It follows every edit of the specification, also after the end.
    #[serde(default = "unseen")]
    #[schemars(range(min = -1))]
    pub observed_generation: i64,

    /// Where the restart stands, in one word. Computed from the facts below, for people only.
    #[serde(default)]
    pub phase: Phase,

    /// Product, sort and id of the target, such as `sae app 0099b7be`. At most 128 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = SUMMARY_MAX))]
    pub target_summary: Option<String>,

    /// Set when the request is resumed: the waiting time of `startDeadlineSeconds` counts from
    /// here. Unset, it counts from the creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIME_PATTERN))]
    pub waiting_since: Option<Time>,

    /// What the last check before the call found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preflight: Option<Preflight>,

    /// What the request waits for. Only there while it is Queued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Queue>,

    /// The intent to make the call, stored before the call is made. It never disappears again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Attempt>,

    /// What the cloud opened for the accepted call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_order: Option<ChangeOrder>,

    /// What became of each application or instance. At most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = TARGETS_MAX))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["id".into()]))]
    pub targets: Vec<TargetStatus>,

    /// How far the restart is. Absent until the number of parts is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,

    /// When the restart began: the time that the accepted call was signed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIME_PATTERN))]
    pub start_time: Option<Time>,

    /// When the request ended, whatever the result. From then on nothing is called for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIME_PATTERN))]
    pub completion_time: Option<Time>,

    /// The observations Accepted, Submitted, Succeeded, Finished, Ready, Reconciling and Stalled.
    /// `kubectl wait --for=condition=Finished` ends at every end, `Succeeded` only at a good one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = CONDITIONS_MAX))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

impl Default for RestartRequestStatus {
    /// The status that the API server gives to a fresh object.
    fn default() -> Self {
        Self {
            observed_generation: unseen(),
            phase: Phase::default(),
            target_summary: None,
            waiting_since: None,
            preflight: None,
            queue: None,
            attempt: None,
            change_order: None,
            targets: Vec::new(),
            progress: None,
            start_time: None,
            completion_time: None,
            conditions: Vec::new(),
        }
    }
}

/// kstatus takes an object without `observedGeneration` for finished; -1 differs from every
/// generation, so a fresh object is in progress.
pub(super) const fn unseen() -> i64 {
    -1
}

closed_list! {
    /// Where a restart stands, in one word.
    #[derive(
        Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema,
    )]
    pub enum Phase {
        /// It waits for its checks, its account or the next attempt.
        #[default]
        Pending,
        /// `spec.suspend` holds it.
        Suspended,
        /// It waits for its turn.
        Queued,
        /// The call is being made.
        Submitting,
        /// The cloud is asked what it did.
        Resolving,
        /// The cloud restarts the target.
        Running,
        /// The order waits for a person in the cloud's console.
        Paused,
        /// Nobody can tell whether the restart happened; it waits for `spec.resolution`.
        Unknown,
        /// It ended well.
        Succeeded,
        /// Some targets were restarted, others were not.
        PartiallySucceeded,
        /// It ended badly, or was refused.
        Failed,
        /// It is proved that nothing was executed.
        NotExecuted,
        /// A time limit passed before the call.
        Expired,
        /// It ended because of `spec.cancel`.
        Cancelled,
        /// It was created too late and restarted nothing.
        Skipped,
    }
}

/// What the check before the call found. The same for a dry run and for a real one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preflight {
    /// When the check was made.
    #[schemars(regex(pattern = TIME_PATTERN))]
    pub time: Time,

    /// How many instances run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub instances: Option<i32>,

    /// How many instances stay ready while a batch restarts, after rounding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub effective_min_ready_instances: Option<i32>,

    /// How many instances may be away at the same time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub max_unavailable: Option<i32>,

    /// The call as it would be made, without signature and token. At most 1024 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MESSAGE_MAX))]
    pub call: Option<String>,

    /// Who makes the call, in the words of the cloud, where it is known. At most 256 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = PRINCIPAL_MAX))]
    pub principal: Option<String>,

    /// What a person should know before the restart. At most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = WARNINGS_MAX))]
    pub warnings: Vec<Warning>,
}

/// Something a person should know before the restart. It does not stop the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// One word for machines, such as OutageExpected. At most 64 characters.
    #[schemars(length(min = 1, max = REASON_MAX))]
    pub code: String,

    /// A sentence for people. At most 1024 characters.
    #[schemars(length(max = MESSAGE_MAX))]
    pub message: String,
}

/// What a queued request waits for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Queue {
    /// Place in the queue of the target; 1 is next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub position: Option<i32>,

    /// The request that has the target: its name, or its UID when it is in another namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = NAME_MAX))]
    pub held_by: Option<String>,

    /// The change order of somebody else that runs on the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_order: Option<ForeignOrder>,
}

/// A change order that this operator did not cause.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ForeignOrder {
    /// Id of the order.
    #[schemars(length(min = 1, max = ID_MAX))]
    pub id: String,

    /// What the order does, in the words of the cloud.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = ID_MAX))]
    pub type_: Option<String>,

    /// Who opened it, in the words of the cloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = PRINCIPAL_MAX))]
    pub created_by: Option<String>,

    /// When it was opened, in the words of the cloud, which name no time zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = ID_MAX))]
    pub since: Option<String>,
}

/// How far the restart is, in parts: batches, applications or instances.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// All parts; at least 1.
    #[schemars(range(min = 1))]
    pub total: i32,

    /// Parts that ended well.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub succeeded: i32,

    /// Parts that ended badly.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub failed: i32,

    /// Parts that are being restarted.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub running: i32,

    /// Parts that ended, of all parts, such as `3/10`.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub display: String,
}
