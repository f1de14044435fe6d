//! The control methods over HTTP: JSON below `/_control`, unsigned.
//!
//! Only translation; what a route does is a method of [`Control`].

use std::time::Duration;

use bytes::Bytes;
use jiff::SignedDuration;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Control, http_namespaces, http_volcengine};
use crate::answer::{Answer, AnswerBody};
use crate::config::AccessKey;
use crate::faults::FaultRule;
use crate::world::{Application, ApplicationPatch, NewOrder};
use crate::{Incoming, Refusal, query};

/// Paths that belong to the control API.
pub(crate) const PREFIX: &str = "/_control";

/// Longest time a ledger request waits, in milliseconds.
const MAX_WAIT_MS: u64 = 60_000;

/// Answers a control request.
pub(crate) async fn answer(control: &Control, request: &Incoming) -> Answer {
    let (http, body) = match route(control, request).await {
        Ok(body) => (200, body),
        Err(Failure { http, message }) => (http, json!({ "error": message })),
    };
    let mut body = body.to_string();
    body.push('\n');
    Answer {
        http,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: AnswerBody::Whole(Bytes::from(body)),
    }
}

/// Why a control request failed.
pub(super) struct Failure {
    http: u16,
    message: String,
}

impl Failure {
    pub(super) fn not_found(what: &str) -> Self {
        Self {
            http: 404,
            message: format!("no such {what}"),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self {
            http: 409,
            message: refusal.to_string(),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self {
            http: 400,
            message: error.to_string(),
        }
    }
}

async fn route(control: &Control, request: &Incoming) -> Result<Value, Failure> {
    let path = request.path[PREFIX.len()..].trim_matches('/');
    let steps: Vec<&str> = path.split('/').collect();
    match (request.method.as_str(), steps.as_slice()) {
        ("GET", ["ledger"]) => ledger(control, request).await,
        ("POST", ["reset"]) => {
            control.reset();
            done()
        }
        ("POST", ["release"]) => release(control, request),
        (_, ["applications", ..]) => applications(control, request, &steps[1..]),
        (_, ["namespaces", ..]) => http_namespaces::namespaces(control, request, &steps[1..]),
        (_, ["orders", ..]) => orders(control, request, &steps[1..]),
        (_, ["faults", ..]) => faults(control, request, &steps[1..]),
        (_, ["clock", ..]) => clock(control, request, &steps[1..]),
        (_, ["instances", ..]) => http_volcengine::instances(control, request, &steps[1..]),
        (_, ["volcengine"]) => http_volcengine::switches(control, request),
        (_, ["access-keys", id]) => access_keys(control, request, id),
        _ => Err(unknown()),
    }
}

/// `GET ledger?after=SEQ&wait_ms=…`: records that are new or changed after a version, waiting for
/// one if there is none.
async fn ledger(control: &Control, request: &Incoming) -> Result<Value, Failure> {
    let params = query::params(&request.query);
    let number = |name: &str| -> Result<u64, Failure> {
        let text = params.get(name).map_or("0", String::as_str);
        text.parse().map_err(|_| Failure {
            http: 400,
            message: format!("{name} is no number"),
        })
    };
    let after = number("after")?;
    let wait = Duration::from_millis(number("wait_ms")?.min(MAX_WAIT_MS));
    // A wait that ends without news is an answer without records, not a failure.
    let _ = tokio::time::timeout(wait, control.changed_since(after)).await;
    Ok(serde_json::to_value(
        control.inspect(|ledger| ledger.since(after)),
    )?)
}

fn release(control: &Control, request: &Incoming) -> Result<Value, Failure> {
    #[derive(Deserialize, Default)]
    #[serde(default, deny_unknown_fields)]
    struct Release {
        request: Option<u64>,
    }
    let release: Release = if request.body.is_empty() {
        Release::default()
    } else {
        read(request)?
    };
    let released = match release.request {
        Some(seq) => usize::from(control.release_request(seq)),
        None => control.release(),
    };
    Ok(json!({ "released": released }))
}

fn applications(control: &Control, request: &Incoming, steps: &[&str]) -> Result<Value, Failure> {
    let missing = || Failure::not_found("application");
    match (request.method.as_str(), steps) {
        ("GET", []) => Ok(serde_json::to_value(control.applications())?),
        ("PUT", [id]) => {
            let application: Application = read(request)?;
            control.put_application(Application {
                id: (*id).to_owned(),
                ..application
            });
            done()
        }
        ("PATCH", [id]) => {
            let patch: ApplicationPatch = read(request)?;
            let patched = control.patch_application(id, patch).ok_or_else(missing)?;
            Ok(serde_json::to_value(patched)?)
        }
        ("DELETE", [id]) => Ok(serde_json::to_value(
            control.remove_application(id).ok_or_else(missing)?,
        )?),
        ("GET", [id, "orders"]) => Ok(serde_json::to_value(control.orders_of(id))?),
        ("POST", [id, "orders"]) => {
            let order: NewOrder = read(request)?;
            let order = NewOrder {
                app: (*id).to_owned(),
                ..order
            };
            let forced = request.query == "force=true";
            let id = if forced {
                control.force_order(order)?
            } else {
                control.start_order(order)?
            };
            Ok(json!({ "id": id }))
        }
        _ => Err(unknown()),
    }
}

fn orders(control: &Control, request: &Incoming, steps: &[&str]) -> Result<Value, Failure> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct End {
        status: i64,
    }
    let missing = || Failure::not_found("order");
    match (request.method.as_str(), steps) {
        ("GET", [id]) => Ok(serde_json::to_value(
            control.order(id).ok_or_else(missing)?,
        )?),
        ("POST", [id, "end"]) => {
            let end: End = read(request)?;
            if control.end_order(id, end.status) {
                done()
            } else {
                Err(missing())
            }
        }
        _ => Err(unknown()),
    }
}

fn faults(control: &Control, request: &Incoming, steps: &[&str]) -> Result<Value, Failure> {
    match (request.method.as_str(), steps) {
        ("GET", []) => Ok(serde_json::to_value(control.faults())?),
        ("POST", []) => {
            let rule: FaultRule = read(request)?;
            Ok(json!({ "id": control.inject(rule) }))
        }
        ("DELETE", []) => {
            control.clear_faults();
            done()
        }
        ("DELETE", [id]) => {
            let removed = id.parse().is_ok_and(|id| control.remove_fault(id));
            if removed {
                done()
            } else {
                Err(Failure::not_found("fault"))
            }
        }
        _ => Err(unknown()),
    }
}

fn clock(control: &Control, request: &Incoming, steps: &[&str]) -> Result<Value, Failure> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Shift {
        ms: i64,
    }
    let shift = || read::<Shift>(request).map(|shift| SignedDuration::from_millis(shift.ms));
    match (request.method.as_str(), steps) {
        ("GET", []) => {}
        ("POST", ["offset"]) => control.set_clock_offset(shift()?),
        ("POST", ["advance"]) => control.advance_clock(shift()?),
        ("POST", ["freeze"]) => control.freeze_clock(),
        ("POST", ["resume"]) => control.resume_clock(),
        _ => return Err(unknown()),
    }
    let setting = control.clock();
    Ok(json!({ "now": control.now(), "offset_ms": setting.offset_ms, "frozen": setting.frozen }))
}

fn access_keys(control: &Control, request: &Incoming, id: &str) -> Result<Value, Failure> {
    match request.method.as_str() {
        "PUT" => {
            let key: AccessKey = read(request)?;
            control.put_access_key(AccessKey {
                id: id.to_owned(),
                ..key
            });
            done()
        }
        "DELETE" if control.remove_access_key(id) => done(),
        "DELETE" => Err(Failure::not_found("access key")),
        _ => Err(unknown()),
    }
}

pub(super) fn read<T: DeserializeOwned>(request: &Incoming) -> Result<T, Failure> {
    Ok(serde_json::from_slice(&request.body)?)
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "every branch of a route ends in the same type"
)]
pub(super) fn done() -> Result<Value, Failure> {
    Ok(json!({}))
}

pub(super) fn unknown() -> Failure {
    Failure {
        http: 404,
        message: "no such control route or method".to_owned(),
    }
}
