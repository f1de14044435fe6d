//! What a reboot would do: the call, which instance stands in its way, and what a person should
//! know before. Pure.

use std::collections::BTreeMap;

use super::{
    call::numbered,
    classify::{REBOOT, unexpected},
    verdict::is_down,
    wire::{Instance, SystemEvent},
};
use crate::cloud::{
    error::{CloudError, Delivery, Kind, Retry},
    types::{OrderId, RunningOrder, VolcengineInstances, Warning},
};

const LIST: &str = "DescribeInstances";

/// Bytes that the shown form of the call may have, without what is said of the rest.
const CALL_BYTES: usize = 960;

/// Instances that a message names.
const NAMED: usize = 5;

/// Names and values of the form, without the token. The ids stand in the order of the target.
#[must_use]
pub fn fields(target: &VolcengineInstances) -> Vec<(String, String)> {
    let ids: Vec<&str> = target.instance_ids.iter().map(String::as_str).collect();
    let mut fields = numbered("InstanceIds", &ids);
    fields.push(("ForceStop".to_owned(), target.force_stop.to_string()));
    fields
}

/// The call as it would be sent, without signature and token, for people. At most 1024 bytes; a
/// long list of ids is cut, and the text says how many are missing.
#[must_use]
pub fn call_text(target: &VolcengineInstances) -> String {
    let mut fields = fields(target);
    fields.rotate_right(1); // ForceStop first, where a cut cannot hide it
    let mut shown = format!("POST /?Action={REBOOT}&Version=2020-04-01&X-Expires=120 ");
    for (number, (name, value)) in fields.iter().enumerate() {
        let field = format!("{}{name}={value}", if number == 0 { "" } else { "&" });
        if shown.len() + field.len() > CALL_BYTES {
            let rest = fields.len() - number;
            return format!("{shown} and {rest} more");
        }
        shown += &field;
    }
    shown
}

/// The listed instances by id. The list may be read in pages, between which instances move: what
/// was read last counts.
#[must_use]
pub fn by_id(listed: Vec<Instance>) -> BTreeMap<String, Instance> {
    listed
        .into_iter()
        .map(|instance| (instance.instance_id.clone(), instance))
        .collect()
}

/// Ends the request when one instance is absent, is down, or is bare metal without permission.
pub fn check_instances(
    target: &VolcengineInstances,
    listed: &BTreeMap<String, Instance>,
) -> Result<(), CloudError> {
    let absent: Vec<String> = target
        .instance_ids
        .iter()
        .filter(|id| !listed.contains_key(*id))
        .cloned()
        .collect();
    if !absent.is_empty() {
        return Err(CloudError {
            advice: "Check the instance ids and the region of the account.",
            ..ends(Kind::NotFound, "not found in the region", &absent)
        });
    }
    let down: Vec<String> = instances(target, listed)
        .filter(|instance| is_down(&instance.status))
        .map(|instance| format!("{} is {}", instance.instance_id, instance.status))
        .collect();
    if !down.is_empty() {
        return Err(CloudError {
            advice: "Only a running instance can be rebooted; start a stopped one instead.",
            ..ends(Kind::NotRunning, "cannot be rebooted", &down)
        });
    }
    let metal = bare_metal(target, listed);
    if !metal.is_empty() && !target.allow_bare_metal {
        return Err(CloudError {
            advice: "The reboot cuts the power of bare metal and may lose data there: use the \
                     cloud console, or set allowBareMetal in a new request.",
            ..ends(Kind::BareMetal, "bare metal, or of an odd type", &metal)
        });
    }
    Ok(())
}

/// What the target has to wait for: an instance that is in motion, or that the platform is
/// repairing. A state that nobody documents counts as motion.
#[must_use]
pub fn running(
    target: &VolcengineInstances,
    listed: &BTreeMap<String, Instance>,
    events: &[SystemEvent],
) -> Option<RunningOrder> {
    let order = |id: &str, kind: &str, since: &str| RunningOrder {
        id: OrderId(id.to_owned()),
        kind: if kind.is_empty() { "UNKNOWN" } else { kind }.to_owned(),
        created_by: String::new(),
        since: since.to_owned(),
    };
    let moving = instances(target, listed)
        .find(|instance| instance.status != "RUNNING")
        .map(|instance| order(&instance.instance_id, &instance.status, ""));
    let repaired = || {
        let event = events.iter().find(|event| {
            is_maintenance(event) && target.instance_ids.contains(&event.resource_id)
        })?;
        Some(order(&event.resource_id, &event.kind, &event.created_at))
    };
    moving.or_else(repaired)
}

// The platform may be moving the instance (Volcengine, list of system event types).
fn is_maintenance(event: &SystemEvent) -> bool {
    event.status == "Executing"
        && ["SystemMaintenance", "SystemFailure"]
            .iter()
            .any(|kind| event.kind.starts_with(kind))
}

/// What a person should know before the reboot.
#[must_use]
pub fn warnings(target: &VolcengineInstances, listed: &BTreeMap<String, Instance>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |code, message: String| warnings.push(Warning { code, message });
    let metal = bare_metal(target, listed);
    if !metal.is_empty() {
        warn(
            "BareMetalDataLoss",
            format!(
                "The power of these is cut whatever forceStop says, and data on them may be lost: {}.",
                named(&metal)
            ),
        );
    }
    if target.force_stop {
        warn(
            "ForceStopDataLoss",
            "forceStop cuts the power: what the instances have not written to disk is lost."
                .to_owned(),
        );
    }
    let local: Vec<String> = instances(target, listed)
        .filter(|instance| instance.has_local_volumes)
        .map(|instance| instance.instance_id.clone())
        .collect();
    if !local.is_empty() {
        warn(
            "LocalDisks",
            format!(
                "These have disks of their host, whose data does not survive a move to another host: {}.",
                named(&local)
            ),
        );
    }
    if target.instance_ids.len() == 1 {
        warn(
            "SingleInstance",
            "One instance is rebooted: what runs on it is interrupted.".to_owned(),
        );
    }
    warnings
}

/// No field of an instance says "bare metal"; the family in its type does, by beginning with `ebm`
/// (Volcengine, instance type families; its Terraform provider looks there too). A type that is not
/// of the form `ecs.family.size` counts as bare metal: a mistake must not cost data.
#[must_use]
pub fn is_bare_metal(type_id: &str) -> bool {
    let parts: Vec<&str> = type_id.split('.').collect();
    match parts[..] {
        ["ecs", family, size] if !family.is_empty() && !size.is_empty() => {
            family.to_ascii_lowercase().contains("ebm")
        }
        _ => true,
    }
}

fn bare_metal(target: &VolcengineInstances, listed: &BTreeMap<String, Instance>) -> Vec<String> {
    instances(target, listed)
        .filter(|instance| is_bare_metal(&instance.instance_type_id))
        .map(|instance| format!("{} ({})", instance.instance_id, instance.instance_type_id))
        .collect()
}

fn instances<'a>(
    target: &'a VolcengineInstances,
    listed: &'a BTreeMap<String, Instance>,
) -> impl Iterator<Item = &'a Instance> {
    target.instance_ids.iter().filter_map(|id| listed.get(id))
}

fn ends(kind: Kind, what: &str, which: &[String]) -> CloudError {
    CloudError {
        kind,
        delivery: Delivery::Refused,
        retry: Retry::Never,
        ..unexpected(LIST, &format!("{what}: {}", named(which)))
    }
}

fn named(which: &[String]) -> String {
    let shown = which[..which.len().min(NAMED)].join(", ");
    match which.len().checked_sub(NAMED) {
        Some(more @ 1..) => format!("{shown} and {more} more"),
        _ => shown,
    }
}
