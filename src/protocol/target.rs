//! From `spec.target` and the account's region to the canonical target, and its hash.
//!
//! The canonical form is what the call is built from: ids sorted by bytes, unset parameters
//! absent. Two specs that mean the same restart give the same target.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::{
    api::{TargetKind, TargetSpec},
    cloud::types::{
        EdasApplication, SaeApplication, SaeApplications, SaeInstances, Target, VolcengineInstances,
    },
};

/// The canonical target of a request. `None` only for an object without a member, which admission
/// does not let through.
#[must_use]
pub fn canonical(spec: &TargetSpec, region: &str) -> Option<Target> {
    let TargetSpec {
        sae_application,
        sae_instances,
        sae_applications,
        edas_application,
        volcengine_instances,
    } = spec;
    let region = region.to_owned();
    if let Some(app) = sae_application {
        return Some(Target::SaeApplication(SaeApplication {
            region,
            app_id: app.app_id.clone(),
            min_ready_instances: app.min_ready_instances,
            min_ready_instance_ratio: app.min_ready_instance_ratio,
            auto_enable_application_scaling_rule: app.auto_enable_application_scaling_rule,
        }));
    }
    if let Some(app) = sae_instances {
        return Some(Target::SaeInstances(SaeInstances {
            region,
            app_id: app.app_id.clone(),
            instance_ids: sorted(&app.instance_ids),
        }));
    }
    if let Some(batch) = sae_applications {
        return Some(Target::SaeApplications(SaeApplications {
            region,
            namespace_id: batch.namespace_id.clone(),
            app_ids: sorted(&batch.app_ids),
        }));
    }
    if let Some(app) = edas_application {
        return Some(Target::EdasApplication(EdasApplication {
            region,
            app_id: app.app_id.clone(),
            ecc_ids: sorted(app.ecc_ids.as_deref().unwrap_or_default()),
        }));
    }
    volcengine_instances.as_ref().map(|ecs| {
        Target::VolcengineInstances(VolcengineInstances {
            region,
            instance_ids: sorted(&ecs.instance_ids),
            force_stop: ecs.force_stop,
            allow_bare_metal: ecs.allow_bare_metal,
        })
    })
}

/// By bytes, and each once: the server compares sets without order.
fn sorted(ids: &[String]) -> Vec<String> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The parts that are told of one by one: applications of a batch, instances. Empty where the
/// order alone tells.
#[must_use]
pub fn parts(target: &Target) -> &[String] {
    match target {
        Target::SaeApplication(_) => &[],
        Target::SaeInstances(t) => &t.instance_ids,
        Target::SaeApplications(t) => &t.app_ids,
        Target::EdasApplication(t) => &t.ecc_ids,
        Target::VolcengineInstances(t) => &t.instance_ids,
    }
}

/// What the call of each member can do. One line for each, so that a new member does not compile
/// before all of this is decided for it.
struct Nature {
    token: bool,
    abort: bool,
    resolvable: bool,
    /// A person's word is taken: never, always, or once an order is known.
    word: Word,
}

enum Word {
    Never,
    Always,
    WithOrder,
}

/// Nothing for an object without a member, which admission does not let through.
const fn nature(spec: &TargetSpec) -> Option<Nature> {
    let TargetSpec {
        sae_application,
        sae_instances,
        sae_applications,
        edas_application,
        volcengine_instances,
    } = spec;
    let order_of_one = Nature {
        token: false,
        abort: true,
        resolvable: true,
        word: Word::Never,
    };
    if sae_application.is_some() || sae_instances.is_some() || edas_application.is_some() {
        return Some(order_of_one);
    }
    if sae_applications.is_some() {
        return Some(Nature {
            resolvable: false,
            word: Word::WithOrder,
            ..order_of_one
        });
    }
    if volcengine_instances.is_some() {
        return Some(Nature {
            token: true,
            abort: false,
            resolvable: false,
            word: Word::Always,
        });
    }
    None
}

/// The restart call carries a token: it may be sent again, after a takeover of the intent.
#[must_use]
pub const fn has_token(spec: &TargetSpec) -> bool {
    matches!(nature(spec), Some(Nature { token: true, .. }))
}

/// A running order can be aborted.
#[must_use]
pub const fn can_abort(spec: &TargetSpec) -> bool {
    matches!(nature(spec), Some(Nature { abort: true, .. }))
}

/// Lists can prove what became of a call. Not of a batch, whose place in them is undocumented, and
/// not where there are no orders.
#[must_use]
pub const fn is_resolvable(spec: &TargetSpec) -> bool {
    matches!(
        nature(spec),
        Some(Nature {
            resolvable: true,
            ..
        })
    )
}

/// A person's word about a call cannot be checked: there is no order to read, or it was read
/// already.
#[must_use]
pub const fn takes_a_word(spec: &TargetSpec, has_order: bool) -> bool {
    match nature(spec) {
        Some(Nature {
            word: Word::Always, ..
        }) => true,
        Some(Nature {
            word: Word::WithOrder,
            ..
        }) => has_order,
        Some(Nature {
            word: Word::Never, ..
        })
        | None => false,
    }
}

/// The restart asks for a moment without a ready instance.
#[must_use]
pub fn leaves_none_ready(target: &Target) -> bool {
    let Target::SaeApplication(app) = target else {
        return false;
    };
    match app.min_ready_instance_ratio {
        Some(ratio) if ratio >= 0 => ratio == 0,
        _ => app.min_ready_instances == Some(0),
    }
}

/// The restart does not ask the guest to shut down.
#[must_use]
pub const fn stops_by_force(target: &Target) -> bool {
    matches!(target, Target::VolcengineInstances(ecs) if ecs.force_stop)
}

/// Product and name of every restart call.
pub const RESTARTS: [(&str, &str); 5] = [
    ("sae", "RestartApplication"),
    ("sae", "RestartInstances"),
    ("sae", "BatchRestartApplications"),
    ("edas", "RestartApplication"),
    ("volcengine", "RebootInstances"),
];

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
        () if sae_application.is_some() => RESTARTS[0],
        () if sae_instances.is_some() => RESTARTS[1],
        () if sae_applications.is_some() => RESTARTS[2],
        () if edas_application.is_some() => RESTARTS[3],
        () if volcengine_instances.is_some() => RESTARTS[4],
        () => ("none", "none"),
    }
}

/// What only one open attempt or running order may hold at a time: applications and instances, by
/// product. Their ids are unique in the whole cloud.
fn held(spec: &TargetSpec) -> impl Iterator<Item = (&'static str, &str)> + Clone {
    let TargetSpec {
        sae_application,
        sae_instances,
        sae_applications,
        edas_application,
        volcengine_instances,
    } = spec;
    let whole = sae_application.iter().map(|app| &app.app_id);
    let parts = sae_instances.iter().map(|app| &app.app_id);
    let batch = sae_applications.iter().flat_map(|batch| &batch.app_ids);
    let edas = edas_application.iter().map(|app| &app.app_id);
    let ecs = volcengine_instances
        .iter()
        .flat_map(|ecs| &ecs.instance_ids);
    let sae = whole.chain(parts).chain(batch).map(|id| ("sae", &**id));
    sae.chain(edas.map(|id| ("edas", &**id)))
        .chain(ecs.map(|id| ("ecs", &**id)))
}

/// The same as texts, to remember something by.
#[must_use]
pub fn keys(spec: &TargetSpec) -> Vec<String> {
    held(spec)
        .map(|(what, id)| format!("{what}/{id}"))
        .collect()
}

/// Both name something that only one may hold at a time.
#[must_use]
pub fn share(one: &TargetSpec, other: &TargetSpec) -> bool {
    held(one).any(|key| held(other).any(|other| other == key))
}

/// The target is about this SAE application, or about parts of it.
#[must_use]
pub fn names_sae(spec: &TargetSpec, app_id: &str) -> bool {
    held(spec).any(|key| key == ("sae", app_id))
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
        format!("sae app {}", short(&app.app_id))
    } else if let Some(app) = sae_instances {
        format!(
            "sae app {}: {} instances",
            short(&app.app_id),
            app.instance_ids.len()
        )
    } else if let Some(batch) = sae_applications {
        format!("sae {}: {} apps", batch.namespace_id, batch.app_ids.len())
    } else if let Some(app) = edas_application {
        format!("edas app {}", short(&app.app_id))
    } else if let Some(ecs) = volcengine_instances {
        match ecs.instance_ids.as_slice() {
            [one] => format!("ecs {one}"),
            all => format!("ecs {} instances", all.len()),
        }
    } else {
        String::new()
    };
    super::story::cut(&text, 128).to_owned()
}

/// The first group of an id in the form of a UUID, which is enough to tell it apart in a table; any
/// other id as it is.
fn short(id: &str) -> &str {
    match id.split_once('-') {
        Some((first, rest)) if first.len() == 8 && rest.len() >= 8 => first,
        _ => id,
    }
}

/// The kind of a target, as allow-lists name it.
#[must_use]
pub const fn kind(target: &Target) -> TargetKind {
    match target {
        Target::SaeApplication(_) => TargetKind::SaeApplication,
        Target::SaeInstances(_) => TargetKind::SaeInstances,
        Target::SaeApplications(_) => TargetKind::SaeApplications,
        Target::EdasApplication(_) => TargetKind::EdasApplication,
        Target::VolcengineInstances(_) => TargetKind::VolcengineInstances,
    }
}

/// SHA-256 of product, region and sorted ids, 64 hex digits. Parameters are left out: two requests
/// that restart the same thing in different ways still meet each other by this hash.
#[must_use]
pub fn hash(target: &Target) -> String {
    let mut digest = Sha256::new();
    for part in [target.product().as_str(), target.region()]
        .into_iter()
        .chain(target.all_ids())
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
