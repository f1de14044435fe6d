//! Virtual time: milliseconds since the beginning of a run, and the clocks of the processes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use restart_operator::cloud::Clock;
use tokio::time::Instant;

/// Milliseconds since the beginning of the run.
pub type Ms = u64;

/// One second.
pub const SECOND: Ms = 1_000;
/// One minute.
pub const MINUTE: Ms = 60 * SECOND;

/// The moment at which every run begins.
#[must_use]
pub fn beginning() -> Timestamp {
    Timestamp::from_second(1_795_000_000).unwrap()
}

/// The true time, `ms` after the beginning.
#[must_use]
pub fn at(ms: Ms) -> Timestamp {
    beginning() + SignedDuration::from_millis(i64::try_from(ms).unwrap())
}

/// Milliseconds from the beginning to `time`; 0 for a time before it.
#[must_use]
pub fn since_beginning(time: Timestamp) -> Ms {
    Ms::try_from(time.as_millisecond() - beginning().as_millisecond()).unwrap_or_default()
}

/// The paused clock of the runtime, read from its start.
#[derive(Clone, Copy, Debug)]
pub struct Watch(Instant);

impl Watch {
    /// Begins now.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Milliseconds since the beginning.
    #[must_use]
    pub fn now(self) -> Ms {
        Ms::try_from(self.0.elapsed().as_millis()).unwrap()
    }

    /// The moment for the runtime's timers.
    #[must_use]
    pub fn instant(self, ms: Ms) -> Instant {
        self.0 + Duration::from_millis(ms)
    }
}

/// A machine's clocks: the wall clock may be off and may jump, the boot clock goes on.
#[derive(Debug)]
pub struct MachineClock {
    watch: Watch,
    off: Arc<AtomicI64>,
}

impl MachineClock {
    /// `off` is how far the wall clock is ahead, in milliseconds; whoever holds it may move it.
    #[must_use]
    pub const fn new(watch: Watch, off: Arc<AtomicI64>) -> Self {
        Self { watch, off }
    }
}

impl Clock for MachineClock {
    fn wall(&self) -> Timestamp {
        at(self.watch.now()) + SignedDuration::from_millis(self.off.load(Ordering::Relaxed))
    }

    fn boot(&self) -> Duration {
        // A machine runs for some time before the operator starts.
        Duration::from_secs(1_000) + Duration::from_millis(self.watch.now())
    }
}
