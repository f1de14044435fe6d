//! Error codes of the gateway that stands before every Alibaba Cloud product, as a table. Pure.
//!
//! The table is closed: a code that is not listed says nothing certain about a restart call.

use std::time::Duration;

use http::{HeaderMap, header};

use crate::cloud::{
    code::{Row, ambiguous, busy, permanent, retryable},
    error::Kind,
};

/// The longest wait that an answer may ask for; more is cut.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

const THROTTLED: &str =
    "The account is over its call quota; lower callsPerMinute of the account or raise the quota.";
const CLOCK: &str = "Check the clock of the node; the cloud accepts 15 minutes of difference.";
const TOKEN: &str = "The temporary credential is over or broken; a new one is fetched.";
const KEY: &str = "Check the access key in the Secret of the account.";
const PERMISSION: &str = "Grant the action to the identity of the account.";
const ENDPOINT: &str = "Check the region and the endpoint of the account.";

/// Any code that contains this word is flow control.
const THROTTLING: Row = busy("Throttling", Kind::Throttled, THROTTLED);

/// A parameter of the call is named in a code `Missing<parameter>`.
const MISSING: Row = permanent(
    "Missing<parameter>",
    Kind::Invalid,
    "The cloud demands a parameter that this version does not send.",
);

/// A parameter of the call is named in a code `Invalid<parameter>`.
const INVALID: Row = permanent(
    "Invalid<parameter>",
    Kind::Invalid,
    "Check the named value in the target.",
);

/// The codes that have a name of their own. [`lookup`] knows patterns besides.
pub const CODES: &[Row] = &[
    THROTTLING,
    busy("TooManyRequests", Kind::Throttled, THROTTLED),
    retryable("InvalidTimeStamp.Expired", Kind::Transient, CLOCK),
    retryable("InvalidTimeStamp.Format", Kind::Transient, CLOCK),
    retryable("InvalidSecurityToken.Expired", Kind::Unauthenticated, TOKEN),
    retryable(
        "InvalidSecurityToken.MismatchWithAccessKey",
        Kind::Unauthenticated,
        TOKEN,
    ),
    retryable(
        "InvalidSecurityToken.Malformed",
        Kind::Unauthenticated,
        TOKEN,
    ),
    permanent("InvalidAccessKeyId.NotFound", Kind::Unauthenticated, KEY),
    permanent("InvalidAccessKeyId.Inactive", Kind::Unauthenticated, KEY),
    permanent("SignatureDoesNotMatch", Kind::Unauthenticated, KEY),
    permanent("IncompleteSignature", Kind::Unauthenticated, KEY),
    permanent("Forbidden.RAM", Kind::Forbidden, PERMISSION),
    permanent("NoPermission", Kind::Forbidden, PERMISSION),
    permanent("InvalidApi.NotFound", Kind::Invalid, ENDPOINT),
    permanent("InvalidProduct.NotFound", Kind::Invalid, ENDPOINT),
    permanent("InvalidVersion", Kind::Invalid, ENDPOINT),
    permanent("UnsupportedHTTPMethod", Kind::Invalid, ENDPOINT),
    permanent(
        "InvalidProtocol.NeedSsl",
        Kind::Invalid,
        "Use an https endpoint.",
    ),
    ambiguous(
        "SignatureNonceUsed",
        Kind::Unexpected,
        "The cloud had seen a copy of this call before: something between here and the cloud repeats requests.",
    ),
    ambiguous("ServiceUnavailable", Kind::Transient, ""),
    ambiguous("InternalError", Kind::Transient, ""),
];

/// The patterns of [`lookup`] that only a parameter of the call completes.
pub const PATTERNS: &[Row] = &[MISSING, INVALID];

/// What the gateway means by a code. `parameters` are the names that the call carries: only they
/// make `Missing<parameter>` and `Invalid<parameter>` certain.
#[must_use]
pub fn lookup(code: &str, parameters: &[&str]) -> Option<&'static Row> {
    if let Some(row) = CODES.iter().find(|row| row.code == code) {
        return Some(row);
    }
    if code.contains("Throttling") {
        return Some(&THROTTLING);
    }
    let names = |prefix: &str| {
        code.strip_prefix(prefix)
            .is_some_and(|rest| parameters.contains(&rest))
    };
    if names("Missing") {
        Some(&MISSING)
    } else if names("Invalid") {
        Some(&INVALID)
    } else {
        None
    }
}

/// How long the cloud asks to wait: `x-acs-retry-after` in milliseconds, else `Retry-After` in
/// seconds. At most an hour.
#[must_use]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    let wait = number("x-acs-retry-after")
        .map(Duration::from_millis)
        .or_else(|| number(header::RETRY_AFTER.as_str()).map(Duration::from_secs))?;
    Some(wait.min(LONGEST_WAIT))
}
