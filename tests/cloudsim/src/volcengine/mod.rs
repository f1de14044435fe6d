//! Volcengine: a gateway of its own and the ECS calls that reboot instances and tell how it went.
//!
//! `authorization`, `hmac_sha256` and `gateway` decide who may call, `call` has the table of calls,
//! `reboot`, `describe` and `events` do them, `fleet` has the instances, `tokens` what a client
//! token has done before. Requests come here from the journey, which gives faults their meaning.

mod authorization;
mod call;
mod describe;
mod errors;
mod events;
mod fleet;
mod gateway;
pub mod hmac_sha256;
mod page;
mod params;
mod reboot;
mod settings;
mod tokens;
pub(crate) mod wire;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

pub use authorization::{Authorization, Malformed, Scope};
pub use fleet::{
    GONE, Instance, InstanceSnapshot, LocalVolume, NewEvent, REBOOT_EVENT, REBOOTING, RUNNING,
    RebootPlan, Stage,
};
pub use settings::{VolcengineConfig, VolcengineSwitches};

pub(crate) use errors::throttled;
pub(crate) use fleet::Fleet;

use crate::product::Params;
use crate::state::Parts;
use crate::{Incoming, Refusal, query};
use call::Context;
use gateway::Admitted;
use tokens::TokenBook;

/// The name used in the ledger.
pub(crate) const PRODUCT: &str = "volcengine";

/// What the Volcengine part of a simulator knows and remembers.
#[derive(Debug)]
pub(crate) struct Volcengine {
    pub(crate) fleet: Fleet,
    pub(crate) switches: VolcengineSwitches,
    tokens: TokenBook,
}

impl Volcengine {
    /// The start: the instances of the configuration, nothing remembered.
    pub(crate) fn new(config: &VolcengineConfig, now: Timestamp) -> Self {
        let mut fleet = Fleet::new(config.default_plan.clone());
        for instance in &config.instances {
            fleet.put(instance.clone(), now);
        }
        Self {
            fleet,
            switches: config.switches.clone(),
            tokens: TokenBook::default(),
        }
    }
}

/// Whether a request is meant for Volcengine: path `/`, with its scheme in `Authorization` or, if
/// the header is of no other scheme, with an `Action` in the query.
pub(crate) fn concerns(request: &Incoming) -> bool {
    let scheme = request.header("authorization").unwrap_or_default();
    let other = scheme.starts_with("ACS3-") || scheme.starts_with("acs ");
    request.path == "/"
        && !other
        && (scheme.starts_with(authorization::SCHEME) || action(request).is_some())
}

/// The action a request names.
pub(crate) fn action(request: &Incoming) -> Option<String> {
    query::params(&request.query).remove("Action")
}

/// The parameters of a request, those of a form included.
pub(crate) fn parameters(request: &Incoming) -> Params {
    params::read(request)
}

/// The instances a request names, joined by commas.
pub(crate) fn targets(params: &Params) -> Option<String> {
    let named = ["InstanceIds", "ResourceIds"]
        .into_iter()
        .filter_map(|name| params::list(params, name).ok())
        .find(|ids| !ids.is_empty());
    named.map(|ids| ids.join(","))
}

/// A request that the gateway has let through.
pub(crate) struct Checked {
    admitted: Admitted,
    params: Params,
}

/// Checks a request without executing it.
pub(crate) fn check(
    parts: &mut Parts,
    request: &Incoming,
    now: Timestamp,
) -> Result<Checked, Refusal> {
    let params = params::read(request);
    let switches = &parts.volcengine.switches;
    let admitted = gateway::admit(&mut parts.gateway, switches, request, &params, now)?;
    Ok(Checked { admitted, params })
}

/// Executes a checked request of sequence number `seq` and gives the whole answer. Reads are
/// behind by `lag`.
pub(crate) fn execute(
    parts: &mut Parts,
    checked: &Checked,
    seq: u64,
    lag: Duration,
    now: Timestamp,
) -> Result<Value, Refusal> {
    let Checked { admitted, params } = checked;
    let mut context = Context {
        cloud: &mut parts.volcengine,
        ids: &parts.world,
        ledger: &mut parts.ledger,
        admitted,
        now,
        lag,
        request: seq,
    };
    let result = (admitted.call.run)(&mut context, params)?;
    let request_id = parts.world.mint_id().to_uppercase();
    Ok(wire::success(&request_id, admitted, &result))
}
