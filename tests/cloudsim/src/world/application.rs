//! An application as a user of the cloud sees it.
//!
//! Its orders are kept by the world, its JSON names in the API by the product.

use serde::{Deserialize, Serialize};

use super::OrderPlan;

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
    }
}
