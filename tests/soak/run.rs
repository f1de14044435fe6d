//! One soak from its start to its verdict.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use cloudsim::Ledger;
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use restart_operator::api::Phase;
use serde_json::json;

use crate::{
    cloud,
    judge::{Finding, Orders, Subject, judge},
    load::Load,
    plan::{Targets, edas},
    replicas::{Hurts, Replicas},
    support::{failure::Outcome, wait, world::World},
};

/// Two more namespaces beside the world's own.
const MORE_NAMESPACES: usize = 2;
/// From the end of all faults until every request has ended or is Unknown. A Lease runs out in 15 s,
/// an attempt is clear 19 s after its signature, a batch waits two minutes for a member without an
/// order, and a few wait for each other at one target.
const BOUND: Duration = Duration::from_secs(240);
/// Between two lines about how far it is.
const PROGRESS: Duration = Duration::from_secs(10);

/// What is asked of a soak.
pub(crate) struct Demand {
    pub(crate) requests: usize,
    pub(crate) seed: u64,
    /// The load takes at least this long.
    pub(crate) spread: Duration,
    /// The longest pause between two things that are done to the replicas.
    pub(crate) pause: Duration,
}

/// What came of it.
pub(crate) struct Verdict {
    pub(crate) subjects: Vec<Subject>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) hurts: Hurts,
    pub(crate) restarts: usize,
    pub(crate) faulted: usize,
}

/// Runs it. `logs` gets what the replicas log.
pub(crate) async fn run(demand: &Demand, logs: &Path) -> Outcome<Verdict> {
    let targets = Targets::for_requests(demand.requests);
    let mut rng = Rng::with_seed(demand.seed);
    let world = World::with("soak", |config| cloud::configure(config, targets)).await;
    let load = people(&world).await?;
    teach(&world).await;
    // What was executed until here belongs to nobody who is judged.
    let before = world.ledger().version();

    let others = load.namespaces[1..].to_vec();
    let mut replicas = Replicas::start(&world, &others, logs, rng.fork(), demand.pause);
    let asked = AtomicBool::new(false);
    let pace = demand.spread / u32::try_from(demand.requests).unwrap_or(u32::MAX);
    let (for_load, for_cloud) = (rng.fork(), rng.fork());
    let work = async {
        let all = load.run(for_load, demand.requests, pace, targets).await;
        asked.store(true, Ordering::Relaxed);
        all
    };
    let hurt = replicas.hurt(|| asked.load(Ordering::Relaxed));
    let both = async { tokio::try_join!(work, hurt) };
    tokio::select! {
        done = both => done.map(drop)?,
        () = cloud::break_it(world.sim.control(), for_cloud, targets) => {}
        () = load.watch() => {}
        () = tell(&load) => {}
    }
    world.sim.clear_faults();
    tokio::select! {
        () = load.settle(BOUND) => {}
        () = load.watch() => {}
        () = tell(&load) => {}
    }
    let subjects = load.subjects().await?;
    nothing_can_arrive_any_more(&world, &subjects).await;
    let ledger = world.ledger().since(before);
    let orders = orders(&world, &ledger);
    Ok(Verdict {
        findings: judge(&subjects, &ledger, &orders),
        hurts: replicas.hurts,
        restarts: ledger.restarts().len(),
        faulted: faulted(&ledger),
        subjects,
    })
}

/// The namespaces and accounts that requests are made with.
async fn people(world: &World) -> Outcome<Load> {
    let mut namespaces = vec![world.namespace.clone()];
    for _ in 0..MORE_NAMESPACES {
        namespaces.push(world.plane.new_namespace("soak").await?);
    }
    let allowed = json!({"allowedNamespaces": {"names": namespaces}});
    world.put_account(allowed.clone()).await;
    let volcengine = world.put_volcengine_account_with(allowed).await;
    let accounts = [world.namespace.clone(), volcengine];
    Ok(Load::new(world.admin.clone(), namespaces, accounts))
}

/// An operator of one namespace only reads under which user the cloud shows its orders, so one of the
/// whole cluster learns it first.
async fn teach(world: &World) {
    let teacher = world.operator().await;
    world.teach_the_creator().await;
    let target = json!({"saeApplication": null, "edasApplication": {"appId": edas(0)}});
    world.ask("teacher-edas", json!({"target": target})).await;
    world.until_phase("teacher-edas", "Succeeded").await;
    teacher.stop().await;
}

/// Says how far it is, now and then.
async fn tell(load: &Load) {
    let started = Instant::now();
    let mut ticks = tokio::time::interval(PROGRESS);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        println!(
            "{:4} s: {} requests created, {} under way",
            started.elapsed().as_secs(),
            load.created(),
            load.under_way()
        );
    }
}

/// The cloud has dealt with every call that it received, and takes none any more that was signed.
async fn nothing_can_arrive_any_more(world: &World, subjects: &[Subject]) {
    let windows = subjects.iter().filter_map(|subject| {
        let attempt = subject.object.status.as_ref()?.attempt.as_ref()?;
        Some(attempt.not_after.0)
    });
    let last = windows.max().unwrap_or(Timestamp::MIN);
    let skew = SignedDuration::from_secs(1);
    wait::until("no call is under way in the cloud", async || {
        let dealt_with = |ledger: &Ledger| {
            let mut all = ledger.all_requests().iter();
            all.all(|request| request.verdict.is_some())
        };
        world.sim.now().duration_since(last) > skew && world.sim.inspect(dealt_with)
    })
    .await;
}

/// How each order ended that was made for somebody.
fn orders(world: &World, ledger: &Ledger) -> Orders {
    let ids = ledger.restarts().iter().map(|restart| &restart.order);
    ids.filter_map(|id| Some((id.clone(), world.sim.order(id)?.status)))
        .collect()
}

/// Requests that met a fault other than the delay of every answer.
fn faulted(ledger: &Ledger) -> usize {
    let met = ledger.all_requests().iter().filter(|request| {
        request.faults.iter().any(|kind| kind != "delay") || request.faults.len() > 1
    });
    met.count()
}

impl Verdict {
    /// How many ended in each phase, and how many of them were found after a lost answer.
    pub(crate) fn phases(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for subject in &self.subjects {
            let status = subject.object.status.clone().unwrap_or_default();
            let name = if subject.deleted {
                "deleted"
            } else {
                status.phase.as_str()
            };
            *counts.entry(name).or_default() += 1;
            let adopted = status.change_order.is_some_and(|order| {
                order.attribution == restart_operator::api::Attribution::Adopted
            });
            if adopted {
                *counts.entry("(adopted)").or_default() += 1;
            }
        }
        counts
    }

    pub(crate) fn succeeded(&self) -> usize {
        let phase = |subject: &Subject| subject.object.status.as_ref().map(|status| status.phase);
        let all = self.subjects.iter();
        all.filter(|subject| phase(subject) == Some(Phase::Succeeded))
            .count()
    }
}
