//! The older signature scheme ROA HMAC-SHA1, from the verifier's side.
//!
//! Like `acs3` written for the simulator alone: pure functions, no clock, no memory. The scheme
//! signs neither the host nor, without a content-md5 header, the body.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};
use sha1::Sha1;

use super::acs3::{Mismatch, SignedRequest};
use crate::query;

/// First word of the `Authorization` header.
pub const SCHEME: &str = "acs";
/// What `x-acs-signature-method` must say.
pub const METHOD: &str = "HMAC-SHA1";
/// What `x-acs-signature-version` must say.
pub const VERSION: &str = "1.0";

/// The headers outside `x-acs-*` that take part, in the order of their lines. An absent one is an
/// empty line.
const STANDARD_HEADERS: [&str; 4] = ["accept", "content-md5", "content-type", "date"];

/// The `Authorization` header taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// What stands before the colon.
    pub access_key_id: String,
    /// What stands after it, base64.
    pub signature: String,
}

impl Authorization {
    /// Takes apart `acs AK:signature`; `None` if it has another form.
    pub fn parse(header: &str) -> Option<Self> {
        let parts = header.strip_prefix(SCHEME)?.strip_prefix(' ')?;
        let (access_key_id, signature) = parts.split_once(':')?;
        if access_key_id.is_empty() || signature.is_empty() || signature.contains(':') {
            return None;
        }
        Some(Self {
            access_key_id: access_key_id.to_owned(),
            signature: signature.to_owned(),
        })
    }
}

/// Checks the signature. Which headers must be there and whether the date is fresh is not asked
/// here.
pub fn verify(
    request: &SignedRequest<'_>,
    authorization: &Authorization,
    secret: &str,
) -> Result<(), Mismatch> {
    let to_sign = string_to_sign(request);
    if signature_matches(secret, &to_sign, &authorization.signature) {
        Ok(())
    } else {
        Err(Mismatch::Signature(to_sign.replace('\n', "\\n")))
    }
}

/// Method, standard headers, every `x-acs-*` header sorted by name, and the resource.
pub fn string_to_sign(request: &SignedRequest<'_>) -> String {
    let mut text = format!("{}\n", request.method);
    // Writing into a String cannot fail.
    for name in STANDARD_HEADERS {
        let found = request.headers.iter().find(|(other, _)| other == name);
        let _ = writeln!(text, "{}", found.map_or("", |(_, value)| value.trim()));
    }
    let own = request
        .headers
        .iter()
        .filter(|(name, _)| name.starts_with("x-acs-"));
    let mut own: Vec<_> = own.collect();
    own.sort();
    for (name, value) in own {
        let _ = writeln!(text, "{name}:{}", value.trim());
    }
    text.push_str(&resource(request.path, request.raw_query));
    text
}

/// Path and, if there are any, the parameters: sorted by name, with decoded values. An empty value
/// is written as the name alone, as the current official clients do; the legacy Python client
/// writes `name=`, which is refused.
pub fn resource(path: &str, raw_query: &str) -> String {
    let mut pairs = query::pairs(raw_query);
    if pairs.is_empty() {
        return path.to_owned();
    }
    pairs.sort();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let written = pairs.iter().map(|(name, value)| match value.as_slice() {
        [] => text(name),
        value => format!("{}={}", text(name), text(value)),
    });
    format!("{path}?{}", written.collect::<Vec<_>>().join("&"))
}

/// Compares in constant time.
pub fn signature_matches(secret: &str, string_to_sign: &str, signature: &str) -> bool {
    let Ok(claimed) = STANDARD.decode(signature) else {
        return false;
    };
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret.as_bytes()) else {
        return false;
    };
    mac.update(string_to_sign.as_bytes());
    mac.verify_slice(&claimed).is_ok()
}

/// A date of the exact form `Fri, 21 Nov 2025 08:09:10 GMT` (RFC 9110 IMF-fixdate).
pub fn parse_date(text: &str) -> Option<Timestamp> {
    let at = DateTimeParser::new().parse_timestamp(text).ok()?;
    let written = DateTimePrinter::new().timestamp_to_rfc9110_string(&at).ok();
    // What is written back differently was another form, or had the wrong weekday.
    (written.as_deref() == Some(text)).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::{Authorization, parse_date, resource, signature_matches};

    #[test]
    fn an_authorization_of_another_form_is_not_read() {
        let good = Authorization::parse("acs id:c2ln").unwrap();
        assert_eq!(
            (good.access_key_id.as_str(), good.signature.as_str()),
            ("id", "c2ln")
        );
        for bad in [
            "acs id",
            "acs :c2ln",
            "acs id:",
            "acs  id",
            "ACS id:c2ln",
            "id:c2ln",
            "acs a:b:c",
        ] {
            assert_eq!(Authorization::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_the_date_form_of_http_is_read() {
        assert!(parse_date("Fri, 21 Nov 2025 08:09:10 GMT").is_some());
        for bad in [
            "Thu, 21 Nov 2025 08:09:10 GMT",
            "21 Nov 2025 08:09:10 GMT",
            "Fri, 21 Nov 2025 08:09:10 +0000",
            "Fri, 21 Nov 2025 08:09:10 UTC",
            "2025-11-21T08:09:10Z",
            "",
        ] {
            assert!(parse_date(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_resource_has_decoded_values_in_the_order_of_names() {
        assert_eq!(resource("/p", "b=%2C%3A+x&a="), "/p?a&b=,: x");
        assert_eq!(resource("/p", ""), "/p");
    }

    #[test]
    fn a_signature_that_is_no_base64_never_matches() {
        for bad in ["", "=", "zz", "c2ln!"] {
            assert!(!signature_matches("secret", "text", bad));
        }
    }
}
