//! The signature scheme ACS3-HMAC-SHA256, from the verifier's side.
//!
//! Written for the simulator alone and never shared with a client: two sides with one
//! implementation would agree on a mistake. Pure functions, no clock, no memory.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::query;

/// Name of the scheme, first word of the `Authorization` header and of the string to sign.
pub const SCHEME: &str = "ACS3-HMAC-SHA256";

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

/// The `Authorization` header taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// `Credential`.
    pub access_key_id: String,
    /// `SignedHeaders`, in the order given.
    pub signed_headers: Vec<String>,
    /// `Signature`, lower-case hexadecimal.
    pub signature: String,
}

/// Why a signature was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// `x-acs-content-sha256` is not the hash of the body.
    #[error("The x-acs-content-sha256 header does not match the body.")]
    Payload,
    /// `SignedHeaders` is not sorted or not in lower case.
    #[error("SignedHeaders is not a sorted list of lower-case names.")]
    HeaderList,
    /// The signature is another one.
    #[error(
        "Specified signature is not matched with our calculation. server string to sign is:{0}"
    )]
    Signature(String),
}

impl Authorization {
    /// Takes apart `ACS3-HMAC-SHA256 Credential=…,SignedHeaders=a;b,Signature=…`; `None` if it has
    /// another form.
    pub fn parse(header: &str) -> Option<Self> {
        let parts = header.strip_prefix(SCHEME)?.strip_prefix(' ')?;
        let (credential, rest) = parts.strip_prefix("Credential=")?.split_once(',')?;
        let (signed, rest) = rest.strip_prefix("SignedHeaders=")?.split_once(',')?;
        let signature = rest.strip_prefix("Signature=")?;
        if credential.is_empty() || signed.is_empty() || signature.contains(',') {
            return None;
        }
        Some(Self {
            access_key_id: credential.to_owned(),
            signed_headers: signed.split(';').map(str::to_owned).collect(),
            signature: signature.to_owned(),
        })
    }
}

/// Checks payload hash and signature. Whether the right headers are signed and whether the date is
/// fresh is not asked here.
pub fn verify(
    request: &SignedRequest<'_>,
    authorization: &Authorization,
    secret: &str,
) -> Result<(), Mismatch> {
    if header(request, "x-acs-content-sha256") != hex(&Sha256::digest(request.body)) {
        return Err(Mismatch::Payload);
    }
    let names = &authorization.signed_headers;
    let sorted = names.windows(2).all(|pair| pair[0] < pair[1]);
    if !sorted
        || names
            .iter()
            .any(|name| name.chars().any(char::is_uppercase))
    {
        return Err(Mismatch::HeaderList);
    }
    let to_sign = string_to_sign(&canonical_request(request, names));
    if signature_matches(secret, &to_sign, &authorization.signature) {
        Ok(())
    } else {
        Err(Mismatch::Signature(to_sign.replace('\n', "\\n")))
    }
}

/// Query parameters re-encoded from their decoded values and sorted by bytes; an empty value is
/// written `name=`.
pub fn canonical_query(raw_query: &str) -> String {
    let mut pairs = query::pairs(raw_query);
    pairs.sort();
    let written = pairs.iter().map(|(name, value)| {
        let (name, value) = (query::encode(name), query::encode(value));
        format!("{name}={value}")
    });
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
    canonical.push_str(header(request, "x-acs-content-sha256"));
    canonical
}

/// Scheme name and hash of the canonical request.
pub fn string_to_sign(canonical_request: &str) -> String {
    format!(
        "{SCHEME}\n{}",
        hex(&Sha256::digest(canonical_request.as_bytes()))
    )
}

/// Compares in constant time. Capital digits are refused, since the scheme asks for small ones.
pub fn signature_matches(secret: &str, string_to_sign: &str, signature: &str) -> bool {
    let Some(claimed) = unhex(signature) else {
        return false;
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return false;
    };
    mac.update(string_to_sign.as_bytes());
    mac.verify_slice(&claimed).is_ok()
}

/// A date of the exact form `YYYY-MM-DDTHH:MM:SSZ`.
pub fn parse_date(text: &str) -> Option<Timestamp> {
    const FORM: &[u8; 20] = b"0000-00-00T00:00:00Z";
    let fits = text.len() == FORM.len()
        && text.bytes().zip(FORM).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            fixed => byte == *fixed,
        });
    if fits { text.parse().ok() } else { None }
}

/// The trimmed value of a header, empty if it was not sent.
fn header<'a>(request: &SignedRequest<'a>, name: &str) -> &'a str {
    let found = request.headers.iter().find(|(other, _)| other == name);
    found.map_or("", |(_, value)| value.trim())
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing into a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| Some(digit(pair[0])? * 16 + digit(*pair.get(1)?)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Authorization, parse_date, signature_matches};

    #[test]
    fn an_authorization_of_another_form_is_not_read() {
        let good = "ACS3-HMAC-SHA256 Credential=id,SignedHeaders=a;b,Signature=00";
        assert_eq!(
            Authorization::parse(good).unwrap().signed_headers,
            ["a", "b"]
        );
        for bad in [
            "acs id:signature",
            "ACS3-HMAC-SHA256 Credential=id,SignedHeaders=a",
            "ACS3-HMAC-SHA256 Credential=id, SignedHeaders=a, Signature=00",
            "ACS3-HMAC-SHA256 Credential=,SignedHeaders=a,Signature=00",
            "ACS3-HMAC-SHA256 Credential=id,SignedHeaders=,Signature=00",
        ] {
            assert_eq!(Authorization::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_one_form_of_date_is_read() {
        assert!(parse_date("2025-11-21T08:09:10Z").is_some());
        for bad in [
            "2025-11-21T08:09:10",
            "2025-11-21 08:09:10Z",
            "2025-11-21T08:09:10.5Z",
            "",
            "2025-13-21T08:09:10Z",
            "2025-11-21T08:09:10+08:00",
        ] {
            assert!(parse_date(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_signature_of_odd_length_or_with_capitals_never_matches() {
        for bad in ["", "0", "zz", "AB"] {
            assert!(!signature_matches("secret", "text", bad));
        }
    }
}
