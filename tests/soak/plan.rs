//! What is asked for: which targets there are, and which request comes when, all from one seed.

use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

/// How many targets of each sort there are. Some requests share a target, so that queues form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Targets {
    pub(crate) sae: usize,
    pub(crate) edas: usize,
    pub(crate) instances: usize,
}

/// Instances of each SAE application and ECCs of each EDAS application.
pub(crate) const PARTS: usize = 3;

impl Targets {
    /// A handful of requests for each target.
    pub(crate) fn for_requests(requests: usize) -> Self {
        Self {
            sae: (requests / 10).clamp(8, 200),
            edas: (requests / 20).clamp(4, 100),
            instances: (requests / 20).clamp(6, 100),
        }
    }
}

/// The id of an SAE application.
pub(crate) fn sae(number: usize) -> String {
    format!("sae-{number}")
}

/// The id of an EDAS application.
pub(crate) fn edas(number: usize) -> String {
    format!("edas-{number}")
}

/// The id of a Volcengine instance.
pub(crate) fn instance(number: usize) -> String {
    format!("i-v{number}")
}

/// One request, and what is done to it afterwards.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) name: String,
    /// Which of the namespaces it is in.
    pub(crate) namespace: usize,
    /// Whether it needs the Volcengine account.
    pub(crate) volcengine: bool,
    /// Everything of the specification but the account.
    pub(crate) spec: Value,
    pub(crate) steering: Steering,
}

/// What a person does to a request after its creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Steering {
    Nothing,
    /// Cancels it after this time.
    Cancel(Duration),
    /// It is created suspended, and resumed after this time.
    Resume(Duration),
    /// Deletes it after this time and creates another of the same name.
    Recreate(Duration),
}

/// The `number`th request.
pub(crate) fn ask(rng: &mut Rng, number: usize, namespaces: usize, targets: Targets) -> Ask {
    let steering = steering(rng);
    let (target, volcengine) = target(rng, targets);
    let mut spec = json!({"target": target, "startDeadlineSeconds": 900});
    match rng.u8(..100) {
        0..5 => spec["dryRun"] = json!(true),
        5..10 => spec["startDeadlineSeconds"] = json!(rng.u8(2..12)),
        10..20 => spec["backoffLimit"] = json!(0),
        _ => spec["backoffLimit"] = json!(6),
    }
    if let Steering::Resume(_) = steering {
        spec["suspend"] = json!(true);
    }
    Ask {
        name: format!("r{number}"),
        namespace: rng.usize(..namespaces),
        volcengine,
        spec,
        steering,
    }
}

fn steering(rng: &mut Rng) -> Steering {
    let after = Duration::from_millis(rng.u64(0..3_000));
    match rng.u8(..100) {
        0..8 => Steering::Cancel(after),
        8..14 => Steering::Resume(after),
        14..20 => Steering::Recreate(after),
        _ => Steering::Nothing,
    }
}

/// A target of one of the five kinds, and whether it is Volcengine's.
fn target(rng: &mut Rng, targets: Targets) -> (Value, bool) {
    let app = some(rng, targets.sae);
    let edas_app = some(rng, targets.edas);
    match rng.u8(..100) {
        0..40 => (json!({"saeApplication": {"appId": sae(app)}}), false),
        40..55 => {
            let ids = few(rng, PARTS, |part| format!("{}-{}", sae(app), part + 1));
            let target = json!({"appId": sae(app), "instanceIds": ids});
            (json!({"saeInstances": target}), false)
        }
        55..65 => {
            let ids = few(rng, targets.sae, sae);
            let target = json!({"namespaceId": "cn-hangzhou", "appIds": ids});
            (json!({"saeApplications": target}), false)
        }
        65..73 => (json!({"edasApplication": {"appId": edas(edas_app)}}), false),
        73..80 => {
            let ids = few(rng, PARTS, |part| {
                format!("{}-{}", edas(edas_app), part + 1)
            });
            let target = json!({"appId": edas(edas_app), "eccIds": ids});
            (json!({"edasApplication": target}), false)
        }
        _ => {
            let ids = few(rng, targets.instances, instance);
            (json!({"volcengineInstances": {"instanceIds": ids}}), true)
        }
    }
}

/// One of `count`; the first three come more often than their share.
fn some(rng: &mut Rng, count: usize) -> usize {
    let hot = rng.u8(..100) < 10;
    rng.usize(..if hot { count.min(3) } else { count })
}

/// One to three different ones of `count`.
fn few(rng: &mut Rng, count: usize, id: impl Fn(usize) -> String) -> Vec<String> {
    let wanted = rng.usize(1..=3);
    let numbers = rng.choose_multiple(0..count, wanted);
    numbers.into_iter().map(id).collect()
}
