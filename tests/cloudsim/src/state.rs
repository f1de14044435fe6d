//! Everything a simulator shares between its connections, behind one lock.
//!
//! One lock makes "executed" and "in the ledger" the same instant. Nobody waits while holding it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::{oneshot, watch};

use crate::clock::Clock;
use crate::config::Config;
use crate::faults::FaultBook;
use crate::gateway::Gateway;
use crate::ledger::{Ledger, Point};
use crate::volcengine::Volcengine;
use crate::world::World;

/// The shared state of a simulator.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) clock: Clock,
    config: Config,
    parts: Mutex<Parts>,
    /// Version of the ledger, for those who wait for it.
    version: watch::Sender<u64>,
}

/// What the lock guards.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) world: World,
    pub(crate) volcengine: Volcengine,
    pub(crate) gateway: Gateway,
    pub(crate) ledger: Ledger,
    pub(crate) faults: FaultBook,
    /// Held requests by sequence number.
    pub(crate) holds: BTreeMap<u64, oneshot::Sender<()>>,
}

impl State {
    /// Port and time make the ids of two simulators differ, whether they are alive together or one
    /// after the other.
    pub(crate) fn new(config: Config, port: u16) -> Self {
        let clock = Clock::new(config.clock_offset_ms);
        let micros = u64::try_from(clock.now().as_microsecond()).unwrap_or_default();
        Self::with_clock(config, clock, micros ^ (u64::from(port) << 48))
    }

    /// The same configuration, clock and seed give the same ids.
    pub(crate) fn with_clock(config: Config, clock: Clock, seed: u64) -> Self {
        let mut parts = Parts {
            world: World::new(seed, config.default_plan.clone()),
            volcengine: Volcengine::new(&config.volcengine, clock.now()),
            gateway: Gateway::new(&config),
            ledger: Ledger::default(),
            faults: FaultBook::default(),
            holds: BTreeMap::new(),
        };
        parts.populate(&config, clock.now());
        Self {
            clock,
            config,
            parts: Mutex::new(parts),
            version: watch::Sender::new(0),
        }
    }

    /// Uses the parts under the lock, with the present moment, and wakes those who wait for the
    /// ledger if it has grown. The time is read under the lock, so that it never runs backwards
    /// from one record to the next.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Parts, Timestamp) -> T) -> T {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work(&mut parts, self.clock.now());
        let version = parts.ledger.version();
        drop(parts);
        self.version.send_if_modified(|seen| {
            let grown = *seen < version;
            *seen = version.max(*seen);
            grown
        });
        result
    }

    /// Tells of each growth of the ledger.
    pub(crate) fn versions(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// Back to the start: applications, keys and clock of the configuration, nothing else. Held
    /// requests are dropped.
    pub(crate) fn reset(&self) {
        self.clock.set_offset(self.config.clock_offset_ms);
        self.with(|parts, now| {
            // The world goes on minting ids where it was: an id of before the reset stays unknown.
            parts.world.clear();
            parts.volcengine = Volcengine::new(&self.config.volcengine, now);
            parts.gateway = Gateway::new(&self.config);
            parts.faults.clear();
            parts.holds.clear();
            parts.ledger.clear();
            parts.populate(&self.config, now);
        });
    }
}

impl Parts {
    fn populate(&mut self, config: &Config, now: Timestamp) {
        for application in &config.applications {
            self.world.put_application(application.clone(), now);
        }
        for namespace in &config.namespaces {
            self.world.put_namespace(namespace.clone());
        }
    }

    /// Holds a request; the receiver ends when it is released, in an error when it is dropped.
    pub(crate) fn hold(&mut self, seq: u64, point: Point) -> oneshot::Receiver<()> {
        let (release, released) = oneshot::channel();
        self.holds.insert(seq, release);
        self.ledger.hold(seq, Some(point));
        released
    }

    /// Releases one held request; `false` if it is not held.
    pub(crate) fn release(&mut self, seq: u64) -> bool {
        let Some(release) = self.holds.remove(&seq) else {
            return false;
        };
        self.ledger.hold(seq, None);
        release.send(()).is_ok()
    }
}
