//! The signature scheme HMAC-SHA256 of Volcengine, from the verifier's side.
//!
//! Written for the simulator alone and never shared with a client: two sides with one
//! implementation would agree on a mistake. Pure functions, no clock, no memory.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::authorization::{Authorization, SCHEME, SCOPE_END, Scope};
use crate::query;

/// The parts of a request that take part in its signature.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// HTTP method in capitals.
    pub method: &'a str,
    /// Path as sent, at least `/`.
    pub path: &'a str,
    /// Query as sent, without the question mark.
    pub raw_query: &'a str,
    /// Header names in lower case, with their values.
    pub headers: &'a [(String, String)],
    /// Body bytes, empty for none.
    pub body: &'a [u8],
}

/// Why a signature was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// `X-Content-Sha256` is not the hash of the body.
    #[error("X-Content-Sha256 is not the hash of the body.")]
    Payload,
    /// `SignedHeaders` is not sorted or not in lower case.
    #[error("SignedHeaders is not a sorted list of lower-case names.")]
    HeaderList,
    /// The signature is another one.
    #[error("The signature is not the calculated one; string to sign: {0}")]
    Signature(String),
}

/// Checks payload hash and signature. Whether the right headers are signed and whether the date is
/// fresh is not asked here.
pub fn verify(
    request: &SignedRequest<'_>,
    authorization: &Authorization,
    secret: &str,
) -> Result<(), Mismatch> {
    if header(request, "x-content-sha256") != hex(&Sha256::digest(request.body)) {
        return Err(Mismatch::Payload);
    }
    let names = &authorization.signed_headers;
    let sorted = names.windows(2).all(|pair| pair[0] < pair[1]);
    let lower = |name: &String| !name.chars().any(char::is_uppercase);
    if !sorted || !names.iter().all(lower) {
        return Err(Mismatch::HeaderList);
    }
    let canonical = canonical_request(request, names);
    let to_sign = string_to_sign(
        header(request, "x-date"),
        &authorization.scope.text(),
        &canonical,
    );
    let key = signing_key(secret, &authorization.scope);
    // Comparing text is enough here: no secret of a simulator is worth a timing attack.
    if hex(&mac(&key, &to_sign)) == authorization.signature {
        Ok(())
    } else {
        Err(Mismatch::Signature(to_sign.replace('\n', "\\n")))
    }
}

/// Query parameters re-encoded from their decoded values and sorted by encoded name, then value; an
/// empty value is written `name=`.
pub fn canonical_query(raw_query: &str) -> String {
    let pairs = query::pairs(raw_query).into_iter();
    let mut pairs: Vec<_> = pairs
        .map(|(name, value)| (query::encode(&name), query::encode(&value)))
        .collect();
    pairs.sort();
    let written = pairs.iter().map(|(name, value)| format!("{name}={value}"));
    written.collect::<Vec<_>>().join("&")
}

/// Method, path, canonical query, header lines, header names and payload hash, one per line.
pub fn canonical_request(request: &SignedRequest<'_>, signed_headers: &[String]) -> String {
    let mut canonical = String::new();
    // Writing into a String cannot fail.
    let _ = writeln!(canonical, "{}", request.method);
    let _ = writeln!(canonical, "{}", request.path);
    let _ = writeln!(canonical, "{}", canonical_query(request.raw_query));
    for name in signed_headers {
        let _ = writeln!(canonical, "{name}:{}", header(request, name));
    }
    let _ = writeln!(canonical, "\n{}", signed_headers.join(";"));
    canonical.push_str(header(request, "x-content-sha256"));
    canonical
}

/// Scheme name, `X-Date`, scope and hash of the canonical request, one per line.
pub fn string_to_sign(x_date: &str, scope: &str, canonical_request: &str) -> String {
    let hash = hex(&Sha256::digest(canonical_request.as_bytes()));
    format!("{SCHEME}\n{x_date}\n{scope}\n{hash}")
}

/// The key for one day, region and service: a chain of HMACs that begins with the bare secret.
pub fn signing_key(secret: &str, scope: &Scope) -> Vec<u8> {
    let steps = [&scope.date, &scope.region, &scope.service];
    let key = steps
        .iter()
        .fold(secret.as_bytes().to_vec(), |key, step| mac(&key, step));
    mac(&key, SCOPE_END)
}

/// An `X-Date` of the exact form `YYYYMMDDTHHMMSSZ`.
pub fn parse_date(text: &str) -> Option<Timestamp> {
    const FORM: &[u8; 16] = b"00000000T000000Z";
    let fits = text.len() == FORM.len()
        && text.bytes().zip(FORM).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            fixed => byte == *fixed,
        });
    if fits { text.parse().ok() } else { None }
}

/// The trimmed value of a header, empty if it was not sent. A default port is not part of the
/// signed `host`.
fn header<'a>(request: &SignedRequest<'a>, name: &str) -> &'a str {
    let found = request.headers.iter().find(|(other, _)| other == name);
    let value = found.map_or("", |(_, value)| value.trim());
    if name != "host" {
        return value;
    }
    let bare = value
        .strip_suffix(":80")
        .or_else(|| value.strip_suffix(":443"));
    bare.unwrap_or(value)
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    // HMAC takes a key of any length, so there is always a mac.
    Hmac::<Sha256>::new_from_slice(key).map_or_else(
        |_| Vec::new(),
        |mut mac| {
            mac.update(text.as_bytes());
            mac.finalize().into_bytes().to_vec()
        },
    )
}

fn hex(bytes: &[u8]) -> String {
    let capacity = bytes.len() * 2;
    bytes
        .iter()
        .fold(String::with_capacity(capacity), |mut text, byte| {
            // Writing into a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::parse_date;

    #[test]
    fn only_one_form_of_date_is_read() {
        assert!(parse_date("20240115T083000Z").is_some());
        for bad in [
            "20240115T083000",
            "2024-01-15T08:30:00Z",
            "20241315T083000Z",
            "20240115t083000Z",
            "",
        ] {
            assert!(parse_date(bad).is_none(), "{bad}");
        }
    }
}
