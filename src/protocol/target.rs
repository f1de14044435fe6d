//! From `spec.target` and the account's region to the canonical target, and its hash.
//!
//! The canonical form is what the call is built from: ids sorted by bytes, unset parameters
//! absent. Two specs that mean the same restart give the same target.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::{
    api::{TargetKind, TargetSpec},
    cloud::types::{SaeApplication, Target},
};

/// A member of `spec.target` whose behaviour this version does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotBuilt(pub &'static str);

/// The canonical target of a request.
pub fn canonical(spec: &TargetSpec, region: &str) -> Result<Target, NotBuilt> {
    let TargetSpec {
        sae_application,
        sae_instances,
        sae_applications,
        edas_application,
        volcengine_instances,
    } = spec;
    if let Some(app) = sae_application {
        return Ok(Target::SaeApplication(SaeApplication {
            region: region.to_owned(),
            app_id: app.app_id.clone(),
            min_ready_instances: app.min_ready_instances,
            min_ready_instance_ratio: app.min_ready_instance_ratio,
            auto_enable_application_scaling_rule: app.auto_enable_application_scaling_rule,
        }));
    }
    // Admission lets through exactly one member, so the order of these does not matter.
    Err(NotBuilt(match () {
        () if sae_instances.is_some() => "saeInstances",
        () if sae_applications.is_some() => "saeApplications",
        () if edas_application.is_some() => "edasApplication",
        () if volcengine_instances.is_some() => "volcengineInstances",
        () => "target without a member",
    }))
}

/// Product and the cloud's name of the call: closed metric labels.
#[must_use]
pub fn labels(spec: &TargetSpec) -> (&'static str, &'static str) {
    let TargetSpec {
        sae_application,
        sae_instances,
        sae_applications,
        edas_application,
        volcengine_instances,
    } = spec;
    match () {
        () if sae_application.is_some() => ("sae", "RestartApplication"),
        () if sae_instances.is_some() => ("sae", "RestartInstances"),
        () if sae_applications.is_some() => ("sae", "BatchRestartApplications"),
        () if edas_application.is_some() => ("edas", "RestartApplication"),
        () if volcengine_instances.is_some() => ("volcengine", "RebootInstances"),
        () => ("none", "none"),
    }
}

/// What only one open attempt or running order may hold at a time: applications and instances, by
/// product. Their ids are unique in the whole cloud.
#[must_use]
pub fn keys(spec: &TargetSpec) -> Vec<String> {
    let TargetSpec {
        sae_application,
        sae_instances,
        sae_applications,
        edas_application,
        volcengine_instances,
    } = spec;
    let mut keys = Vec::new();
    keys.extend(
        sae_application
            .iter()
            .map(|app| format!("sae/{}", app.app_id)),
    );
    keys.extend(
        sae_instances
            .iter()
            .map(|app| format!("sae/{}", app.app_id)),
    );
    let batch = sae_applications.iter().flat_map(|batch| &batch.app_ids);
    keys.extend(batch.map(|app| format!("sae/{app}")));
    keys.extend(
        edas_application
            .iter()
            .map(|app| format!("edas/{}", app.app_id)),
    );
    let instances = volcengine_instances
        .iter()
        .flat_map(|ecs| &ecs.instance_ids);
    keys.extend(instances.map(|instance| format!("ecs/{instance}")));
    keys
}

/// One short line for people, such as `sae app 0099b7be`; at most 128 bytes.
#[must_use]
pub fn summary(spec: &TargetSpec) -> String {
    let TargetSpec {
        sae_application,
        sae_instances,
        sae_applications,
        edas_application,
        volcengine_instances,
    } = spec;
    let text = if let Some(app) = sae_application {
        format!("sae app {}", app.app_id)
    } else if let Some(app) = sae_instances {
        format!(
            "sae app {}: {} instances",
            app.app_id,
            app.instance_ids.len()
        )
    } else if let Some(batch) = sae_applications {
        format!("sae {}: {} apps", batch.namespace_id, batch.app_ids.len())
    } else if let Some(app) = edas_application {
        format!("edas app {}", app.app_id)
    } else if let Some(ecs) = volcengine_instances {
        format!("ecs {} instances", ecs.instance_ids.len())
    } else {
        String::new()
    };
    super::story::cut(&text, 128).to_owned()
}

/// The kind of a target, as allow-lists name it.
#[must_use]
pub const fn kind(target: &Target) -> TargetKind {
    match target {
        Target::SaeApplication(_) => TargetKind::SaeApplication,
    }
}

/// SHA-256 of product, region and sorted ids, 64 hex digits. Parameters are left out: two requests
/// that restart the same thing in different ways still meet each other by this hash.
#[must_use]
pub fn hash(target: &Target) -> String {
    let mut ids = target.ids();
    ids.sort_unstable();
    let mut digest = Sha256::new();
    for part in [target.product().as_str(), target.region()]
        .into_iter()
        .chain(ids)
    {
        digest.update(part.as_bytes());
        digest.update([0]); // no id contains it, so no two lists of parts read alike
    }
    digest
        .finalize()
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}"); // writing to a String cannot fail
            hex
        })
}
