//! Whether the watches of this process are alive: the age of each one's last success, and the
//! verdict that only a new process can help.
//!
//! kube opens a watch anew at least every five minutes. A watch that does not come back, while the
//! API server answers everything else, was seen to stay away for ever with the process looking
//! healthy. Times are of the boot clock, which is handed in.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How long the API server must have answered without a success of a watch. Less than two rounds
/// of a healthy watch would end healthy processes.
const SILENCE: Duration = Duration::from_mins(10);
/// A pause in the answers for this long was an outage, after which the silence is counted anew: a
/// leader hears of the server every 5 s, a standby every second.
const OUTAGE: Duration = Duration::from_secs(45);

/// What was heard of the API server. Share it as an `Arc`.
#[derive(Debug, Default)]
pub(super) struct Watchdog {
    heard: Mutex<Heard>,
}

#[derive(Debug, Default)]
struct Heard {
    /// First and last answer of any kind since the last outage.
    answers: Option<(Duration, Duration)>,
    /// Path of a watch, and when it last succeeded or was first asked for. There is one per kind
    /// and watched namespace.
    watches: HashMap<String, Duration>,
}

impl Watchdog {
    /// A watch of this path is asked for.
    pub(super) fn asked(&self, path: &str, now: Duration) {
        let mut heard = self.lock();
        if !heard.watches.contains_key(path) {
            heard.watches.insert(path.to_owned(), now);
        }
    }

    /// The watch of this path was opened.
    pub(super) fn opened(&self, path: &str, now: Duration) {
        self.lock().watches.insert(path.to_owned(), now);
    }

    /// The API server answered anything.
    pub(super) fn answered(&self, now: Duration) {
        let mut heard = self.lock();
        let since = match heard.answers {
            Some((since, last)) if now.saturating_sub(last) <= OUTAGE => since,
            Some(_) | None => now,
        };
        heard.answers = Some((since, now));
    }

    /// Why only a new process can help; `None`: it need not.
    pub(super) fn verdict(&self, now: Duration) -> Option<String> {
        let heard = self.lock();
        let (since, last) = heard.answers?;
        if now.saturating_sub(last) > OUTAGE {
            return None; // the server is away: another process would not hear more of it
        }
        let silent = |at: &Duration| now.saturating_sub(since.max(*at)) > SILENCE;
        let count = heard.watches.values().filter(|at| silent(at)).count();
        (count > 0).then(|| {
            format!(
                "{count} of {} watches had no success for {} minutes, while the API server answers",
                heard.watches.len(),
                SILENCE.as_secs() / 60
            )
        })
    }

    // Each change is one insert or one assignment, so a poisoned lock is as good as a clean one.
    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Answers every 5 s, as a leader hears them.
    fn answers(dog: &Watchdog, seconds: std::ops::RangeInclusive<u64>) {
        for second in seconds.step_by(5) {
            dog.answered(secs(second));
        }
    }

    #[test]
    fn a_process_that_heard_nothing_yet_is_alive() {
        assert_eq!(Watchdog::default().verdict(secs(9999)), None);
    }

    #[test]
    fn a_watch_that_is_opened_anew_every_five_minutes_is_alive() {
        let dog = Watchdog::default();
        for round in 0..10 {
            let now = round * 295;
            dog.asked("/requests", secs(now));
            dog.opened("/requests", secs(now));
            answers(&dog, now..=now + 294);
            assert_eq!(dog.verdict(secs(now + 294)), None);
        }
    }

    #[test]
    fn one_watch_that_stays_away_for_ten_minutes_of_answers_is_the_end() {
        let dog = Watchdog::default();
        for path in ["/requests", "/accounts"] {
            dog.opened(path, secs(0));
        }
        answers(&dog, 0..=605);
        dog.opened("/accounts", secs(590));
        dog.asked("/requests", secs(600));
        assert_eq!(dog.verdict(secs(600)), None);
        let verdict = dog.verdict(secs(601)).unwrap();
        assert!(verdict.starts_with("1 of 2 watches"), "{verdict}");
        dog.opened("/requests", secs(602));
        assert_eq!(dog.verdict(secs(605)), None);
    }

    #[test]
    fn a_watch_that_never_opens_counts_from_its_first_request() {
        let dog = Watchdog::default();
        answers(&dog, 0..=705);
        dog.asked("/requests", secs(100));
        dog.asked("/requests", secs(690));
        assert_eq!(dog.verdict(secs(700)), None);
        assert!(dog.verdict(secs(701)).is_some());
    }

    #[test]
    fn an_outage_of_the_server_is_not_the_fault_of_this_process() {
        let dog = Watchdog::default();
        dog.opened("/requests", secs(0));
        answers(&dog, 0..=300);
        assert_eq!(dog.verdict(secs(2000)), None);
        answers(&dog, 2000..=2600);
        assert_eq!(dog.verdict(secs(2600)), None);
        answers(&dog, 2600..=2605);
        assert!(dog.verdict(secs(2605)).is_some());
    }
}
