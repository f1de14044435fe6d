//! The fleet: instances, their reboots and their system events.
//!
//! Everything here is a pure function of its arguments: the time is always handed in. What the API
//! calls a field is not known here, its words for statuses are.

mod event;
mod instance;
mod plan;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use event::{Event, later};
pub use event::{NewEvent, REBOOT_EVENT};
pub use instance::{Instance, LocalVolume};
pub use plan::{GONE, REBOOTING, RUNNING, RebootPlan, Stage};

/// Instances of one account, in all regions.
#[derive(Debug)]
pub(crate) struct Fleet {
    residents: BTreeMap<String, Resident>,
    /// Oldest first by the time of their making.
    events: Vec<Event>,
    default_plan: RebootPlan,
}

/// An instance with the reboot that decides how it looks.
#[derive(Debug)]
pub(crate) struct Resident {
    pub(crate) instance: Instance,
    pub(crate) created: Timestamp,
    reboot: Option<Reboot>,
}

#[derive(Debug)]
struct Reboot {
    at: Timestamp,
    plan: RebootPlan,
}

/// An instance and how it looked when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceSnapshot {
    /// The instance as it was put.
    pub instance: Instance,
    /// `Status` as `DescribeInstances` shows it; [`GONE`] if it does not list the instance.
    pub status: String,
}

impl Fleet {
    pub(crate) fn new(default_plan: RebootPlan) -> Self {
        Self {
            residents: BTreeMap::new(),
            events: Vec::new(),
            default_plan,
        }
    }

    /// Creates the instance, or replaces it as it stands: its status is the one given from now on,
    /// whatever reboot is under way. Events stay.
    pub(crate) fn put(&mut self, instance: Instance, now: Timestamp) {
        let created = self
            .residents
            .get(&instance.id)
            .map_or(now, |resident| resident.created);
        let id = instance.id.clone();
        let resident = Resident {
            instance,
            created,
            reboot: None,
        };
        self.residents.insert(id, resident);
    }

    /// Changes an instance; `None` if there is none of this id. `change` sees the status as it
    /// shows; one that it leaves alone goes on with the reboot under way, any other is there to
    /// stay.
    pub(crate) fn update<E>(
        &mut self,
        id: &str,
        now: Timestamp,
        change: impl FnOnce(Instance) -> Result<Instance, E>,
    ) -> Option<Result<InstanceSnapshot, E>> {
        let resident = self.residents.get_mut(id)?;
        let shown = resident.status(now).to_owned();
        let seen = Instance {
            status: shown.clone(),
            ..resident.instance.clone()
        };
        Some(change(seen).map(|changed| {
            if changed.status == shown {
                let status = resident.instance.status.clone();
                resident.instance = Instance { status, ..changed };
            } else {
                resident.instance = changed;
                resident.reboot = None;
            }
            // An id is for life: the fleet finds the instance by it.
            id.clone_into(&mut resident.instance.id);
            resident.snapshot(now)
        }))
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Instance> {
        self.residents.remove(id).map(|resident| resident.instance)
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Resident> {
        self.residents.get(id)
    }

    /// The instance of this id, if a caller in this region can see it.
    pub(crate) fn visible(&self, id: &str, region: &str, at: Timestamp) -> Option<&Resident> {
        self.get(id)
            .filter(|resident| resident.is_visible(region, at))
    }

    /// Every instance, by id.
    pub(crate) fn residents(&self) -> impl Iterator<Item = &Resident> {
        self.residents.values()
    }

    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }

    /// Reboots an instance, whatever its status; `false` if there is none of this id. `event` is
    /// the id of the system event.
    pub(crate) fn reboot(&mut self, id: &str, event: String, now: Timestamp) -> bool {
        let Some(resident) = self.residents.get_mut(id) else {
            return false;
        };
        let plan = resident.instance.plan.as_ref();
        let plan = plan.unwrap_or(&self.default_plan).clone();
        self.events.extend(Event::of_reboot(event, id, &plan, now));
        // What it looks like now is what the new reboot starts from.
        resident.instance.status = resident.status(now).to_owned();
        resident.reboot = Some(Reboot { at: now, plan });
        true
    }

    /// Writes an event apart from any reboot.
    pub(crate) fn write_event(
        &mut self,
        id: String,
        instance: &str,
        new: NewEvent,
        now: Timestamp,
    ) {
        self.events.push(Event::apart(id, instance, new, now));
    }
}

impl Resident {
    /// `Status` at a moment; [`GONE`] if the instance is not listed.
    pub(crate) fn status(&self, at: Timestamp) -> &str {
        self.stages_begun(at)
            .last()
            .map_or(&self.instance.status, |stage| &stage.status)
    }

    /// Whether a caller in this region can see it.
    pub(crate) fn is_visible(&self, region: &str, at: Timestamp) -> bool {
        self.instance.region == region && self.status(at) != GONE
    }

    /// When the status last changed, as far as reboots change it.
    pub(crate) fn updated(&self, at: Timestamp) -> Timestamp {
        match (&self.reboot, self.stages_begun(at).last()) {
            (Some(reboot), Some(stage)) => later(reboot.at, stage.after_ms),
            _ => self.created,
        }
    }

    pub(crate) fn snapshot(&self, now: Timestamp) -> InstanceSnapshot {
        InstanceSnapshot {
            instance: self.instance.clone(),
            status: self.status(now).to_owned(),
        }
    }

    fn stages_begun(&self, at: Timestamp) -> impl Iterator<Item = &Stage> {
        self.reboot.iter().flat_map(move |reboot| {
            let stages = reboot.plan.stages.iter();
            stages.take_while(move |stage| later(reboot.at, stage.after_ms) <= at)
        })
    }
}
