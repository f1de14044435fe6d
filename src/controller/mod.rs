//! The shell: all Kubernetes I/O, in the order of a pass. No rule lives here.

pub mod accounts;
mod act;
mod budget;
pub mod clock;
pub mod error;
mod forgotten;
mod gate;
mod gauges;
mod intent;
pub mod lease;
mod members;
mod memory;
mod observe;
mod pace;
pub mod passes;
mod reconcile;
mod record;
mod report;
mod rivals;
mod run;
pub mod view;
mod wakes;

use std::sync::Arc;

use kube::{
    Api, Client,
    runtime::{events::Recorder, reflector::Store},
};
use tokio::sync::watch;

pub use self::run::{Parts, Settings, run};
use self::{
    accounts::Accounts,
    error::deadline,
    forgotten::Records,
    gate::Gate,
    memory::{Durations, Memory},
    pace::Paces,
    view::View,
    wakes::Wakes,
};
use crate::{
    api::RestartRequest,
    cloud::{
        Clock, Provider, Registry,
        error::{CloudError, Kind},
        permit::Permits,
        types::Target,
    },
    metrics::Metrics,
    protocol::{backoff::Hints, policy::Policy, target},
};

/// Everything that a pass uses. Shared by all of them.
pub struct Context {
    client: Client,
    clock: Arc<dyn Clock>,
    policy: Policy,
    registry: Registry,
    permits: Permits,
    memory: Memory,
    gate: Gate,
    durations: Durations,
    paces: Paces,
    accounts: Arc<Accounts>,
    stores: Vec<Store<View>>,
    records: Records,
    wakes: Wakes,
    namespaces: Vec<String>,
    recorder: Recorder,
    metrics: Arc<Metrics>,
    identity: String,
    leading: watch::Receiver<bool>,
    shutdown: run::Shutdown,
}

impl Context {
    /// The process was asked to end: what is under way is ended, and nothing new is begun.
    fn is_ending(&self) -> bool {
        self.shutdown.peek().is_some()
    }

    /// The API of the namespace that an object lives in.
    fn requests(&self, of: &RestartRequest) -> Api<RestartRequest> {
        let namespace = of.metadata.namespace.as_deref().unwrap_or_default();
        Api::namespaced(self.client.clone(), namespace)
    }

    /// The APIs that together show every request of this installation.
    fn all_views(&self) -> Vec<Api<View>> {
        views(&self.client, &self.namespaces)
    }

    /// What is known of the target beyond the object.
    fn hints(&self, of: &RestartRequest) -> Hints {
        Hints {
            learned: self.durations.middle(&target::keys(&of.spec.target)),
            short: self.memory.recall(of).short_of_calls,
        }
    }

    fn provider(&self, target: &Target) -> Result<&dyn Provider, CloudError> {
        self.registry
            .get(&target.product())
            .map(AsRef::as_ref)
            .ok_or_else(|| {
                act::local(
                    "registry",
                    Kind::Unsupported,
                    "the product is not registered".to_owned(),
                )
            })
    }
}

/// One API per watched namespace, or one for all.
fn views(client: &Client, namespaces: &[String]) -> Vec<Api<View>> {
    if namespaces.is_empty() {
        return vec![Api::all(client.clone())];
    }
    namespaces
        .iter()
        .map(|namespace| Api::namespaced(client.clone(), namespace))
        .collect()
}
