//! What a request restarts: five members, of which exactly one is set.
//!
//! A struct of five options and not an enum: for an enum the API server answers a mistake with
//! several lines about `oneOf` that name no member. Id lists are sets, and the server compares
//! sets without order, so the same ids in another order are the same target.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds::{BATCH_MAX, ID_MAX, ID_PATTERN, TARGETS_MAX};
use super::rules;

/// What is restarted. Exactly one member is set; it decides which product of the cloud is called.
/// Immutable: another target is another RestartRequest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::exactly_one_target())]
pub struct TargetSpec {
    /// All instances of one application of Alibaba Cloud SAE, in batches (`RestartApplication`).
    /// Needs an account of provider AlibabaCloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sae_application: Option<SaeApplication>,

    /// Named instances of one SAE application (`RestartInstances`). Needs an account of provider
    /// AlibabaCloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sae_instances: Option<SaeInstances>,

    /// Several SAE applications of one namespace, in one call (`BatchRestartApplications`). One
    /// application that is missing or belongs elsewhere fails the whole request before anything
    /// is sent. Needs an account of provider AlibabaCloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sae_applications: Option<SaeApplications>,

    /// One application of Alibaba Cloud EDAS on ECS (`RestartApplication`). Needs an account of
    /// provider AlibabaCloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edas_application: Option<EdasApplication>,

    /// ECS instances of Volcengine (`RebootInstances`). Needs an account of provider Volcengine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volcengine_instances: Option<VolcengineInstances>,
}

/// One SAE application, restarted in batches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SaeApplication {
    /// Id of the application. 1 to 128 letters, digits, dots, underscores and dashes.
    #[schemars(length(min = 1, max = ID_MAX), regex(pattern = ID_PATTERN))]
    pub app_id: String,

    /// How many instances must stay ready while a batch restarts: 0 to 100000, or -1 for the
    /// cloud's own choice of a quarter, rounded up. 0 allows an outage. Left out of the call when
    /// unset. `minReadyInstanceRatio` wins over it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1, max = 100_000))]
    pub min_ready_instances: Option<i32>,

    /// The same in percent of the running instances: 0 to 100, or -1 for unset. Rounded up. 100
    /// leaves no room to restart anything. Left out of the call when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1, max = 100))]
    pub min_ready_instance_ratio: Option<i32>,

    /// Whether the cloud switches the application's scaling rules on again after the restart.
    /// Left out of the call when unset; then the cloud decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_enable_application_scaling_rule: Option<bool>,
}

/// Named instances of one SAE application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SaeInstances {
    /// Id of the application. 1 to 128 letters, digits, dots, underscores and dashes.
    #[schemars(length(min = 1, max = ID_MAX), regex(pattern = ID_PATTERN))]
    pub app_id: String,

    /// Ids of the instances, 1 to 100 different ones. One that does not exist fails the request
    /// before anything is sent.
    #[schemars(
        length(min = 1, max = TARGETS_MAX),
        inner(length(min = 1, max = ID_MAX), regex(pattern = ID_PATTERN))
    )]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub instance_ids: Vec<String>,
}

/// Several SAE applications of one namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SaeApplications {
    /// Id of the SAE namespace that all the applications belong to, such as `cn-hangzhou` or
    /// `cn-hangzhou:shop`. At most 128 characters. Not a Kubernetes namespace.
    #[schemars(
        length(min = 1, max = ID_MAX),
        regex(pattern = "^[a-z0-9][a-z0-9-]*(:[A-Za-z0-9][A-Za-z0-9_-]*)?$")
    )]
    pub namespace_id: String,

    /// Ids of the applications, 1 to 50 different ones.
    #[schemars(
        length(min = 1, max = BATCH_MAX),
        inner(length(min = 1, max = ID_MAX), regex(pattern = ID_PATTERN))
    )]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub app_ids: Vec<String>,
}

/// One EDAS application, or some of its instances.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct EdasApplication {
    /// Id of the application. 1 to 128 letters, digits, dots, underscores and dashes.
    #[schemars(length(min = 1, max = ID_MAX), regex(pattern = ID_PATTERN))]
    pub app_id: String,

    /// Ids (ECC ids) of the instances to restart, 1 to 100 different ones. Unset means every
    /// instance at once, which preflight warns about; an empty list is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = TARGETS_MAX),
        inner(length(min = 1, max = ID_MAX), regex(pattern = ID_PATTERN))
    )]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub ecc_ids: Option<Vec<String>>,
}

/// ECS instances of Volcengine, rebooted with one call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct VolcengineInstances {
    /// Ids of the instances, 1 to 100 different ones, each `i-` and letters or digits, at most 64
    /// characters. All are sent in one call.
    #[schemars(
        length(min = 1, max = TARGETS_MAX),
        inner(length(min = 3, max = 64), regex(pattern = "^i-[A-Za-z0-9]+$"))
    )]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub instance_ids: Vec<String>,

    /// Cut the power instead of asking the system to shut down. What is not on disk yet is lost.
    #[serde(default)]
    pub force_stop: bool,

    /// Reboot bare-metal instances too. A bare-metal instance without it fails the request, since
    /// such a reboot can lose the data on local disks. Checked here, never sent to the cloud.
    #[serde(default)]
    pub allow_bare_metal: bool,
}

/// A member of `spec.target`, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TargetKind {
    /// One SAE application.
    SaeApplication,
    /// Instances of one SAE application.
    SaeInstances,
    /// Several SAE applications.
    SaeApplications,
    /// One EDAS application.
    EdasApplication,
    /// Volcengine ECS instances.
    VolcengineInstances,
}

impl TargetKind {
    /// Every member, in the order of the reference.
    pub const ALL: &'static [Self] = &[
        Self::SaeApplication,
        Self::SaeInstances,
        Self::SaeApplications,
        Self::EdasApplication,
        Self::VolcengineInstances,
    ];

    /// The name of the member in `spec.target`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SaeApplication => "saeApplication",
            Self::SaeInstances => "saeInstances",
            Self::SaeApplications => "saeApplications",
            Self::EdasApplication => "edasApplication",
            Self::VolcengineInstances => "volcengineInstances",
        }
    }
}
