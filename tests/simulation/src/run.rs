//! One run: a queue of events, processes that are polled in an order that the seed chooses, and a
//! clock that moves only when nobody can go on.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, atomic::AtomicI64},
    task::Poll,
};

use fastrand::Rng;
use tokio::runtime::Builder;

use crate::{
    Mutant,
    cloud::Cloud,
    coverage::Coverage,
    history,
    net::Sent,
    oracle,
    plan::{Act, Plan, pick},
    replica::{Alarm, Polled, Process, Replica},
    store::{Change, Store},
    time::{MINUTE, Ms, SECOND, Watch},
    trace::Trace,
    traffic::Flight,
};

/// What to run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The world.
    pub seed: u64,
    /// The operator is broken like this.
    pub mutant: Option<Mutant>,
    /// Keeps the trace.
    pub trace: bool,
    /// Every stored status is judged by the rules of the shipped CRD. They cost much time.
    pub rules: bool,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Invariants that do not hold; none is what is wanted.
    pub violations: Vec<String>,
    /// What happened.
    pub coverage: Coverage,
    /// What happened, line by line, if it was asked for.
    pub trace: String,
}

/// No run lasts longer than this after its calm.
const END: Ms = 6 * 60 * MINUTE;

/// Runs one seed.
#[must_use]
pub fn run(options: &Options) -> Verdict {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut run = Run::new(options);
        run.begin();
        run.drive().await;
        run.judge()
    })
}

/// Something that happens at a moment.
pub(crate) enum Event {
    Arrive(u64),
    Return(u64),
    Due(usize, u32),
    See(usize, u32, usize),
    SeeAccount(usize, u32, String),
    Travel,
    Start(usize),
    Thaw(usize),
    Jump(usize, i64),
    Create(usize),
    Act(usize, Act),
    Foreign(String),
    Twin(&'static str),
    Resolve,
    Calm,
    Stop,
}

/// A run under way.
pub(crate) struct Run {
    pub(crate) plan: Plan,
    pub(crate) rng: Rng,
    pub(crate) watch: Watch,
    pub(crate) now: Ms,
    pub(crate) store: Store,
    pub(crate) cloud: Cloud,
    pub(crate) replicas: Vec<Replica>,
    pub(crate) flights: BTreeMap<u64, Flight>,
    pub(crate) made: u64,
    queue: BTreeMap<(Ms, u64), Event>,
    pub(crate) alarm: Alarm,
    /// Changes that caches were told of.
    pub(crate) told: usize,
    pub(crate) coverage: Coverage,
    pub(crate) trace: Trace,
    pub(crate) mutant: Option<Mutant>,
    pub(crate) is_calm: bool,
    pub(crate) is_over: bool,
    /// UIDs of objects whose status was rolled back.
    pub(crate) rolled_back: BTreeSet<String>,
    /// Calls to the cloud after everything had ended.
    pub(crate) restless: Vec<String>,
    pub(crate) settled_at: Option<Ms>,
}

impl Run {
    fn new(options: &Options) -> Self {
        let mut rng = Rng::with_seed(options.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut plan = Plan::of(&mut rng);
        crate::plan::bend(&mut plan, options.mutant, &mut rng);
        let watch = Watch::start();
        let cloud = Cloud::new(&plan.cloud, options.seed);
        let mut store = Store::default();
        store.schema = options.rules.then(crate::store::schema);
        crate::people::put_accounts(&mut store, plan.knows_creators);
        let replicas = plan.clocks.iter().map(|off| Replica {
            off: Arc::new(AtomicI64::new(*off)),
            life: 0,
            frozen_until: None,
            process: None,
        });
        Self {
            replicas: replicas.collect(),
            rng,
            watch,
            now: 0,
            store,
            cloud,
            flights: BTreeMap::new(),
            made: 0,
            queue: BTreeMap::new(),
            alarm: Alarm::default(),
            told: 0,
            coverage: Coverage::default(),
            trace: Trace::new(options.trace),
            mutant: options.mutant,
            is_calm: false,
            is_over: false,
            rolled_back: BTreeSet::new(),
            restless: Vec::new(),
            settled_at: None,
            plan,
        }
    }

    fn begin(&mut self) {
        let plan = self.plan.clone();
        self.trace.line(0, || format!("plan {plan:#?}"));
        for index in 0..plan.replicas {
            self.at(0, Event::Start(index));
        }
        for (index, request) in plan.requests.iter().enumerate() {
            self.at(request.at, Event::Create(index));
        }
        for (when, index, act) in plan.acts {
            self.at(when, Event::Act(index, act));
        }
        for (when, index, off) in plan.jumps {
            self.at(when, Event::Jump(index, off));
        }
        for _ in 0..plan.travels {
            let when = self.rng.u64(1..plan.calm_at);
            self.at(when, Event::Travel);
        }
        if plan.twins && plan.cloud.list_lag == 0 {
            let app = plan.requests[0].app;
            self.at(1, Event::Twin(app));
        }
        self.at(plan.calm_at, Event::Calm);
        self.at(plan.calm_at + END, Event::Stop);
    }

    /// Something will happen at a moment.
    pub(crate) fn at(&mut self, when: Ms, event: Event) {
        self.made += 1;
        self.queue.insert((when.max(self.now), self.made), event);
    }

    /// Something will happen after a while.
    pub(crate) fn after(&mut self, wait: Ms, event: Event) {
        self.at(self.now + wait, event);
    }

    async fn drive(&mut self) {
        while !self.is_over {
            self.now = self.watch.now();
            self.happen();
            if self.poll_one() {
                self.tell_caches();
                continue;
            }
            self.tell_caches();
            self.look_whether_all_is_over();
            self.sleep().await;
        }
    }

    /// Everything that is due happens.
    fn happen(&mut self) {
        while let Some(entry) = self.queue.first_entry() {
            if entry.key().0 > self.now || self.is_over {
                return;
            }
            let event = entry.remove();
            self.handle(event);
            self.tell_caches();
        }
    }

    /// Until the next event, or until a pass can go on.
    async fn sleep(&mut self) {
        let Some(((next, _), _)) = self.queue.first_key_value() else {
            self.is_over = true;
            return;
        };
        let mut timer = std::pin::pin!(tokio::time::sleep_until(self.watch.instant(*next)));
        std::future::poll_fn(|context| {
            *self.alarm.lock().unwrap() = Some(context.waker().clone());
            if self.first_ready() {
                return Poll::Ready(());
            }
            timer.as_mut().poll(context)
        })
        .await;
    }

    fn first_ready(&self) -> bool {
        self.replicas.iter().any(|replica| {
            let awake = replica.frozen_until.is_none();
            let process = replica.process.as_ref();
            awake && process.is_some_and(|process| process.ready().next().is_some())
        })
    }

    /// One pass goes on until it waits; `false` if none can.
    fn poll_one(&mut self) -> bool {
        let mut ready = Vec::new();
        for (index, replica) in self.replicas.iter().enumerate() {
            if let (None, Some(process)) = (replica.frozen_until, &replica.process) {
                ready.extend(process.ready().map(|name| (index, name.clone())));
            }
        }
        if ready.is_empty() {
            return false;
        }
        let (index, name) = ready.swap_remove(self.rng.usize(0..ready.len()));
        let process = self.replicas[index].process.as_mut().expect("it is ready");
        let polled = process.poll(&name);
        let sent = process.outbox.take();
        let important = sent.iter().any(Sent::is_important);
        for sent in sent {
            self.depart(index, &name, sent);
        }
        if let Polled::Ended(due) = polled {
            let wait = due.map(|due| Ms::try_from(due.as_millis()).unwrap_or(END));
            let label = self.label(index);
            self.trace.line(self.now, || {
                format!("{label} {name}: pass ended, next in {wait:?}")
            });
            if let Some(wait) = wait {
                self.set_due(index, &name, self.now + wait);
            }
            self.begin_passes(index);
        }
        self.maybe_stop(index, important);
        true
    }

    /// The next pass of a request is due at `when`, or earlier if it was due earlier.
    pub(crate) fn set_due(&mut self, index: usize, name: &str, when: Ms) {
        let replica = &mut self.replicas[index];
        let Some(process) = &mut replica.process else {
            return;
        };
        let due = process.due.entry(name.to_owned()).or_insert(when);
        *due = (*due).min(when);
        let (when, life) = (*due, replica.life);
        self.at(when, Event::Due(index, life));
    }

    /// Begins every pass that is due.
    pub(crate) fn begin_passes(&mut self, index: usize) {
        let label = self.label(index);
        let replica = &mut self.replicas[index];
        if replica.frozen_until.is_some() {
            return;
        }
        let Some(process) = &mut replica.process else {
            return;
        };
        let names: Vec<String> = process.due.keys().cloned().collect();
        for name in names {
            if process.begin(&name, self.now, &self.alarm) {
                let version = process.cached_version(&name);
                self.trace.line(self.now, || {
                    format!("{label} {name}: pass over v{version:?}")
                });
            }
        }
    }

    /// A kill or a pause, right after a poll.
    fn maybe_stop(&mut self, index: usize, important: bool) {
        if self.is_calm {
            return;
        }
        let odds = self.plan.stop_odds * if important { 10 } else { 1 };
        if self.rng.u32(0..1_000) >= odds {
            return;
        }
        let wait = pick(&mut self.rng, &[0, 1, 20, 130, 600, 1_000, 1_300]) * SECOND;
        if self.plan.crashes > 0 && self.rng.bool() {
            self.plan.crashes -= 1;
            self.kill(index);
            self.after(wait / 4, Event::Start(index));
        } else if self.plan.freezes > 0 {
            self.plan.freezes -= 1;
            self.coverage.frozen += 1;
            let label = self.label(index);
            self.trace
                .line(self.now, || format!("{label}: stopped for {wait} ms"));
            self.replicas[index].frozen_until = Some(self.now + wait);
            self.after(wait, Event::Thaw(index));
        }
    }

    fn kill(&mut self, index: usize) {
        self.coverage.crashed += 1;
        let label = self.label(index);
        self.trace.line(self.now, || format!("{label}: killed"));
        let life = self.replicas[index].life;
        self.replicas[index].process = None;
        // What has not arrived was on the wire already, or was not.
        let sent: Vec<u64> = self
            .flights
            .iter()
            .filter(|(_, flight)| flight.from == (index, life))
            .map(|(id, _)| *id)
            .collect();
        for id in sent {
            if self.rng.bool() {
                self.flights.remove(&id);
            }
        }
    }

    pub(crate) fn start(&mut self, index: usize) {
        let replica = &mut self.replicas[index];
        replica.life += 1;
        let identity = format!("machine-{index}-{}", replica.life);
        let process = Process::start(&identity, &replica.off, self.watch, self.mutant);
        replica.process = Some(process);
        let label = self.label(index);
        self.trace.line(self.now, || format!("{label}: started"));
        self.fill_caches(index);
    }

    /// `p0.2`: the second process of the first machine.
    pub(crate) fn label(&self, index: usize) -> String {
        format!("p{index}.{}", self.replicas[index].life)
    }

    /// Changes from one place on that a cache may be told of.
    pub(crate) fn change(&self, place: usize) -> Change {
        self.store.changes[place].clone()
    }

    fn judge(mut self) -> Verdict {
        let mut violations = std::mem::take(&mut self.store.violations);
        violations.append(&mut self.restless);
        violations.extend(history::judge(&self.store.changes));
        violations.extend(oracle::judge(&self));
        oracle::count(&mut self);
        Verdict {
            violations,
            coverage: self.coverage,
            trace: self.trace.into_text(),
        }
    }
}
