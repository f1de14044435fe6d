//! The older signature of ROA calls, HMAC-SHA1 (V1): bytes in, header texts out. Pure: date and
//! nonce are arguments.
//!
//! It signs the decoded parameters, so that two encodings of one query have one signature; and it
//! leaves out the host and the body, which TLS has to protect alone.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// Value of `x-acs-signature-method`.
pub const METHOD: &str = "HMAC-SHA1";

/// Value of `x-acs-signature-version`.
pub const VERSION: &str = "1.0";

/// Signed headers that have no `x-acs-` name, each in a line of its own, empty when not sent.
const PLAIN_HEADERS: [&str; 4] = ["accept", "content-md5", "content-type", "date"];

/// What is signed of a request.
#[derive(Debug)]
pub struct Request<'a> {
    /// Such as `PUT`.
    pub method: &'a str,
    /// Path without query.
    pub path: &'a str,
    /// Query parameters, not encoded, in any order. One with an empty value is signed as its bare
    /// name here and otherwise by other clients of the vendor, so none should be sent.
    pub query: &'a [(&'a str, &'a str)],
    /// All headers that are sent, in any order. Names in lower case, values byte for byte.
    pub headers: &'a [(&'a str, &'a str)],
}

/// The request in the one form that both sides sign.
#[must_use]
pub fn string_to_sign(request: &Request<'_>) -> String {
    let header = |wanted: &str| {
        let found = request.headers.iter().find(|(name, _)| *name == wanted);
        found.map_or("", |(_, value)| *value)
    };
    let plain = PLAIN_HEADERS.map(|name| format!("{}\n", header(name)));
    let mut signed: Vec<_> = request
        .headers
        .iter()
        .filter(|(name, _)| name.starts_with("x-acs-"))
        .collect();
    signed.sort_unstable();
    let own: Vec<String> = signed
        .iter()
        .map(|(name, value)| format!("{name}:{value}\n"))
        .collect();
    format!(
        "{}\n{}{}{}",
        request.method,
        plain.concat(),
        own.concat(),
        resource(request)
    )
}

/// Base64 of the HMAC of the string to sign. The access key secret is the key itself.
#[must_use]
pub fn signature(request: &Request<'_>, secret: &str) -> String {
    STANDARD.encode(hmac_sha1(
        secret.as_bytes(),
        string_to_sign(request).as_bytes(),
    ))
}

/// The value of the Authorization header.
#[must_use]
pub fn authorization(request: &Request<'_>, access_key_id: &str, secret: &str) -> String {
    format!("acs {access_key_id}:{}", signature(request, secret))
}

/// HMAC with SHA-1. Takes a key of any length.
#[must_use]
#[expect(
    clippy::missing_panics_doc,
    reason = "HMAC is defined for keys of every length"
)]
pub fn hmac_sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    #[expect(
        clippy::expect_used,
        reason = "HMAC is defined for keys of every length"
    )]
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

// Path and decoded parameters, sorted by name.
fn resource(request: &Request<'_>) -> String {
    let mut sorted = request.query.to_vec();
    sorted.sort_unstable();
    let parameters: Vec<String> = sorted
        .iter()
        .map(|(name, value)| match *value {
            "" => (*name).to_owned(),
            value => format!("{name}={value}"),
        })
        .collect();
    if parameters.is_empty() {
        request.path.to_owned()
    } else {
        format!("{}?{}", request.path, parameters.join("&"))
    }
}
