//! Control of the Volcengine part: instances, events, switches.

use std::convert::Infallible;

use super::Control;
use crate::volcengine::{Instance, InstanceSnapshot, NewEvent, VolcengineSwitches};

/// Instances and their events.
impl Control {
    /// Creates an instance, or replaces it: its status is the one given, whatever reboot is under
    /// way.
    pub fn put_instance(&self, instance: Instance) {
        self.state
            .with(|parts, now| parts.volcengine.fleet.put(instance, now));
    }

    /// Changes an instance; `None` if there is none of this id. `change` gets it with the status as
    /// it shows now. A status it leaves alone goes on with the reboot under way; any other stays.
    /// It runs under the simulator's lock and must not call the simulator.
    pub fn update_instance(
        &self,
        id: &str,
        change: impl FnOnce(&mut Instance),
    ) -> Option<InstanceSnapshot> {
        let updated = self.try_update_instance(id, |mut instance| {
            change(&mut instance);
            Ok::<_, Infallible>(instance)
        });
        updated.map(|result| result.unwrap_or_else(|never| match never {}))
    }

    /// The same with a change that may fail, which leaves the instance as it was.
    pub(super) fn try_update_instance<E>(
        &self,
        id: &str,
        change: impl FnOnce(Instance) -> Result<Instance, E>,
    ) -> Option<Result<InstanceSnapshot, E>> {
        self.state
            .with(|parts, now| parts.volcengine.fleet.update(id, now, change))
    }

    /// Forgets an instance; its events stay.
    pub fn remove_instance(&self, id: &str) -> Option<Instance> {
        self.state
            .with(|parts, _| parts.volcengine.fleet.remove(id))
    }

    /// One instance as it stands now.
    pub fn instance(&self, id: &str) -> Option<InstanceSnapshot> {
        self.state.with(|parts, now| {
            let resident = parts.volcengine.fleet.get(id)?;
            Some(resident.snapshot(now))
        })
    }

    /// Every instance as it stands now, by id.
    pub fn instances(&self) -> Vec<InstanceSnapshot> {
        self.state.with(|parts, now| {
            let residents = parts.volcengine.fleet.residents();
            residents.map(|resident| resident.snapshot(now)).collect()
        })
    }

    /// Reboots an instance as a person does in the console, by its plan and whatever its status;
    /// `false` if there is none of this id. It is not among the ledger's restarts.
    pub fn reboot_by_hand(&self, id: &str) -> bool {
        self.state.with(|parts, now| {
            let event = parts.world.mint_id();
            parts.volcengine.fleet.reboot(id, event, now)
        })
    }

    /// Writes a system event of an instance, apart from any reboot, and gives its id.
    pub fn write_event(&self, instance: &str, event: NewEvent) -> String {
        self.state.with(|parts, now| {
            let id = parts.world.mint_id();
            let fleet = &mut parts.volcengine.fleet;
            fleet.write_event(id.clone(), instance, event, now);
            id
        })
    }
}

/// Switches.
impl Control {
    /// The switches of the Volcengine part as they are.
    pub fn volcengine_switches(&self) -> VolcengineSwitches {
        self.state
            .with(|parts, _| parts.volcengine.switches.clone())
    }

    /// Sets the switches of the Volcengine part. A client token remembered before keeps its life.
    pub fn set_volcengine_switches(&self, switches: VolcengineSwitches) {
        self.state
            .with(|parts, _| parts.volcengine.switches = switches);
    }
}
