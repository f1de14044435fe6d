//! The parts that both account kinds share: provider, signature, credentials, guards, status.
//!
//! What differs between the kinds (who may use the account, endpoints, the operator's own
//! identity) is in `account` and `cluster_account`.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds::{
    CONDITIONS_MAX, ID_MAX, NAME_MAX, NAME_PATTERN, PRINCIPAL_MAX, TARGETS_MAX, TIME_PATTERN,
};
use super::closed_list::closed_list;
use super::condition::Condition;
use super::status::unseen;

closed_list! {
    /// The cloud.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
    pub enum CloudProvider {
        /// Alibaba Cloud: SAE and EDAS.
        AlibabaCloud,
        /// Volcengine: ECS.
        Volcengine,
    }
}

/// How calls are signed. Unset takes the newest one of the provider: ACS3-HMAC-SHA256 for
/// AlibabaCloud (HMAC-SHA1 is for private clouds that know nothing newer), HMAC-SHA256 for
/// Volcengine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum SignatureAlgorithm {
    /// Alibaba Cloud, current.
    #[serde(rename = "ACS3-HMAC-SHA256")]
    Acs3HmacSha256,
    /// Alibaba Cloud, older.
    #[serde(rename = "HMAC-SHA1")]
    HmacSha1,
    /// Volcengine.
    #[serde(rename = "HMAC-SHA256")]
    HmacSha256,
}

/// A Secret with the keys accessKeyId, accessKeySecret and, for a temporary credential,
/// securityToken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretRef {
    /// Name of the Secret. It is read from the account's own namespace; for a ClusterCloudAccount
    /// from the namespace of the operator. There is no field for another namespace.
    #[schemars(length(min = 1, max = NAME_MAX), regex(pattern = NAME_PATTERN))]
    pub name: String,
}

/// A role that is assumed with the credential before any other call. The session is named
/// `restart-operator.<namespace>`, so the cloud's audit log shows who asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssumeRole {
    /// The role: `acs:ram::<account>:role/<name>` for AlibabaCloud, `trn:iam::<account>:role/<name>`
    /// for Volcengine. At most 256 characters.
    #[schemars(length(min = 1, max = PRINCIPAL_MAX))]
    pub role: String,

    /// How long a session lasts, in seconds: 900 to 43200. It is renewed in time.
    #[serde(default = "default_session_seconds")]
    #[schemars(range(min = 900, max = 43_200))]
    pub duration_seconds: i32,
}

/// What this account never does, whatever a request asks for. A request that asks for it ends
/// Failed with reason GuardDenied, before anything is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Guards {
    /// Refuse `forceStop`.
    #[serde(default)]
    pub deny_force_stop: bool,

    /// Refuse a restart that leaves no instance ready.
    #[serde(default)]
    pub deny_min_ready_zero: bool,

    /// Refuse requests with more applications or instances than this: 1 to 100. Unset means 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = TARGETS_MAX))]
    pub max_targets_per_request: Option<i32>,
}

/// What the operator knows about the account. Written by the operator alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct CloudAccountStatus {
    /// The `metadata.generation` that this status is about; -1 before the operator has seen the
    /// account.
    #[serde(default = "unseen")]
    #[schemars(range(min = -1))]
    pub observed_generation: i64,

    /// The first 16 hexadecimal digits of the hash of the access key id in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = ID_MAX))]
    pub credential: Option<String>,

    /// Who the operator is in this cloud account, as far as it was learned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,

    /// When the credential was last used with success or refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIME_PATTERN))]
    pub last_check_time: Option<Time>,

    /// When the cloud last refused a call because there were too many. Written at most hourly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIME_PATTERN))]
    pub last_throttled_time: Option<Time>,

    /// The observations Ready, Reconciling and Stalled. At most 8.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = CONDITIONS_MAX))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

impl Default for CloudAccountStatus {
    /// The status that the API server gives to a fresh object.
    fn default() -> Self {
        Self {
            observed_generation: unseen(),
            credential: None,
            identity: None,
            last_check_time: None,
            last_throttled_time: None,
            conditions: Vec::new(),
        }
    }
}

/// Who the operator is in this cloud account. By this it tells its own change orders from those
/// of others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// The principal that the token service named. Unset for a plain access key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = PRINCIPAL_MAX))]
    pub principal: Option<String>,

    /// The creator that the products write into our change orders, learned from one of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creators: Option<Creators>,
}

/// The creator ids of our change orders, by product.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Creators {
    /// Creator id of our orders in SAE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = ID_MAX))]
    pub sae: Option<String>,

    /// Creator id of our orders in EDAS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = ID_MAX))]
    pub edas: Option<String>,
}

/// An hour is what both clouds grant a role unless it was told otherwise.
pub(super) const fn default_session_seconds() -> i32 {
    3600
}
