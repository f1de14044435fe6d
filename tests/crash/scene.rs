//! One test's world with processes in it, and the judge: the simulator's ledger against what the
//! requests say of themselves.

use std::{fs, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use cloudsim::{Config, DEFAULT_KEY_SECRET, Ledger, RestartRecord};
use kube::api::ListParams;
use restart_operator::api::{Attribution, RestartRequest};
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

use crate::support::{
    controlplane::process::tail,
    gate::Gate,
    process::{Launch, OperatorProcess},
    world::{World, phase_of},
};

/// Longest wait for a fact. It only ends a test that hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The call that must not be made twice.
pub(crate) const RESTART: &str = "RestartApplication";

/// A world with a folder for the logs of its processes.
pub(crate) struct Scene {
    pub(crate) world: World,
    logs: TempDir,
}

impl Scene {
    pub(crate) async fn new(prefix: &str) -> Self {
        Self::with(prefix, |_| ()).await
    }

    /// The same with another cloud.
    pub(crate) async fn with(prefix: &str, change: impl FnOnce(&mut Config)) -> Self {
        Self {
            world: World::with(prefix, change).await,
            logs: tempfile::tempdir().expect("a folder"),
        }
    }

    /// One in which the account's status tells under which user the cloud shows our orders. An
    /// operator of one namespace only reads that status, so one of the whole cluster writes it first.
    pub(crate) async fn taught(prefix: &str) -> Self {
        let scene = Self::new(prefix).await;
        let teacher = scene.world.operator().await;
        scene.world.teach_the_creator().await;
        teacher.stop().await;
        scene
    }

    pub(crate) fn host(&self, identity: &str) -> Launch {
        Launch::host(&self.world, identity, self.logs.path())
    }

    pub(crate) fn shipped(&self, identity: &str) -> Launch {
        Launch::shipped(&self.world, identity, self.logs.path())
    }

    /// The process that comes after a crash: in the same pod, so with the same identity.
    pub(crate) fn restarted(&self) -> OperatorProcess {
        self.host("pod").start()
    }

    pub(crate) async fn gate(&self) -> Gate {
        Gate::to(&self.world.plane).await
    }

    pub(crate) async fn ask(&self, name: &str) -> RestartRequest {
        self.world.ask(name, json!({})).await
    }

    /// Until the request has ended; then everything is judged.
    pub(crate) async fn end_of(&self, name: &str) -> End {
        let object = self.world.until_finished(name).await;
        self.judge().await;
        End::of(&object)
    }

    /// Every request of the namespace has a true end, nothing was called or executed twice, and no
    /// process has logged the secret.
    pub(crate) async fn judge(&self) {
        let ledger = self.world.ledger();
        let requests = self.world.requests();
        let all = requests.list(&ListParams::default()).await.expect("a list");
        let executed: usize = all.items.iter().map(|one| judge_one(one, &ledger)).sum();
        assert_eq!(
            executed,
            ledger.restarts().len(),
            "a restart that nobody asked for"
        );
        self.no_secret_in_the_logs();
    }

    fn no_secret_in_the_logs(&self) {
        let encoded = BASE64.encode(DEFAULT_KEY_SECRET);
        for entry in fs::read_dir(self.logs.path()).expect("logs") {
            let path = entry.expect("a log").path();
            let log = fs::read(&path).expect("a log");
            let log = String::from_utf8_lossy(&log);
            assert!(!log.is_empty(), "{} is empty", path.display());
            for secret in [DEFAULT_KEY_SECRET, &encoded] {
                let line = log.lines().find(|line| line.contains(secret));
                assert_eq!(line, None, "the secret is in {}", path.display());
            }
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for entry in fs::read_dir(self.logs.path())
                .into_iter()
                .flatten()
                .flatten()
            {
                eprintln!("--- {}\n{}", entry.path().display(), tail(&entry.path()));
            }
        }
    }
}

/// What a test says about an end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) phase: &'static str,
    pub(crate) attribution: Option<Attribution>,
}

impl End {
    pub(crate) fn of(object: &RestartRequest) -> Self {
        let order = object
            .status
            .as_ref()
            .and_then(|status| status.change_order.as_ref());
        Self {
            phase: phase_of(object),
            attribution: order.map(|order| order.attribution),
        }
    }

    /// Executed, and known from the answer to the call.
    pub(crate) const DIRECT: Self = Self {
        phase: "Succeeded",
        attribution: Some(Attribution::Direct),
    };

    /// Executed, and found afterwards.
    pub(crate) const ADOPTED: Self = Self {
        phase: "Succeeded",
        attribution: Some(Attribution::Adopted),
    };

    /// Proved not to be executed.
    pub(crate) const NOT_EXECUTED: Self = Self {
        phase: "NotExecuted",
        attribution: None,
    };
}

/// Judges one request, and gives how many restarts were executed for it.
fn judge_one(request: &RestartRequest, ledger: &Ledger) -> usize {
    let name = request.metadata.name.as_deref().unwrap_or_default();
    let status = request.status.clone().unwrap_or_default();
    let attempts = status.attempt.as_ref().map_or(0, |attempt| attempt.number);
    let uid = request.metadata.uid.as_deref().unwrap_or_default();
    let nonces: Vec<String> = (1..=attempts).map(|number| nonce(uid, number)).collect();
    for nonce in &nonces {
        let sent = ledger.by_nonce(nonce).len();
        assert!(sent <= 1, "{name}: attempt {nonce} was sent {sent} times");
    }
    let executed: Vec<&RestartRecord> = nonces
        .iter()
        .flat_map(|nonce| ledger.restarts_by_nonce(nonce))
        .collect();
    assert!(executed.len() <= 1, "{name}: executed twice: {executed:#?}");
    let order = executed.first().map(|restart| restart.order.as_str());
    let told = status
        .change_order
        .as_ref()
        .and_then(|order| order.id.as_deref());
    match phase_of(request) {
        "Succeeded" => assert_eq!(
            (executed.len(), told),
            (1, order),
            "{name}: a false success"
        ),
        "NotExecuted" | "Failed" | "Cancelled" | "Expired" | "Skipped" => {
            assert_eq!((order, told), (None, None), "{name}: executed all the same");
        }
        "Unknown" => {}
        phase => panic!("{name} has no end, it is {phase}"),
    }
    if phase_of(request) == "NotExecuted" {
        let ended = status.completion_time.map(|time| time.0);
        let window = status.attempt.map(|attempt| attempt.not_after.0);
        assert!(
            ended > window,
            "{name}: told before the signature had ended"
        );
    }
    executed.len()
}

/// The nonce of an attempt, from what the protocol says and not from the status.
fn nonce(uid: &str, number: i32) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{uid}/{number}").as_bytes()).to_string()
}
