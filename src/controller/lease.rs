//! Leadership by one Lease. It saves work and keeps two replicas from doing the same; it is never
//! a safety argument, since two leaders for a while are normal and the protocol holds with any
//! number of them.
//!
//! A lease is judged by how long its record has not changed on our own clock, never by comparing
//! the times in it. Every change is a `replace` with the resourceVersion that was read.

use std::{sync::Arc, time::Duration};

use futures::FutureExt;
use k8s_openapi::{
    api::coordination::v1::{Lease as Record, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta},
};
use kube::{Api, Client, api::PostParams};
use tokio::sync::watch;

use crate::cloud::Clock;

/// How long a leader that is not heard of keeps the lease.
const DURATION: Duration = Duration::from_secs(15);
/// How often a leader is heard of: 17,280 writes a day.
const RENEW: Duration = Duration::from_secs(5);
/// How often a standby reads the lease: how late it sees that the lease is free.
const WATCH: Duration = Duration::from_secs(1);
/// A leader that could not renew for this long steps down by itself, well before others may lead.
const RENEW_LIMIT: Duration = Duration::from_secs(10);
/// Longest time that one request may take.
const REQUEST: Duration = Duration::from_secs(4);

/// One lock, seen by one process.
pub struct Lease {
    api: Api<Record>,
    name: String,
    identity: String,
    clock: Arc<dyn Clock>,
    seen: Seen,
}

/// What is known of the record, and since when.
#[derive(Clone, Debug, Default)]
struct Seen {
    record: Option<Record>,
    /// Boot time at which the record was first seen as it is.
    since: Duration,
    /// Boot time before the request of our last successful renewal.
    renewed: Option<Duration>,
}

/// What to do about a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    /// Nobody has it, or its holder is silent: take it.
    Take,
    /// It is ours: renew it.
    Renew,
    /// Somebody else has it.
    Wait,
}

impl Lease {
    /// The lock `name` in `namespace`, to be held as `identity`.
    #[must_use]
    pub fn new(
        client: Client,
        namespace: &str,
        name: &str,
        identity: &str,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            api: Api::namespaced(client, namespace),
            name: name.to_owned(),
            identity: identity.to_owned(),
            clock,
            seen: Seen::default(),
        }
    }

    /// Takes and renews the lease until `shutdown`, then gives it back. `leading` is told of every
    /// change.
    pub async fn run(mut self, leading: watch::Sender<bool>, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown.fuse());
        loop {
            let leads = tokio::select! {
                leads = self.turn() => leads,
                () = &mut shutdown => break,
            };
            tell(&leading, leads);
            let pause = if leads { RENEW } else { WATCH };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = &mut shutdown => break,
            }
        }
        tell(&leading, false);
        self.release().await;
    }

    /// One look and, if it is ours to have, one write. True while leading.
    async fn turn(&mut self) -> bool {
        let before = self.clock.boot();
        let holds = self
            .seen
            .record
            .as_ref()
            .is_some_and(|r| is_held_by(r, &self.identity));
        // A leader writes on top of its own last write and reads only when that failed.
        if !holds && let Err(error) = self.look().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the lease cannot be read"
            );
        }
        match decide(
            self.seen.record.as_ref(),
            self.seen.since,
            self.clock.boot(),
            &self.identity,
        ) {
            Move::Wait => {}
            Move::Take | Move::Renew => match self.write(&self.identity.clone()).await {
                Ok(()) => self.seen.renewed = Some(before),
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the lease could not be written"
                    );
                    // Somebody may have it now: read before the next write.
                    let _ = self.look().await;
                }
            },
        }
        self.leads()
    }

    fn leads(&self) -> bool {
        let renewed = self.seen.renewed;
        let recent = renewed.is_some_and(|at| self.clock.boot().saturating_sub(at) < RENEW_LIMIT);
        recent
            && self
                .seen
                .record
                .as_ref()
                .is_some_and(|r| is_held_by(r, &self.identity))
    }

    async fn look(&mut self) -> Result<(), kube::Error> {
        let record = request(self.api.get_opt(&self.name)).await?;
        if record != self.seen.record {
            self.seen.since = self.clock.boot();
            self.seen.record = record;
        }
        Ok(())
    }

    async fn write(&mut self, holder: &str) -> Result<(), kube::Error> {
        let now = MicroTime(self.clock.wall());
        let wanted = next_record(self.seen.record.as_ref(), &self.name, holder, now);
        let params = PostParams::default();
        let stored = if self.seen.record.is_some() {
            request(self.api.replace(&self.name, &params, &wanted)).await?
        } else {
            request(self.api.create(&params, &wanted)).await?
        };
        self.seen.record = Some(stored);
        self.seen.since = self.clock.boot();
        Ok(())
    }

    /// Gives the lease back, so that the other replica takes it within about a second.
    async fn release(&mut self) {
        if !self
            .seen
            .record
            .as_ref()
            .is_some_and(|r| is_held_by(r, &self.identity))
        {
            return;
        }
        if let Err(error) = self.write("").await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the lease could not be given back; it runs out by itself"
            );
        }
    }
}

fn tell(leading: &watch::Sender<bool>, leads: bool) {
    let changed = leading.send_if_modified(|now| std::mem::replace(now, leads) != leads);
    if changed {
        tracing::info!(leads, "leadership changed");
    }
}

fn decide(record: Option<&Record>, since: Duration, now: Duration, identity: &str) -> Move {
    let Some(record) = record else {
        return Move::Take;
    };
    if is_held_by(record, identity) {
        return Move::Renew;
    }
    let spec = record.spec.as_ref();
    let held = spec
        .and_then(|s| s.holder_identity.as_deref())
        .is_some_and(|h| !h.is_empty());
    let seconds = spec
        .and_then(|s| s.lease_duration_seconds)
        .and_then(|s| u64::try_from(s).ok());
    let life = seconds.map_or(DURATION, Duration::from_secs);
    if held && now.saturating_sub(since) < life {
        Move::Wait
    } else {
        Move::Take
    }
}

fn is_held_by(record: &Record, identity: &str) -> bool {
    record
        .spec
        .as_ref()
        .and_then(|s| s.holder_identity.as_deref())
        == Some(identity)
}

fn next_record(old: Option<&Record>, name: &str, holder: &str, now: MicroTime) -> Record {
    let mut record = old.cloned().unwrap_or_else(|| Record {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            ..ObjectMeta::default()
        },
        ..Record::default()
    });
    let spec = record.spec.get_or_insert_with(LeaseSpec::default);
    let changes_hands = spec.holder_identity.as_deref() != Some(holder);
    if changes_hands && !holder.is_empty() {
        spec.acquire_time = Some(now.clone());
        spec.lease_transitions = Some(spec.lease_transitions.map_or(0, |n| n.saturating_add(1)));
    }
    spec.holder_identity = Some(holder.to_owned());
    spec.lease_duration_seconds = i32::try_from(DURATION.as_secs()).ok();
    spec.renew_time = Some(now);
    record
}

async fn request<T>(call: impl Future<Output = Result<T, kube::Error>>) -> Result<T, kube::Error> {
    match tokio::time::timeout(REQUEST, call).await {
        Ok(result) => result,
        Err(elapsed) => Err(kube::Error::Service(Box::new(elapsed))),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn held_by(holder: &str) -> Record {
        next_record(None, "lock", holder, MicroTime(Timestamp::UNIX_EPOCH))
    }

    #[test]
    fn a_free_lease_is_taken() {
        assert_eq!(decide(None, secs(0), secs(0), "a"), Move::Take);
        assert_eq!(
            decide(Some(&held_by("")), secs(0), secs(0), "a"),
            Move::Take
        );
    }

    #[test]
    fn our_own_lease_is_renewed_however_old_it_is() {
        assert_eq!(
            decide(Some(&held_by("a")), secs(0), secs(100), "a"),
            Move::Renew
        );
    }

    #[test]
    fn the_lease_of_another_is_taken_only_after_its_record_was_silent_for_its_duration() {
        let other = held_by("b");
        assert_eq!(decide(Some(&other), secs(10), secs(24), "a"), Move::Wait);
        assert_eq!(decide(Some(&other), secs(10), secs(25), "a"), Move::Take);
    }

    #[test]
    fn transitions_count_changes_of_hands() {
        let now = || MicroTime(Timestamp::UNIX_EPOCH);
        let count = |r: &Record| r.spec.as_ref().unwrap().lease_transitions;
        let first = held_by("a");
        assert_eq!(count(&first), Some(0));
        let renewed = next_record(Some(&first), "lock", "a", now());
        assert_eq!(count(&renewed), Some(0));
        let released = next_record(Some(&renewed), "lock", "", now());
        assert_eq!(count(&released), Some(0));
        assert_eq!(
            count(&next_record(Some(&released), "lock", "b", now())),
            Some(1)
        );
    }
}
