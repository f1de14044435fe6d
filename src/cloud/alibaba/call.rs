//! From a call of an Alibaba Cloud API to the request that is sent: parameters, headers,
//! signature. Pure: date and nonce are arguments.
//!
//! All parameters travel in the query and there is no body, for SAE and EDAS, whatever the verb.

use jiff::Timestamp;

use super::acs3;
use crate::cloud::{Access, exchange::Outgoing};

/// One call of one API, without time, nonce and credential.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// `x-acs-version`.
    pub version: &'static str,
    /// `x-acs-action`: the cloud's name of the operation.
    pub action: &'static str,
    /// HTTP verb. It says nothing about whether the call may be repeated.
    pub method: http::Method,
    /// Path; letter case matters.
    pub path: &'static str,
    /// Query parameters, not encoded. Never one with an empty value.
    pub query: Vec<(&'static str, &'a str)>,
}

/// Signs a call. `date` is cut to whole seconds, which is all that the header can carry.
///
/// Signed are the host and every `x-acs-*` header, and nothing that somebody on the way might
/// rewrite. With a security token the access key id is sent too, as the vendor's client does.
#[must_use]
pub fn sign(access: &Access, call: &Call<'_>, date: Timestamp, nonce: &str) -> Outgoing {
    let host = access
        .endpoint
        .split_once("://")
        .map_or("", |(_, host)| host);
    let query = acs3::canonical_query(&call.query);
    let payload_hash = acs3::payload_hash(b"");
    let date = date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let credential = &access.credential;

    let mut headers = vec![
        ("host", host),
        ("x-acs-action", call.action),
        ("x-acs-version", call.version),
        ("x-acs-date", &date),
        ("x-acs-signature-nonce", nonce),
        ("x-acs-content-sha256", &payload_hash),
    ];
    if let Some(token) = credential.token() {
        headers.push(("x-acs-accesskey-id", credential.id()));
        headers.push(("x-acs-security-token", token));
    }
    let authorization = acs3::authorization(
        &acs3::Request {
            method: call.method.as_str(),
            path: call.path,
            canonical_query: &query,
            headers: &headers,
            payload_hash: &payload_hash,
        },
        credential.id(),
        credential.secret(),
    );

    let mut outgoing = Outgoing::new(
        call.method.clone(),
        format!("{}{}?{query}", access.endpoint, call.path),
    );
    outgoing.header("accept", "application/json");
    // The HTTP layer writes the host header itself, from the same endpoint text.
    for (name, value) in headers.into_iter().filter(|(name, _)| *name != "host") {
        outgoing.header(name, value);
    }
    outgoing.header("authorization", &authorization);
    outgoing
}
