//! How fast this process may call: one window per credential, region and product, shared by all
//! requests. In no sixty seconds are more calls made than the rate, wherever the cloud's own minute
//! begins. The price of a full quota is lateness, never a refusal of our own making, and polls never
//! keep a restart waiting: part of each window is kept for restarts and for resolving.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::cloud::types::Product;

/// The length of a window: clouds count by the minute.
const WINDOW: Duration = Duration::from_secs(60);
/// Part of a window that polls may not use.
const RESERVE: f64 = 0.2;
/// The rate after a refusal for quota, and what it grows by each minute.
const SLOWED: f64 = 0.5;
const RECOVERY_PER_MINUTE: f64 = 0.1;
/// Longest pause that a cloud is granted.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A restart with its preflight, a look for a lost one, an abort.
    Restart,
    /// A look at an order that goes on.
    Poll,
}

/// The calls of the last minute. Pure: the boot time is an argument.
#[derive(Clone, Debug, Default)]
struct Window {
    calls: VecDeque<(Duration, usize)>,
    used: usize,
    /// When the cloud refused a call for quota.
    refused_at: Option<Duration>,
    closed_until: Duration,
}

impl Window {
    fn forget_old(&mut self, now: Duration) {
        while let Some((at, calls)) = self.calls.front().copied() {
            if now.saturating_sub(at) < WINDOW {
                return;
            }
            self.calls.pop_front();
            self.used -= calls;
        }
    }

    /// Calls per window, less for a while after a refusal.
    fn rate(&self, per_minute: u32, now: Duration) -> f64 {
        let slowed = self.refused_at.map_or(1.0, |at| {
            let minutes = now.saturating_sub(at).as_secs_f64() / 60.0;
            (SLOWED + RECOVERY_PER_MINUTE * minutes).min(1.0)
        });
        f64::from(per_minute) * slowed
    }

    /// Makes `calls` calls now, or tells how long to wait.
    fn take(
        &mut self,
        per_minute: u32,
        purpose: Purpose,
        calls: usize,
        now: Duration,
    ) -> Result<(), Duration> {
        if now < self.closed_until {
            return Err(self.closed_until.saturating_sub(now));
        }
        let share = match purpose {
            Purpose::Restart => 1.0,
            Purpose::Poll => 1.0 - RESERVE,
        };
        let limit = whole(self.rate(per_minute, now) * share).max(1);
        // A step that needs more than the whole window takes an empty one.
        let room = limit.saturating_sub(calls.min(limit));
        if self.used <= room {
            self.calls.push_back((now, calls));
            self.used += calls;
            return Ok(());
        }
        Err(self.until_used_is(room, now))
    }

    /// How long until so many calls have left the window that at most `room` are in it.
    fn until_used_is(&self, room: usize, now: Duration) -> Duration {
        let mut left = self.used;
        for (at, calls) in &self.calls {
            left -= calls;
            if left <= room {
                return (*at + WINDOW).saturating_sub(now);
            }
        }
        WINDOW
    }

    fn refused(&mut self, hint: Option<Duration>, now: Duration) {
        self.refused_at = Some(now);
        self.closed_until = now + hint.unwrap_or(WINDOW).min(LONGEST_PAUSE);
    }

    /// More than half of the rate is used: polls should keep out of the way.
    fn is_short(&self, per_minute: u32, now: Duration) -> bool {
        self.used > whole(self.rate(per_minute, now) / 2.0)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most 6000 and never negative"
)]
fn whole(rate: f64) -> usize {
    rate as usize
}

/// Whose window.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) credential: String,
    pub(super) region: String,
    pub(super) product: Product,
}

/// All windows of this process.
#[derive(Debug, Default)]
pub(super) struct Paces {
    windows: Mutex<HashMap<Key, Window>>,
}

impl Paces {
    /// Makes room for a step of `calls` calls, or tells how long to wait.
    pub(super) fn take(
        &self,
        key: &Key,
        per_minute: u32,
        purpose: Purpose,
        calls: usize,
        now: Duration,
    ) -> Result<(), Duration> {
        self.with(key, now, |window| {
            window.take(per_minute, purpose, calls, now)
        })
    }

    /// The cloud refused a call for quota.
    pub(super) fn refused(&self, key: &Key, hint: Option<Duration>, now: Duration) {
        self.with(key, now, |window| window.refused(hint, now));
    }

    /// Polls should keep out of the way.
    pub(super) fn is_short(&self, key: &Key, per_minute: u32, now: Duration) -> bool {
        self.with(key, now, |window| window.is_short(per_minute, now))
    }

    fn with<T>(&self, key: &Key, now: Duration, change: impl FnOnce(&mut Window) -> T) -> T {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.entry(key.clone()).or_default();
        window.forget_old(now);
        change(window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn key() -> Key {
        Key {
            credential: "c".into(),
            region: "r".into(),
            product: Product::Sae,
        }
    }

    #[test]
    fn polls_leave_a_fifth_for_restarts() {
        let paces = Paces::default();
        let take = |purpose| paces.take(&key(), 10, purpose, 1, secs(0));
        assert_eq!((0..20).filter(|_| take(Purpose::Poll).is_ok()).count(), 8);
        assert_eq!(
            (0..20).filter(|_| take(Purpose::Restart).is_ok()).count(),
            2
        );
    }

    #[test]
    fn in_no_minute_are_more_calls_made_than_the_rate() {
        let paces = Paces::default();
        let take = |now| paces.take(&key(), 60, Purpose::Restart, 1, now).is_ok();
        let made: Vec<Duration> = (0..3000)
            .map(|tick| secs(tick) / 10)
            .filter(|now| take(*now))
            .collect();
        assert!(made.len() >= 290, "{} calls in five minutes", made.len());
        for start in &made {
            let within = made
                .iter()
                .filter(|at| *at >= start && **at < *start + WINDOW);
            assert!(within.count() <= 60);
        }
    }

    #[test]
    fn a_full_window_tells_how_long_to_wait() {
        let paces = Paces::default();
        let take = |calls, now| paces.take(&key(), 10, Purpose::Restart, calls, secs(now));
        assert!(take(6, 0).is_ok() && take(4, 20).is_ok());
        assert_eq!(take(1, 30).unwrap_err(), secs(30));
        assert_eq!(take(7, 30).unwrap_err(), secs(50));
        assert!(take(6, 60).is_ok());
    }

    #[test]
    fn a_refusal_for_quota_closes_the_window_and_halves_the_rate() {
        let paces = Paces::default();
        paces.refused(&key(), Some(secs(5)), secs(0));
        let take = |now| paces.take(&key(), 60, Purpose::Restart, 1, secs(now));
        assert_eq!(take(0).unwrap_err(), secs(5));
        assert_eq!((0..100).filter(|_| take(5).is_ok()).count(), 30);
    }

    #[test]
    fn a_step_larger_than_the_window_is_not_starved() {
        let paces = Paces::default();
        let take = |calls, now| paces.take(&key(), 10, Purpose::Restart, calls, secs(now));
        assert!(take(53, 0).is_ok());
        assert!(take(1, 30).is_err());
        assert!(take(53, 60).is_ok());
    }
}
