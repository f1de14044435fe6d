//! Volcengine against the simulator.

mod follow;
mod preflight;
mod submit;

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use cloudsim::{
    Config, DEFAULT_KEY_ID, DEFAULT_KEY_SECRET, Instance, RebootPlan, Simulator, VolcengineConfig,
};
use jiff::{SignedDuration, Timestamp};
use restart_operator::cloud::{
    Access, Clock, Provider, Signature,
    error::CloudError,
    http::{Http, HttpSettings},
    types::{
        Acceptance, Answer, AttemptId, Check, Following, OrderReport, Part, PartState, Submission,
        Target, VolcengineInstances,
    },
    volcengine::VolcengineProvider,
};

use crate::fixture::{key, permit, quick};

pub(crate) const REBOOT: &str = "RebootInstances";
pub(crate) const LIST: &str = "DescribeInstances";
pub(crate) const EVENTS: &str = "DescribeSystemEvents";

/// A clock that goes only when it is told to.
struct ToldClock {
    start: Timestamp,
    passed: AtomicI64,
}

impl Clock for ToldClock {
    fn wall(&self) -> Timestamp {
        self.start + SignedDuration::from_secs(self.passed.load(Ordering::SeqCst))
    }

    fn boot(&self) -> Duration {
        Duration::from_secs(self.passed.load(Ordering::SeqCst).unsigned_abs())
    }
}

/// A simulated fleet and a provider, both with a clock that stands still.
pub(crate) struct Fleet {
    pub(crate) sim: Simulator,
    pub(crate) provider: VolcengineProvider,
    pub(crate) access: Access,
    clock: Arc<ToldClock>,
}

impl Fleet {
    pub(crate) async fn of(instances: Vec<Instance>) -> Self {
        Self::with(instances, &quick()).await
    }

    pub(crate) async fn with(instances: Vec<Instance>, settings: &HttpSettings) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let volcengine = VolcengineConfig {
            instances,
            default_plan: RebootPlan::lasting(Duration::from_secs(10)),
            ..VolcengineConfig::default()
        };
        let config = Config {
            volcengine,
            ..Config::default()
        };
        let sim = Simulator::start(config).await.unwrap();
        sim.freeze_clock();
        let clock = Arc::new(ToldClock {
            start: Timestamp::now(),
            passed: AtomicI64::new(0),
        });
        let access = Access {
            credential: key(DEFAULT_KEY_ID, DEFAULT_KEY_SECRET, None),
            endpoint: sim.base_url().to_owned(),
            creators: vec![],
            signature: Signature::default(),
        };
        let http = Http::new(settings).unwrap();
        Self {
            provider: VolcengineProvider::new(http, clock.clone(), Arc::new(())),
            sim,
            access,
            clock,
        }
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.sim.advance_clock(SignedDuration::from_secs(seconds));
        self.clock.passed.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn intent(&self, token: &str) -> Submission {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let signed_at = Timestamp::from_second(self.clock.wall().as_second()).unwrap();
        Submission {
            attempt: AttemptId(format!("attempt-{number}")),
            number: 1,
            owned: 0,
            signed_at,
            not_after: signed_at + SignedDuration::from_secs(120),
            target_hash: String::new(),
            nonce: token.to_owned(),
            credential: String::new(),
            baseline: vec![],
        }
    }

    pub(crate) async fn check(&self, target: &Target) -> Result<Check, CloudError> {
        self.provider.check(&self.access, target).await
    }

    pub(crate) async fn submit(&self, target: &Target, call: &Submission) -> Answer {
        let permit = permit(&call.attempt);
        self.provider
            .submit(&self.access, target, call, permit)
            .await
    }

    /// A reboot that the cloud accepts, as it is followed.
    pub(crate) async fn reboot(&self, target: &Target) -> Following {
        let call = self.intent("token");
        let accepted = accepted(self.submit(target, &call).await);
        Following {
            order: accepted.order,
            started: call.signed_at,
            baseline: vec![],
            parts: accepted.parts,
            named: false,
            taken: vec![],
        }
    }

    /// One look, whose parts are stored, as the core does.
    pub(crate) async fn poll(&self, target: &Target, following: &mut Following) -> OrderReport {
        let report = self
            .provider
            .poll(&self.access, target, following)
            .await
            .unwrap();
        following.parts.clone_from(&report.parts);
        report
    }

    pub(crate) fn calls(&self, action: &str) -> usize {
        self.sim.inspect(|ledger| ledger.requests(action).len())
    }

    pub(crate) fn reboots(&self, id: &str) -> usize {
        self.sim.inspect(|ledger| ledger.restarts_of(id).len())
    }
}

pub(crate) fn accepted(answer: Answer) -> Acceptance {
    match answer {
        Answer::Accepted(accepted) => accepted,
        other @ (Answer::Rejected(_) | Answer::Ambiguous(_)) => panic!("{other:?}"),
    }
}

pub(crate) fn instances(ids: &[&str]) -> VolcengineInstances {
    VolcengineInstances {
        region: "cn-beijing".into(),
        instance_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        force_stop: false,
        allow_bare_metal: false,
    }
}

pub(crate) fn target(ids: &[&str]) -> Target {
    Target::VolcengineInstances(instances(ids))
}

pub(crate) fn states(parts: &[Part]) -> Vec<PartState> {
    parts.iter().map(|part| part.state).collect()
}

pub(crate) fn warnings(check: &Check) -> Vec<&str> {
    check.warnings.iter().map(|warning| warning.code).collect()
}
