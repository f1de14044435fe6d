//! The simulator's clock: the real one plus an offset, or frozen.
//!
//! The only file that reads the time. Everything else gets the moment handed in or asks here.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How the simulator's clock relates to the real one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockSetting {
    /// Milliseconds added to the real time.
    pub offset_ms: i64,
    /// The moment at which it stands still; `None` while it runs.
    pub frozen: Option<Timestamp>,
}

/// A clock that can be shifted and stopped.
#[derive(Debug)]
pub(crate) struct Clock {
    setting: Mutex<ClockSetting>,
}

impl Clock {
    pub(crate) fn new(offset_ms: i64) -> Self {
        Self {
            setting: Mutex::new(ClockSetting {
                offset_ms,
                frozen: None,
            }),
        }
    }

    /// A clock that stands still until it is told the time.
    pub(crate) fn standing(at: Timestamp) -> Self {
        let clock = Self::new(0);
        clock.stand_at(at);
        clock
    }

    /// Stands still at `at`.
    pub(crate) fn stand_at(&self, at: Timestamp) {
        self.change(|setting| setting.frozen = Some(at));
    }

    /// The simulator's present.
    pub(crate) fn now(&self) -> Timestamp {
        let setting = self.setting();
        setting
            .frozen
            .unwrap_or_else(|| shift(Timestamp::now(), setting.offset_ms))
    }

    pub(crate) fn setting(&self) -> ClockSetting {
        *self.setting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs again, `offset_ms` ahead of (or, if negative, behind) the real time.
    pub(crate) fn set_offset(&self, offset_ms: i64) {
        self.change(|setting| {
            *setting = ClockSetting {
                offset_ms,
                frozen: None,
            }
        });
    }

    /// Moves the clock, running or frozen, by `ms`.
    pub(crate) fn advance(&self, ms: i64) {
        self.change(|setting| match &mut setting.frozen {
            Some(at) => *at = shift(*at, ms),
            None => setting.offset_ms = setting.offset_ms.saturating_add(ms),
        });
    }

    /// Stops the clock at its present.
    pub(crate) fn freeze(&self) {
        let now = self.now();
        self.change(|setting| setting.frozen = Some(now));
    }

    /// Lets a frozen clock run on from where it stands.
    pub(crate) fn resume(&self) {
        self.change(|setting| {
            if let Some(at) = setting.frozen.take() {
                setting.offset_ms = at.as_millisecond() - Timestamp::now().as_millisecond();
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut ClockSetting)) {
        change(&mut self.setting.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// A moment `ms` later; an offset beyond the calendar leaves it as it is.
fn shift(at: Timestamp, ms: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_millis(ms))
        .unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::Clock;

    #[test]
    fn a_frozen_clock_moves_only_when_told_and_resumes_from_there() {
        let clock = Clock::new(0);
        clock.freeze();
        let start = clock.now();
        clock.advance(3_600_000);
        assert_eq!(
            clock.now().as_millisecond() - start.as_millisecond(),
            3_600_000
        );
        clock.resume();
        assert!(clock.now().as_millisecond() - start.as_millisecond() >= 3_600_000);
        assert_eq!(clock.setting().frozen, None);
    }
}
