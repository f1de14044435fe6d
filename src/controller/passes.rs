//! The passes of one process, without the watches, timers and lease that begin them: for whoever
//! begins them by himself, as a simulation does.

use std::{sync::Arc, time::Duration};

use futures::FutureExt;
use kube::{Resource, runtime::reflector::Store};
use tokio::sync::watch;

use super::{
    Context, Parts, Settings,
    accounts::Accounts,
    reconcile::pass_over,
    run::{Caches, context},
    view::View,
    wakes::Wakes,
};

/// The memory, the rights and the passes of one process, which always leads.
pub struct Passes(Context);

impl Passes {
    /// `requests` are the caches that a turn is read from. They are filled by the caller, as those
    /// of the accounts are.
    #[must_use]
    pub fn new(
        parts: Parts,
        settings: &Settings,
        accounts: Arc<Accounts>,
        requests: Vec<Store<View>>,
    ) -> Self {
        // Nobody is woken here: the caller's timers are what every wait has besides.
        let (wakes, _) = Wakes::new(&settings.namespaces);
        let caches = Caches {
            accounts,
            stores: requests,
            wakes,
        };
        let (_, leading) = watch::channel(true);
        let never = futures::future::pending().boxed().shared();
        Self(context(parts, settings, caches, leading, never))
    }

    /// One pass over what a cache holds of a request, and how long until the next one; `None`: until
    /// something changes. Of one request one pass runs at a time: the caller sees to that.
    pub async fn pass(&self, view: Arc<View>) -> Option<Duration> {
        match pass_over(&view, &self.0).await {
            Ok(due) => due,
            Err(error) => error.pause(view.meta().uid.as_deref().unwrap_or_default()),
        }
    }

    /// The cache no longer holds this request.
    pub fn forget(&self, namespace: &str, name: &str) {
        let _ = self.0.memory.forget(namespace, name);
    }
}
