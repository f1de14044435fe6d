//! An application as a user of the cloud sees it.
//!
//! Its orders are kept by the world, its JSON names in the API by the product.

use serde::{Deserialize, Serialize};

use super::{OrderPlan, ProductKind};

/// SAE `DescribeApplicationStatus` field `CurrentStatus`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ApplicationStatus {
    /// Runs; the only status in which a restart is accepted.
    #[default]
    Running,
    /// Stopped by somebody.
    Stopped,
    /// The platform does not know.
    Unknown,
}

impl ApplicationStatus {
    /// The word the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Stopped => "STOPPED",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// An application that can be restarted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// Application id, an opaque text; UUID form in the real cloud.
    #[serde(default)]
    pub id: String,
    /// Name for people.
    #[serde(default)]
    pub name: String,
    /// Namespace id: a region alone, or `region:short-name`.
    #[serde(default = "default_namespace")]
    pub namespace: String,
    /// Whether it runs.
    #[serde(default)]
    pub status: ApplicationStatus,
    /// Instances now running, 0 or more.
    #[serde(default = "default_instances")]
    pub running_instances: u32,
    /// How its next orders go; `None` means the simulator's default plan.
    #[serde(default)]
    pub plan: Option<OrderPlan>,
    /// The product it belongs to; only that product's calls know it.
    #[serde(default)]
    pub product: ProductKind,
    /// Ids of its instances (SAE) or ECCs (EDAS). Empty means as many as run, with made-up ids; see
    /// [`Application::instance_ids`].
    #[serde(default)]
    pub instances: Vec<String>,
    /// EDAS `ClusterType`: 2 ECS, 5 Kubernetes. Without meaning in SAE.
    #[serde(default = "default_cluster_type")]
    pub cluster_type: i64,
}

/// EDAS `ClusterType` of an ECS cluster.
pub const ECS_CLUSTER: i64 = 2;

fn default_cluster_type() -> i64 {
    ECS_CLUSTER
}

fn default_namespace() -> String {
    "cn-hangzhou".to_owned()
}

fn default_instances() -> u32 {
    2
}

impl Application {
    /// A running application with two instances in the default namespace of `cn-hangzhou`.
    pub fn running(id: impl Into<String>) -> Self {
        let id = id.into();
        Self {
            name: format!("name-of-{id}"),
            id,
            namespace: default_namespace(),
            status: ApplicationStatus::Running,
            running_instances: default_instances(),
            plan: None,
            product: ProductKind::Sae,
            instances: Vec::new(),
            cluster_type: ECS_CLUSTER,
        }
    }

    /// A running EDAS application with two ECCs in an ECS cluster.
    pub fn edas(id: impl Into<String>) -> Self {
        Self {
            product: ProductKind::Edas,
            ..Self::running(id)
        }
    }

    /// The same application with these instances or ECCs, all of them running.
    #[must_use]
    pub fn with_instances(self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let instances: Vec<String> = ids.into_iter().map(Into::into).collect();
        Self {
            running_instances: u32::try_from(instances.len()).unwrap_or(u32::MAX),
            instances,
            ..self
        }
    }

    /// The same application in another namespace.
    #[must_use]
    pub fn in_namespace(self, namespace: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            ..self
        }
    }

    /// The same application in a cluster of this EDAS `ClusterType`.
    #[must_use]
    pub fn on_cluster(self, cluster_type: i64) -> Self {
        Self {
            cluster_type,
            ..self
        }
    }

    /// Ids of its instances or ECCs: those it was given, or `ID-1`, `ID-2` … for as many as run.
    pub fn instance_ids(&self) -> Vec<String> {
        if self.instances.is_empty() {
            (1..=self.running_instances)
                .map(|number| format!("{}-{number}", self.id))
                .collect()
        } else {
            self.instances.clone()
        }
    }

    /// The same application with a plan for its next orders.
    #[must_use]
    pub fn with_plan(self, plan: OrderPlan) -> Self {
        Self {
            plan: Some(plan),
            ..self
        }
    }

    /// The same application in another status.
    #[must_use]
    pub fn with_status(self, status: ApplicationStatus) -> Self {
        Self { status, ..self }
    }
}

/// The fields of an [`Application`] to change; absent ones stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationPatch {
    /// New name.
    pub name: Option<String>,
    /// New namespace id.
    pub namespace: Option<String>,
    /// New status.
    pub status: Option<ApplicationStatus>,
    /// New number of running instances.
    pub running_instances: Option<u32>,
    /// Plan of the orders made from now on; orders already made keep theirs.
    pub plan: Option<OrderPlan>,
    /// New ids of its instances or ECCs.
    pub instances: Option<Vec<String>>,
    /// New EDAS `ClusterType`.
    pub cluster_type: Option<i64>,
}

impl ApplicationPatch {
    pub(super) fn apply(self, application: &mut Application) {
        if let Some(name) = self.name {
            application.name = name;
        }
        if let Some(namespace) = self.namespace {
            application.namespace = namespace;
        }
        if let Some(status) = self.status {
            application.status = status;
        }
        if let Some(running_instances) = self.running_instances {
            application.running_instances = running_instances;
        }
        if let Some(plan) = self.plan {
            application.plan = Some(plan);
        }
        if let Some(instances) = self.instances {
            application.instances = instances;
        }
        if let Some(cluster_type) = self.cluster_type {
            application.cluster_type = cluster_type;
        }
    }
}
