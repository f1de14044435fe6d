//! `CloudAccount`: a cloud account of one namespace, with a Secret of that namespace.
//!
//! It has no way to name the operator's own identity, or any namespace could assume every role
//! that trusts the operator.

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

pub use super::account_parts::{
    AssumeRole, CloudAccountStatus, CloudProvider, Creators, Guards, Identity, SecretRef,
    SignatureAlgorithm,
};
use super::rules;

/// The cloud, its region and the credential.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "restart-operator.dev",
    version = "v1alpha1",
    kind = "CloudAccount",
    plural = "cloudaccounts",
    shortname = "cac",
    category = "restarts",
    namespaced,
    status = "CloudAccountStatus",
    derive = "PartialEq",
    doc = "CloudAccount is a cloud account that the RestartRequests of its own namespace may use. \
           Its credential is a Secret of the same namespace.",
    printcolumn(
        name = "Provider",
        type_ = "string",
        json_path = ".spec.provider",
        description = "The cloud"
    ),
    printcolumn(
        name = "Region",
        type_ = "string",
        json_path = ".spec.region",
        description = "Region that calls go to"
    ),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status",
        description = "Whether the credential can be used"
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp",
        description = "Time since the account was created"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].reason",
        priority = 1,
        description = "Why it is ready or not"
    ),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].message",
        priority = 1,
        description = "What happened and what to do"
    )
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = rules::provider_and_region_are_immutable(),
    validation = rules::signature_fits_the_provider(),
    validation = rules::assumed_role_fits_the_provider()
)]
pub struct CloudAccountSpec {
    /// The cloud: AlibabaCloud (SAE, EDAS) or Volcengine (ECS). Immutable.
    pub provider: CloudProvider,

    /// The region that calls go to, such as `cn-hangzhou`. 1 to 63 small letters, digits and
    /// dashes. Immutable.
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")
    )]
    pub region: String,

    /// Where the credential comes from.
    pub credentials: SecretCredentials,

    /// A role to assume with the credential before any other call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assume_role: Option<AssumeRole>,

    /// How calls are signed: ACS3-HMAC-SHA256 (the default) or HMAC-SHA1 for AlibabaCloud,
    /// HMAC-SHA256 for Volcengine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature_algorithm: Option<SignatureAlgorithm>,

    /// What this account never does, whatever a request asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guards: Option<Guards>,

    /// How many calls a minute the operator makes with this credential to one product: 1 to 6000.
    /// Unset means 50 for AlibabaCloud and 300 for Volcengine. A fifth is kept for restarts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 6000))]
    pub calls_per_minute: Option<i32>,
}

/// The credential of a CloudAccount: always a Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretCredentials {
    /// A Secret of the account's namespace with the keys accessKeyId, accessKeySecret and, for a
    /// temporary credential, securityToken.
    pub secret_ref: SecretRef,
}
