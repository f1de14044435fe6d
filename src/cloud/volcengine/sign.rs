//! The signature HMAC-SHA256 of Volcengine: bytes in, header texts out. Pure: the date is an
//! argument.
//!
//! It resembles the signature of a better-known cloud, and differs from it: the key chain begins
//! with the bare secret, the scope ends in `request`, and the label and the header names are its
//! own (Volcengine manual, "Signature method"; official SDKs). Region and service stand in the
//! scope and nowhere else.

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::cloud::hex;

/// Name of the scheme, as it stands in the string to sign and in the Authorization header.
pub const ALGORITHM: &str = "HMAC-SHA256";

/// Last part of a scope, and last step of the key chain.
const TERMINATOR: &str = "request";

/// Headers that are signed if they are there, besides all that begin with `x-`.
const SIGNED: [&str; 3] = ["content-type", "content-md5", "host"];

// Of ASCII only letters, digits and these four stay as they are.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// What is signed of a request. Header names in lower case, values as they are sent; `host` and
/// `x-content-sha256` are among them.
#[derive(Debug)]
pub struct Request<'a> {
    /// Such as `POST`.
    pub method: &'a str,
    /// Path without query.
    pub path: &'a str,
    /// As made by [`canonical_query`].
    pub canonical_query: &'a str,
    /// All headers, in any order. Those that the scheme leaves out are left out.
    pub headers: &'a [(&'a str, &'a str)],
    /// As made by [`body_hash`].
    pub body_hash: &'a str,
}

/// What a signature is good for.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// `X-Date`: `YYYYMMDDTHHMMSSZ`.
    pub date: &'a str,
    /// Such as `cn-beijing`.
    pub region: &'a str,
    /// Such as `ecs`.
    pub service: &'a str,
}

impl Scope<'_> {
    /// `day/region/service/request`.
    #[must_use]
    pub fn text(&self) -> String {
        let Self {
            region, service, ..
        } = self;
        format!("{}/{region}/{service}/{TERMINATOR}", self.day())
    }

    fn day(&self) -> &str {
        self.date.get(..8).unwrap_or(self.date)
    }
}

/// Names and values percent-encoded, sorted by the bytes of the result, joined by `=` and `&`. A
/// space is `%20`.
#[must_use]
pub fn canonical_query(parameters: &[(&str, &str)]) -> String {
    let mut encoded: Vec<(String, String)> = parameters
        .iter()
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    encoded.sort_unstable();
    let joined: Vec<String> = encoded
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    joined.join("&")
}

/// A form body: fields in the given order. A space is `+`.
#[must_use]
pub fn form(fields: &[(&str, &str)]) -> String {
    let joined: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    joined.join("&").replace("%20", "+")
}

/// Lower-case hex SHA-256 of the body; of the empty string when there is none.
#[must_use]
pub fn body_hash(body: &[u8]) -> String {
    hex::lower(&Sha256::digest(body))
}

/// Names of the signed headers, sorted and joined by `;`.
#[must_use]
pub fn signed_headers(request: &Request<'_>) -> String {
    let names: Vec<&str> = sorted_headers(request)
        .iter()
        .map(|(name, _)| *name)
        .collect();
    names.join(";")
}

/// The request in the one form that both sides hash.
#[must_use]
pub fn canonical_request(request: &Request<'_>) -> String {
    let headers: Vec<String> = sorted_headers(request)
        .iter()
        .map(|(name, value)| format!("{name}:{value}\n"))
        .collect();
    format!(
        "{}\n{}\n{}\n{}\n{}\n{}",
        request.method,
        request.path,
        request.canonical_query,
        headers.concat(),
        signed_headers(request),
        request.body_hash,
    )
}

/// Name of the scheme, date, scope and hash of the canonical request.
#[must_use]
pub fn string_to_sign(request: &Request<'_>, scope: &Scope<'_>) -> String {
    format!(
        "{ALGORITHM}\n{}\n{}\n{}",
        scope.date,
        scope.text(),
        hex::lower(&Sha256::digest(canonical_request(request)))
    )
}

/// The key for one day, one region and one service.
#[must_use]
pub fn signing_key(secret: &str, scope: &Scope<'_>) -> [u8; 32] {
    let day = hmac_sha256(secret.as_bytes(), scope.day());
    let region = hmac_sha256(&day, scope.region);
    let service = hmac_sha256(&region, scope.service);
    hmac_sha256(&service, TERMINATOR)
}

/// Lower-case hex of the HMAC of the string to sign.
#[must_use]
pub fn signature(request: &Request<'_>, scope: &Scope<'_>, secret: &str) -> String {
    hex::lower(&hmac_sha256(
        &signing_key(secret, scope),
        &string_to_sign(request, scope),
    ))
}

/// The value of the Authorization header.
#[must_use]
pub fn authorization(
    request: &Request<'_>,
    scope: &Scope<'_>,
    access_key_id: &str,
    secret: &str,
) -> String {
    format!(
        "{ALGORITHM} Credential={access_key_id}/{}, SignedHeaders={}, Signature={}",
        scope.text(),
        signed_headers(request),
        signature(request, scope, secret),
    )
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

// The default ports are not part of the signed host; the HTTP layer leaves them out as well.
fn sorted_headers<'a>(request: &Request<'a>) -> Vec<(&'a str, &'a str)> {
    let mut headers: Vec<(&str, &str)> = request
        .headers
        .iter()
        .filter(|(name, _)| SIGNED.contains(name) || name.starts_with("x-"))
        .map(|(name, value)| match *name {
            "host" => ("host", without_default_port(value)),
            name => (name, *value),
        })
        .collect();
    headers.sort_unstable();
    headers
}

fn without_default_port(host: &str) -> &str {
    host.strip_suffix(":443")
        .or_else(|| host.strip_suffix(":80"))
        .unwrap_or(host)
}

fn hmac_sha256(key: &[u8], message: &str) -> [u8; 32] {
    #[expect(
        clippy::expect_used,
        reason = "HMAC is defined for keys of every length"
    )]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().into()
}
