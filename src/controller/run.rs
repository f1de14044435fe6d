//! Builds the caches, the lease and the controllers, and runs them until the shutdown is over.

use std::sync::Arc;

use futures::{
    FutureExt, StreamExt,
    future::{BoxFuture, Shared, join_all},
};
use kube::{
    Api, Client, Resource as _,
    runtime::{
        Controller, WatchStreamExt,
        controller::{self, Action},
        events::{Recorder, Reporter},
        reflector::{self, Store},
        watcher,
    },
};
use tokio::{
    sync::{oneshot, watch},
    task::JoinSet,
};
use tokio_stream::wrappers::{UnboundedReceiverStream, WatchStream};

use super::{
    Context,
    accounts::{AccountSettings, Accounts, watch as account_watch},
    error::Error,
    forgotten::Records,
    gate::{self, Gate},
    gauges,
    lease::Lease,
    memory::{Durations, Memory},
    pace::Paces,
    reconcile::reconcile,
    view::View,
    views,
    wakes::Wakes,
};
use crate::{
    api::{CloudAccount, ClusterCloudAccount},
    cloud::{Clock, Registry, permit::Permits},
    metrics::Metrics,
    protocol::policy::Policy,
    telemetry::Chain,
};

/// How the controller runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Namespaces whose requests and accounts are handled; empty: all.
    pub namespaces: Vec<String>,
    /// Home of the Lease.
    pub operator_namespace: String,
    /// Name of the Lease.
    pub lease_name: String,
    /// Holder in Lease and intents.
    pub identity: String,
    /// Passes at once.
    pub concurrency: u16,
    /// How accounts are used.
    pub accounts: AccountSettings,
}

/// What the controller works with.
pub struct Parts {
    /// Client of the API server, without retries of its own.
    pub client: Client,
    /// Product to provider.
    pub registry: Registry,
    /// The numbers of the protocol.
    pub policy: Policy,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Where things are counted.
    pub metrics: Arc<Metrics>,
}

pub(super) type Shutdown = Shared<BoxFuture<'static, ()>>;

/// Runs until `shutdown` is over and the passes that were running have ended.
pub async fn run(parts: Parts, settings: Settings, shutdown: BoxFuture<'static, ()>) {
    let shutdown: Shutdown = shutdown.shared();
    let (lead, leading) = watch::channel(false);
    let (wake, woken) = watch::channel(0_u64);
    let mut background = JoinSet::new();
    let accounts = start_accounts(&parts, &settings, wake, leading.clone(), &mut background);
    let controllers: Vec<_> = views(&parts.client, &settings.namespaces)
        .into_iter()
        .map(controller_of)
        .collect();
    let (wakes, woken_ones) = Wakes::new(&settings.namespaces);
    let stores: Vec<Store<View>> = controllers.iter().map(Controller::store).collect();
    parts.metrics.read_from(gauges::source(
        stores.clone(),
        accounts.clone(),
        parts.clock.clone(),
        leading.clone(),
    ));
    let lease = Lease::new(
        parts.client.clone(),
        &settings.operator_namespace,
        &settings.lease_name,
        &settings.identity,
        parts.clock.clone(),
    );
    // The lease is given back after the last pass: a successor would take a call under way for a
    // lost one.
    let (over, until_over) = oneshot::channel::<()>();
    let lease = lease.run(lead, until_over.map(drop));
    let caches = Caches {
        accounts,
        stores,
        wakes,
    };
    let ctx = Arc::new(context(
        parts,
        &settings,
        caches,
        leading.clone(),
        shutdown.clone(),
    ));
    let passes = async move {
        let _over = over;
        // The caches of accounts come first: a pass before them would say that an account that
        // exists does not.
        tokio::select! {
            () = ctx.accounts.wait_until_ready() => {}
            () = shutdown.clone() => return,
        }
        join_all(
            controllers
                .into_iter()
                .zip(woken_ones)
                .map(|(controller, ones)| {
                    let all = wakes_of_all(woken.clone(), leading.clone());
                    drive(
                        controller.reconcile_on(UnboundedReceiverStream::new(ones)),
                        all,
                        ctx.clone(),
                        settings.concurrency,
                        shutdown.clone(),
                    )
                }),
        )
        .await;
    };
    tokio::join!(lease, passes);
    background.shutdown().await;
}

/// A controller that is told of deletions too, which `Controller::new` leaves out: what is remembered
/// of an object goes with it, and the next of its line is woken.
fn controller_of(api: Api<View>) -> Controller<View> {
    let (reader, writer) = reflector::store();
    let changes = watcher(api, watcher::Config::default());
    Controller::for_stream(changes.reflect(writer).touched_objects(), reader)
}

/// The caches of both account kinds, each filled by a task of its own.
fn start_accounts(
    parts: &Parts,
    settings: &Settings,
    wake: watch::Sender<u64>,
    leading: watch::Receiver<bool>,
    background: &mut JoinSet<()>,
) -> Arc<Accounts> {
    let apis: Vec<Api<CloudAccount>> = if settings.namespaces.is_empty() {
        vec![Api::all(parts.client.clone())]
    } else {
        let one = |namespace: &String| Api::namespaced(parts.client.clone(), namespace);
        settings.namespaces.iter().map(one).collect()
    };
    let (readers, writers): (Vec<_>, Vec<_>) = apis.iter().map(|_| reflector::store()).unzip();
    let (cluster_reader, cluster_writer) = reflector::store::<ClusterCloudAccount>();
    let accounts = Arc::new(Accounts::new(
        parts.client.clone(),
        settings.accounts.clone(),
        parts.clock.clone(),
        readers,
        cluster_reader,
    ));
    let woken = wake.subscribe();
    for (api, writer) in apis.into_iter().zip(writers) {
        let (wake, accounts, metrics) = (wake.clone(), accounts.clone(), parts.metrics.clone());
        background.spawn(account_watch::fill(
            api,
            writer,
            wake,
            accounts,
            metrics,
            "CloudAccount",
        ));
    }
    background.spawn(account_watch::fill(
        Api::all(parts.client.clone()),
        cluster_writer,
        wake,
        accounts.clone(),
        parts.metrics.clone(),
        "ClusterCloudAccount",
    ));
    background.spawn(account_watch::examine(accounts.clone(), woken, leading));
    accounts
}

/// What passes read of, and wake.
pub(super) struct Caches {
    pub(super) accounts: Arc<Accounts>,
    pub(super) stores: Vec<Store<View>>,
    pub(super) wakes: Wakes,
}

pub(super) fn context(
    parts: Parts,
    settings: &Settings,
    Caches {
        accounts,
        stores,
        wakes,
    }: Caches,
    leading: watch::Receiver<bool>,
    shutdown: Shutdown,
) -> Context {
    let reporter = Reporter {
        controller: "restart-operator".to_owned(),
        instance: Some(settings.identity.clone()),
    };
    Context {
        recorder: Recorder::new(parts.client.clone(), reporter),
        client: parts.client,
        clock: parts.clock,
        policy: parts.policy,
        registry: parts.registry,
        permits: Permits::default(),
        memory: Memory::default(),
        gate: Gate::default(),
        durations: Durations::default(),
        paces: Paces::default(),
        accounts,
        stores,
        records: Records::default(),
        wakes,
        namespaces: settings.namespaces.clone(),
        metrics: parts.metrics,
        identity: settings.identity.clone(),
        leading,
        shutdown,
    }
}

/// Wakes every request: an account changed, or the lease was gained.
fn wakes_of_all(
    woken: watch::Receiver<u64>,
    leading: watch::Receiver<bool>,
) -> impl futures::Stream<Item = ()> + Send + 'static {
    let accounts = WatchStream::from_changes(woken).map(drop);
    let lease = WatchStream::from_changes(leading)
        .filter_map(|leads| futures::future::ready(leads.then_some(())));
    futures::stream::select(accounts, lease)
}

/// One controller, to its end.
async fn drive(
    controller: Controller<View>,
    wakes: impl futures::Stream<Item = ()> + Send + Sync + 'static,
    ctx: Arc<Context>,
    concurrency: u16,
    shutdown: Shutdown,
) {
    let store = controller.store();
    let passes = controller
        .with_config(controller::Config::default().concurrency(concurrency))
        .reconcile_all_on(wakes)
        .graceful_shutdown_on(shutdown.clone())
        .run(reconcile, again, ctx.clone())
        .for_each(|result| {
            ended(result, &ctx);
            futures::future::ready(())
        });
    tokio::select! {
        () = passes => {}
        () = ended_before_it_began(store, shutdown) => {}
    }
}

/// Passes begin after the first list. On a shutdown before that, kube's controller stops reading
/// the list and waits for it for ever.
async fn ended_before_it_began(store: Store<View>, shutdown: Shutdown) {
    shutdown.await;
    if store.wait_until_ready().now_or_never().is_some() {
        std::future::pending::<()>().await;
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the form that the controller calls"
)]
fn again(view: Arc<View>, error: &Error, _: Arc<Context>) -> Action {
    error.again(view.meta().uid.as_deref().unwrap_or_default())
}

type Ended = Result<(reflector::ObjectRef<View>, Action), controller::Error<Error, watcher::Error>>;

/// Every item of the controller's stream that is an error is logged.
fn ended(result: Ended, ctx: &Context) {
    match result {
        Ok(_) => {}
        Err(controller::Error::ObjectNotFound(object)) => {
            let namespace = object.namespace.clone().unwrap_or_default();
            if let Some(gone) = ctx.memory.forget(&namespace, &object.name)
                && gate::stands_in_line(&gone)
            {
                gate::wake_next(&gone, ctx);
            }
            tracing::debug!(namespace, name = object.name, "the object is gone");
        }
        Err(controller::Error::ReconcilerFailed(error, object)) => {
            tracing::warn!(
                error = %Chain(&error),
                namespace = object.namespace.as_deref().unwrap_or_default(),
                name = object.name,
                "a pass failed"
            );
        }
        Err(error) => tracing::warn!(
            error = %Chain(&error),
            "the watch of requests failed; it is opened again"
        ),
    }
}
