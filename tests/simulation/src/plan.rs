//! What a seed stands for: the processes, the requests, the cloud, what people do, and how often
//! messages are hurt. Everything is in here but the fate of single messages.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::{
    Mutant,
    cloud::{EDAS, INSTANCES, SAE},
    time::{MINUTE, Ms, SECOND, at},
};

/// A world.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Processes that are active from the start; none knows of the others.
    pub replicas: usize,
    /// Nothing is hurt, stopped or edited after this moment.
    pub calm_at: Ms,
    /// The cloud.
    pub cloud: CloudPlan,
    /// How often messages to the API server are hurt, per mille.
    pub kube_odds: u32,
    /// How often calls to the cloud are hurt, per mille.
    pub cloud_odds: u32,
    /// How often a restart call is hurt, per mille: it is what everything is about.
    pub restart_odds: u32,
    /// Kills that are left.
    pub crashes: u32,
    /// Pauses that are left.
    pub freezes: u32,
    /// Chance of a kill or a pause after one poll of a pass, per mille.
    pub stop_odds: u32,
    /// Caches lag by up to this, and one in ten events by ten times as much.
    pub watch_lag: Ms,
    /// Caches are thrown back to old states this often.
    pub travels: u32,
    /// How far the wall clock of each process is ahead at the start, in milliseconds.
    pub clocks: Vec<i64>,
    /// Wall clocks that jump: when, whose, to which offset.
    pub jumps: Vec<(Ms, usize, i64)>,
    /// The user id behind our key is known from the start.
    pub knows_creators: bool,
    /// Chance that others act on the target while an intent is open, per mille.
    pub foreign_odds: u32,
    /// Other tools restart with our own key, where the protocol can tell that apart.
    pub twins: bool,
    /// Requests.
    pub requests: Vec<RequestPlan>,
    /// What people do.
    pub acts: Vec<(Ms, usize, Act)>,
}

/// The cloud of a world.
#[derive(Clone, Copy, Debug)]
pub struct CloudPlan {
    /// How orders end.
    pub ending: Ending,
    /// How long an order takes.
    pub lasts: Ms,
    /// How long it prepares before its first batch.
    pub prepares: Ms,
    /// Orders younger than this are missing from reads.
    pub list_lag: Ms,
    /// The gateway refuses a nonce that it saw.
    pub nonce_filter: bool,
    /// How long a client token is remembered.
    pub token_life: Ms,
}

/// How orders end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words say it")]
pub enum Ending {
    Good,
    Failed,
    Aborted,
    Partial,
    Waits,
    Stuck,
}

/// A request.
#[derive(Clone, Debug)]
pub struct RequestPlan {
    /// When it is created.
    pub at: Ms,
    /// Its name.
    pub name: String,
    /// Which application, for what others do to it.
    pub app: &'static str,
    /// Its spec.
    pub spec: Value,
}

/// What a person does to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// `spec.cancel`.
    Cancel,
    /// `spec.suspend`, on and off.
    Suspend(bool),
    /// Deleted and created again under its name.
    Recreate,
    /// Created again out of a backup: without status, with the label that says so.
    Restore,
    /// Deleted.
    Delete,
    /// Its status goes back to what it was, as after a restore of etcd.
    RollBack,
}

impl Plan {
    /// The world of a seed.
    #[must_use]
    pub fn of(rng: &mut Rng) -> Self {
        let quiet = rng.u32(0..20) == 0;
        let replicas = if quiet {
            1
        } else {
            1 + pick(rng, &[0, 0, 1, 1, 1, 2])
        };
        let odds = |rng: &mut Rng, of: &[u32]| if quiet { 0 } else { pick(rng, of) };
        let calm_at = pick(rng, &[2, 5, 20, 40]) * MINUTE;
        let cloud = CloudPlan::of(rng);
        let requests = requests(rng, calm_at, &cloud);
        let acts = if quiet {
            Vec::new()
        } else {
            acts(rng, calm_at, requests.len())
        };
        Self {
            replicas,
            calm_at,
            kube_odds: odds(rng, &[0, 0, 30, 120, 300]),
            cloud_odds: odds(rng, &[0, 0, 50, 200]),
            restart_odds: odds(rng, &[0, 300, 600, 900]),
            crashes: odds(rng, &[0, 1, 2, 4]),
            freezes: odds(rng, &[0, 0, 1, 2]),
            stop_odds: pick(rng, &[5, 30, 100]),
            watch_lag: pick(rng, &[20, 200, 5_000, 60_000]),
            travels: odds(rng, &[0, 0, 3]),
            clocks: clocks(rng, replicas, quiet),
            jumps: jumps(rng, replicas, calm_at, quiet),
            knows_creators: rng.u32(0..4) > 0,
            foreign_odds: odds(rng, &[0, 0, 300, 700]),
            twins: !quiet && rng.bool() && !requests.iter().any(RequestPlan::is_batch),
            cloud,
            requests,
            acts,
        }
    }
}

impl Plan {
    /// Nothing is hurt.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        let odds = [
            self.kube_odds,
            self.cloud_odds,
            self.restart_odds,
            self.foreign_odds,
        ];
        odds.iter().all(|odds| *odds == 0)
            && self.crashes + self.freezes + self.travels == 0
            && !self.twins
            && self.acts.is_empty()
            && self.jumps.is_empty()
            && self.replicas == 1
            && self.clocks == [0]
            && self.watch_lag <= 200
            && self.cloud.list_lag == 0
    }
}

/// The world in which a mutant is looked for: what its rule is there for happens often.
pub fn bend(plan: &mut Plan, mutant: Option<Mutant>, rng: &mut Rng) {
    use Mutant as M;
    let Some(mutant) = mutant else { return };
    // The derived nonce would hide most of them: the rule is tried, not the second fence.
    plan.cloud.nonce_filter = false;
    plan.calm_at = 40 * MINUTE;
    let late = rng.u64(25 * MINUTE..39 * MINUTE);
    match mutant {
        M::CallBeforeIntent => plan.kube_odds = 300,
        M::IntentWithoutVersion | M::TakeoverCalls => {
            plan.set_replicas(3);
            plan.watch_lag = 5_000;
        }
        M::AmbiguousIsRejection | M::TransportRetry => plan.restart_odds = 900,
        M::SignAtSend => {
            plan.set_replicas(2);
            (plan.restart_odds, plan.crashes, plan.freezes) = (0, 0, 2);
            plan.stop_odds = 30;
        }
        M::AdoptAnyCreator
        | M::AdoptAnyAge
        | M::AdoptAnyType
        | M::AdoptAnyTime
        | M::AdoptRecorded => {
            plan.aim(&json!({"saeApplication": {"appId": SAE[0]}}), SAE[0], "ali");
            plan.knows_creators = true;
            plan.twins = true;
            plan.cloud.list_lag = 0;
            (plan.restart_odds, plan.foreign_odds) = (900, 1_000);
            if mutant == M::AdoptRecorded {
                plan.race();
            }
        }
        M::RestoredRuns => plan.acts.push((late, 0, Act::Restore)),
        M::DeadlineFromNow => plan.acts.push((late, 0, Act::RollBack)),
        M::ResendWithoutTakeover | M::ReleaseAfterTakeover | M::UnboundedResend => {
            let target = json!({"volcengineInstances": {"instanceIds": INSTANCES}});
            plan.aim(&target, INSTANCES[0], "volc");
            plan.restart_odds = 900;
            plan.cloud.token_life = 125 * SECOND;
        }
    }
}

impl Plan {
    fn set_replicas(&mut self, count: usize) {
        self.replicas = count;
        self.clocks.resize(count, 0);
        self.jumps.clear();
    }

    /// Two processes take up two requests for one target at once, and neither sees the other's.
    fn race(&mut self) {
        self.set_replicas(2);
        (self.watch_lag, self.restart_odds, self.foreign_odds) = (5_000, 100, 0);
        self.cloud.lasts = 15 * SECOND;
        for request in &mut self.requests {
            request.at = 10;
            request.spec["suspend"] = json!(false);
        }
    }

    /// Every request is about this target.
    fn aim(&mut self, target: &Value, app: &'static str, account: &str) {
        for request in &mut self.requests {
            request.app = app;
            request.spec["target"] = target.clone();
            request.spec["accountRef"] = json!({"name": account});
            request.spec["dryRun"] = json!(false);
        }
    }
}

impl RequestPlan {
    // Whose the order of a batch's member is, no document tells, so a restart with our own key is taken
    // for it: the reason for a key of its own.
    fn is_batch(&self) -> bool {
        self.spec["target"].get("saeApplications").is_some()
    }
}

impl CloudPlan {
    fn of(rng: &mut Rng) -> Self {
        use Ending as E;
        let endings = [
            E::Good,
            E::Good,
            E::Good,
            E::Good,
            E::Good,
            E::Failed,
            E::Aborted,
            E::Partial,
            E::Waits,
            E::Stuck,
        ];
        let lasts = pick(rng, &[2, 5, 15, 60]) * SECOND;
        Self {
            ending: pick(rng, &endings),
            lasts,
            prepares: pick(rng, &[0, 0, lasts / 2]),
            list_lag: pick(rng, &[0, 0, 0, 5, 30, 110]) * SECOND,
            // The derived nonce is a second fence. Nothing may rest on it alone.
            nonce_filter: rng.u32(0..4) > 0,
            token_life: pick(rng, &[125, 300, 900]) * SECOND,
        }
    }
}

/// One of these.
pub fn pick<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.usize(0..of.len())]
}

fn requests(rng: &mut Rng, calm_at: Ms, cloud: &CloudPlan) -> Vec<RequestPlan> {
    let count = pick(rng, &[1, 1, 2, 2, 3]);
    let first = rng.u32(0..6);
    (0..count)
        .map(|number| {
            // Mostly about the same target: that is where requests meet.
            let kind = if rng.u32(0..3) == 0 {
                rng.u32(0..6)
            } else {
                first
            };
            let (app, account, target) = target(rng, kind);
            let created = match number {
                0 => 10,
                _ => pick(rng, &[20, 3_000, calm_at / 2]),
            };
            RequestPlan {
                at: created,
                name: format!("r{number}"),
                app,
                spec: spec(rng, account, &target, created, cloud),
            }
        })
        .collect()
}

fn target(rng: &mut Rng, kind: u32) -> (&'static str, &'static str, Value) {
    let app = SAE[0];
    let instances: Vec<&str> = INSTANCES[..rng.usize(1..=2)].to_vec();
    match kind {
        0 | 1 => (app, "ali", json!({"saeApplication": {"appId": app}})),
        2 => {
            let ids = [format!("{app}-a")];
            (
                app,
                "ali",
                json!({"saeInstances": {"appId": app, "instanceIds": ids}}),
            )
        }
        3 => {
            let ids = &SAE[..rng.usize(1..=2)];
            let batch = json!({"namespaceId": "cn-hangzhou", "appIds": ids});
            (app, "ali", json!({"saeApplications": batch}))
        }
        4 => (EDAS, "ali", json!({"edasApplication": {"appId": EDAS}})),
        _ => {
            let target = json!({"volcengineInstances": {"instanceIds": instances}});
            (INSTANCES[0], "volc", target)
        }
    }
}

fn spec(rng: &mut Rng, account: &str, target: &Value, created: Ms, cloud: &CloudPlan) -> Value {
    let never_ends = !matches!(
        cloud.ending,
        Ending::Good | Ending::Failed | Ending::Aborted
    );
    let active = if never_ends {
        100
    } else {
        pick(rng, &[600, 3_600])
    };
    let mut spec = json!({
        "accountRef": {"name": account}, "target": target,
        "startDeadlineSeconds": pick(rng, &[60, 900, 3_600]),
        "activeDeadlineSeconds": active,
        "backoffLimit": rng.u32(0..4),
        "suspend": rng.u32(0..20) == 0,
        "dryRun": rng.u32(0..25) == 0,
    });
    if rng.u32(0..6) == 0 {
        let before = pick(rng, &[0, 1, 30, 600]) * SECOND + created;
        spec["startBefore"] = json!(at(before).to_string());
        if rng.bool() {
            spec["ttlSecondsAfterFinished"] = json!(pick(rng, &[0, 60, 7_200]));
        }
    }
    spec
}

fn acts(rng: &mut Rng, calm_at: Ms, requests: usize) -> Vec<(Ms, usize, Act)> {
    let all = [
        Act::Cancel,
        Act::Cancel,
        Act::Suspend(true),
        Act::Suspend(false),
        Act::Recreate,
        Act::Restore,
        Act::Delete,
        Act::RollBack,
    ];
    let count = pick(rng, &[0, 0, 0, 1, 2, 3]);
    (0..count)
        .map(|_| {
            let latest = pick(rng, &[300, 2_000, 30_000, calm_at]);
            (rng.u64(1..latest), rng.usize(0..requests), pick(rng, &all))
        })
        .collect()
}

fn clocks(rng: &mut Rng, replicas: usize, quiet: bool) -> Vec<i64> {
    let offsets: &[i64] = if quiet {
        &[0]
    } else {
        &[
            0, 0, 0, 0, 1_500, -1_500, 55_000, -55_000, 300_000, -300_000,
        ]
    };
    (0..replicas).map(|_| pick(rng, offsets)).collect()
}

fn jumps(rng: &mut Rng, replicas: usize, calm_at: Ms, quiet: bool) -> Vec<(Ms, usize, i64)> {
    let count = if quiet {
        0
    } else {
        pick(rng, &[0, 0, 0, 1, 2])
    };
    let offsets = [0, 50_000, -50_000, 300_000, -300_000, 3_600_000, -3_600_000];
    (0..count)
        .map(|_| {
            let latest = pick(rng, &[2_000, calm_at]);
            (
                rng.u64(1..latest),
                rng.usize(0..replicas),
                pick(rng, &offsets),
            )
        })
        .collect()
}
