//! A simulated cloud, a provider that calls it, and short names for what tests do with them.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use cloudsim::{Config, DEFAULT_CREATOR, DEFAULT_KEY_ID, DEFAULT_KEY_SECRET, Simulator};
use jiff::{SignedDuration, Timestamp};
use restart_operator::cloud::{
    Access, Clock, Provider, Signature,
    credential::Credential,
    edas::EdasProvider,
    error::{CloudError, Delivery, Kind},
    http::{Http, HttpSettings},
    observer::CallObserver,
    permit::{Permit, Permits},
    sae::SaeProvider,
    types::{
        Answer, AttemptId, Check, Following, Look, Match, OrderId, OrderReport, Product,
        SaeApplication, Submission, Target,
    },
};
use tokio::net::TcpListener;

pub(crate) const APP: &str = "0099b7be-5f5b-4512-a7fc-56049ef1aaaa";
pub(crate) const ECCS: [&str; 3] = ["ecc-1", "ecc-2", "ecc-3"];
pub(crate) const RESTART: &str = "RestartApplication";

/// The machine's clocks. The operator's own clock has a file of its own.
struct MachineClock(Instant);

/// A clock on which a minute and a second pass between two looks at it.
#[derive(Default)]
pub(crate) struct HurriedClock(AtomicUsize);

impl Clock for HurriedClock {
    fn wall(&self) -> Timestamp {
        Timestamp::now()
    }

    fn boot(&self) -> Duration {
        Duration::from_secs(61) * u32::try_from(self.0.fetch_add(1, Ordering::Relaxed)).unwrap()
    }
}

impl Clock for MachineClock {
    fn wall(&self) -> Timestamp {
        Timestamp::now()
    }

    fn boot(&self) -> Duration {
        self.0.elapsed()
    }
}

/// One call as the observer was told of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) operation: &'static str,
    pub(crate) result: Option<Kind>,
    pub(crate) clock_offset: Option<SignedDuration>,
}

pub(crate) struct Observed {
    product: Product,
    calls: Mutex<Vec<Seen>>,
}

impl Observed {
    pub(crate) fn all(&self) -> Vec<Seen> {
        self.calls.lock().unwrap().clone()
    }

    pub(crate) fn operations(&self) -> Vec<&'static str> {
        self.all().iter().map(|call| call.operation).collect()
    }
}

impl CallObserver for Observed {
    fn called(
        &self,
        product: Product,
        operation: &'static str,
        result: Option<Kind>,
        _elapsed: Duration,
        clock_offset: Option<SignedDuration>,
    ) {
        assert_eq!(product, self.product);
        self.calls.lock().unwrap().push(Seen {
            operation,
            result,
            clock_offset,
        });
    }
}

/// A provider and the account it calls with.
pub(crate) struct Caller {
    pub(crate) provider: Box<dyn Provider>,
    pub(crate) access: Access,
    pub(crate) observed: Arc<Observed>,
}

impl Caller {
    pub(crate) fn new(endpoint: &str, settings: &HttpSettings) -> Self {
        Self::with_clock(endpoint, settings, Arc::new(MachineClock(Instant::now())))
    }

    /// Calls EDAS.
    pub(crate) fn edas(endpoint: &str, settings: &HttpSettings) -> Self {
        let clock = Arc::new(MachineClock(Instant::now()));
        Self::of(Product::Edas, endpoint, settings, clock)
    }

    pub(crate) fn with_clock(
        endpoint: &str,
        settings: &HttpSettings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self::of(Product::Sae, endpoint, settings, clock)
    }

    fn of(
        product: Product,
        endpoint: &str,
        settings: &HttpSettings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        // Fails when another test of this process was faster.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let observed = Arc::new(Observed {
            product,
            calls: Mutex::default(),
        });
        let http = Http::new(settings).unwrap();
        Self {
            provider: match product {
                Product::Sae => Box::new(SaeProvider::new(http, clock, observed.clone())),
                Product::Edas => Box::new(EdasProvider::new(http, clock, observed.clone())),
                Product::Volcengine => panic!("this fixture is about Alibaba Cloud"),
            },
            access: Access {
                credential: key(DEFAULT_KEY_ID, DEFAULT_KEY_SECRET, None),
                endpoint: endpoint.to_owned(),
                creators: vec![DEFAULT_CREATOR.to_owned()],
                signature: Signature::Acs3,
            },
            observed,
        }
    }

    pub(crate) async fn submit(&self, call: &Submission) -> Answer {
        self.submit_to(&target(), call).await
    }

    pub(crate) async fn submit_to(&self, target: &Target, call: &Submission) -> Answer {
        self.provider
            .submit(&self.access, target, call, permit(&call.attempt))
            .await
    }

    pub(crate) async fn check(&self, target: &Target) -> Result<Check, CloudError> {
        self.provider.check(&self.access, target).await
    }

    pub(crate) async fn look(
        &self,
        target: &Target,
        call: &Submission,
    ) -> Result<Look, CloudError> {
        self.provider.resolve(&self.access, target, call).await
    }

    pub(crate) async fn poll(
        &self,
        target: &Target,
        following: &Following,
    ) -> Result<OrderReport, CloudError> {
        self.provider.poll(&self.access, target, following).await
    }

    pub(crate) async fn abort(
        &self,
        target: &Target,
        following: &Following,
    ) -> Result<(), CloudError> {
        self.provider.abort(&self.access, target, following).await
    }

    /// A restart that the cloud accepts.
    pub(crate) async fn restart(&self, call: &Submission) -> OrderId {
        self.restart_of(&target(), call).await
    }

    /// A restart of this target that the cloud accepts.
    pub(crate) async fn restart_of(&self, target: &Target, call: &Submission) -> OrderId {
        match self.submit_to(target, call).await {
            Answer::Accepted(accepted) => accepted.order,
            other @ (Answer::Rejected(_) | Answer::Ambiguous(_)) => panic!("{other:?}"),
        }
    }
}

/// A simulator with one running application, and a caller with short deadlines.
pub(crate) struct Cloud {
    pub(crate) sim: Simulator,
    pub(crate) caller: Caller,
}

impl Cloud {
    pub(crate) async fn start() -> Self {
        Self::with(Config::default(), &quick()).await
    }

    pub(crate) async fn with(config: Config, settings: &HttpSettings) -> Self {
        let sim = Simulator::start(config).await.unwrap();
        sim.put_application(cloudsim::Application::running(APP));
        let caller = Caller::new(sim.base_url(), settings);
        Self { sim, caller }
    }

    /// A simulator with one EDAS application of three instances.
    pub(crate) async fn edas() -> Self {
        let sim = Simulator::start(Config::default()).await.unwrap();
        sim.put_application(cloudsim::Application::edas(APP).with_instances(ECCS));
        let caller = Caller::edas(sim.base_url(), &quick());
        Self { sim, caller }
    }

    pub(crate) fn restarts(&self) -> usize {
        self.sim.inspect(|ledger| ledger.restarts().len())
    }

    /// Restart calls that arrived.
    pub(crate) fn calls(&self) -> usize {
        self.sim.inspect(|ledger| ledger.requests(RESTART).len())
    }
}

/// Deadlines for tests that do not wait for one.
pub(crate) fn quick() -> HttpSettings {
    HttpSettings {
        development_endpoints: true,
        ..HttpSettings::default()
    }
}

/// Deadlines for tests in which one passes.
pub(crate) fn impatient() -> HttpSettings {
    HttpSettings {
        connect: Duration::from_millis(200),
        total: Duration::from_millis(400),
        ..quick()
    }
}

pub(crate) fn key(id: &str, secret: &str, token: Option<&str>) -> Arc<Credential> {
    Arc::new(Credential::new(
        id.to_owned(),
        secret.into(),
        token.map(Into::into),
    ))
}

pub(crate) fn application() -> SaeApplication {
    SaeApplication {
        region: "cn-hangzhou".into(),
        app_id: APP.into(),
        min_ready_instances: None,
        min_ready_instance_ratio: None,
        auto_enable_application_scaling_rule: None,
    }
}

pub(crate) fn target() -> Target {
    Target::SaeApplication(application())
}

/// What is known of an order right after its call.
pub(crate) fn following(order: &OrderId, call: &Submission) -> Following {
    Following {
        order: order.clone(),
        started: call.signed_at,
        baseline: call.baseline.clone(),
        parts: vec![],
        named: false,
        taken: vec![],
    }
}

/// The candidates of a look.
pub(crate) fn matches(look: &Look) -> Vec<(OrderId, Match)> {
    look.candidates
        .iter()
        .map(|c| (c.order.clone(), c.match_))
        .collect()
}

/// An intent that was stored just now.
pub(crate) fn intent() -> Submission {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let signed_at = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    Submission {
        attempt: AttemptId(format!("attempt-{number}")),
        number: 1,
        owned: 0,
        signed_at,
        not_after: signed_at + SignedDuration::from_secs(900),
        target_hash: String::new(),
        nonce: format!("nonce-{number}"),
        credential: String::new(),
        baseline: vec![],
    }
}

pub(crate) fn permit(attempt: &AttemptId) -> Permit {
    let permits = Permits::default();
    permits.hold(attempt.clone(), Duration::from_secs(1));
    permits.take(attempt, Duration::ZERO).unwrap()
}

pub(crate) fn rejected(answer: Answer) -> CloudError {
    match answer {
        Answer::Rejected(error) => error,
        other @ (Answer::Accepted(_) | Answer::Ambiguous(_)) => panic!("not rejected: {other:?}"),
    }
}

pub(crate) fn ambiguous(answer: Answer) -> CloudError {
    match answer {
        Answer::Ambiguous(error) => {
            assert_eq!(error.delivery, Delivery::Unknown);
            error
        }
        other @ (Answer::Accepted(_) | Answer::Rejected(_)) => panic!("not ambiguous: {other:?}"),
    }
}

/// A whole answer as it goes over the wire.
pub(crate) fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ndate: Sun, 22 Nov 2026 07:08:09 GMT\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A server that treats each connection as told, and counts them.
pub(crate) struct RawServer {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl RawServer {
    /// Reads requests and writes `answer` after each; without an answer it only listens.
    pub(crate) async fn start(answer: Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = connections.clone();
        let task = tokio::spawn(async move {
            let mut open = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                open.spawn(serve(stream, answer.clone()));
            }
        });
        Self {
            address,
            connections,
            task,
        }
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

// Requests here have no body, so each ends with an empty line.
async fn serve(mut stream: tokio::net::TcpStream, answer: Option<String>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut read = Vec::new();
    while let Ok(1..) = stream.read_buf(&mut read).await {
        while let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            read.drain(..end + 4);
            if let Some(answer) = &answer
                && stream.write_all(answer.as_bytes()).await.is_err()
            {
                return;
            }
        }
    }
}
