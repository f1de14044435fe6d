//! An ECS instance as a user of the cloud sees it.
//!
//! Its reboots are kept by the fleet, its JSON names in the API by `wire`.

use serde::{Deserialize, Serialize};

use super::RebootPlan;
use super::plan::RUNNING;

/// An instance that can be rebooted. In JSON every member has a default: a running instance of an
/// ordinary type in `cn-beijing`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Instance {
    /// `InstanceId`.
    pub id: String,
    /// `InstanceName`.
    pub name: String,
    /// `Status` before and apart from reboots: any text, or [`GONE`](super::plan::GONE).
    pub status: String,
    /// `InstanceTypeId`, `ecs.<family>.<size>`; a family that begins with `ebm` is bare metal.
    pub type_id: String,
    /// Region, which a call names in its credential scope.
    pub region: String,
    /// `LocalVolumes`: disks of the host itself.
    pub local_volumes: Vec<LocalVolume>,
    /// Error code with which its reboots are refused inside HTTP 200, for example
    /// `OperationDenied.ResourceLocked`; `None` lets the status decide.
    pub refuse_with: Option<String>,
    /// How its next reboots go; `None` means the fleet's default plan.
    pub plan: Option<RebootPlan>,
}

/// One kind of disk on the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalVolume {
    /// `VolumeType`, for example `LOCAL_SSD`.
    pub volume_type: String,
    /// `Count`.
    pub count: u32,
    /// `Size`, in GiB.
    pub size: u32,
}

impl Default for Instance {
    fn default() -> Self {
        Self {
            id: String::new(),
            name: String::new(),
            status: RUNNING.to_owned(),
            type_id: "ecs.g3i.large".to_owned(),
            region: "cn-beijing".to_owned(),
            local_volumes: Vec::new(),
            refuse_with: None,
            plan: None,
        }
    }
}

impl Instance {
    /// A running instance of an ordinary type in `cn-beijing`.
    pub fn running(id: impl Into<String>) -> Self {
        let id = id.into();
        Self {
            name: format!("name-of-{id}"),
            id,
            ..Self::default()
        }
    }

    /// The same instance in another status.
    #[must_use]
    pub fn with_status(self, status: impl Into<String>) -> Self {
        Self {
            status: status.into(),
            ..self
        }
    }

    /// The same instance of another type.
    #[must_use]
    pub fn of_type(self, type_id: impl Into<String>) -> Self {
        Self {
            type_id: type_id.into(),
            ..self
        }
    }

    /// The same instance in another region.
    #[must_use]
    pub fn in_region(self, region: impl Into<String>) -> Self {
        Self {
            region: region.into(),
            ..self
        }
    }

    /// The same instance with a plan for its next reboots.
    #[must_use]
    pub fn with_plan(self, plan: RebootPlan) -> Self {
        Self {
            plan: Some(plan),
            ..self
        }
    }

    /// The same instance whose reboots are refused with this code.
    #[must_use]
    pub fn refusing(self, code: impl Into<String>) -> Self {
        Self {
            refuse_with: Some(code.into()),
            ..self
        }
    }
}
