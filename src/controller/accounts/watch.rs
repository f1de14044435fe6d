//! The watches of the two account kinds: each a reflector of its own with its own back-off, so
//! that one that fails never holds up another; and the look at accounts that nobody uses yet.

use std::{
    collections::{BTreeMap, HashMap},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use futures::StreamExt;
use kube::{
    Api, Resource, ResourceExt,
    runtime::{WatchStreamExt, reflector, reflector::store::Writer, watcher},
};
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use super::{Accounts, view::Account};
use crate::{metrics::Metrics, telemetry::Chain};

/// How long an account that is not ready is left alone.
const EXAMINE_EVERY: Duration = Duration::from_mins(1);

/// Fills one cache for ever. `wake` is moved whenever the spec of an account changed.
pub async fn fill<K>(
    api: Api<K>,
    writer: Writer<K>,
    wake: watch::Sender<u64>,
    accounts: Arc<Accounts>,
    metrics: Arc<Metrics>,
    kind: &'static str,
) where
    K: Resource<DynamicType = ()>
        + Clone
        + std::fmt::Debug
        + DeserializeOwned
        + Send
        + Sync
        + 'static,
{
    let events = reflector(writer, watcher(api, watcher::Config::default())).default_backoff();
    let mut events = pin!(events);
    let mut generations: HashMap<String, i64> = HashMap::new();
    while let Some(event) = events.next().await {
        let changed = match event {
            Ok(watcher::Event::Apply(object) | watcher::Event::InitApply(object)) => {
                let generation = object.meta().generation.unwrap_or_default();
                generations.insert(object.uid().unwrap_or_default(), generation) != Some(generation)
            }
            Ok(watcher::Event::Delete(object)) => {
                generations.remove(&object.uid().unwrap_or_default());
                true
            }
            Ok(watcher::Event::Init | watcher::Event::InitDone) => false,
            Err(error) => {
                tracing::warn!(
                    error = %Chain(&error),
                    kind,
                    "a watch failed; it is opened again"
                );
                continue;
            }
        };
        metrics.watch_success(kind, accounts.now_seconds());
        if changed {
            accounts.changed();
            wake.send_modify(|count| *count += 1);
        }
    }
}

/// Looks at accounts that are new, changed or not ready, while leading. A request that uses an
/// account looks for itself and does not wait for this.
pub async fn examine(
    accounts: Arc<Accounts>,
    mut wake: watch::Receiver<u64>,
    mut leading: watch::Receiver<bool>,
) {
    loop {
        if leading.wait_for(|leads| *leads).await.is_err() {
            return;
        }
        for account in accounts.unsettled() {
            accounts.examine(&account).await;
        }
        let woken = tokio::time::timeout(EXAMINE_EVERY, wake.changed()).await;
        if matches!(woken, Ok(Err(_))) {
            return;
        }
    }
}

impl Accounts {
    /// Waits until both caches have had their first list. A cache whose writer is gone never will;
    /// that happens only in a shutdown.
    pub async fn wait_until_ready(&self) {
        for store in &self.namespaced {
            let _ = store.wait_until_ready().await;
        }
        let _ = self.cluster.wait_until_ready().await;
    }

    /// Accounts by kind and by what their status says.
    pub(in crate::controller) fn counts(&self) -> BTreeMap<(&'static str, &'static str), i64> {
        let mut counts = BTreeMap::new();
        for account in self.all() {
            let ready = if super::status::is_settled(&account) {
                "true"
            } else {
                "false"
            };
            *counts.entry((account.kind, ready)).or_default() += 1;
        }
        counts
    }

    /// Accounts whose status does not say Ready for their present spec.
    fn unsettled(&self) -> Vec<Account> {
        self.all()
            .filter(|account| !super::status::is_settled(account))
            .collect()
    }

    fn all(&self) -> impl Iterator<Item = Account> {
        let namespaced = self
            .namespaced
            .iter()
            .flat_map(kube::runtime::reflector::Store::state);
        let cluster = self.cluster.state();
        namespaced
            .map(|account| Account::from(&*account))
            .chain(cluster.into_iter().map(|account| Account::from(&*account)))
    }
}
