//! Candidates against a small store of one lease, on a clock that jumps: whoever waits, waits for
//! nothing. The store compares resourceVersions as an API server does, and its lines can be cut.

use std::{
    convert::Infallible,
    sync::{Mutex, MutexGuard},
};

use futures::future::{BoxFuture, Either, join, pending, select};
use http::{Request, Response, StatusCode};
use jiff::Timestamp;
use kube::client::Body;
use serde_json::json;
use tokio::{
    sync::oneshot,
    time::{Instant, sleep},
};
use tower::service_fn;

use super::*;

/// What happens to a request.
#[derive(Clone, Copy, PartialEq)]
enum Line {
    Open,
    /// It never arrives.
    Dead,
    /// It is executed, and its answer never arrives.
    Deaf,
    /// It is refused at once.
    Busy,
}

#[derive(Default)]
struct Store {
    record: Option<Record>,
    version: u64,
    requests: Vec<(&'static str, String)>,
}

impl Store {
    fn answer(&mut self, who: &'static str, method: &str, body: &[u8]) -> (u16, Vec<u8>) {
        self.requests.push((who, method.to_owned()));
        let stored = self.record.as_ref();
        let version = stored.and_then(|record| record.metadata.resource_version.clone());
        match method {
            "GET" if stored.is_some() => (200, serde_json::to_vec(&stored).unwrap()),
            "GET" => refusal(404),
            "POST" if stored.is_some() => refusal(409),
            "PUT" if stored.is_none() => refusal(404),
            _ => {
                let mut record: Record = serde_json::from_slice(body).unwrap();
                if method == "PUT" && record.metadata.resource_version != version {
                    return refusal(409);
                }
                self.version += 1;
                record.metadata.resource_version = Some(self.version.to_string());
                self.record = Some(record);
                (200, serde_json::to_vec(&self.record).unwrap())
            }
        }
    }

    fn holder(&self) -> Option<String> {
        self.record.as_ref()?.spec.as_ref()?.holder_identity.clone()
    }

    fn count(&self, who: &str, method: &str) -> usize {
        let asked = |(by, what): &&(&'static str, String)| *by == who && what == method;
        self.requests.iter().filter(asked).count()
    }
}

fn refusal(code: u16) -> (u16, Vec<u8>) {
    let reason = match code {
        404 => "NotFound",
        409 => "Conflict",
        _ => "ServiceUnavailable",
    };
    let status = json!({"kind": "Status", "status": "Failure", "code": code, "reason": reason});
    (code, status.to_string().into_bytes())
}

struct JumpingClock(Instant);

impl Clock for JumpingClock {
    fn wall(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + self.boot()
    }

    fn boot(&self) -> Duration {
        self.0.elapsed()
    }
}

#[derive(Clone)]
struct World {
    store: Arc<Mutex<Store>>,
    clock: Arc<JumpingClock>,
}

struct Candidate {
    leading: watch::Receiver<bool>,
    line: watch::Sender<Line>,
    stop: oneshot::Sender<()>,
}

impl World {
    #[expect(
        clippy::disallowed_methods,
        reason = "tokio's own clock is the one that jumps"
    )]
    fn new() -> Self {
        let clock = Arc::new(JumpingClock(Instant::now()));
        let store = Arc::default();
        Self { store, clock }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap()
    }

    fn now(&self) -> u64 {
        self.clock.boot().as_secs()
    }

    /// A candidate and the run of it, which has to be polled beside what the test does.
    fn candidate(&self, name: &'static str) -> (Candidate, BoxFuture<'static, ()>) {
        let (line, lines) = watch::channel(Line::Open);
        let store = self.store.clone();
        let service = service_fn(move |request: Request<Body>| {
            let (store, line) = (store.clone(), *lines.borrow());
            async move {
                if line == Line::Dead {
                    pending::<()>().await;
                }
                let method = request.method().to_string();
                let body = request.into_body().collect_bytes().await.unwrap();
                let (code, body) = if line == Line::Busy {
                    refusal(503)
                } else {
                    store.lock().unwrap().answer(name, &method, &body)
                };
                if line == Line::Deaf {
                    pending::<()>().await;
                }
                let answer = Response::builder().status(StatusCode::from_u16(code).unwrap());
                Ok::<_, Infallible>(answer.body(Body::from(body)).unwrap())
            }
        });
        let client = Client::new(service, "default");
        let lease = Lease::new(client, "default", "lock", name, self.clock.clone());
        let (lead, leading) = watch::channel(false);
        let (stop, stopped) = oneshot::channel();
        let run = lease.run(lead, stopped.map(drop)).boxed();
        let candidate = Candidate {
            leading,
            line,
            stop,
        };
        (candidate, run)
    }
}

impl Candidate {
    async fn leads(&mut self) {
        self.leading.wait_for(|leads| *leads).await.unwrap();
    }

    async fn follows(&mut self) {
        self.leading.wait_for(|leads| !*leads).await.unwrap();
    }
}

/// Runs the candidates for as long as `test` takes, an hour of the jumping clock at most.
async fn beside<T>(runs: impl Future<Output = ()>, test: impl Future<Output = T>) -> T {
    let both = select(Box::pin(test), Box::pin(runs));
    match timeout(Duration::from_hours(1), both).await.unwrap() {
        Either::Left((result, _)) => result,
        Either::Right(((), test)) => test.await,
    }
}

async fn both(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    join(one, other).await;
}

#[tokio::test(start_paused = true)]
async fn a_leader_writes_once_in_five_seconds_and_reads_nothing() {
    let world = World::new();
    let (mut one, run) = world.candidate("one");
    beside(run, async {
        one.leads().await;
        sleep(Duration::from_secs(61)).await;
        let store = world.store();
        assert_eq!(store.count("one", "GET"), 1);
        assert_eq!(store.count("one", "POST"), 1);
        assert_eq!(store.count("one", "PUT"), 12);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn of_two_candidates_one_leads_and_the_other_reads() {
    let world = World::new();
    let (mut one, first) = world.candidate("one");
    let (two, second) = world.candidate("two");
    beside(both(first, second), async {
        one.leads().await;
        sleep(Duration::from_mins(1)).await;
        assert!(*one.leading.borrow() && !*two.leading.borrow());
        let store = world.store();
        assert_eq!(store.holder().as_deref(), Some("one"));
        assert_eq!(store.count("two", "PUT"), 0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_given_back_is_taken_within_about_a_second() {
    let world = World::new();
    let (mut one, first) = world.candidate("one");
    let (mut two, second) = world.candidate("two");
    beside(both(first, second), async {
        one.leads().await;
        sleep(Duration::from_millis(7_700)).await;
        let stopped = world.clock.boot();
        one.stop.send(()).unwrap();
        two.leads().await;
        let vacant = world.clock.boot().saturating_sub(stopped);
        assert!(vacant <= Duration::from_millis(1_100), "{vacant:?}");
        assert!(!*one.leading.borrow());
        let spec = world.store().record.clone().unwrap().spec.unwrap();
        assert_eq!(spec.lease_transitions, Some(1));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_is_gone_is_followed_after_the_life_of_its_lease() {
    let world = World::new();
    let (mut one, first) = world.candidate("one");
    beside(first, one.leads()).await;
    let (mut two, second) = world.candidate("two");
    beside(second, two.leads()).await;
    assert!((15..=17).contains(&world.now()), "{}", world.now());
}

#[tokio::test(start_paused = true)]
async fn a_leader_without_answers_steps_down_before_another_may_lead() {
    for line in [Line::Dead, Line::Deaf, Line::Busy] {
        let world = World::new();
        let (mut one, first) = world.candidate("one");
        let (mut two, second) = world.candidate("two");
        beside(both(first, second), async {
            one.leads().await;
            sleep(Duration::from_secs(22)).await;
            one.line.send(line).unwrap();
            one.follows().await;
            // The last answered renewal began at 20 s.
            assert_eq!(world.now(), 30);
            assert!(!*two.leading.borrow());
            two.leads().await;
            assert!(!*one.leading.borrow());
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_outage_costs_no_leadership() {
    for line in [Line::Dead, Line::Deaf, Line::Busy] {
        let world = World::new();
        let (mut one, run) = world.candidate("one");
        beside(run, async {
            one.leads().await;
            sleep(Duration::from_millis(4_500)).await;
            one.line.send(line).unwrap();
            // The renewal after 5 s meets it, whether it hangs or is refused.
            sleep(Duration::from_secs(1)).await;
            one.line.send(Line::Open).unwrap();
            sleep(Duration::from_secs(30)).await;
            assert!(*one.leading.borrow() && !one.leading.has_changed().unwrap());
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_somebody_deleted_or_labelled_stays_with_its_holder() {
    let world = World::new();
    let (mut one, run) = world.candidate("one");
    beside(run, async {
        one.leads().await;
        sleep(Duration::from_secs(7)).await;
        world.store().record = None;
        sleep(Duration::from_secs(7)).await;
        assert_eq!(world.store().holder().as_deref(), Some("one"));
        {
            let mut store = world.store();
            let touched = "touched".to_owned();
            store.record.as_mut().unwrap().metadata.resource_version = Some(touched);
        }
        sleep(Duration::from_secs(7)).await;
        assert!(*one.leading.borrow());
        assert_eq!(world.store().holder().as_deref(), Some("one"));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_the_shutdown_cut_does_not_keep_the_lease() {
    let world = World::new();
    let (mut one, run) = world.candidate("one");
    beside(run, async {
        one.leads().await;
        one.line.send(Line::Deaf).unwrap();
        sleep(Duration::from_secs(6)).await;
        assert_eq!(world.store().count("one", "PUT"), 1);
        one.line.send(Line::Open).unwrap();
        one.stop.send(()).unwrap();
        one.leading.wait_for(|leads| !leads).await.unwrap();
        while world.store().holder().is_some() {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}
