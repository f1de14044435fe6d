//! Control of a running simulator: what a test may set, break, wait for and read.
//!
//! `http` offers the same over HTTP. Nothing here is part of the simulated cloud.

mod http;
mod http_namespaces;
mod http_volcengine;
mod instances;
mod namespaces;
mod wait;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::Refusal;
use crate::clock::ClockSetting;
use crate::config::AccessKey;
use crate::faults::{FaultId, FaultRule, FaultState};
use crate::ledger::Ledger;
use crate::state::State;
use crate::world::{Application, ApplicationPatch, NewOrder, OrderSnapshot};

pub(crate) use http::{PREFIX, answer};
pub use wait::TimedOut;

/// A handle on a simulator. Clones are handles on the same one.
#[derive(Clone, Debug)]
pub struct Control {
    state: Arc<State>,
}

/// Inside the simulator.
impl Control {
    pub(crate) fn new(state: Arc<State>) -> Self {
        Self { state }
    }

    pub(crate) fn state(&self) -> Arc<State> {
        Arc::clone(&self.state)
    }
}

/// Applications and orders.
impl Control {
    /// Creates an application, or replaces its description and keeps its orders.
    pub fn put_application(&self, application: Application) {
        self.state
            .with(|parts, now| parts.world.put_application(application, now));
    }

    /// Changes the named fields; `None` if there is no such application.
    pub fn patch_application(&self, id: &str, patch: ApplicationPatch) -> Option<Application> {
        self.state
            .with(|parts, _| parts.world.patch_application(id, patch).cloned())
    }

    /// Forgets an application; its orders stay readable by their ids.
    pub fn remove_application(&self, id: &str) -> Option<Application> {
        self.state
            .with(|parts, _| parts.world.remove_application(id))
    }

    /// Every application, by id.
    pub fn applications(&self) -> Vec<Application> {
        self.state
            .with(|parts, _| parts.world.applications().cloned().collect())
    }

    /// Makes an order past the API and gives its id. It is refused while another order runs, as in
    /// the console. It is not among the ledger's restarts.
    pub fn start_order(&self, order: NewOrder) -> Result<String, Refusal> {
        self.state
            .with(|parts, now| Ok(parts.world.start_order(order, now)?.id.clone()))
    }

    /// The same beside a running order, which the real cloud never does.
    pub fn force_order(&self, order: NewOrder) -> Result<String, Refusal> {
        self.state
            .with(|parts, now| Ok(parts.world.force_order(order, now)?.id.clone()))
    }

    /// Gives an order this status from now on; `false` if there is no such order. A final status
    /// (2, 3, 6, 10) frees its application.
    pub fn end_order(&self, id: &str, status: i64) -> bool {
        self.state
            .with(|parts, now| parts.world.end_order(id, status, now))
    }

    /// One order as it stands now.
    pub fn order(&self, id: &str) -> Option<OrderSnapshot> {
        self.state
            .with(|parts, now| parts.world.order(id).map(|order| order.snapshot(now)))
    }

    /// The orders of an application that have appeared, as they stand now, newest first.
    pub fn orders_of(&self, app: &str) -> Vec<OrderSnapshot> {
        self.state.with(|parts, now| {
            parts
                .world
                .orders_of(app)
                .filter(|order| order.has_appeared(now))
                .map(|order| order.snapshot(now))
                .collect()
        })
    }
}

/// Faults and held requests.
impl Control {
    /// Puts a fault rule in force, after those in force already.
    pub fn inject(&self, rule: FaultRule) -> FaultId {
        self.state.with(|parts, _| parts.faults.add(rule))
    }

    /// Removes a rule; `false` if there is none of this number. Requests that met it before still
    /// suffer it.
    pub fn remove_fault(&self, id: FaultId) -> bool {
        self.state.with(|parts, _| parts.faults.remove(id))
    }

    /// Removes every rule.
    pub fn clear_faults(&self) {
        self.state.with(|parts, _| parts.faults.clear());
    }

    /// The rules in force and how often each was met.
    pub fn faults(&self) -> Vec<FaultState> {
        self.state.with(|parts, _| parts.faults.states().to_vec())
    }

    /// Lets every request held now go on, and tells how many there were.
    pub fn release(&self) -> usize {
        self.state.with(|parts, _| {
            let held: Vec<_> = parts.holds.keys().copied().collect();
            held.into_iter().filter(|seq| parts.release(*seq)).count()
        })
    }

    /// Lets one held request go on; `false` if it is not held.
    pub fn release_request(&self, seq: u64) -> bool {
        self.state.with(|parts, _| parts.release(seq))
    }
}

/// Ledger, clock, keys.
impl Control {
    /// A copy of the ledger as it is now.
    pub fn ledger(&self) -> Ledger {
        self.state.with(|parts, _| parts.ledger.clone())
    }

    /// Looks at the ledger without copying it. `look` runs under the simulator's lock and must not
    /// call the simulator.
    pub fn inspect<T>(&self, look: impl FnOnce(&Ledger) -> T) -> T {
        self.state.with(|parts, _| look(&parts.ledger))
    }

    /// The simulator's present.
    pub fn now(&self) -> Timestamp {
        self.state.clock.now()
    }

    /// How the simulator's clock relates to the real one.
    pub fn clock(&self) -> ClockSetting {
        self.state.clock.setting()
    }

    /// Lets the clock run, this far ahead of the real one; negative is behind.
    pub fn set_clock_offset(&self, offset: SignedDuration) {
        self.state.clock.set_offset(whole_millis(offset));
    }

    /// Moves the clock, running or frozen.
    pub fn advance_clock(&self, by: SignedDuration) {
        self.state.clock.advance(whole_millis(by));
    }

    /// Stops the clock at its present; orders stand still with it.
    pub fn freeze_clock(&self) {
        self.state.clock.freeze();
    }

    /// Lets a frozen clock run on from where it stands.
    pub fn resume_clock(&self) {
        self.state.clock.resume();
    }

    /// Makes a key known, or changes it.
    pub fn put_access_key(&self, key: AccessKey) {
        self.state.with(|parts, _| parts.gateway.put_key(key));
    }

    /// Forgets a key; `false` if it was not known.
    pub fn remove_access_key(&self, id: &str) -> bool {
        self.state.with(|parts, _| parts.gateway.remove_key(id))
    }

    /// Back to the start: applications, keys and clock of the configuration; no orders, faults,
    /// nonces or records. Held requests are dropped. Sequence numbers and ids go on. For use
    /// between tests: a request under way reaches the new world.
    pub fn reset(&self) {
        self.state.reset();
    }
}

fn whole_millis(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
