//! The signature ACS3-HMAC-SHA256 (V3): bytes in, header texts out. Pure: date and nonce are
//! arguments.
//!
//! The canonical query that is signed is also the query that is sent (`call`), so the two cannot
//! differ in encoding. Which headers are signed is the caller's choice; all it passes are.

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::cloud::hex;

/// Name of the scheme, as it stands in the string to sign and in the Authorization header.
pub const ALGORITHM: &str = "ACS3-HMAC-SHA256";

// Of ASCII only letters, digits and these four stay as they are.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// What is signed of a request. Header names in lower case, values as they are sent.
#[derive(Debug)]
pub struct Request<'a> {
    /// Such as `PUT`.
    pub method: &'a str,
    /// Path without query; empty means `/`.
    pub path: &'a str,
    /// As made by [`canonical_query`].
    pub canonical_query: &'a str,
    /// Headers to be signed, in any order.
    pub headers: &'a [(&'a str, &'a str)],
    /// As made by [`payload_hash`].
    pub payload_hash: &'a str,
}

/// Parameters sorted by the bytes of their names, names and values percent-encoded, joined by
/// `=` and `&`. A space is `%20`.
#[must_use]
pub fn canonical_query(parameters: &[(&str, &str)]) -> String {
    let mut sorted = parameters.to_vec();
    sorted.sort_unstable();
    let encoded: Vec<String> = sorted
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    encoded.join("&")
}

/// Lower-case hex SHA-256 of the body; of the empty string when there is none.
#[must_use]
pub fn payload_hash(body: &[u8]) -> String {
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
    let path = if request.path.is_empty() {
        "/"
    } else {
        request.path
    };
    let headers: Vec<String> = sorted_headers(request)
        .iter()
        .map(|(name, value)| format!("{name}:{}\n", value.trim()))
        .collect();
    format!(
        "{}\n{path}\n{}\n{}\n{}\n{}",
        request.method,
        request.canonical_query,
        headers.concat(),
        signed_headers(request),
        request.payload_hash,
    )
}

/// Name of the scheme and hash of the canonical request.
#[must_use]
pub fn string_to_sign(request: &Request<'_>) -> String {
    format!(
        "{ALGORITHM}\n{}",
        hex::lower(&Sha256::digest(canonical_request(request)))
    )
}

/// Lower-case hex of the HMAC of the string to sign. The access key secret is the key itself;
/// nothing is derived from it.
#[must_use]
pub fn signature(request: &Request<'_>, secret: &str) -> String {
    hex::lower(&hmac_sha256(
        secret.as_bytes(),
        string_to_sign(request).as_bytes(),
    ))
}

/// The value of the Authorization header.
#[must_use]
pub fn authorization(request: &Request<'_>, access_key_id: &str, secret: &str) -> String {
    format!(
        "{ALGORITHM} Credential={access_key_id},SignedHeaders={},Signature={}",
        signed_headers(request),
        signature(request, secret),
    )
}

/// HMAC with SHA-256. Takes a key of any length.
#[must_use]
#[expect(
    clippy::missing_panics_doc,
    reason = "HMAC is defined for keys of every length"
)]
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    #[expect(
        clippy::expect_used,
        reason = "HMAC is defined for keys of every length"
    )]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

fn encode(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, ENCODED)
}

fn sorted_headers<'a>(request: &Request<'a>) -> Vec<(&'a str, &'a str)> {
    let mut headers = request.headers.to_vec();
    headers.sort_unstable();
    headers
}
