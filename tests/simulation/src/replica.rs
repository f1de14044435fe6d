//! One process: the shipped passes with memory, rights and caches of their own. A kill loses all of
//! that; a pause stops everything but the clocks.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use kube::{
    Client,
    runtime::{reflector::store::Writer, watcher::Event},
};
use restart_operator::{
    api::{CloudAccount, ClusterCloudAccount},
    app::ForProducts,
    cloud::{Clock, Registry, http::Http, types::Product},
    controller::{
        Parts, Settings,
        accounts::{AccountSettings, Accounts},
        passes::Passes,
        view::View,
    },
    metrics::Metrics,
    products,
    protocol::policy::Policy,
};

use crate::{
    mutant::{CloudBend, KubeBend, Mutant, bend},
    net::{CloudWire, KubeWire, Outbox},
    store::{Change, NAMESPACE, Store},
    time::{MachineClock, Ms, Watch},
};

/// A pass that has begun.
struct Task {
    future: Pin<Box<dyn Future<Output = Option<Duration>>>>,
    woken: Arc<Woken>,
}

/// Wakes the scheduler, and tells it who woke it.
struct Woken {
    flag: AtomicBool,
    scheduler: Alarm,
}

/// Wakes the scheduler.
pub type Alarm = Arc<Mutex<Option<Waker>>>;

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.flag.store(true, Ordering::Relaxed);
        if let Some(waker) = self.scheduler.lock().unwrap().as_ref() {
            waker.wake_by_ref();
        }
    }
}

/// A process, or the machine for it while none runs.
pub struct Replica {
    /// How far the machine's wall clock is ahead, in milliseconds.
    pub off: Arc<AtomicI64>,
    /// Processes that this machine has had.
    pub life: u32,
    /// Stopped until then.
    pub frozen_until: Option<Ms>,
    /// The process, while one runs.
    pub process: Option<Process>,
}

/// What a kill loses.
pub struct Process {
    passes: Arc<Passes>,
    /// What it has sent.
    pub outbox: Outbox,
    /// Versions in the cache of requests, by name.
    cached: BTreeMap<String, (u64, Arc<View>)>,
    requests: Writer<View>,
    accounts: Writer<CloudAccount>,
    _cluster: Writer<ClusterCloudAccount>,
    running: BTreeMap<String, Task>,
    /// When the next pass of a request is due.
    pub due: BTreeMap<String, Ms>,
    bent: KubeBend,
}

/// What came of polling a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polled {
    /// It waits for something.
    Pending,
    /// It has ended; the next one is due after this.
    Ended(Option<Duration>),
}

impl Process {
    /// A new process with empty caches. It runs on the present runtime.
    #[must_use]
    pub fn start(
        identity: &str,
        off: &Arc<AtomicI64>,
        watch: Watch,
        mutant: Option<Mutant>,
    ) -> Self {
        let outbox = Outbox::default();
        let bent = KubeBend(mutant);
        let wire = KubeWire {
            outbox: outbox.clone(),
            bent,
        };
        let client = Client::new(wire, NAMESPACE);
        let clock: Arc<dyn Clock> = Arc::new(MachineClock::new(watch, Arc::clone(off)));
        let (requests, accounts) = (Writer::default(), Writer::default());
        let cluster = Writer::default();
        let settings = settings(identity);
        let known = Accounts::new(
            client.clone(),
            settings.accounts.clone(),
            clock.clone(),
            vec![accounts.as_reader()],
            cluster.as_reader(),
        );
        let parts = Parts {
            client,
            registry: registry(&outbox, &clock, mutant),
            policy: Policy::default(),
            clock,
            metrics: Arc::new(Metrics::new()),
        };
        let caches = vec![requests.as_reader()];
        Self {
            passes: Arc::new(Passes::new(parts, &settings, Arc::new(known), caches)),
            outbox,
            cached: BTreeMap::new(),
            requests,
            accounts,
            _cluster: cluster,
            running: BTreeMap::new(),
            due: BTreeMap::new(),
            bent,
        }
    }

    /// The cache is told of an account.
    pub fn see_account(&mut self, account: &CloudAccount) {
        self.accounts
            .apply_watcher_event(&Event::Apply(account.clone()));
    }

    /// The cache is told of a change, new or old; `true` if it shows something else now.
    pub fn see(&mut self, change: &Change, store: &mut Store) -> bool {
        let known = self.cached.get(&change.name).map(|(version, _)| *version);
        if known == Some(change.version) {
            return false;
        }
        match store.view(change) {
            Some(view) => {
                let view = self.bent.cached(&view);
                self.requests
                    .apply_watcher_event(&Event::Apply((*view).clone()));
                self.cached
                    .insert(change.name.clone(), (change.version, view));
            }
            None => match self.cached.remove(&change.name) {
                None => return false,
                Some((_, view)) => {
                    self.requests
                        .apply_watcher_event(&Event::Delete((*view).clone()));
                }
            },
        }
        true
    }

    /// The version of a request in the cache.
    #[must_use]
    pub fn cached_version(&self, name: &str) -> Option<u64> {
        self.cached.get(name).map(|(version, _)| *version)
    }

    /// Begins the pass of a request if it is due and none runs; `true` if one began.
    pub fn begin(&mut self, name: &str, now: Ms, alarm: &Alarm) -> bool {
        let is_due = self.due.get(name).is_some_and(|due| *due <= now);
        if !is_due || self.running.contains_key(name) {
            return false;
        }
        self.due.remove(name);
        let Some((_, view)) = self.cached.get(name) else {
            self.passes.forget(NAMESPACE, name);
            return false;
        };
        let (passes, view) = (Arc::clone(&self.passes), Arc::clone(view));
        let task = Task {
            future: Box::pin(async move { passes.pass(view).await }),
            woken: Arc::new(Woken {
                flag: AtomicBool::new(true),
                scheduler: Arc::clone(alarm),
            }),
        };
        self.running.insert(name.to_owned(), task);
        true
    }

    /// Names of passes that can go on.
    pub fn ready(&self) -> impl Iterator<Item = &String> {
        self.running
            .iter()
            .filter(|(_, task)| task.woken.flag.load(Ordering::Relaxed))
            .map(|(name, _)| name)
    }

    /// Whether any pass runs.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    /// Lets a pass go on until it waits again.
    pub fn poll(&mut self, name: &str) -> Polled {
        let task = self.running.get_mut(name).expect("a running pass");
        task.woken.flag.store(false, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&task.woken));
        match task.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Pending => Polled::Pending,
            Poll::Ready(due) => {
                self.running.remove(name);
                Polled::Ended(due)
            }
        }
    }
}

fn settings(identity: &str) -> Settings {
    Settings {
        namespaces: vec![NAMESPACE.to_owned()],
        operator_namespace: NAMESPACE.to_owned(),
        lease_name: "restart-operator".to_owned(),
        identity: identity.to_owned(),
        concurrency: 8,
        accounts: AccountSettings {
            operator_namespace: NAMESPACE.to_owned(),
            development_endpoints: false,
            private_suffixes: Vec::new(),
            writes_cluster_status: false,
        },
    }
}

/// The shipped products over a wire of this world.
fn registry(outbox: &Outbox, clock: &Arc<dyn Clock>, mutant: Option<Mutant>) -> Registry {
    let wire = CloudWire {
        outbox: outbox.clone(),
        bent: CloudBend::of(mutant),
    };
    let shipped = products::registry(&ForProducts {
        http: Http::over(Arc::new(wire)),
        clock: clock.clone(),
        observer: Arc::new(()),
    });
    let bent = shipped.into_iter().map(|(product, provider)| {
        let provider = bend(provider, mutant, clock.clone(), outbox.clone());
        (product, provider)
    });
    bent.collect::<std::collections::HashMap<Product, _>>()
}
