//! Leadership by one Lease. It saves work and keeps two replicas from doing the same; it is never
//! a safety argument, since two leaders for a while are normal and the protocol holds with any
//! number of them.
//!
//! A lease is judged by how long its record has not changed on our own clock, never by comparing
//! the times in it. Every change is a `replace` with the resourceVersion that was read or stored
//! last: a patch would let two candidates win. The rules are in `election`, the requests here.

mod election;

use std::{sync::Arc, time::Duration};

use futures::FutureExt;
use k8s_openapi::{
    api::coordination::v1::Lease as Record, apimachinery::pkg::apis::meta::v1::MicroTime,
};
use kube::{Api, Client, api::PostParams};
use tokio::{sync::watch, time::timeout};

use crate::{cloud::Clock, telemetry::Chain};
use election::{Election, Move, next_record};

/// Longest time that one request may take. A leader whose renewal hangs for this long still has
/// the time to read and to write before it would have to step down.
const REQUEST: Duration = Duration::from_secs(3);
/// Longest time that giving the lease back may take: it runs out by itself soon after.
const RELEASE: Duration = Duration::from_secs(5);

/// One lock, seen by one process.
pub struct Lease {
    api: Api<Record>,
    name: String,
    identity: String,
    clock: Arc<dyn Clock>,
    election: Election,
    /// The last request failed, which was logged.
    failing: bool,
}

impl Lease {
    /// The lock `name` in `namespace`, to be held as `identity`, which no other process may have
    /// and which may not be empty.
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
            election: Election::new(identity),
            failing: false,
        }
    }

    /// Takes and renews the lease until `shutdown`, then gives it back. `leading` is told of every
    /// change. A leader costs one PUT in 5 s, a standby one GET in a second.
    pub async fn run(mut self, leading: watch::Sender<bool>, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown.fuse());
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                () = self.turn() => {}
            }
            let leads = self.election.leads_until(self.clock.boot()).is_some();
            tell(&leading, leads);
        }
        tell(&leading, false);
        match timeout(RELEASE, self.release()).await {
            Ok(true) => {}
            Ok(false) | Err(_) => {
                tracing::warn!("the lease could not be given back; it runs out by itself");
            }
        }
    }

    /// One wait or one request, which ends when leadership does. May be dropped at any point.
    async fn turn(&mut self) {
        let now = self.clock.boot();
        let left = self
            .election
            .leads_until(now)
            .map_or(Duration::MAX, |until| until.saturating_sub(now));
        match self.election.next(now) {
            Move::Wait(until) => {
                tokio::time::sleep(until.saturating_sub(now).min(left)).await;
            }
            Move::Read => self.read(left.min(REQUEST)).await,
            Move::Write => {
                let holder = self.identity.clone();
                self.write(Some(&holder), left.min(REQUEST)).await;
            }
        }
    }

    async fn read(&mut self, limit: Duration) {
        match within(limit, self.api.get_opt(&self.name)).await {
            Ok(record) => {
                self.failing = false;
                self.election.read(record, self.clock.boot());
            }
            Err(error) => self.failed(&error, "the lease cannot be read"),
        }
    }

    async fn write(&mut self, holder: Option<&str>, limit: Duration) {
        let began = self.clock.boot();
        let now = MicroTime(self.clock.wall());
        let old = self.election.seen();
        let wanted = next_record(old, &self.name, holder, now);
        let (exists, params) = (old.is_some(), PostParams::default());
        self.election.unsure(began);
        let stored = if exists {
            within(limit, self.api.replace(&self.name, &params, &wanted)).await
        } else {
            within(limit, self.api.create(&params, &wanted)).await
        };
        match stored {
            Ok(stored) => {
                self.failing = false;
                self.election.wrote(stored, began);
            }
            Err(error) => self.failed(&error, "the lease could not be written"),
        }
    }

    fn failed(&mut self, error: &kube::Error, what: &str) {
        let error = Chain(error);
        // A standby asks every second: one line tells of an outage, not thousands.
        if std::mem::replace(&mut self.failing, true) {
            tracing::debug!(%error, "{what}");
        } else {
            tracing::warn!(%error, "{what}");
        }
        self.election.unsure(self.clock.boot());
    }

    /// Gives the lease back, so that the other replica takes it within about a second. True when
    /// nothing of it is ours any more.
    async fn release(&mut self) -> bool {
        // The second time after a write of ours that the shutdown cut was stored in between.
        for _ in 0..2 {
            if !self.election.is_current() {
                self.read(REQUEST).await;
            }
            if !self.election.is_ours() {
                return true;
            }
            if self.election.is_current() {
                self.write(None, REQUEST).await;
            }
        }
        !self.election.is_ours()
    }
}

fn tell(leading: &watch::Sender<bool>, leads: bool) {
    let changed = leading.send_if_modified(|now| std::mem::replace(now, leads) != leads);
    if changed {
        tracing::info!(leads, "leadership changed");
    }
}

async fn within<T>(
    limit: Duration,
    call: impl Future<Output = Result<T, kube::Error>>,
) -> Result<T, kube::Error> {
    match timeout(limit, call).await {
        Ok(result) => result,
        Err(elapsed) => Err(kube::Error::Service(Box::new(elapsed))),
    }
}

#[cfg(test)]
mod tests;
