//! The facts about the call: the intent, the order that the cloud opened, and each target.
//!
//! These are what the at-most-once protocol decides by, so they are frozen by the rules in
//! `fence`. Nothing here is only for display.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds::{CODE_MAX, ID_MAX, MESSAGE_MAX, TARGETS_MAX, TIME_PATTERN};
use super::closed_list::closed_list;

/// The intent to make one call. It is stored before the call, so that whoever comes later knows
/// that the call may have been made, and until when the cloud accepts it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// Number of the attempt, from 1. It grows only after a definite rejection.
    #[schemars(range(min = 1, max = 11))]
    pub number: i32,

    /// Random id of this write, 32 hexadecimal digits. Only the process that wrote it may send.
    #[schemars(length(min = 32, max = 32), regex(pattern = "^[0-9a-f]{32}$"))]
    pub attempt_id: String,

    /// UID of the operator's Pod that wrote it, for people.
    #[schemars(length(max = ID_MAX))]
    pub holder: String,

    /// How often another process took the attempt over. Always 0 without a client token.
    #[schemars(range(min = 0))]
    pub owned: i32,

    /// The time that the call is signed with.
    #[schemars(regex(pattern = TIME_PATTERN))]
    pub signed_at: Time,

    /// From here on the cloud refuses the signed call.
    #[schemars(regex(pattern = TIME_PATTERN))]
    pub not_after: Time,

    /// SHA-256 of the target as it is sent, 64 hexadecimal digits. Equal targets have equal ones.
    #[schemars(length(min = 64, max = 64), regex(pattern = "^[0-9a-f]{64}$"))]
    pub target_hash: String,

    /// The number that makes the signed call unique (Alibaba Cloud).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub nonce: Option<String>,

    /// The token by which the cloud recognises a repeated call (Volcengine). The same in every
    /// attempt of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub client_token: Option<String>,

    /// The first 16 hexadecimal digits of the hash of the access key id in use.
    #[schemars(length(min = 16, max = 16), regex(pattern = "^[0-9a-f]{16}$"))]
    pub credential: String,

    /// The newest change orders of the target before the call, at most 100. Only a newer one can
    /// be ours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = TARGETS_MAX),
        inner(length(min = 1, max = ID_MAX))
    )]
    pub baseline_order_ids: Vec<String>,

    /// How the cloud answered. Absent while the attempt is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,

    /// The error that came with the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorDetail>,

    /// The next attempt, or the next use of the client token, waits until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIME_PATTERN))]
    pub not_before: Option<Time>,
}

closed_list! {
    /// How the cloud answered the call: Accepted, Rejected (definitely not executed) or Ambiguous
    /// (it may have been executed). Absent while the attempt is open.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
    pub enum Answer {
        /// The cloud took it.
        Accepted,
        /// It was definitely not executed.
        Rejected,
        /// It may have been executed.
        Ambiguous,
    }
}

/// An error in the words of the cloud.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorDetail {
    /// The cloud's error code. At most 128 characters.
    #[schemars(length(max = CODE_MAX))]
    pub code: String,

    /// The cloud's message, shortened. At most 1024 characters.
    #[schemars(length(max = MESSAGE_MAX))]
    pub message: String,

    /// The id of the call, for the cloud's support. At most 128 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = ID_MAX))]
    pub request_id: Option<String>,
}

/// What the cloud opened for the accepted call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeOrder {
    /// Id of the order. Volcengine has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = ID_MAX))]
    pub id: Option<String>,

    /// Id of the accepted call, for the cloud's support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = ID_MAX))]
    pub request_id: Option<String>,

    /// How the operator knows that the order is its own: Direct or Adopted.
    pub attribution: Attribution,

    /// Status of the order, the number that the cloud gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<i32>,

    /// Second status number of SAE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_status: Option<i32>,

    /// What the order does, in the words of the cloud.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = ID_MAX))]
    pub type_: Option<String>,

    /// When the cloud was first asked to abort the order, because of `spec.cancel`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIME_PATTERN))]
    pub abort_requested_at: Option<Time>,
}

closed_list! {
    /// How the operator knows that an order is its own.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
    pub enum Attribution {
        /// The cloud named it in the answer to the call.
        Direct,
        /// It was found afterwards, by the operator or by a person.
        Adopted,
    }
}

/// What became of one application or instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetStatus {
    /// Id of the application or instance.
    #[schemars(length(min = 1, max = ID_MAX))]
    pub id: String,

    /// Where it stands: Waiting, Running, Succeeded, Failed, Aborted, Rejected or Unconfirmed.
    pub state: TargetState,

    /// The change order of this application, when it has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = ID_MAX))]
    pub order_id: Option<String>,

    /// Why it failed or was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorDetail>,
}

closed_list! {
    /// Where one application or instance stands.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
    pub enum TargetState {
        /// Its turn has not come.
        Waiting,
        /// It is being restarted.
        Running,
        /// It was restarted.
        Succeeded,
        /// Its restart failed.
        Failed,
        /// Its restart was aborted.
        Aborted,
        /// The cloud refused it within an accepted call.
        Rejected,
        /// There is no evidence that it was restarted, and none that it was not.
        Unconfirmed,
    }
}
