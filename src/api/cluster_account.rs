//! `ClusterCloudAccount`: a cloud account that an administrator opens to namespaces.
//!
//! It says who may use it and for which targets, and nothing that is not listed is allowed. Only
//! here can the operator's own identity and other endpoints be named.

use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use super::account_parts::{
    AssumeRole, CloudAccountStatus, CloudProvider, Guards, SecretRef, SignatureAlgorithm,
    default_session_seconds,
};
use super::bounds::{NAME_MAX, PRINCIPAL_MAX, TARGETS_MAX};
use super::rules;
use super::target::TargetKind;

/// The cloud, its region, the credential, and who may restart what with it.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "restart-operator.dev",
    version = "v1alpha1",
    kind = "ClusterCloudAccount",
    plural = "clustercloudaccounts",
    shortname = "ccac",
    category = "restarts",
    status = "CloudAccountStatus",
    derive = "PartialEq",
    doc = "ClusterCloudAccount is a cloud account that the RestartRequests of the namespaces it \
           names may use for the targets it names. Nothing that is not listed is allowed.",
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
    validation = rules::assumed_role_fits_the_provider(),
    validation = rules::oidc_fits_the_provider(),
    validation = rules::allowed_targets_fit_the_provider(),
    validation = rules::endpoints_fit_the_provider()
)]
pub struct ClusterCloudAccountSpec {
    /// The cloud: AlibabaCloud (SAE, EDAS) or Volcengine (ECS). Immutable.
    pub provider: CloudProvider,

    /// The region that calls go to, such as `cn-hangzhou`. 1 to 63 small letters, digits and
    /// dashes. Immutable.
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")
    )]
    pub region: String,

    /// Where the credential comes from. Exactly one member is set.
    pub credentials: ClusterCredentials,

    /// Which namespaces may use the account. Exactly one member is set.
    pub allowed_namespaces: AllowedNamespaces,

    /// Which targets may be restarted with it: 1 to 64 entries. A target that no entry covers is
    /// refused.
    #[schemars(length(min = 1, max = 64))]
    pub allowed_targets: Vec<AllowedTargets>,

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

    /// Other hosts than the public ones of the region, for private networks and private clouds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<Endpoints>,
}

/// The credential of a ClusterCloudAccount. Exactly one member is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::exactly_one_credential())]
pub struct ClusterCredentials {
    /// A Secret of the operator's namespace with the keys accessKeyId, accessKeySecret and, for a
    /// temporary credential, securityToken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretRef>,

    /// The operator's own service account token, exchanged for a session of a role. No key is
    /// stored anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oidc: Option<Oidc>,

    /// The role of the node that the operator runs on. Needs the operator's flag
    /// `--allow-instance-role`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_role: Option<InstanceRole>,
}

/// A role that trusts the cluster's service account tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Oidc {
    /// The role: `acs:ram::<account>:role/<name>` for AlibabaCloud,
    /// `trn:iam::<account>:role/<name>` for Volcengine. At most 256 characters.
    #[schemars(length(min = 1, max = PRINCIPAL_MAX))]
    pub role: String,

    /// The identity provider that the role trusts, `acs:ram::<account>:oidc-provider/<name>`.
    /// Required for AlibabaCloud, not known to Volcengine. At most 256 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = PRINCIPAL_MAX))]
    pub provider_arn: Option<String>,

    /// How long a session lasts, in seconds: 900 to 43200. It is renewed in time.
    #[serde(default = "default_session_seconds")]
    #[schemars(range(min = 900, max = 43_200))]
    pub duration_seconds: i32,
}

/// The role of the node. An empty object takes the role that the node has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstanceRole {
    /// Name of the role, 1 to 64 letters, digits, dots, underscores and dashes. Unset takes the
    /// one that the node has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 64),
        regex(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$")
    )]
    pub role_name: Option<String>,
}

/// Which namespaces may use the account. Exactly one member is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::exactly_one_namespace_choice())]
pub struct AllowedNamespaces {
    /// Names of namespaces, 1 to 100 different ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = TARGETS_MAX),
        inner(length(min = 1, max = 63), regex(pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))
    )]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub names: Option<Vec<String>>,

    /// Labels of namespaces. Whoever may label a namespace can give it this account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<NamespaceSelector>,

    /// Every namespace of the cluster. Only `true` can be written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = [true]))]
    pub all: Option<bool>,
}

/// Namespaces by their labels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamespaceSelector {
    /// Labels that a namespace must all have, 1 to 16. Values have at most 63 characters.
    #[schemars(extend(
        "minProperties" = 1,
        "maxProperties" = 16,
        "additionalProperties" = {"type": "string", "maxLength": 63}
    ))]
    pub match_labels: BTreeMap<String, String>,
}

/// Targets of one kind that may be restarted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AllowedTargets {
    /// The member of a request's `spec.target` that this entry is about.
    pub kind: TargetKind,

    /// Ids of applications, for volcengineInstances of instances: 1 to 200 different ones. A `*`
    /// at the end stands for anything, so `*` alone allows every target of the kind.
    #[schemars(
        length(min = 1, max = 200),
        inner(
            length(min = 1, max = 128),
            regex(pattern = r"^([A-Za-z0-9][A-Za-z0-9._-]*\*?|\*)$")
        )
    )]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub ids: Vec<String>,
}

/// Other hosts than the public ones. Each is a scheme, a host and perhaps a port, without a path.
/// The operator accepts only https and the host endings it was started with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Endpoints {
    /// Where SAE is called, such as `https://sae.example.com`. For AlibabaCloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = NAME_MAX), regex(pattern = ENDPOINT_PATTERN))]
    pub sae: Option<String>,

    /// Where EDAS is called. For AlibabaCloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = NAME_MAX), regex(pattern = ENDPOINT_PATTERN))]
    pub edas: Option<String>,

    /// Where ECS is called. For Volcengine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = NAME_MAX), regex(pattern = ENDPOINT_PATTERN))]
    pub ecs: Option<String>,

    /// Where the token service is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = NAME_MAX), regex(pattern = ENDPOINT_PATTERN))]
    pub sts: Option<String>,
}

/// No user, path or query: what follows the host is the operator's.
const ENDPOINT_PATTERN: &str = r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$";
