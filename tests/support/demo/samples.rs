//! `deploy/samples` as users see them, with what only the demo can know: the simulator's address and key,
//! and two further targets.

use std::path::Path;

use cloudsim::{DEFAULT_KEY_ID, DEFAULT_KEY_SECRET};
use serde_json::{Value, json};

use super::request::{End, Request};
use crate::support::{
    controlplane::{
        ControlPlane,
        install::{kind, run},
        users::User,
    },
    failure::{Failure, Outcome, While},
};

/// What the samples render to.
pub(super) struct Samples(Vec<Value>);

impl Samples {
    pub(super) fn read(plane: &ControlPlane) -> Outcome<Self> {
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/samples");
        let rendered = run(
            plane.kubectl(User::Admin).arg("kustomize").arg(samples),
            None,
        )?;
        serde_saphyr::from_multiple(&rendered)
            .while_doing("read what deploy/samples renders to")
            .map(Self)
    }

    /// The requests of the samples, in the order of their names' numbers. Each names the account whose
    /// endpoint is the simulator.
    pub(super) fn requests(&self) -> Outcome<Vec<Request>> {
        let mut found = Vec::new();
        for object in self.of("RestartRequest") {
            let mut object = object.clone();
            object["spec"]["accountRef"] = self.cluster_account(&object)?;
            found.push(Request::read(object, End::Good)?);
        }
        found.sort_by_key(|request| request.name.rsplit('-').next().map(str::to_owned));
        Ok(found)
    }

    /// A CloudAccount always calls the real cloud, so the ClusterCloudAccount of the same cloud takes its
    /// place.
    fn cluster_account(&self, request: &Value) -> Outcome<Value> {
        let named = &request["spec"]["accountRef"]["name"];
        let provider = self
            .of("CloudAccount")
            .find(|account| account["metadata"]["name"] == *named)
            .map(|account| &account["spec"]["provider"]);
        let shared = self
            .of("ClusterCloudAccount")
            .find(|account| Some(&account["spec"]["provider"]) == provider)
            .ok_or_else(|| Failure::new(format!("deploy/samples has no account like {named}")))?;
        Ok(json!({"kind": "ClusterCloudAccount", "name": shared["metadata"]["name"]}))
    }

    /// All but the requests, for a cloud at `endpoint` and with these requests allowed.
    pub(super) fn installed(&self, endpoint: &str, requests: &[Request]) -> Outcome<String> {
        let mut text = String::new();
        for object in &self.0 {
            let mut object = object.clone();
            match kind(&object) {
                "RestartRequest" | "CloudAccount" => continue,
                "Secret" => {
                    object["stringData"] = json!({"accessKeyId": DEFAULT_KEY_ID, "accessKeySecret": DEFAULT_KEY_SECRET});
                }
                "ClusterCloudAccount" => point(&mut object["spec"], endpoint, requests),
                _ => {}
            }
            text.push_str("---\n");
            text.push_str(&yaml(&object)?);
        }
        Ok(text)
    }

    fn of<'a>(&'a self, of: &'a str) -> impl Iterator<Item = &'a Value> {
        self.0.iter().filter(move |object| kind(object) == of)
    }
}

/// Points an account at the simulator, and lets it restart what the requests name.
fn point(account: &mut Value, endpoint: &str, requests: &[Request]) {
    account["endpoints"] = match account["provider"].as_str() {
        Some("Volcengine") => json!({"ecs": endpoint}),
        _ => json!({"sae": endpoint, "edas": endpoint}),
    };
    for allowed in account["allowedTargets"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        let of_kind = requests
            .iter()
            .filter(|request| allowed["kind"] == request.subject.kind);
        let ids: Vec<&String> = of_kind.flat_map(|request| &request.subject.named).collect();
        allowed["ids"] = json!(ids);
    }
}

pub(super) fn yaml(object: &Value) -> Outcome<String> {
    serde_saphyr::to_string(object).while_doing("write YAML")
}
