//! Waiting for the ledger to say something, without polling.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::Control;
use crate::ledger::Ledger;

/// The ledger did not say it in time.
#[derive(Clone, Debug, thiserror::Error)]
#[error("not so within {waited:?}; the ledger has {} requests and {} restarts: {ledger:#?}",
    ledger.all_requests().len(), ledger.restarts().len())]
pub struct TimedOut {
    /// How long was waited.
    pub waited: Duration,
    /// The ledger at the end.
    pub ledger: Ledger,
}

impl Control {
    /// Waits until `wanted` is true of the ledger, looking whenever it grows, and gives a copy of
    /// it. `timeout` is real time.
    ///
    /// `wanted` runs under the simulator's lock: it may look at the ledger only, and must not call
    /// the simulator.
    pub async fn wait_for(
        &self,
        wanted: impl Fn(&Ledger) -> bool,
        timeout: Duration,
    ) -> Result<Ledger, TimedOut> {
        let deadline = Instant::now() + timeout;
        let mut versions = self.state.versions();
        loop {
            versions.borrow_and_update();
            let found = self.inspect(|ledger| wanted(ledger).then(|| ledger.clone()));
            if let Some(ledger) = found {
                return Ok(ledger);
            }
            if timeout_at(deadline, versions.changed()).await.is_err() {
                return Err(TimedOut {
                    waited: timeout,
                    ledger: self.ledger(),
                });
            }
        }
    }

    /// Waits, for as long as it takes, until the ledger is newer than `version`.
    pub async fn changed_since(&self, version: u64) {
        let mut versions = self.state.versions();
        // The sender lives in the state this handle holds, so the channel cannot be closed.
        let _ = versions.wait_for(|present| *present > version).await;
    }

    /// Waits until this many requests of an action have been received, answered or not.
    pub async fn wait_for_requests(
        &self,
        action: &str,
        count: usize,
        timeout: Duration,
    ) -> Result<Ledger, TimedOut> {
        self.wait_for(|ledger| ledger.requests(action).len() >= count, timeout)
            .await
    }

    /// Waits until this many restarts have been executed.
    pub async fn wait_for_restarts(
        &self,
        count: usize,
        timeout: Duration,
    ) -> Result<Ledger, TimedOut> {
        self.wait_for(|ledger| ledger.restarts().len() >= count, timeout)
            .await
    }

    /// Waits until a request is held at a hold point.
    pub async fn wait_for_hold(&self, timeout: Duration) -> Result<Ledger, TimedOut> {
        self.wait_for(|ledger| !ledger.held().is_empty(), timeout)
            .await
    }
}
