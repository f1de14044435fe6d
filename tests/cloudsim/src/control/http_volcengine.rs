//! The control methods of the Volcengine part over HTTP.
//!
//! A change (`PATCH`) names the members to change; the others stay.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Control;
use super::http::{Failure, done, read, unknown};
use crate::Incoming;
use crate::volcengine::{Instance, NewEvent};

/// Routes below `instances`.
pub(super) fn instances(
    control: &Control,
    request: &Incoming,
    steps: &[&str],
) -> Result<Value, Failure> {
    let missing = || Failure::not_found("instance");
    match (request.method.as_str(), steps) {
        ("GET", []) => Ok(serde_json::to_value(control.instances())?),
        ("GET", [id]) => Ok(serde_json::to_value(
            control.instance(id).ok_or_else(missing)?,
        )?),
        ("PUT", [id]) => {
            let instance: Instance = read(request)?;
            control.put_instance(Instance {
                id: (*id).to_owned(),
                ..instance
            });
            done()
        }
        ("PATCH", [id]) => {
            let changes: Value = read(request)?;
            let updated = control
                .try_update_instance(id, |instance| changed(&instance, changes))
                .ok_or_else(missing)??;
            Ok(serde_json::to_value(updated)?)
        }
        ("DELETE", [id]) => Ok(serde_json::to_value(
            control.remove_instance(id).ok_or_else(missing)?,
        )?),
        ("POST", [id, "reboot"]) if control.reboot_by_hand(id) => done(),
        ("POST", [_, "reboot"]) => Err(missing()),
        ("POST", [id, "events"]) => {
            let event: NewEvent = read(request)?;
            Ok(json!({ "id": control.write_event(id, event) }))
        }
        _ => Err(unknown()),
    }
}

/// The route `volcengine`: the switches.
pub(super) fn switches(control: &Control, request: &Incoming) -> Result<Value, Failure> {
    match request.method.as_str() {
        "GET" => {}
        "PATCH" => {
            let switches = changed(&control.volcengine_switches(), read(request)?)?;
            control.set_volcengine_switches(switches);
        }
        _ => return Err(unknown()),
    }
    Ok(serde_json::to_value(control.volcengine_switches())?)
}

/// A value with some members replaced.
fn changed<T: Serialize + DeserializeOwned>(
    old: &T,
    changes: Value,
) -> Result<T, serde_json::Error> {
    let mut value = serde_json::to_value(old)?;
    match (&mut value, changes) {
        (Value::Object(members), Value::Object(changes)) => members.extend(changes),
        (value, changes) => *value = changes,
    }
    serde_json::from_value(value)
}
