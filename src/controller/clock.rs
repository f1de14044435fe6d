//! The only reader of clocks. Everything else is told the time.

use std::time::Duration;

use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};

use crate::cloud::Clock;

/// The machine's clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the place that reads the wall clock"
    )]
    fn wall(&self) -> Timestamp {
        Timestamp::now()
    }

    /// The boot-time clock: unlike `Instant`, it goes on while the machine sleeps, so that the right
    /// to send ends with the signature.
    fn boot(&self) -> Duration {
        let time = clock_gettime(ClockId::Boottime);
        let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
        let nanos = u32::try_from(time.tv_nsec).unwrap_or_default();
        Duration::new(seconds, nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boot_clock_never_goes_back() {
        let clock = SystemClock;
        let first = clock.boot();
        assert!(clock.boot() >= first && first > Duration::ZERO);
    }
}
