//! The headers a signed call must have, and what they must say.
//!
//! The `Authorization` header chooses the scheme. The arithmetic of the signatures is in `acs3` and
//! `roa`.

use jiff::{SignedDuration, Timestamp};

use super::acs3::SignedRequest;
use super::{acs3, roa};
use crate::product::Route;
use crate::{Incoming, Refusal};

/// Headers that every ACS3 call must send and sign (Alibaba Cloud "V3 request signature").
const ACS3_HEADERS: [&str; 6] = [
    "host",
    "x-acs-action",
    "x-acs-version",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-content-sha256",
];

/// Headers that every ROA call must send. All of them but the host are signed of necessity.
const ROA_HEADERS: [&str; 8] = [
    "host",
    "accept",
    "date",
    "x-acs-action",
    "x-acs-version",
    "x-acs-signature-nonce",
    "x-acs-signature-method",
    "x-acs-signature-version",
];

/// The scheme of a request with what its `Authorization` header says.
enum Proof {
    Acs3(acs3::Authorization),
    Roa(roa::Authorization),
}

/// The signing headers of a request that has them all.
pub(super) struct SignedHeaders<'a> {
    proof: Proof,
    pub(super) nonce: &'a str,
    action: &'a str,
    version: &'a str,
    date: &'a str,
}

impl<'a> SignedHeaders<'a> {
    /// Refuses a request that lacks a header, repeats one, or leaves one unsigned.
    pub(super) fn read(request: &'a Incoming) -> Result<Self, Refusal> {
        let proof = Proof::read(request)?;
        let date = match &proof {
            Proof::Acs3(authorization) => {
                require(request, &ACS3_HEADERS)?;
                check_coverage(request, &authorization.signed_headers)?;
                single(request, "x-acs-date")?
            }
            Proof::Roa(_) => {
                require(request, &ROA_HEADERS)?;
                check_roa(request)?;
                single(request, "date")?
            }
        };
        Ok(Self {
            proof,
            nonce: single(request, "x-acs-signature-nonce")?,
            action: single(request, "x-acs-action")?,
            version: single(request, "x-acs-version")?,
            date,
        })
    }

    /// The access key id claimed.
    pub(super) fn access_key_id(&self) -> &str {
        match &self.proof {
            Proof::Acs3(authorization) => &authorization.access_key_id,
            Proof::Roa(authorization) => &authorization.access_key_id,
        }
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
        let signed_at = match &self.proof {
            Proof::Acs3(_) => acs3::parse_date(self.date),
            Proof::Roa(_) => roa::parse_date(self.date),
        };
        let signed_at = signed_at.ok_or_else(|| {
            let message = "Specified time stamp is not well formatted.";
            Refusal::bad_request("InvalidTimeStamp.Format", message)
        })?;
        if now.duration_since(signed_at).abs() > life {
            let message = format!("Specified time stamp is expired: {}, now {now}.", self.date);
            return Err(Refusal::bad_request("InvalidTimeStamp.Expired", message));
        }
        Ok(signed_at)
    }

    /// The signature and, in ACS3, the payload hash.
    pub(super) fn check_signature(&self, request: &Incoming, secret: &str) -> Result<(), Refusal> {
        let signed = SignedRequest {
            method: &request.method,
            path: &request.path,
            raw_query: &request.query,
            headers: &request.headers,
            body: &request.body,
        };
        let verdict = match &self.proof {
            Proof::Acs3(authorization) => acs3::verify(&signed, authorization, secret),
            Proof::Roa(authorization) => roa::verify(&signed, authorization, secret),
        };
        verdict.map_err(|why| Refusal::bad_request("SignatureDoesNotMatch", why.to_string()))
    }
}

impl Proof {
    fn read(request: &Incoming) -> Result<Self, Refusal> {
        let header = single(request, "authorization")?;
        let acs3 = || acs3::Authorization::parse(header).map(Self::Acs3);
        let roa = || roa::Authorization::parse(header).map(Self::Roa);
        acs3()
            .or_else(roa)
            .ok_or_else(|| incomplete("The Authorization header is malformed."))
    }
}

fn require(request: &Incoming, names: &[&str]) -> Result<(), Refusal> {
    names
        .iter()
        .try_for_each(|name| single(request, name).map(drop))
}

/// Every required header, every `x-acs-*` header and a content type must be signed; a header that
/// is signed must have been sent.
fn check_coverage(request: &Incoming, signed: &[String]) -> Result<(), Refusal> {
    let is_signed = |name: &str| signed.iter().any(|other| other == name);
    for (name, _) in &request.headers {
        let must = name.starts_with("x-acs-")
            || name == "content-type"
            || ACS3_HEADERS.contains(&name.as_str());
        if must && !is_signed(name) {
            return Err(incomplete(format!(
                "The header {name} is not among SignedHeaders."
            )));
        }
    }
    signed
        .iter()
        .try_for_each(|name| single(request, name).map(drop))
}

/// Method and version of the signature; a signed header that is repeated has no single line.
fn check_roa(request: &Incoming) -> Result<(), Refusal> {
    for (name, wanted) in [
        ("x-acs-signature-method", roa::METHOD),
        ("x-acs-signature-version", roa::VERSION),
    ] {
        let found = single(request, name)?;
        if found != wanted {
            return Err(incomplete(format!("The header {name} must be {wanted}.")));
        }
    }
    let own = request.headers.iter();
    let mut own = own.filter(|(name, _)| {
        name.starts_with("x-acs-") || matches!(name.as_str(), "content-type" | "content-md5")
    });
    own.try_for_each(|(name, _)| single(request, name).map(drop))
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
