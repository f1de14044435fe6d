//! When an order started, seen from the window in which a call could be executed. Pure.
//!
//! Only epoch fields are compared: the clouds' creation times are texts without a time zone, for
//! people.

use jiff::{SignedDuration, Timestamp};

use crate::cloud::types::Submission;

/// How much earlier than `signedAt` an order of ours may have started: the clock skew that the
/// protocol allows.
const BEFORE_SIGNED: SignedDuration = SignedDuration::from_secs(60);

/// How much later than `notAfter` an order of ours may have started: skew and settling time.
const AFTER_EXPIRY: SignedDuration = SignedDuration::from_secs(180);

/// When an order started, seen from the window of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// No batch has started.
    NotYet,
    /// Before the window.
    Before,
    /// Inside.
    Inside,
    /// After the window.
    After,
}

/// Where the earliest start of an order's batches lies. `starts` are milliseconds since 1970; 0
/// stands for a batch that has not started.
#[must_use]
pub fn start(starts: impl Iterator<Item = i64>, call: &Submission) -> Start {
    let Some(started) = earliest(starts) else {
        return Start::NotYet;
    };
    let late = call.not_after.as_millisecond() + millis(AFTER_EXPIRY);
    if is_before(started, call.signed_at) {
        Start::Before
    } else if started > late {
        Start::After
    } else {
        Start::Inside
    }
}

/// The same, seen from a moment: no order of a call made after `since` started before it.
#[must_use]
pub fn after(starts: impl Iterator<Item = i64>, since: Timestamp) -> Start {
    match earliest(starts) {
        None => Start::NotYet,
        Some(started) if started < since.as_millisecond() => Start::Before,
        Some(_) => Start::Inside,
    }
}

/// The earliest start of an order's batches; unset while none has started.
#[must_use]
pub fn earliest(starts: impl Iterator<Item = i64>) -> Option<i64> {
    starts.filter(|ms| *ms > 0).min()
}

/// An order that started then cannot come from a call that was signed at `signed_at`.
#[must_use]
pub fn is_before(started: i64, signed_at: Timestamp) -> bool {
    started < signed_at.as_millisecond() - millis(BEFORE_SIGNED)
}

fn millis(duration: SignedDuration) -> i64 {
    duration.as_secs() * 1000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::types::AttemptId;

    #[test]
    fn the_window_is_closed_by_the_skew_and_the_settling_time() {
        let signed: Timestamp = "2026-11-22T07:00:00Z".parse().unwrap();
        let call = Submission {
            attempt: AttemptId("a".into()),
            number: 1,
            owned: 0,
            signed_at: signed,
            not_after: signed + SignedDuration::from_secs(900),
            target_hash: String::new(),
            nonce: String::new(),
            credential: String::new(),
            baseline: vec![],
        };
        let at = |seconds: i64| signed.as_millisecond() + seconds * 1000;
        let start = |times: &[i64]| start(times.iter().copied(), &call);
        assert_eq!(start(&[]), Start::NotYet);
        assert_eq!(start(&[0]), Start::NotYet);
        assert_eq!(start(&[at(-60)]), Start::Inside);
        assert_eq!(start(&[at(-60) - 1]), Start::Before);
        assert_eq!(start(&[at(1080)]), Start::Inside);
        assert_eq!(start(&[at(1080) + 1]), Start::After);
        // The earliest batch counts, wherever it stands.
        assert_eq!(start(&[at(2000), 0, at(10)]), Start::Inside);
        assert_eq!(start(&[at(10), at(-61)]), Start::Before);
    }
}
