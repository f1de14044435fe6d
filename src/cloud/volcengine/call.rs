//! From a call of ECS to the request that is sent: parameters, headers, signature. Pure: the date is
//! an argument.

use http::Method;
use jiff::Timestamp;

use super::{classify::REBOOT, plan, sign};
use crate::cloud::{
    Access,
    exchange::Outgoing,
    types::{Submission, VolcengineInstances},
};

/// `Version` of every call.
pub const VERSION: &str = "2020-04-01";

/// The service in the scope of the signature.
const SERVICE: &str = "ecs";

/// Signed with the body, so the two cannot be told apart on the way.
const FORM: &str = "application/x-www-form-urlencoded";

/// A read: all parameters are in the query, with `GET`, as the vendor's own clients send them.
#[must_use]
pub fn read(
    access: &Access,
    region: &str,
    action: &str,
    parameters: &[(&str, &str)],
    now: Timestamp,
) -> Outgoing {
    let mut query = vec![("Action", action), ("Version", VERSION)];
    query.extend_from_slice(parameters);
    signed(access, region, Method::GET, &query, String::new(), now)
}

/// The reboot call: a form by `POST`, since whoever stands on the way may repeat a `GET`.
///
/// The date is that of the stored intent, and `X-Expires` says how long the gateway may accept it:
/// a copy that comes later is refused, whoever held it back. Every copy has the same bytes.
#[must_use]
pub fn reboot(access: &Access, target: &VolcengineInstances, call: &Submission) -> Outgoing {
    let life = call.not_after.duration_since(call.signed_at).as_secs();
    let life = life.to_string();
    let query = [
        ("Action", REBOOT),
        ("Version", VERSION),
        ("X-Expires", &life),
    ];
    let mut fields = plan::fields(target);
    fields.push(("ClientToken".to_owned(), call.nonce.clone()));
    let body = sign::form(&borrowed(&fields));
    let region = &target.region;
    signed(access, region, Method::POST, &query, body, call.signed_at)
}

/// Names and values for the signer.
#[must_use]
pub fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// `Prefix.1`, `Prefix.2`, ...: how this cloud takes lists.
#[must_use]
pub fn numbered(prefix: &str, values: &[&str]) -> Vec<(String, String)> {
    values
        .iter()
        .zip(1..)
        .map(|(value, number)| (format!("{prefix}.{number}"), (*value).to_owned()))
        .collect()
}

fn signed(
    access: &Access,
    region: &str,
    method: Method,
    query: &[(&str, &str)],
    body: String,
    date: Timestamp,
) -> Outgoing {
    let host = access
        .endpoint
        .split_once("://")
        .map_or("", |(_, host)| host);
    let query = sign::canonical_query(query);
    let body_hash = sign::body_hash(body.as_bytes());
    // Whole seconds, which is all that the header can carry.
    let date = date.strftime("%Y%m%dT%H%M%SZ").to_string();
    let credential = &access.credential;

    let mut headers = vec![
        ("host", host),
        ("x-date", date.as_str()),
        ("x-content-sha256", body_hash.as_str()),
    ];
    if !body.is_empty() {
        headers.push(("content-type", FORM));
    }
    if let Some(token) = credential.token() {
        headers.push(("x-security-token", token));
    }
    let authorization = sign::authorization(
        &sign::Request {
            method: method.as_str(),
            path: "/",
            canonical_query: &query,
            headers: &headers,
            body_hash: &body_hash,
        },
        &sign::Scope {
            date: &date,
            region,
            service: SERVICE,
        },
        credential.id(),
        credential.secret(),
    );

    let url = format!("{}/?{query}", access.endpoint);
    let mut outgoing = Outgoing::new(method, url);
    outgoing.header("accept", "application/json");
    // The HTTP layer writes the host header itself, from the same endpoint text.
    for (name, value) in headers.into_iter().filter(|(name, _)| *name != "host") {
        outgoing.header(name, value);
    }
    outgoing.header("authorization", &authorization);
    outgoing.with_body(body)
}
