//! A request of the demo, and what it is about: the names by which the cloud knows it.

use restart_operator::api::TargetSpec;
use serde_json::{Value, json};

use super::samples::yaml;
use crate::support::failure::{Failure, Outcome, While};

/// The end that a request is to have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Everything asked for is restarted, once.
    Good,
    /// Refused before anything is sent.
    Refused,
}

pub(super) struct Request {
    pub(super) name: String,
    pub(super) subject: Subject,
    pub(super) end: End,
    object: Value,
}

impl Request {
    pub(super) fn read(object: Value, end: End) -> Outcome<Self> {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let target: TargetSpec = serde_json::from_value(object["spec"]["target"].clone())
            .while_doing(format_args!("read the target of {name}"))?;
        Ok(Self {
            name: name.to_owned(),
            subject: Subject::of(target)
                .ok_or_else(|| Failure::new(format!("{name} has no target")))?,
            end,
            object,
        })
    }

    /// The same by the same account, but for another target.
    pub(super) fn like(&self, name: &str, target: Value, reason: &str, end: End) -> Outcome<Self> {
        let mut object = self.object.clone();
        object["metadata"]["name"] = json!(name);
        object["spec"]["target"] = target;
        object["spec"]["reason"] = json!(reason);
        Self::read(object, end)
    }

    /// Its file.
    pub(super) fn file(&self) -> String {
        let word = self.name.split('-').next().unwrap_or_default();
        format!("{word}.yaml")
    }

    pub(super) fn yaml(&self) -> Outcome<String> {
        yaml(&self.object)
    }
}

/// What is restarted.
pub(super) struct Subject {
    /// The member of `spec.target`.
    pub(super) kind: &'static str,
    /// The product, as the simulator names it.
    pub(super) product: &'static str,
    /// Applications, or in Volcengine instances, which calls name.
    pub(super) named: Vec<String>,
    /// Instances of the one application; empty for all of them.
    pub(super) instances: Vec<String>,
    /// Namespace of the applications, if the request names it.
    pub(super) namespace: Option<String>,
}

impl Subject {
    fn of(target: TargetSpec) -> Option<Self> {
        let new = |kind, product, named| Self {
            kind,
            product,
            named,
            instances: Vec::new(),
            namespace: None,
        };
        if let Some(app) = target.sae_application {
            return Some(new("saeApplication", "sae", vec![app.app_id]));
        }
        if let Some(app) = target.sae_instances {
            return Some(Self {
                instances: app.instance_ids,
                ..new("saeInstances", "sae", vec![app.app_id])
            });
        }
        if let Some(batch) = target.sae_applications {
            return Some(Self {
                namespace: Some(batch.namespace_id),
                ..new("saeApplications", "sae", batch.app_ids)
            });
        }
        if let Some(app) = target.edas_application {
            return Some(Self {
                instances: app.ecc_ids.unwrap_or_default(),
                ..new("edasApplication", "edas", vec![app.app_id])
            });
        }
        let ecs = target.volcengine_instances?;
        Some(new("volcengineInstances", "volcengine", ecs.instance_ids))
    }

    /// What is to restart, each once.
    pub(super) fn asked(&self) -> &[String] {
        if self.instances.is_empty() {
            &self.named
        } else {
            &self.instances
        }
    }

    /// What the simulator has to have: paths below its control API, and bodies. An application has one
    /// instance more than the request names.
    pub(super) fn in_cloud(&self) -> Vec<(String, Value)> {
        let mut application = json!({});
        if self.product == "edas" {
            application["product"] = json!("edas");
        }
        if !self.instances.is_empty() {
            let other = ["one-more".to_owned()];
            let all: Vec<&String> = self.instances.iter().chain(&other).collect();
            application["instances"] = json!(all);
            application["running_instances"] = json!(all.len());
        }
        if let Some(namespace) = &self.namespace {
            application["namespace"] = json!(namespace);
        }
        let ids = self.named.iter();
        if self.product == "volcengine" {
            ids.map(|id| (format!("instances/{id}"), json!({})))
                .collect()
        } else {
            ids.map(|id| (format!("applications/{id}"), application.clone()))
                .collect()
        }
    }
}
