//! What is counted. Labels have closed values: never a namespace, an object, an account, an
//! application or an order. What a single object does is told by its status.

pub mod closed;
pub mod labels;

use std::sync::{
    Mutex, OnceLock, PoisonError,
    atomic::{AtomicI64, AtomicU64},
};

use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};

pub use self::labels::{
    ByAnswer, ByKind, ByOperation, ByOutcome, ByPass, ByPhase, ByProduct, ByReady, ByRequest,
    ByResult,
};
use crate::process_metrics::Process;

/// What `/metrics` answers with. Prometheus 3 drops a scrape of any other spelling.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type FloatGauge = Gauge<f64, AtomicU64>;

/// Gauges that are read from the caches at each scrape.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Requests by product and phase.
    pub requests: Vec<(ByPhase, i64)>,
    /// Age in seconds of the oldest unfinished request of a product.
    pub oldest: Vec<(ByProduct, f64)>,
    /// Accounts by kind and readiness.
    pub accounts: Vec<(ByReady, i64)>,
    /// This process leads.
    pub leads: bool,
}

type Source = Box<dyn Fn() -> Snapshot + Send + Sync>;

/// All metrics.
pub struct Metrics {
    registry: Registry,
    source: OnceLock<Source>,
    /// Held for a scrape: what is read anew for one would be missing, or counted twice, in another
    /// at the same time. Prometheus often runs in pairs.
    scrape: Mutex<()>,
    process: Process,
    leader: Gauge<i64, AtomicI64>,
    requests: Family<ByPhase, Gauge>,
    oldest: Family<ByProduct, FloatGauge>,
    accounts: Family<ByReady, Gauge>,
    finished: Family<ByOutcome, Counter>,
    wait: Family<ByOperation, Histogram>,
    duration: Family<ByOperation, Histogram>,
    submissions: Family<ByAnswer, Counter>,
    adopted: Family<ByProduct, Counter>,
    cloud_requests: Family<ByResult, Counter>,
    cloud_duration: Family<ByOperation, Histogram>,
    clock_offset: Family<ByProduct, FloatGauge>,
    watch_success: Family<ByKind, FloatGauge>,
    reconciles: Family<ByPass, Counter>,
    reconcile_duration: Family<ByPass, Histogram>,
    reconciles_active: Gauge,
    kube_requests: Family<ByRequest, Counter>,
    development: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// From a tenth of a second to two hours: a call takes the first, a large restart the last.
const LIFE: [f64; 12] = [
    0.1, 0.5, 1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0, 7200.0,
];
/// From a millisecond to the time-out of a cloud call.
const CALL: [f64; 11] = [
    0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0, 20.0,
];

fn life() -> Histogram {
    Histogram::new(LIFE)
}

fn call() -> Histogram {
    Histogram::new(CALL)
}

impl Metrics {
    /// All metrics, registered under their names; counters begin at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            source: OnceLock::new(),
            scrape: Mutex::default(),
            process: Process::default(),
            leader: Gauge::default(),
            requests: Family::default(),
            oldest: Family::default(),
            accounts: Family::default(),
            finished: Family::default(),
            wait: Family::new_with_constructor(life),
            duration: Family::new_with_constructor(life),
            submissions: Family::default(),
            adopted: Family::default(),
            cloud_requests: Family::default(),
            cloud_duration: Family::new_with_constructor(call),
            clock_offset: Family::default(),
            watch_success: Family::default(),
            reconciles: Family::default(),
            reconcile_duration: Family::new_with_constructor(call),
            reconciles_active: Gauge::default(),
            kube_requests: Family::default(),
            development: Gauge::default(),
        };
        metrics.register();
        metrics.begin_at_zero();
        metrics
    }

    fn register(&mut self) {
        let mut root = Registry::default();
        self.process.register(&mut root);
        let r = root.sub_registry_with_prefix("restart_operator");
        let build = [
            ("version", env!("CARGO_PKG_VERSION")),
            (
                "revision",
                option_env!("RESTART_OPERATOR_REVISION").unwrap_or("unknown"),
            ),
        ];
        r.register(
            "build",
            "Version of the running program",
            Info::new(build.to_vec()),
        );
        r.register("leader", "1 while this process leads", self.leader.clone());
        r.register("requests", "Requests in the cache", self.requests.clone());
        r.register_with_unit(
            "oldest_unfinished",
            "Age of the oldest unfinished request that waits for no person",
            Unit::Seconds,
            self.oldest.clone(),
        );
        r.register("accounts", "Accounts in the cache", self.accounts.clone());
        r.register(
            "requests_finished",
            "Requests that ended",
            self.finished.clone(),
        );
        r.register_with_unit(
            "request_wait",
            "From creation to the accepted call",
            Unit::Seconds,
            self.wait.clone(),
        );
        r.register_with_unit(
            "request_duration",
            "From the accepted call to the end",
            Unit::Seconds,
            self.duration.clone(),
        );
        self.register_calls(r);
        self.registry = root;
    }

    fn register_calls(&self, r: &mut Registry) {
        r.register(
            "submissions",
            "Restart calls by their answer",
            self.submissions.clone(),
        );
        r.register(
            "orders_adopted",
            "Orders found after a lost answer",
            self.adopted.clone(),
        );
        r.register(
            "cloud_requests",
            "Calls to the cloud",
            self.cloud_requests.clone(),
        );
        r.register_with_unit(
            "cloud_request_duration",
            "Duration of calls to the cloud",
            Unit::Seconds,
            self.cloud_duration.clone(),
        );
        r.register_with_unit(
            "cloud_clock_offset",
            "Clock of the cloud minus clock of the operator, in whole seconds",
            Unit::Seconds,
            self.clock_offset.clone(),
        );
        r.register_with_unit(
            "watch_last_success_timestamp",
            "Last sign of life of a watch, since the epoch",
            Unit::Seconds,
            self.watch_success.clone(),
        );
        r.register(
            "reconcile",
            "Passes by their result",
            self.reconciles.clone(),
        );
        r.register_with_unit(
            "reconcile_duration",
            "Duration of passes",
            Unit::Seconds,
            self.reconcile_duration.clone(),
        );
        r.register(
            "reconciles_active",
            "Passes that run now",
            self.reconciles_active.clone(),
        );
        r.register(
            "kube_requests",
            "Requests to the API server",
            self.kube_requests.clone(),
        );
        r.register(
            "development_endpoints",
            "1 while unsafe endpoints are allowed",
            self.development.clone(),
        );
    }

    /// Every series that can be named now. Those of `kube_requests` cannot (their codes are too
    /// many), and gauges have no value before somebody measures one.
    fn begin_at_zero(&self) {
        closed::restarts().for_each(|labels| {
            drop(self.wait.get_or_create(&labels));
            drop(self.duration.get_or_create(&labels));
        });
        closed::ends().for_each(|labels| drop(self.finished.get_or_create(&labels)));
        closed::answers().for_each(|labels| drop(self.submissions.get_or_create(&labels)));
        closed::products().for_each(|labels| drop(self.adopted.get_or_create(&labels)));
        closed::calls().for_each(|labels| drop(self.cloud_requests.get_or_create(&labels)));
        for result in closed::PASSES {
            drop(self.reconciles.get_or_create(&ByPass { result }));
            drop(self.reconcile_duration.get_or_create(&ByPass { result }));
        }
    }

    /// Where the gauges of the caches come from. Set once.
    pub fn read_from(&self, source: impl Fn() -> Snapshot + Send + Sync + 'static) {
        // A second source is a second controller in one process: the first one is told of.
        let _ = self.source.set(Box::new(source));
    }

    /// The text of a scrape.
    #[must_use]
    pub fn encode(&self) -> String {
        let _alone = self.scrape.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(source) = self.source.get() {
            self.fill(&source());
        }
        self.process.read();
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            text.clear(); // writing to a String cannot fail
        }
        text
    }

    fn fill(&self, snapshot: &Snapshot) {
        self.leader.set(i64::from(snapshot.leads));
        // A phase that nothing is in is a zero, not a gap.
        self.requests.clear();
        let none = closed::requests().map(|labels| (labels, 0));
        for (labels, count) in none.chain(snapshot.requests.iter().copied()) {
            self.requests.get_or_create(&labels).set(count);
        }
        self.oldest.clear();
        let none = closed::products().map(|labels| (labels, 0.0));
        for (labels, age) in none.chain(snapshot.oldest.iter().copied()) {
            self.oldest.get_or_create(&labels).set(age);
        }
        self.accounts.clear();
        let none = closed::accounts().map(|labels| (labels, 0));
        for (labels, count) in none.chain(snapshot.accounts.iter().copied()) {
            self.accounts.get_or_create(&labels).set(count);
        }
    }

    /// A restart call was answered: `accepted`, `rejected` or `ambiguous`.
    pub fn submission(&self, labels: ByAnswer) {
        self.submissions.get_or_create(&labels).inc();
    }

    /// An order was found after a lost answer.
    pub fn adopted(&self, product: &'static str) {
        self.adopted.get_or_create(&ByProduct { product }).inc();
    }

    /// The call of a request was accepted `seconds` after its creation.
    pub fn submitted(&self, labels: ByOperation, seconds: f64) {
        self.wait.get_or_create(&labels).observe(seconds);
    }

    /// A request ended, `seconds` after its call was accepted, if it was.
    pub fn finished(&self, labels: ByOutcome, seconds: Option<f64>) {
        self.finished.get_or_create(&labels).inc();
        if let Some(seconds) = seconds {
            let ByOutcome {
                product,
                operation,
                outcome: _,
            } = labels;
            self.duration
                .get_or_create(&ByOperation { product, operation })
                .observe(seconds);
        }
    }

    /// A call to the cloud ended.
    pub fn cloud_call(&self, labels: ByResult, seconds: f64) {
        self.cloud_requests.get_or_create(&labels).inc();
        let ByResult {
            product,
            operation,
            result: _,
        } = labels;
        self.cloud_duration
            .get_or_create(&ByOperation { product, operation })
            .observe(seconds);
    }

    /// Clock of the cloud minus ours.
    pub fn clock_offset(&self, product: &'static str, seconds: f64) {
        self.clock_offset
            .get_or_create(&ByProduct { product })
            .set(seconds);
    }

    /// A watch gave a sign of life at `epoch_seconds`.
    pub fn watch_success(&self, kind: &'static str, epoch_seconds: f64) {
        self.watch_success
            .get_or_create(&ByKind { kind })
            .set(epoch_seconds);
    }

    /// So many more passes are under way, or fewer.
    pub fn passes_active(&self, change: i64) {
        self.reconciles_active.inc_by(change);
    }

    /// A pass ended, after this many seconds.
    pub fn pass_ended(&self, result: &'static str, seconds: f64) {
        let labels = ByPass { result };
        self.reconciles.get_or_create(&labels).inc();
        self.reconcile_duration
            .get_or_create(&labels)
            .observe(seconds);
    }

    /// A request to the API server was answered.
    pub fn kube_request(&self, labels: ByRequest) {
        self.kube_requests.get_or_create(&labels).inc();
    }

    /// Unsafe endpoints are allowed.
    pub fn development_endpoints(&self, allowed: bool) {
        self.development.set(i64::from(allowed));
    }
}

#[cfg(test)]
mod tests;
