//! The rules of the lease, without a client and without a clock: what to do next, and whether this
//! process leads. All times are of our own boot clock.

use std::time::Duration;

use k8s_openapi::{
    api::coordination::v1::{Lease as Record, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta},
};

/// How long a leader that is not heard of keeps the lease.
const LIFE: Duration = Duration::from_secs(15);
/// Longest life that the record of another may ask for: a mistyped one must not last for ever.
const LONGEST_LIFE: Duration = Duration::from_mins(1);
/// How often a leader is heard of: 17,280 writes a day.
const RENEW: Duration = Duration::from_secs(5);
/// A leader that could not renew for this long steps down by itself, well before others may lead.
const RENEW_LIMIT: Duration = Duration::from_secs(10);
/// How often a standby reads the lease, and how soon a failed request is followed by a read: how
/// late a free lease is seen.
const LOOK: Duration = Duration::from_secs(1);

/// One candidate's knowledge of the record.
#[derive(Clone, Debug)]
pub(super) struct Election {
    identity: String,
    /// The record as it was last seen.
    seen: Option<Record>,
    /// Boot time at which it was first seen as it is.
    since: Duration,
    /// Nothing happened that could have changed the record without our knowledge.
    current: bool,
    /// Boot time of the next look.
    look_at: Duration,
    /// Boot time before the request of our last successful write.
    renewed: Option<Duration>,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// Nothing until this boot time.
    Wait(Duration),
    /// Read the record.
    Read,
    /// Write it with us as the holder: it is ours to renew, free, or its holder is silent.
    Write,
}

impl Election {
    pub(super) fn new(identity: &str) -> Self {
        Self {
            identity: identity.to_owned(),
            seen: None,
            since: Duration::ZERO,
            current: false,
            look_at: Duration::ZERO,
            renewed: None,
        }
    }

    pub(super) fn next(&self, now: Duration) -> Move {
        if !self.current {
            return self.look(now);
        }
        match self.seen.as_ref().and_then(holder) {
            Some(holder) if *holder == self.identity => match self.renewed {
                Some(at) if now < at + RENEW => Move::Wait(at + RENEW),
                _ => Move::Write,
            },
            Some(_) if now.saturating_sub(self.since) < life(self.seen.as_ref()) => self.look(now),
            Some(_) | None => Move::Write,
        }
    }

    fn look(&self, now: Duration) -> Move {
        if now < self.look_at {
            Move::Wait(self.look_at)
        } else {
            Move::Read
        }
    }

    /// The boot time until which this process leads; `None` while it does not.
    pub(super) fn leads_until(&self, now: Duration) -> Option<Duration> {
        let until = self.renewed? + RENEW_LIMIT;
        (self.is_ours() && now < until).then_some(until)
    }

    /// The record is ours, as far as we know.
    pub(super) fn is_ours(&self) -> bool {
        self.seen.as_ref().and_then(holder) == Some(&self.identity)
    }

    /// What was seen is what is stored, as far as we know.
    pub(super) const fn is_current(&self) -> bool {
        self.current
    }

    /// The record to write on top of the one that was seen; `None`: there was none.
    pub(super) const fn seen(&self) -> Option<&Record> {
        self.seen.as_ref()
    }

    /// A read was answered.
    pub(super) fn read(&mut self, record: Option<Record>, now: Duration) {
        if record.as_ref().map(|record| &record.spec) != self.seen.as_ref().map(|seen| &seen.spec) {
            self.since = now;
        }
        self.seen = record;
        self.current = true;
        self.look_at = now + LOOK;
    }

    /// A write that began at `began` was answered with the stored record.
    pub(super) fn wrote(&mut self, stored: Record, began: Duration) {
        self.renewed = Some(began);
        self.since = began;
        self.seen = Some(stored);
        self.current = true;
    }

    /// A request failed, or is about to be made and may be cut: it may have been executed, or
    /// somebody else may have written. The record is read before it is written again.
    pub(super) fn unsure(&mut self, now: Duration) {
        self.current = false;
        self.look_at = now + LOOK;
    }
}

fn holder(record: &Record) -> Option<&String> {
    let holder = record.spec.as_ref()?.holder_identity.as_ref()?;
    (!holder.is_empty()).then_some(holder)
}

fn life(record: Option<&Record>) -> Duration {
    let seconds = record
        .and_then(|record| record.spec.as_ref()?.lease_duration_seconds)
        .and_then(|seconds| u64::try_from(seconds).ok());
    seconds.map_or(LIFE, |seconds| {
        Duration::from_secs(seconds).min(LONGEST_LIFE)
    })
}

/// The record with another holder, or with the same one and a new time; `None`: with none.
pub(super) fn next_record(
    old: Option<&Record>,
    name: &str,
    holder: Option<&str>,
    now: MicroTime,
) -> Record {
    let mut record = old.cloned().unwrap_or_else(|| Record {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            ..ObjectMeta::default()
        },
        ..Record::default()
    });
    let spec = record.spec.get_or_insert_with(LeaseSpec::default);
    if holder.is_some() && spec.holder_identity.as_deref() != holder {
        spec.acquire_time = Some(now.clone());
        spec.lease_transitions = Some(spec.lease_transitions.map_or(0, |n| n.saturating_add(1)));
    }
    spec.holder_identity = holder.map(str::to_owned);
    spec.lease_duration_seconds = i32::try_from(LIFE.as_secs()).ok();
    spec.renew_time = Some(now);
    record
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn time() -> MicroTime {
        MicroTime(Timestamp::UNIX_EPOCH)
    }

    fn held_by(holder: &str) -> Record {
        next_record(None, "lock", Some(holder), time())
    }

    fn after_reading(record: Option<Record>, at: Duration) -> Election {
        let mut election = Election::new("a");
        election.read(record, at);
        election
    }

    fn leading_since(at: Duration) -> Election {
        let mut election = after_reading(None, at);
        election.wrote(held_by("a"), at);
        election
    }

    #[test]
    fn nothing_is_written_before_the_first_read() {
        assert_eq!(Election::new("a").next(secs(0)), Move::Read);
    }

    #[test]
    fn a_free_lease_is_taken_at_once() {
        let released = next_record(Some(&held_by("b")), "lock", None, time());
        for record in [None, Some(held_by("")), Some(released)] {
            assert_eq!(after_reading(record, secs(3)).next(secs(3)), Move::Write);
        }
    }

    #[test]
    fn a_lease_that_an_earlier_life_of_ours_left_is_taken_at_once_and_not_led_before() {
        let election = after_reading(Some(held_by("a")), secs(3));
        assert_eq!(election.next(secs(3)), Move::Write);
        assert_eq!(election.leads_until(secs(3)), None);
    }

    #[test]
    fn a_leader_writes_every_five_seconds_and_reads_nothing() {
        let election = leading_since(secs(10));
        assert_eq!(election.next(secs(10)), Move::Wait(secs(15)));
        assert_eq!(election.next(secs(15)), Move::Write);
    }

    #[test]
    fn the_lease_of_another_is_taken_only_after_it_was_silent_for_its_life_on_our_clock() {
        let mut election = after_reading(Some(held_by("b")), secs(10));
        assert_eq!(election.next(secs(10)), Move::Wait(secs(11)));
        assert_eq!(election.next(secs(11)), Move::Read);
        election.read(Some(held_by("b")), secs(24));
        assert_eq!(election.next(secs(24)), Move::Wait(secs(25)));
        election.read(Some(held_by("b")), secs(25));
        assert_eq!(election.next(secs(25)), Move::Write);
    }

    #[test]
    fn a_renewal_of_another_starts_its_life_anew() {
        let mut election = after_reading(Some(held_by("b")), secs(10));
        let later = MicroTime(Timestamp::UNIX_EPOCH + secs(5));
        let renewed = next_record(Some(&held_by("b")), "lock", Some("b"), later);
        election.read(Some(renewed), secs(24));
        assert_eq!(election.next(secs(38)), Move::Read);
        assert_eq!(election.next(secs(39)), Move::Write);
    }

    #[test]
    fn a_standby_that_could_not_read_for_long_reads_before_it_takes() {
        let mut election = after_reading(Some(held_by("b")), secs(10));
        election.unsure(secs(99));
        assert_eq!(election.next(secs(100)), Move::Read);
    }

    #[test]
    fn an_absurd_life_of_another_ends_after_a_minute() {
        let mut record = held_by("b");
        record.spec.as_mut().unwrap().lease_duration_seconds = Some(i32::MAX);
        let election = after_reading(Some(record), secs(0));
        assert_eq!(election.next(secs(59)), Move::Read);
        assert_eq!(election.next(secs(60)), Move::Write);
    }

    #[test]
    fn after_a_failed_write_a_leader_reads_within_a_second_and_leads_for_ten_at_most() {
        let mut election = leading_since(secs(10));
        election.unsure(secs(15));
        assert_eq!(election.next(secs(15)), Move::Wait(secs(16)));
        assert_eq!(election.next(secs(16)), Move::Read);
        assert_eq!(election.leads_until(secs(19)), Some(secs(20)));
        assert_eq!(election.leads_until(secs(20)), None);
    }

    #[test]
    fn a_leader_that_reads_another_holder_leads_no_more() {
        let mut election = leading_since(secs(10));
        election.read(Some(held_by("b")), secs(11));
        assert_eq!(election.leads_until(secs(11)), None);
    }

    #[test]
    fn transitions_count_changes_of_hands() {
        let count = |record: &Record| record.spec.as_ref().unwrap().lease_transitions;
        let first = held_by("a");
        assert_eq!(count(&first), Some(0));
        let renewed = next_record(Some(&first), "lock", Some("a"), time());
        assert_eq!(count(&renewed), Some(0));
        let released = next_record(Some(&renewed), "lock", None, time());
        assert_eq!(count(&released), Some(0));
        let taken = next_record(Some(&released), "lock", Some("b"), time());
        assert_eq!(count(&taken), Some(1));
    }
}
