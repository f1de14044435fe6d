//! A control plane with nothing on it but one installation, a simulated cloud, and the operator as the
//! installed Deployment would run it: its arguments, its environment, the token of its service account.

use std::{path::PathBuf, process::Command, time::Duration};

use cloudsim::{Config, OrderPlan, Simulator};
use kube::{Api, api::DynamicObject, core::GroupVersionKind, discovery::ApiResource};
use restart_operator::api::{Phase, RestartRequest};
use serde_json::Value;

use super::{
    kustomize::{clean, kubectl},
    request::Request,
    samples::Samples,
    support::{
        controlplane::{ControlPlane, process::Group, users::User},
        failure::{Outcome, While},
        wait,
    },
};

/// Where the samples' requests are.
pub const WATCHED: &str = "shop";
/// A namespace whose Pods must be `restricted`, and that says so to whoever applies a Deployment.
const RESTRICTED: &str = "pod-security.kubernetes.io/enforce=restricted";
const WARNS: &str = "pod-security.kubernetes.io/warn=restricted";

/// See the module.
pub struct Scene {
    pub plane: ControlPlane,
    sim: Simulator,
    /// Namespace of the operator.
    home: String,
    /// Name of its Deployment and of its service account.
    name: String,
    requests: Vec<Request>,
}

impl Scene {
    /// Nothing is installed yet.
    pub async fn new(home: &str, name: &str) -> Outcome<Self> {
        let plane = ControlPlane::start_bare().await?;
        let config = Config {
            default_plan: OrderPlan::lasting(Duration::from_millis(500)).batches(2),
            ..Config::default()
        };
        let sim = Simulator::start(config)
            .await
            .while_doing("start the simulator")?;
        let samples = Samples::read(&plane)?;
        Ok(Self {
            requests: samples.requests()?,
            plane,
            sim,
            home: home.to_owned(),
            name: name.to_owned(),
        })
    }

    /// kubectl, without a word of warning.
    pub fn clean(&self, arguments: &[&str], input: &str) -> String {
        clean(&kubectl(&self.plane, arguments, input))
    }

    /// A namespace whose Pods must be `restricted`.
    pub fn restricted(&self, namespace: &str) {
        self.clean(&["create", "namespace", namespace], "");
        self.clean(&["label", "namespace", namespace, RESTRICTED, WARNS], "");
    }

    /// The accounts and Secrets of `deploy/samples`, with this cloud as endpoint, and the targets in it.
    pub async fn accounts(&self) -> Outcome<()> {
        let samples = Samples::read(&self.plane)?;
        let objects = samples.installed(self.sim.base_url(), &self.requests)?;
        let objects = objects
            .replace("restart-operator-system", &self.home)
            .replace(
                "name: restart-operator\n",
                &format!("name: {}\n", self.name),
            );
        self.clean(&["apply", "--server-side", "-f", "-"], &objects);
        let http = reqwest::Client::new();
        for (path, body) in self
            .requests
            .iter()
            .flat_map(|request| request.subject.in_cloud())
        {
            let url = format!("{}/_control/{path}", self.sim.base_url());
            let answer = http.put(url).body(body.to_string()).send().await;
            answer
                .and_then(reqwest::Response::error_for_status)
                .while_doing("fill the simulated cloud")?;
        }
        Ok(())
    }

    /// Starts the operator. It ends with what is given back.
    pub async fn operator(&self) -> Outcome<Operator> {
        let pod = self.deployment()["spec"]["template"]["spec"].clone();
        let account = pod["serviceAccountName"].as_str().expect("its account");
        let login = self
            .plane
            .service_account_token(&self.home, account)
            .await?;
        let container = &pod["containers"][0];
        let mut command = Command::new(env!("CARGO_BIN_EXE_restart-operator"));
        let arguments = container["args"].as_array().expect("arguments");
        command.args(arguments.iter().map(|argument| argument.as_str().unwrap()));
        command.args([
            "--development-endpoints",
            "--bind",
            "127.0.0.1:0",
            "--log-format",
            "text",
        ]);
        for variable in container["env"].as_array().expect("variables") {
            command.env(variable["name"].as_str().unwrap(), self.value(variable));
        }
        command
            .env("KUBECONFIG", login.kubeconfig)
            .env("NO_COLOR", "1");
        let mut group = Group::new()?;
        let log = self.plane.folder().join("operator.log");
        group.start("restart-operator", command, &log)?;
        Ok(Operator { _group: group, log })
    }

    /// What kubelet would put into a variable.
    fn value(&self, variable: &Value) -> String {
        match variable["valueFrom"]["fieldRef"]["fieldPath"].as_str() {
            Some("metadata.namespace") => self.home.clone(),
            Some("metadata.uid") => "pod-1".to_owned(),
            Some(other) => panic!("{other} is not known here"),
            None => variable["value"].as_str().expect("a value").to_owned(),
        }
    }

    pub fn deployment(&self) -> Value {
        let get = [
            "-n",
            &self.home,
            "get",
            "deployment",
            &self.name,
            "-o",
            "json",
        ];
        serde_json::from_str(&self.clean(&get, "")).expect("a Deployment")
    }

    /// Asks for one restart of each kind, and waits until each has succeeded. The cloud restarted each
    /// target `times` times so far: once for each time this was called.
    pub async fn restart_each_kind(&self, times: usize) -> Outcome<()> {
        let admin = self.plane.client(User::Admin).await?;
        let kinds: Vec<_> = self
            .requests
            .iter()
            .map(|request| request.subject.kind)
            .collect();
        assert_eq!(kinds.len(), 5, "{kinds:?}");
        for request in &self.requests {
            self.clean(&["apply", "-f", "-"], &request.yaml()?);
        }
        let api: Api<RestartRequest> = Api::namespaced(admin, WATCHED);
        for request in &self.requests {
            let what = format!("{} succeeded", request.name);
            wait::until(&what, async || succeeded(&api, &request.name).await).await;
        }
        let ledger = self.sim.control().ledger();
        for request in &self.requests {
            for id in &request.subject.named {
                let restarts = ledger.restarts_in(request.subject.product, id).len();
                assert_eq!(restarts, times, "{} {id}", request.name);
            }
        }
        Ok(())
    }

    /// Nothing that the operator asked for was refused: its role is enough.
    pub fn nothing_was_forbidden(&self) -> Outcome<()> {
        let user = format!("system:serviceaccount:{}:{}", self.home, self.name);
        let asked = self.plane.audit()?.user(&user);
        assert!(asked.count() > 20, "{asked:?}");
        let forbidden = asked.code(403);
        assert_eq!(forbidden.count(), 0, "{forbidden:?}");
        Ok(())
    }

    /// Whether the Lease of this name was ever held.
    pub fn lease_is_there(&self, name: &str) {
        self.clean(&["-n", &self.home, "get", "lease", name], "");
    }

    /// The installation is gone, and everything that tells of restarts is there.
    pub async fn only_the_records_are_left(&self) -> Outcome<()> {
        let left = self.clean(&["get", "crd", "-o", "name"], "");
        for kind in ["restartrequests", "cloudaccounts", "clustercloudaccounts"] {
            assert!(
                left.contains(&format!("/{kind}.restart-operator.dev")),
                "{left}"
            );
        }
        let admin = self.plane.client(User::Admin).await?;
        let api: Api<RestartRequest> = Api::namespaced(admin.clone(), WATCHED);
        for request in &self.requests {
            assert!(succeeded(&api, &request.name).await, "{}", request.name);
        }
        for (group, kind) in [
            ("apps", "Deployment"),
            ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ] {
            let kind = ApiResource::from_gvk(&GroupVersionKind::gvk(group, "v1", kind));
            let api: Api<DynamicObject> = Api::all_with(admin.clone(), &kind);
            let all = api.list(&kube::api::ListParams::default()).await;
            let all = all.while_doing("list what is left")?.items;
            let names: Vec<_> = all
                .into_iter()
                .filter_map(|object| object.metadata.name)
                .collect();
            let ours = names.iter().any(|name| name.contains(&self.name));
            assert!(!ours, "{names:?}");
        }
        Ok(())
    }
}

async fn succeeded(api: &Api<RestartRequest>, name: &str) -> bool {
    let object = api.get(name).await.expect("the request");
    object
        .status
        .is_some_and(|status| status.phase == Phase::Succeeded)
}

/// An operator that runs.
pub struct Operator {
    _group: Group,
    log: PathBuf,
}

/// Of a test that fails, its log is shown.
impl Drop for Operator {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            eprintln!("{log}");
        }
    }
}
