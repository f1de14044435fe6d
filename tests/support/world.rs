//! One test's world: a namespace on the real API server, a cloud of its own, an account between
//! them, and operators that handle this namespace alone, with exactly the shipped role.

use std::{sync::Arc, time::Duration};

use cloudsim::{
    Application, Config, DEFAULT_KEY_ID, DEFAULT_KEY_SECRET, Ledger, OrderPlan, Simulator,
};
use futures::{FutureExt, StreamExt, TryStreamExt};
use k8s_openapi::api::{core::v1::Secret, events::v1::Event};
use kube::{
    Api, Client,
    api::{DeleteParams, Patch, PatchParams, PostParams},
    runtime::{
        WatchStreamExt,
        wait::{await_condition, conditions},
        watcher,
    },
};
use restart_operator::{
    api::{CloudAccount, ClusterCloudAccount, Condition, ConditionType, RestartRequest, condition},
    app::ForProducts,
    calls::Calls,
    cloud::{Clock, Provider, http::Http, types::Product},
    controller::{self, Parts, Settings, accounts::AccountSettings, clock::SystemClock},
    metrics::Metrics,
    products,
    protocol::policy::Policy,
    server::Health,
};
use serde_json::{Value, json};
use tokio::{sync::oneshot, task::JoinHandle};

use super::{
    controlplane::{ControlPlane, audit::Requests, users::User},
    gate::Gate,
    permissions, policy,
};

/// Longest wait for a fact. It only ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(150);

/// The application that every world has.
pub const APP: &str = "app-1";

/// See the module.
pub struct World {
    pub plane: Arc<ControlPlane>,
    pub namespace: String,
    pub sim: Simulator,
    pub admin: Client,
    /// Another namespace that its operators watch too.
    pub beside: Option<String>,
}

impl World {
    /// A namespace with a cloud in which [`APP`] has three instances and orders of half a second,
    /// and with a cluster account named as the namespace.
    pub async fn new(prefix: &str) -> Self {
        Self::with(prefix, |_| ()).await
    }

    /// The same with another cloud.
    pub async fn with(prefix: &str, change: impl FnOnce(&mut Config)) -> Self {
        let plane = ControlPlane::shared_or_start().await;
        Self::on(plane.expect("a control plane"), prefix, change).await
    }

    /// The same on this control plane.
    pub async fn on(
        plane: Arc<ControlPlane>,
        prefix: &str,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        super::tls::install();
        let mut config = Config {
            applications: vec![Application::running(APP)],
            default_plan: OrderPlan::lasting(Duration::from_millis(500)).batches(3),
            signature_life: policy::SIGNATURE_LIFE,
            allowed_actions: Some(permissions::granted()),
            ..Config::default()
        };
        change(&mut config);
        let sim = Simulator::start(config).await.expect("a simulator");
        let namespace = plane.new_namespace(prefix).await.expect("a namespace");
        let admin = plane.client(User::Admin).await.expect("a client");
        let world = Self {
            plane,
            namespace,
            sim,
            admin,
            beside: None,
        };
        world.put_secret("keys").await;
        world.put_account(json!({})).await;
        world
    }

    /// A Secret with the simulator's key.
    pub async fn put_secret(&self, name: &str) {
        self.put_secret_with(name, json!({})).await;
    }

    /// The same with further keys.
    pub async fn put_secret_with(&self, name: &str, more: Value) {
        let mut keys = json!({
            "accessKeyId": DEFAULT_KEY_ID, "accessKeySecret": DEFAULT_KEY_SECRET,
        });
        merge(&mut keys, &more);
        let secret = json!({"metadata": {"name": name}, "stringData": keys});
        let api: Api<Secret> = Api::namespaced(self.admin.clone(), &self.namespace);
        self.apply(&api, name, secret).await;
    }

    /// The cluster account that points at the simulator, with a changed spec.
    pub async fn put_account(&self, change: Value) {
        self.put_account_named(&self.namespace, change).await;
    }

    /// Another one, of this name.
    pub async fn put_account_named(&self, name: &str, change: Value) {
        let mut spec = json!({
            "provider": "AlibabaCloud", "region": "cn-hangzhou",
            "credentials": {"secretRef": {"name": "keys"}},
            // Times are short here, so calls come faster than any cloud would allow.
            "callsPerMinute": 6000,
            "allowedNamespaces": {"names": [self.namespace]},
            "allowedTargets": [
                {"kind": "saeApplication", "ids": ["*"]}, {"kind": "saeInstances", "ids": ["*"]},
                {"kind": "saeApplications", "ids": ["*"]}, {"kind": "edasApplication", "ids": ["*"]},
            ],
            "endpoints": {"sae": self.sim.base_url(), "edas": self.sim.base_url()},
        });
        merge(&mut spec, &change);
        let api: Api<ClusterCloudAccount> = Api::all(self.admin.clone());
        self.apply(&api, name, json!({"spec": spec})).await;
    }

    /// A cluster account of Volcengine that points at the simulator; its name.
    pub async fn put_volcengine_account(&self) -> String {
        self.put_volcengine_account_at(self.sim.base_url()).await
    }

    /// The same with another way to the simulator.
    pub async fn put_volcengine_account_at(&self, url: &str) -> String {
        let endpoints = json!({"endpoints": {"ecs": url}});
        self.put_volcengine_account_with(endpoints).await
    }

    /// The same with a changed spec.
    pub async fn put_volcengine_account_with(&self, change: Value) -> String {
        let name = format!("{}-ve", self.namespace);
        let mut spec = json!({
            "provider": "Volcengine", "region": "cn-beijing",
            "credentials": {"secretRef": {"name": "keys"}},
            // Times are short here, so calls come faster than any cloud would allow.
            "callsPerMinute": 6000,
            "allowedNamespaces": {"names": [self.namespace]},
            "allowedTargets": [{"kind": "volcengineInstances", "ids": ["*"]}],
            "endpoints": {"ecs": self.sim.base_url()},
        });
        merge(&mut spec, &change);
        let api: Api<ClusterCloudAccount> = Api::all(self.admin.clone());
        self.apply(&api, &name, json!({"spec": spec})).await;
        name
    }

    /// A namespaced account with the Secret of the same namespace.
    pub async fn put_cloud_account(&self, name: &str, secret: &str) {
        let api: Api<CloudAccount> = Api::namespaced(self.admin.clone(), &self.namespace);
        let spec = json!({
            "provider": "AlibabaCloud", "region": "cn-hangzhou",
            "credentials": {"secretRef": {"name": secret}},
        });
        self.apply(&api, name, json!({"spec": spec})).await;
    }

    async fn apply<K>(&self, api: &Api<K>, name: &str, mut object: Value)
    where
        K: kube::Resource<DynamicType = ()> + Clone + std::fmt::Debug + serde::de::DeserializeOwned,
    {
        object["apiVersion"] = json!(K::api_version(&()));
        object["kind"] = json!(K::kind(&()));
        object["metadata"]["name"] = json!(name);
        let params = PatchParams::apply("test").force();
        api.patch(name, &params, &Patch::Apply(&object))
            .await
            .expect("apply");
    }

    pub fn requests(&self) -> Api<RestartRequest> {
        Api::namespaced(self.admin.clone(), &self.namespace)
    }

    /// A request for [`APP`] by the cluster account, with a changed spec.
    pub async fn ask(&self, name: &str, change: Value) -> RestartRequest {
        self.ask_in(&self.namespace, name, change).await
    }

    /// The same in another namespace.
    pub async fn ask_in(&self, namespace: &str, name: &str, change: Value) -> RestartRequest {
        self.ask_as(json!({"name": name, "namespace": namespace}), change)
            .await
    }

    /// The same with this metadata.
    pub async fn ask_as(&self, metadata: Value, change: Value) -> RestartRequest {
        let mut spec = json!({
            "accountRef": {"kind": "ClusterCloudAccount", "name": self.namespace},
            "target": {"saeApplication": {"appId": APP}},
        });
        merge(&mut spec, &change);
        let namespace = metadata["namespace"].as_str().unwrap_or(&self.namespace);
        let api = Api::namespaced(self.admin.clone(), namespace);
        let request = serde_json::from_value(json!({
            "apiVersion": "restart-operator.dev/v1alpha1", "kind": "RestartRequest",
            "metadata": metadata, "spec": spec,
        }));
        let request = request.expect("a request");
        let created = api.create(&PostParams::default(), &request).await;
        created.expect("create")
    }

    /// A merge patch of the spec, as a person makes it.
    pub async fn edit(&self, name: &str, spec: Value) {
        self.patch(name, json!({"spec": spec})).await;
    }

    /// A merge patch of the whole object.
    pub async fn patch(&self, name: &str, change: Value) {
        let patch = Patch::Merge(change);
        self.requests()
            .patch(name, &PatchParams::default(), &patch)
            .await
            .expect("edit");
    }

    /// Asks for the deletion, as a person does.
    pub async fn delete(&self, name: &str) -> Result<(), kube::Error> {
        let deleted = self.requests().delete(name, &DeleteParams::default()).await;
        deleted.map(drop)
    }

    /// Until the object is gone.
    pub async fn until_gone(&self, name: &str) {
        let uid = self.requests().get_opt(name).await.expect("get");
        let Some(uid) = uid.and_then(|object| object.metadata.uid) else {
            return;
        };
        let gone = await_condition(self.requests(), name, conditions::is_deleted(&uid));
        let waited = tokio::time::timeout(PATIENCE, gone).await;
        waited.expect("it is deleted").expect("a watch");
    }

    pub async fn get(&self, name: &str) -> RestartRequest {
        self.requests().get(name).await.expect("get")
    }

    /// Watches the request until `fact` holds; prints the last object seen when it never does.
    pub async fn until(
        &self,
        name: &str,
        what: &str,
        fact: impl Fn(&RestartRequest) -> bool,
    ) -> RestartRequest {
        let config = watcher::Config::default().fields(&format!("metadata.name={name}"));
        let mut last = None;
        let mut objects = watcher(self.requests(), config)
            .default_backoff()
            .applied_objects()
            .boxed();
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                match objects.try_next().await {
                    Ok(Some(object)) if fact(&object) => return object,
                    Ok(Some(object)) => last = Some(object),
                    Ok(None) => panic!("the watch of {name} ended"),
                    Err(_) => {} // opened again by the watcher
                }
            }
        })
        .await;
        found.unwrap_or_else(|_| {
            let seen = last.map(|object| serde_json::to_string_pretty(&object).unwrap_or_default());
            panic!(
                "{name} never {what}; seen last: {}",
                seen.unwrap_or_default()
            )
        })
    }

    /// Until the request has the end, or another phase, of this name.
    pub async fn until_phase(&self, name: &str, phase: &str) -> RestartRequest {
        self.until(name, &format!("was {phase}"), |object| {
            phase_of(object) == phase
        })
        .await
    }

    /// Until the request has ended, whatever the end.
    pub async fn until_finished(&self, name: &str) -> RestartRequest {
        self.until(name, "ended", |object| {
            object
                .status
                .as_ref()
                .is_some_and(|status| status.completion_time.is_some())
        })
        .await
    }

    /// Reasons of the Events about a request, oldest first, once there are `count` of them: they are
    /// written after the status.
    pub async fn events(&self, name: &str, count: usize) -> Vec<String> {
        let api: Api<Event> = Api::namespaced(self.admin.clone(), &self.namespace);
        let mut found = Vec::new();
        let mut events = watcher(api, watcher::Config::default())
            .default_backoff()
            .applied_objects()
            .boxed();
        let all = tokio::time::timeout(PATIENCE, async {
            while found.len() < count {
                let Ok(Some(event)) = events.try_next().await else {
                    continue;
                };
                let regarding = event.regarding.clone().and_then(|object| object.name);
                if regarding.as_deref() == Some(name) {
                    found.push((event.event_time.clone().map(|time| time.0), event.reason));
                }
            }
        })
        .await;
        assert!(
            all.is_ok(),
            "{name} has fewer than {count} Events: {found:?}"
        );
        found.sort();
        found.into_iter().filter_map(|(_, reason)| reason).collect()
    }

    /// What the operator asked of the API server about this namespace.
    pub fn asked(&self) -> Requests {
        let audit = self.plane.audit().expect("an audit log");
        audit.user(User::Operator.name()).namespace(&self.namespace)
    }

    /// An operator in this process, with the short policy.
    pub async fn operator(&self) -> Operator {
        self.operator_with(policy::short(), |provider| provider)
            .await
    }

    /// The same with another policy, and with something around the provider.
    pub async fn operator_with(
        &self,
        policy: Policy,
        around: impl FnOnce(Arc<dyn Provider>) -> Arc<dyn Provider>,
    ) -> Operator {
        let client = self.plane.client(User::Operator).await.expect("a client");
        self.run(client, policy, Arc::new(SystemClock), around)
    }

    /// One that reaches the API server through this door only.
    pub async fn operator_through(&self, gate: &Gate) -> Operator {
        self.operator_by(policy::short(), Arc::new(SystemClock), gate)
            .await
    }

    /// The same with another policy and other clocks.
    pub async fn operator_by(
        &self,
        policy: Policy,
        clock: Arc<dyn Clock>,
        gate: &Gate,
    ) -> Operator {
        self.run(gate.client().await, policy, clock, |provider| provider)
    }

    fn run(
        &self,
        client: Client,
        policy: Policy,
        clock: Arc<dyn Clock>,
        around: impl FnOnce(Arc<dyn Provider>) -> Arc<dyn Provider>,
    ) -> Operator {
        let metrics = Arc::new(Metrics::new());
        let health = Arc::new(Health::default());
        let calls = Arc::new(Calls::new(metrics.clone(), health.clone(), policy.skew));
        let http = Http::new(&policy::http()).expect("a client");
        let mut registry = products::registry(&ForProducts {
            http,
            clock: clock.clone(),
            observer: calls,
        });
        let sae = registry.remove(&Product::Sae).expect("SAE");
        registry.insert(Product::Sae, around(sae));
        let parts = Parts {
            client,
            registry,
            policy,
            clock,
            metrics: metrics.clone(),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let running = controller::run(parts, self.settings(), stopped.map(drop).boxed());
        Operator {
            stop: Some(stop),
            task: tokio::spawn(running),
            metrics,
        }
    }

    fn settings(&self) -> Settings {
        Settings {
            namespaces: std::iter::once(&self.namespace)
                .chain(&self.beside)
                .cloned()
                .collect(),
            operator_namespace: self.namespace.clone(),
            lease_name: "restart-operator".to_owned(),
            identity: "in-process".to_owned(),
            concurrency: 32,
            accounts: AccountSettings {
                operator_namespace: self.namespace.clone(),
                development_endpoints: true,
                private_suffixes: Vec::new(),
                writes_cluster_status: true,
            },
        }
    }

    /// Lets an operator learn under which user the cloud shows its orders: one accepted restart.
    pub async fn teach_the_creator(&self) {
        self.ask("teacher", json!({})).await;
        self.until_phase("teacher", "Succeeded").await;
    }

    pub fn ledger(&self) -> Ledger {
        self.sim.ledger()
    }
}

/// A running operator. It ends with the test at the latest.
pub struct Operator {
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
    pub metrics: Arc<Metrics>,
}

impl Operator {
    /// Asks it to end, and waits until what was under way has ended.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        tokio::time::timeout(PATIENCE, &mut self.task)
            .await
            .expect("an end")
            .expect("no panic");
    }
}

impl Operator {
    /// Ends it in the middle of whatever it does, as a crash does.
    pub fn stop_now(self) {
        drop(self);
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The change order that a request has recorded; empty if none.
pub fn order_of(object: &RestartRequest) -> String {
    let order = object
        .status
        .as_ref()
        .and_then(|status| status.change_order.as_ref());
    order.and_then(|order| order.id.clone()).unwrap_or_default()
}

pub fn phase_of(object: &RestartRequest) -> &'static str {
    object
        .status
        .as_ref()
        .map_or("", |status| status.phase.as_str())
}

/// The condition of a request.
pub fn condition(object: &RestartRequest, type_: ConditionType) -> Condition {
    let conditions = object
        .status
        .as_ref()
        .map(|status| status.conditions.as_slice());
    condition::find(conditions.unwrap_or_default(), type_)
        .cloned()
        .unwrap_or_else(|| {
            panic!("no condition {} in {object:#?}", type_.as_str());
        })
}

/// Reason and message of the end.
pub fn story(object: &RestartRequest) -> (String, String) {
    let ready = condition(object, ConditionType::Ready);
    (ready.reason, ready.message)
}

/// A JSON merge patch: null takes a field away.
fn merge(into: &mut Value, patch: &Value) {
    match (into, patch) {
        (Value::Object(into), Value::Object(patch)) => {
            for (key, value) in patch {
                if value.is_null() {
                    into.remove(key);
                } else {
                    merge(into.entry(key.clone()).or_insert(Value::Null), value);
                }
            }
        }
        (into, patch) => *into = patch.clone(),
    }
}
