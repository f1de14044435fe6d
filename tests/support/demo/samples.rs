//! `deploy/samples` as users see them, with what only the demo can know: the simulator's address and key,
//! and further applications.

use std::path::Path;

use cloudsim::{DEFAULT_KEY_ID, DEFAULT_KEY_SECRET};
use serde_json::{Value, json};

use crate::support::{
    controlplane::{
        ControlPlane,
        install::{kind, run},
        users::User,
    },
    failure::{Failure, Outcome, While},
};

/// What the samples render to.
pub(super) struct Samples {
    objects: Vec<Value>,
    /// The one RestartRequest among them.
    request: Value,
    account: Value,
}

/// A request of the demo.
pub(super) struct Request {
    pub(super) name: String,
    pub(super) app: String,
    /// `None` leaves the sample as it is.
    pub(super) reason: Option<String>,
}

impl Request {
    /// Its file.
    pub(super) fn file(&self) -> String {
        let word = self.name.split('-').next().unwrap_or_default();
        format!("{word}.yaml")
    }
}

impl Samples {
    pub(super) fn read(plane: &ControlPlane) -> Outcome<Self> {
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/samples");
        let rendered = run(
            plane.kubectl(User::Admin).arg("kustomize").arg(samples),
            None,
        )?;
        let objects: Vec<Value> = serde_saphyr::from_multiple(&rendered)
            .while_doing("read what deploy/samples renders to")?;
        let one = |of: &str| {
            let found = objects.iter().find(|object| kind(object) == of).cloned();
            found.ok_or_else(|| Failure::new(format!("deploy/samples has no {of}")))
        };
        Ok(Self {
            request: one("RestartRequest")?,
            account: one("ClusterCloudAccount")?,
            objects,
        })
    }

    /// The request of the samples.
    pub(super) fn sample_request(&self) -> Request {
        let text = |at: &str| {
            self.request
                .pointer(at)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        Request {
            name: text("/metadata/name"),
            app: text("/spec/target/saeApplication/appId"),
            reason: None,
        }
    }

    /// All but the request, for a cloud at `endpoint`. A CloudAccount always calls the real cloud, so it
    /// has no place here.
    pub(super) fn installed(&self, endpoint: &str, apps: &[&str]) -> Outcome<String> {
        let mut text = String::new();
        for object in &self.objects {
            let mut object = object.clone();
            match kind(&object) {
                "RestartRequest" | "CloudAccount" => continue,
                "Secret" => {
                    object["stringData"] = json!({"accessKeyId": DEFAULT_KEY_ID, "accessKeySecret": DEFAULT_KEY_SECRET});
                }
                "ClusterCloudAccount" => {
                    object["spec"]["endpoints"] = json!({"sae": endpoint});
                    object["spec"]["allowedTargets"][0]["ids"] = json!(apps);
                }
                _ => {}
            }
            text.push_str("---\n");
            text.push_str(&yaml(&object)?);
        }
        Ok(text)
    }

    /// A request as YAML. It names the account whose endpoint is the simulator.
    pub(super) fn request(&self, request: &Request) -> Outcome<String> {
        let mut object = self.request.clone();
        object["spec"]["accountRef"] =
            json!({"kind": "ClusterCloudAccount", "name": self.account["metadata"]["name"]});
        if let Some(reason) = &request.reason {
            object["metadata"]["name"] = json!(request.name);
            object["spec"]["target"] = json!({"saeApplication": {"appId": request.app}});
            object["spec"]["reason"] = json!(reason);
        }
        yaml(&object)
    }
}

fn yaml(object: &Value) -> Outcome<String> {
    serde_saphyr::to_string(object).while_doing("write YAML")
}
