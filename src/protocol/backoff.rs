//! When to look or try again. Pure: the jitter comes from a seed, so that a plan can be repeated.

use jiff::{SignedDuration, Timestamp};

use super::policy::Policy;

/// `base` doubled per attempt after the first, at most `max`, spread by ±10 % so that requests
/// rejected together do not come back together. `hint` is what the cloud asked to wait; it wins
/// when it is longer.
#[must_use]
pub fn rejection(
    base: SignedDuration,
    attempt: i32,
    hint: Option<SignedDuration>,
    seed: u64,
    policy: &Policy,
) -> SignedDuration {
    let doublings = attempt.saturating_sub(1).clamp(0, 16);
    let grown = base
        .saturating_mul(1_i32 << doublings)
        .min(policy.backoff_max);
    jittered(grown, seed.wrapping_add(u64::from(attempt.unsigned_abs())))
        .max(hint.unwrap_or_default())
}

/// What is known beyond the object when a plan is made. Nothing safe rests on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// How long the last orders of this target took, the middle one of up to five.
    pub learned: Option<SignedDuration>,
    /// The account's call budget is short: polls keep out of the way.
    pub short: bool,
}

/// The time of the next poll.
///
/// With a learned duration D the first poll is at 80 % of it and then every 10 %, which sees the end
/// 6 % of D late with under four polls; with a short budget at 90 % and every 15 %. Without one, 20 %
/// of the order's age. Steps stay within the policy's bounds.
#[must_use]
pub fn next_poll(
    since: Timestamp,
    now: Timestamp,
    hints: Hints,
    seed: u64,
    policy: &Policy,
) -> Timestamp {
    let age = now.duration_since(since);
    let percent = |of: SignedDuration, percent: i32| of.saturating_mul(percent) / 100;
    let (first, step) = match (hints.learned, hints.short) {
        (Some(d), false) => (percent(d, 80), percent(d, 10)),
        (Some(d), true) => (percent(d, 90), percent(d, 15)),
        (None, _) => (SignedDuration::ZERO, percent(age, 20)),
    };
    let step = step
        .clamp(policy.poll_min, policy.poll_max)
        .max(first.saturating_sub(age));
    after(now, jittered(step, seed))
}

/// Whether an order tells how long orders of its target take: from its call until its end was seen it
/// took `took`, and for `unseen` before that nobody had looked. Nobody looks while no replica leads or
/// the cloud cannot be read, and what was learned then would keep everybody from looking the next time.
/// An order that took less than the `learned` time is news however late it was seen.
#[must_use]
pub fn is_telling(
    took: SignedDuration,
    unseen: SignedDuration,
    learned: Option<SignedDuration>,
    policy: &Policy,
) -> bool {
    // A poll comes up to 10 % late by its jitter, and is not quick itself.
    unseen <= policy.poll_max.saturating_mul(3) / 2 || learned.is_some_and(|known| took <= known)
}

/// The time of the next look at the order list, `None` after the last one. Looks lie at fixed
/// distances from the signature's date, the last one exactly at `closes_at`, so that a process
/// that takes over continues the plan without having to know it.
#[must_use]
pub fn next_look(
    signed_at: Timestamp,
    closes_at: Timestamp,
    now: Timestamp,
    policy: &Policy,
) -> Timestamp {
    if now >= closes_at {
        return after(now, policy.look_step);
    }
    let age = now.duration_since(signed_at);
    let early = policy.looks.iter().copied().find(|look| *look > age);
    let look = early.map_or_else(
        || after(now, policy.look_step),
        |look| after(signed_at, look),
    );
    look.min(closes_at)
}

/// `time + wait` without overflow.
#[must_use]
pub fn after(time: Timestamp, wait: SignedDuration) -> Timestamp {
    time.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

/// A number that differs between requests and stays the same for one: FNV-1a of its UID.
#[must_use]
pub fn seed(uid: &str) -> u64 {
    uid.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn jittered(time: SignedDuration, seed: u64) -> SignedDuration {
    // One more round mixes neighbouring seeds apart; the result is 90 to 110 percent.
    let percent = 90 + (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) % 21;
    let millis = time.as_millis().saturating_mul(i128::from(percent)) / 100;
    SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).unwrap()
    }

    #[test]
    fn rejections_back_off_twice_as_long_each_time_up_to_the_bound() {
        let policy = Policy::default();
        let wait = |attempt| rejection(policy.backoff, attempt, None, 7, &policy).as_secs_f64();
        assert!((9.0..=11.0).contains(&wait(1)), "{}", wait(1));
        assert!((18.0..=22.0).contains(&wait(2)), "{}", wait(2));
        assert!((270.0..=330.0).contains(&wait(11)), "{}", wait(11));
    }

    #[test]
    fn waits_are_spread_by_ten_percent_to_both_sides() {
        let base = SignedDuration::from_secs(100);
        let spread = (0..200).map(|n| jittered(base, seed(&format!("uid-{n}"))).as_secs());
        let mut counted = std::collections::BTreeMap::<_, usize>::new();
        for wait in spread {
            *counted.entry(wait).or_default() += 1;
        }
        let [least, most] = [counted.keys().min(), counted.keys().max()].map(|wait| *wait.unwrap());
        assert_eq!((least, most, counted.len()), (90, 110, 21));
        assert!(counted.values().all(|count| *count < 25), "{counted:?}");
    }

    #[test]
    fn a_longer_hint_of_the_cloud_wins() {
        let policy = Policy::default();
        let hint = Some(SignedDuration::from_secs(77));
        assert_eq!(
            rejection(policy.backoff, 1, hint, 7, &policy),
            SignedDuration::from_secs(77)
        );
    }

    #[test]
    fn looks_follow_the_plan_and_the_last_is_at_the_close() {
        let policy = Policy::default();
        let close = at(1080);
        let mut now = at(0);
        let mut seen = vec![];
        while now < close {
            now = next_look(at(0), close, now, &policy);
            seen.push(now.duration_since(at(0)).as_secs());
        }
        assert_eq!(
            seen,
            [3, 10, 30, 60, 120, 240, 360, 480, 600, 720, 840, 960, 1080]
        );
    }

    #[test]
    fn polls_come_between_three_and_thirty_seconds() {
        let policy = Policy::default();
        let step = |age| {
            next_poll(at(0), at(age), Hints::default(), 3, &policy)
                .duration_since(at(age))
                .as_secs_f64()
        };
        assert!((2.7..=3.3).contains(&step(0)));
        assert!((9.0..=11.0).contains(&step(50)));
        assert!((27.0..=33.0).contains(&step(4000)));
    }

    #[test]
    fn an_end_that_was_seen_late_is_learned_only_when_it_was_sooner_than_known() {
        let policy = Policy::default();
        let telling = |took, unseen, learned: Option<i64>| {
            let learned = learned.map(SignedDuration::from_secs);
            let secs = SignedDuration::from_secs;
            is_telling(secs(took), secs(unseen), learned, &policy)
        };
        assert!(telling(90, 9, None));
        assert!(
            telling(600, 33, Some(300)),
            "slower than known, and watched"
        );
        assert!(!telling(3600, 3600, None), "nobody looked for an hour");
        assert!(!telling(3600, 3600, Some(100)));
        assert!(telling(80, 80, Some(100)), "the first poll found it ended");
    }

    #[test]
    fn a_learned_duration_puts_the_first_poll_near_the_end() {
        let policy = Policy::default();
        let step = |age, short| {
            let learned = Some(SignedDuration::from_secs(100));
            let hints = Hints { learned, short };
            let next = next_poll(at(0), at(age), hints, 3, &policy);
            next.duration_since(at(age)).as_secs_f64()
        };
        assert!((72.0..=88.0).contains(&step(0, false)));
        assert!((9.0..=11.0).contains(&step(80, false)));
        assert!((81.0..=99.0).contains(&step(0, true)));
        assert!((13.5..=16.5).contains(&step(90, true)));
    }
}
