//! One test's world with processes in it, and the judge: the simulator's ledger against what the
//! requests say of themselves.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use cloudsim::{Config, DEFAULT_KEY_SECRET, Ledger, RequestRecord};
use k8s_openapi::api::{
    coordination::v1::Lease,
    rbac::v1::{Role, RoleBinding},
};
use kube::{Api, api::PostParams, config::Kubeconfig, runtime::wait::await_condition};
use restart_operator::api::{Attribution, RestartRequest};
use secrecy::ExposeSecret;
use serde_json::json;
use tempfile::TempDir;

use crate::support::{
    controlplane::{ControlPlane, namespace::subject, process::tail, start::Servers, users::User},
    gate::Gate,
    history::History,
    judge::{self, nonces},
    process::{Launch, OperatorProcess},
    wait,
    world::{World, phase_of},
};

/// Longest wait for a fact. It only ends a test that hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The call that must not be made twice.
pub(crate) const RESTART: &str = "RestartApplication";

/// A world with a folder for the logs of its processes.
pub(crate) struct Scene {
    pub(crate) world: World,
    history: History,
    logs: TempDir,
    files: TempDir,
}

impl Scene {
    pub(crate) async fn new(prefix: &str) -> Self {
        Self::with(prefix, |_| ()).await
    }

    /// The same with another cloud.
    pub(crate) async fn with(prefix: &str, change: impl FnOnce(&mut Config)) -> Self {
        Self::of(World::with(prefix, change).await).await
    }

    async fn of(world: World) -> Self {
        let history = History::of(world.admin.clone(), &world.namespace).await;
        Self {
            world,
            history,
            logs: tempfile::tempdir().expect("a folder"),
            files: tempfile::tempdir().expect("a folder"),
        }
    }

    /// The same on a control plane of the test's own.
    pub(crate) async fn on(
        plane: ControlPlane,
        prefix: &str,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        Self::of(World::on(Arc::new(plane), prefix, change).await).await
    }

    /// The servers of such a control plane.
    pub(crate) fn servers(&mut self) -> &mut Servers {
        let plane = Arc::get_mut(&mut self.world.plane).expect("nobody else has it");
        plane.servers().expect("servers of our own")
    }

    /// One in which the account's status tells under which user the cloud shows our orders. An
    /// operator of one namespace only reads that status, so one of the whole cluster writes it first.
    pub(crate) async fn taught(prefix: &str) -> Self {
        Self::taught_with(prefix, |_| ()).await
    }

    /// The same with another cloud.
    pub(crate) async fn taught_with(prefix: &str, change: impl FnOnce(&mut Config)) -> Self {
        let scene = Self::with(prefix, change).await;
        let teacher = scene.world.operator().await;
        scene.world.teach_the_creator().await;
        teacher.stop().await;
        scene
    }

    pub(crate) fn host(&self, identity: &str) -> Launch {
        Launch::host(&self.world, identity, self.logs.path())
    }

    /// A host that leads beside others, by a Lease of its own name.
    pub(crate) async fn leader(&self, identity: &str) -> Launch {
        self.allow_lease(identity).await;
        self.host(identity).lease(identity)
    }

    /// The shipped role names one Lease, and without the right to read it nobody leads.
    async fn allow_lease(&self, name: &str) {
        let role_name = format!("lease-{name}");
        let role: Role = serde_json::from_value(json!({
            "metadata": {"name": role_name},
            "rules": [{
                "apiGroups": ["coordination.k8s.io"],
                "resources": ["leases"],
                "resourceNames": [name],
                "verbs": ["get", "update"],
            }],
        }))
        .expect("a role");
        let binding: RoleBinding = serde_json::from_value(json!({
            "metadata": {"name": role_name},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": role_name,
            },
            "subjects": [subject(User::Operator)],
        }))
        .expect("a binding");
        let (admin, namespace) = (self.world.admin.clone(), &self.world.namespace);
        let new = PostParams::default();
        let roles: Api<Role> = Api::namespaced(admin.clone(), namespace);
        roles.create(&new, &role).await.expect("create");
        let bindings: Api<RoleBinding> = Api::namespaced(admin, namespace);
        bindings.create(&new, &binding).await.expect("create");
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

    /// A request for the instances of its Volcengine account.
    pub(crate) async fn reboot(&self, name: &str, account: &str) -> RestartRequest {
        let ids: Vec<String> = self
            .world
            .sim
            .instances()
            .into_iter()
            .map(|one| one.instance.id)
            .collect();
        let target = json!({"saeApplication": null, "volcengineInstances": {"instanceIds": ids}});
        let account = json!({"kind": "ClusterCloudAccount", "name": account});
        self.world
            .ask(name, json!({"accountRef": account, "target": target}))
            .await
    }

    /// A file beside the logs, gone with them.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.files.path().join(name);
        fs::write(&path, text).expect("a file");
        path
    }

    /// The restart calls that were made for a request, whatever came of them.
    pub(crate) async fn calls_of(&self, name: &str) -> Vec<RequestRecord> {
        let request = self.world.get(name).await;
        let ledger = self.world.ledger();
        let nonces = nonces(&request);
        let calls = nonces.iter().flat_map(|nonce| ledger.by_nonce(nonce));
        calls.cloned().collect()
    }

    /// The same, once the cloud has answered, or dropped, what it received.
    pub(crate) async fn answered_calls_of(&self, name: &str) -> Vec<RequestRecord> {
        let answered = |ledger: &Ledger| {
            let mut calls = ledger.requests(RESTART).into_iter().peekable();
            calls.peek().is_some() && calls.all(|call| call.verdict.is_some())
        };
        let all = self.world.sim.wait_for(answered, PATIENCE).await;
        all.expect("an answer to every call");
        self.calls_of(name).await
    }

    /// Until this process holds the Lease that all share.
    pub(crate) async fn until_holder(&self, identity: &str) {
        let api: Api<Lease> = Api::namespaced(self.world.admin.clone(), &self.world.namespace);
        let holds = |lease: Option<&Lease>| {
            let holder = lease.and_then(|lease| lease.spec.as_ref()?.holder_identity.as_deref());
            holder == Some(identity)
        };
        let wait = await_condition(api, "restart-operator", holds);
        let found = tokio::time::timeout(PATIENCE, wait).await;
        found.expect("it never led").expect("a watch");
    }

    /// Who holds the Lease that all share.
    pub(crate) async fn holder(&self) -> String {
        let api: Api<Lease> = Api::namespaced(self.world.admin.clone(), &self.world.namespace);
        let lease = api.get("restart-operator").await.expect("a lease");
        lease
            .spec
            .and_then(|spec| spec.holder_identity)
            .unwrap_or_default()
    }

    /// Makes another process the holder of the Lease that all share, as one does that takes it.
    pub(crate) async fn give_lease(&self, identity: &str) {
        let api: Api<Lease> = Api::namespaced(self.world.admin.clone(), &self.world.namespace);
        let spec = json!({"spec": {"holderIdentity": identity}});
        let patch = kube::api::Patch::Merge(spec);
        let params = kube::api::PatchParams::default();
        api.patch("restart-operator", &params, &patch)
            .await
            .expect("a lease");
    }

    /// What a process answers to a scrape.
    pub(crate) async fn metrics(&self, identity: &str) -> String {
        let log = self.log_of(identity);
        let (_, rest) = log.split_once("address=").expect("its address");
        let address = rest.split_whitespace().next().unwrap_or_default();
        let answer = reqwest::get(format!("http://{address}/metrics")).await;
        answer.expect("an answer").text().await.expect("a text")
    }

    /// What a process has logged so far.
    pub(crate) fn log_of(&self, identity: &str) -> String {
        fs::read_to_string(self.logs.path().join(format!("{identity}.log"))).unwrap_or_default()
    }

    /// Until this process has logged `words`: only for what nobody else can see.
    pub(crate) async fn until_log_says(&self, identity: &str, words: &str) {
        let path = self.logs.path().join(format!("{identity}.log"));
        wait::until(&format!("{identity} says {words:?}"), async || {
            fs::read_to_string(&path).is_ok_and(|log| log.contains(words))
        })
        .await;
    }

    /// Until the request has ended; then everything is judged.
    pub(crate) async fn end_of(&self, name: &str) -> End {
        let object = self.world.until_finished(name).await;
        self.judge().await;
        End::of(&object)
    }

    /// The same for a call with a token. True: it succeeded. False: its window passed before a takeover
    /// came through, and it is left to a person.
    pub(crate) async fn end_with_a_token(&self, name: &str) -> bool {
        let told = |object: &RestartRequest| {
            let ended = object
                .status
                .as_ref()
                .is_some_and(|status| status.completion_time.is_some());
            ended || phase_of(object) == "Unknown"
        };
        let object = self
            .world
            .until(name, "ended, or is left to a person", told)
            .await;
        self.judge().await;
        if phase_of(&object) == "Unknown" {
            return false;
        }
        assert_eq!(phase_of(&object), "Succeeded", "{object:#?}");
        true
    }

    /// Every request of the namespace has a true end by an allowed path, nothing was called or executed
    /// twice, and no process has logged the secret.
    pub(crate) async fn judge(&self) {
        judge::judge(&self.world).await;
        self.history.judge().await;
        self.no_secret_in_the_logs();
    }

    /// What may be written nowhere: the cloud's key and the tokens of the API server.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let kubeconfig = Kubeconfig::read_from(self.world.plane.kubeconfig(User::Operator));
        let users = kubeconfig.expect("a kubeconfig").auth_infos;
        let tokens = users.into_iter().filter_map(|user| user.auth_info?.token);
        tokens
            .map(|token| token.expose_secret().to_owned())
            .chain([
                DEFAULT_KEY_SECRET.to_owned(),
                BASE64.encode(DEFAULT_KEY_SECRET),
            ])
            .collect()
    }

    /// Neither the cloud's nor the API server's, at the level at which every library logs.
    fn no_secret_in_the_logs(&self) {
        let secrets = self.secrets();
        for entry in fs::read_dir(self.logs.path()).expect("logs") {
            let path = entry.expect("a log").path();
            let log = fs::read(&path).expect("a log");
            let log = String::from_utf8_lossy(&log);
            assert!(!log.is_empty(), "{} is empty", path.display());
            for secret in &secrets {
                let line = log.lines().find(|line| line.contains(secret.as_str()));
                assert_eq!(line, None, "a secret is in {}", path.display());
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
