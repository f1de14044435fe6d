//! The control routes of namespaces.

use serde_json::Value;

use super::Control;
use super::http::{Failure, done, read, unknown};
use crate::Incoming;
use crate::world::Namespace;

/// Routes below `namespaces`.
pub(super) fn namespaces(
    control: &Control,
    request: &Incoming,
    steps: &[&str],
) -> Result<Value, Failure> {
    match (request.method.as_str(), steps) {
        ("GET", []) => Ok(serde_json::to_value(control.namespaces())?),
        ("PUT", [id]) => {
            let namespace: Namespace = read(request)?;
            control.put_namespace(Namespace {
                id: (*id).to_owned(),
                ..namespace
            });
            done()
        }
        ("DELETE", [id]) => {
            let removed = control.remove_namespace(id);
            let removed = removed.ok_or_else(|| Failure::not_found("namespace"))?;
            Ok(serde_json::to_value(removed)?)
        }
        ("GET", [id, "orders"]) => Ok(serde_json::to_value(control.orders_of_namespace(id))?),
        _ => Err(unknown()),
    }
}
