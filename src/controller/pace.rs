//! How fast this process may call: one bucket per credential, region and product, shared by all
//! requests. The price of a full quota is lateness, never a refusal of our own making, and polls
//! never keep a restart waiting: part of each bucket is kept for restarts and for resolving.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::cloud::types::Product;

/// Part of a bucket that polls may not use.
const RESERVE: f64 = 0.2;
/// The rate after a refusal for quota, and what it grows by each minute.
const SLOWED: f64 = 0.5;
const RECOVERY_PER_MINUTE: f64 = 0.1;
/// A bucket below this part of its size is short.
const SHORT: f64 = 0.5;

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A restart with its preflight, a look for a lost one, an abort.
    Restart,
    /// A look at an order that goes on.
    Poll,
}

/// One bucket. Pure: the boot time is an argument.
#[derive(Clone, Debug)]
struct Bucket {
    per_minute: f64,
    /// 1 at full speed, less for a while after a refusal for quota.
    factor: f64,
    tokens: f64,
    filled_at: Duration,
    closed_until: Duration,
}

impl Bucket {
    fn new(per_minute: f64, now: Duration) -> Self {
        Self {
            per_minute,
            factor: 1.0,
            tokens: per_minute,
            filled_at: now,
            closed_until: now,
        }
    }

    fn fill(&mut self, per_minute: f64, now: Duration) {
        let minutes = now.saturating_sub(self.filled_at).as_secs_f64() / 60.0;
        self.per_minute = per_minute;
        self.factor = (self.factor + RECOVERY_PER_MINUTE * minutes).min(1.0);
        let more = minutes * per_minute * self.factor;
        self.tokens = (self.tokens + more).min(per_minute);
        self.filled_at = now;
    }

    /// Takes `calls` tokens, or tells how long to wait for them.
    fn take(&mut self, purpose: Purpose, calls: f64, now: Duration) -> Result<(), Duration> {
        if now < self.closed_until {
            return Err(self.closed_until.saturating_sub(now));
        }
        let kept = match purpose {
            Purpose::Restart => 0.0,
            Purpose::Poll => self.per_minute * RESERVE,
        };
        // A step that needs more than the whole bucket may empty it, or it would wait for ever.
        let needed = calls.min(self.per_minute - kept);
        let missing = needed + kept - self.tokens;
        if missing <= 0.0 {
            self.tokens -= calls;
            return Ok(());
        }
        let wait = missing / (self.per_minute * self.factor) * 60.0;
        Err(Duration::from_secs_f64(wait.clamp(0.1, 60.0)))
    }

    fn refused(&mut self, hint: Option<Duration>, now: Duration) {
        self.tokens = 0.0;
        self.factor = SLOWED;
        self.closed_until = now
            + hint
                .unwrap_or(Duration::from_mins(1))
                .min(Duration::from_mins(10));
    }

    fn is_short(&self) -> bool {
        self.tokens < self.per_minute * SHORT
    }
}

/// Whose bucket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) credential: String,
    pub(super) region: String,
    pub(super) product: Product,
}

/// All buckets of this process.
#[derive(Debug, Default)]
pub(super) struct Paces {
    buckets: Mutex<HashMap<Key, Bucket>>,
}

impl Paces {
    /// Takes the tokens for a step of `calls` calls, or tells how long to wait.
    pub(super) fn take(
        &self,
        key: &Key,
        per_minute: u32,
        purpose: Purpose,
        calls: usize,
        now: Duration,
    ) -> Result<(), Duration> {
        let calls = u32::try_from(calls).unwrap_or(u32::MAX);
        self.with(key, per_minute, now, |bucket| {
            bucket.take(purpose, f64::from(calls), now)
        })
    }

    /// The cloud refused a call for quota.
    pub(super) fn refused(
        &self,
        key: &Key,
        per_minute: u32,
        hint: Option<Duration>,
        now: Duration,
    ) {
        self.with(key, per_minute, now, |bucket| bucket.refused(hint, now));
    }

    /// Polls should keep out of the way.
    pub(super) fn is_short(&self, key: &Key, per_minute: u32, now: Duration) -> bool {
        self.with(key, per_minute, now, |bucket| bucket.is_short())
    }

    fn with<T>(
        &self,
        key: &Key,
        per_minute: u32,
        now: Duration,
        change: impl FnOnce(&mut Bucket) -> T,
    ) -> T {
        let per_minute = f64::from(per_minute.max(1));
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets
            .entry(key.clone())
            .or_insert_with(|| Bucket::new(per_minute, now));
        bucket.fill(per_minute, now);
        change(bucket)
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
    fn a_minute_gives_no_more_calls_than_the_rate_and_tells_how_long_to_wait() {
        let paces = Paces::default();
        let take = |now| paces.take(&key(), 60, Purpose::Restart, 1, secs(now));
        assert_eq!((0..100).filter(|_| take(0).is_ok()).count(), 60);
        let wait = take(0).unwrap_err();
        assert!((0.9..=1.1).contains(&wait.as_secs_f64()), "{wait:?}");
        assert!(take(1).is_ok());
        assert!(take(1).is_err());
    }

    #[test]
    fn a_refusal_for_quota_closes_the_bucket_and_halves_the_rate() {
        let paces = Paces::default();
        paces.refused(&key(), 60, Some(secs(5)), secs(0));
        let take = |now| paces.take(&key(), 60, Purpose::Restart, 1, secs(now));
        assert_eq!(take(0).unwrap_err(), secs(5));
        let after = (0..100).filter(|_| take(10).is_ok()).count();
        assert!(
            (5..=6).contains(&after),
            "{after} calls in ten seconds at half of one a second"
        );
    }

    #[test]
    fn a_step_larger_than_the_bucket_is_not_starved() {
        let paces = Paces::default();
        assert!(
            paces
                .take(&key(), 10, Purpose::Restart, 53, secs(0))
                .is_ok()
        );
        assert!(
            paces
                .take(&key(), 10, Purpose::Restart, 1, secs(1))
                .is_err()
        );
    }
}
