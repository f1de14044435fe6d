//! The headers a signed call must have, and what they must say.
//!
//! The arithmetic of the signature is in `acs3`.

use jiff::{SignedDuration, Timestamp};

use super::acs3::{self, Authorization, SignedRequest};
use crate::product::Route;
use crate::{Incoming, Refusal};

/// Headers that every call must send and sign (Alibaba Cloud "V3 request signature").
pub(crate) const REQUIRED: [&str; 6] = [
    "host",
    "x-acs-action",
    "x-acs-version",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-content-sha256",
];

/// The signing headers of a request that has them all.
pub(super) struct SignedHeaders<'a> {
    pub(super) authorization: Authorization,
    pub(super) nonce: &'a str,
    action: &'a str,
    version: &'a str,
    date: &'a str,
}

impl<'a> SignedHeaders<'a> {
    /// Refuses a request that lacks a header, repeats one, or leaves one unsigned.
    pub(super) fn read(request: &'a Incoming) -> Result<Self, Refusal> {
        let authorization = request
            .header("authorization")
            .ok_or_else(|| missing("authorization"))?;
        let authorization = Authorization::parse(authorization)
            .ok_or_else(|| incomplete("The Authorization header is malformed."))?;
        for name in REQUIRED {
            single(request, name)?;
        }
        check_coverage(request, &authorization.signed_headers)?;
        Ok(Self {
            authorization,
            nonce: single(request, "x-acs-signature-nonce")?,
            action: single(request, "x-acs-action")?,
            version: single(request, "x-acs-version")?,
            date: single(request, "x-acs-date")?,
        })
    }

    /// The action must be the one of the path, the version the one of the product.
    pub(super) fn check_target(&self, route: &Route) -> Result<(), Refusal> {
        if self.version != route.product.version {
            let message = format!("Specified parameter Version {} is not valid.", self.version);
            return Err(Refusal::bad_request("InvalidVersion", message));
        }
        if self.action != route.call.action {
            let message = format!("Specified api {} is not found at this path.", self.action);
            return Err(Refusal::new(404, "InvalidApi.NotFound", message));
        }
        Ok(())
    }

    /// The moment of signing, which must be near `now` in both directions.
    pub(super) fn date(&self, now: Timestamp, life: SignedDuration) -> Result<Timestamp, Refusal> {
        let signed_at = acs3::parse_date(self.date).ok_or_else(|| {
            let message = "Specified time stamp is not well formatted.";
            Refusal::bad_request("InvalidTimeStamp.Format", message)
        })?;
        if now.duration_since(signed_at).abs() > life {
            let message = format!("Specified time stamp is expired: {}, now {now}.", self.date);
            return Err(Refusal::bad_request("InvalidTimeStamp.Expired", message));
        }
        Ok(signed_at)
    }

    /// Payload hash and signature.
    pub(super) fn check_signature(&self, request: &Incoming, secret: &str) -> Result<(), Refusal> {
        let signed = SignedRequest {
            method: &request.method,
            path: &request.path,
            raw_query: &request.query,
            headers: &request.headers,
            body: &request.body,
        };
        acs3::verify(&signed, &self.authorization, secret)
            .map_err(|why| Refusal::bad_request("SignatureDoesNotMatch", why.to_string()))
    }
}

/// Every required header, every `x-acs-*` header and a content type must be signed; a header that
/// is signed must have been sent.
fn check_coverage(request: &Incoming, signed: &[String]) -> Result<(), Refusal> {
    let is_signed = |name: &str| signed.iter().any(|other| other == name);
    for (name, _) in &request.headers {
        let must = name.starts_with("x-acs-")
            || name == "content-type"
            || REQUIRED.contains(&name.as_str());
        if must && !is_signed(name) {
            return Err(incomplete(format!(
                "The header {name} is not among SignedHeaders."
            )));
        }
    }
    for name in signed {
        single(request, name)?;
    }
    Ok(())
}

/// The value of a header sent exactly once and not empty.
fn single<'a>(request: &'a Incoming, name: &str) -> Result<&'a str, Refusal> {
    let mut values = request.headers.iter().filter(|(other, _)| other == name);
    match (values.next(), values.next()) {
        (Some((_, value)), None) if !value.trim().is_empty() => Ok(value.trim()),
        (Some(_), Some(_)) => Err(incomplete(format!("The header {name} is sent twice."))),
        _ => Err(missing(name)),
    }
}

fn missing(name: &str) -> Refusal {
    incomplete(format!("The header {name} is missing."))
}

fn incomplete(message: impl Into<String>) -> Refusal {
    Refusal::bad_request("IncompleteSignature", message)
}
