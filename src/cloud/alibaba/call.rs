//! From a call of an Alibaba Cloud API to the request that is sent: parameters, headers,
//! signature. Pure: date and nonce are arguments.
//!
//! All parameters travel in the query and there is no body, for SAE and EDAS, whatever the verb.

use jiff::Timestamp;

use super::{acs3, roa};
use crate::cloud::{Access, Signature, exchange::Outgoing};

const ACCEPT: (&str, &str) = ("accept", "application/json");

/// One call of one API, without time, nonce and credential.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// `x-acs-version`.
    pub version: &'static str,
    /// `x-acs-action`: the cloud's name of the operation.
    pub action: &'static str,
    /// `x-acs-region-id`, for a product with hosts that serve several regions.
    pub region: Option<&'a str>,
    /// HTTP verb. It says nothing about whether the call may be repeated.
    pub method: http::Method,
    /// Path; letter case matters.
    pub path: &'static str,
    /// Query parameters, not encoded. Never one with an empty value.
    pub query: Vec<(&'static str, &'a str)>,
}

impl Call<'_> {
    /// Names of the parameters.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.query.iter().map(|(name, _)| *name).collect()
    }
}

/// Signs a call by the scheme that the account chose. `date` is cut to whole seconds, which is all
/// that the header can carry.
#[must_use]
pub fn sign(access: &Access, call: &Call<'_>, date: Timestamp, nonce: &str) -> Outgoing {
    match access.signature {
        Signature::Acs3 => sign_acs3(access, call, date, nonce),
        Signature::Roa => sign_roa(access, call, date, nonce),
    }
}

// Signed are the host and every `x-acs-*` header, and nothing that somebody on the way might
// rewrite.
fn sign_acs3(access: &Access, call: &Call<'_>, date: Timestamp, nonce: &str) -> Outgoing {
    let host = access
        .endpoint
        .split_once("://")
        .map_or("", |(_, host)| host);
    let query = acs3::canonical_query(&call.query);
    let payload_hash = acs3::payload_hash(b"");
    let date = date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();

    let mut headers = vec![
        ("host", host),
        ("x-acs-action", call.action),
        ("x-acs-version", call.version),
        ("x-acs-date", &date),
        ("x-acs-signature-nonce", nonce),
        ("x-acs-content-sha256", &payload_hash),
    ];
    headers.extend(more_headers(access, call));
    let authorization = acs3::authorization(
        &acs3::Request {
            method: call.method.as_str(),
            path: call.path,
            canonical_query: &query,
            headers: &headers,
            payload_hash: &payload_hash,
        },
        access.credential.id(),
        access.credential.secret(),
    );
    headers.push(ACCEPT);
    outgoing(access, call, &query, headers, &authorization)
}

fn sign_roa(access: &Access, call: &Call<'_>, date: Timestamp, nonce: &str) -> Outgoing {
    let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let mut headers = vec![
        ACCEPT,
        ("date", date.as_str()),
        ("x-acs-action", call.action),
        ("x-acs-version", call.version),
        ("x-acs-signature-method", roa::METHOD),
        ("x-acs-signature-version", roa::VERSION),
        ("x-acs-signature-nonce", nonce),
    ];
    headers.extend(more_headers(access, call));
    let authorization = roa::authorization(
        &roa::Request {
            method: call.method.as_str(),
            path: call.path,
            query: &call.query,
            headers: &headers,
        },
        access.credential.id(),
        access.credential.secret(),
    );
    let query = acs3::canonical_query(&call.query);
    outgoing(access, call, &query, headers, &authorization)
}

// With a security token the access key id is sent too, as the vendor's client does.
fn more_headers<'a>(access: &'a Access, call: &Call<'a>) -> Vec<(&'static str, &'a str)> {
    let credential = &access.credential;
    let mut headers = Vec::new();
    if let Some(region) = call.region {
        headers.push(("x-acs-region-id", region));
    }
    if let Some(token) = credential.token() {
        headers.push(("x-acs-accesskey-id", credential.id()));
        headers.push(("x-acs-security-token", token));
    }
    headers
}

fn outgoing(
    access: &Access,
    call: &Call<'_>,
    query: &str,
    headers: Vec<(&'static str, &str)>,
    authorization: &str,
) -> Outgoing {
    let mut outgoing = Outgoing::new(
        call.method.clone(),
        format!("{}{}?{query}", access.endpoint, call.path),
    );
    // The HTTP layer writes the host header itself, from the same endpoint text.
    for (name, value) in headers.into_iter().filter(|(name, _)| *name != "host") {
        outgoing.header(name, value);
    }
    outgoing.header("authorization", authorization);
    outgoing
}
