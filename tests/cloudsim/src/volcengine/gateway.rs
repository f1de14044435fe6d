//! The Volcengine gateway: who may call what, and with which signature.
//!
//! The arithmetic of the signature is in `hmac_sha256`. Access keys, the life of a signature and
//! the rate of calls are those of the Alibaba gateway beside it, so that a test sets them once.

use jiff::{SignedDuration, Timestamp};

use super::authorization::{Authorization, Malformed, Scope};
use super::call::{Call, SERVICE, VERSION};
use super::errors::refusal;
use super::hmac_sha256::{self, SignedRequest};
use super::settings::VolcengineSwitches;
use crate::config::AccessKey;
use crate::gateway::{Caller, Gateway};
use crate::product::Params;
use crate::{Incoming, Refusal};

/// Headers that every signature must cover. `Content-Type` may be signed or not.
const REQUIRED: [&str; 3] = ["host", "x-content-sha256", "x-date"];

/// A call that the gateway let through.
pub(super) struct Admitted {
    pub(super) caller: Caller,
    pub(super) scope: Scope,
    /// `X-Date` as sent.
    pub(super) x_date: String,
    pub(super) call: &'static Call,
}

/// Lets a request through or refuses it.
pub(super) fn admit(
    gateway: &mut Gateway,
    switches: &VolcengineSwitches,
    request: &Incoming,
    params: &Params,
    now: Timestamp,
) -> Result<Admitted, Refusal> {
    let authorization = authorization(request)?;
    let x_date = x_date(request)?;
    let call = call(request, params, &authorization.scope)?;
    let key = key(gateway, &authorization.access_key_id)?;
    check_date(x_date, params, switches, gateway.signature_life(), now)?;
    check_token(key, request, now)?;
    check_signature(request, &authorization, x_date, &key.secret)?;
    check_permission(gateway, call)?;
    let caller = Caller {
        access_key_id: key.id.clone(),
        creator: key.creator.clone(),
    };
    gateway
        .count_call(&caller.access_key_id, now)
        .map_err(|_| {
            let message = "The request rate of the account is exceeded.";
            refusal("AccountFlowLimitExceeded", message)
        })?;
    Ok(Admitted {
        caller,
        scope: authorization.scope,
        x_date: x_date.to_owned(),
        call,
    })
}

fn authorization(request: &Incoming) -> Result<Authorization, Refusal> {
    let header = request.header("authorization").ok_or_else(|| {
        refusal(
            "MissingAuthenticationToken",
            "The request has no Authorization.",
        )
    })?;
    Authorization::parse(header).map_err(|flaw| {
        let code = match flaw {
            Malformed::Header => "InvalidAuthorization",
            Malformed::Credential => "InvalidCredential",
            Malformed::Information => "MissingRequestInfo",
            Malformed::Signature => "MissingSignature",
        };
        refusal(
            code,
            format!("The Authorization header has a flaw: {flaw:?}."),
        )
    })
}

fn x_date(request: &Incoming) -> Result<&str, Refusal> {
    let date = request.header("x-date").filter(|date| !date.is_empty());
    date.ok_or_else(|| refusal("MissingRequestInfo", "X-Date is absent."))
}

fn call(request: &Incoming, params: &Params, scope: &Scope) -> Result<&'static Call, Refusal> {
    if request.method != "GET" && request.method != "POST" {
        let message = format!("The method {} is not allowed.", request.method);
        return Err(refusal("MethodNotAllowed", message));
    }
    let required = |name: &str| {
        let value = params.get(name).filter(|value| !value.is_empty());
        value.ok_or_else(|| refusal("MissingParameter", format!("{name} is absent.")))
    };
    let (action, version) = (required("Action")?, required("Version")?);
    if scope.service != SERVICE {
        let message = format!("There is no service {}.", scope.service);
        return Err(refusal("ServiceNotFound", message));
    }
    let call = Call::find(action).filter(|_| version == VERSION);
    call.ok_or_else(|| {
        let message = format!("There is no action {action} of version {version}.");
        refusal("InvalidActionOrVersion", message)
    })
}

fn key<'a>(gateway: &'a Gateway, id: &str) -> Result<&'a AccessKey, Refusal> {
    let key = gateway.known_key(id).filter(|key| !key.disabled);
    key.ok_or_else(|| refusal("InvalidAccessKey", "The access key is unknown or disabled."))
}

/// The date may lie in the past by the signature's life, which `X-Expires` (seconds) replaces, and
/// in the future by the configured life.
fn check_date(
    x_date: &str,
    params: &Params,
    switches: &VolcengineSwitches,
    life: SignedDuration,
    now: Timestamp,
) -> Result<(), Refusal> {
    let invalid = |message: String| refusal("InvalidTimestamp", message);
    let signed_at = hmac_sha256::parse_date(x_date)
        .ok_or_else(|| invalid(format!("X-Date is not well formed: {x_date}.")))?;
    let expires = params.get("X-Expires").filter(|_| switches.expires_counts);
    let past = expires.map_or(Ok(life), |seconds| {
        let read = seconds.parse::<u32>().map(i64::from);
        read.map(SignedDuration::from_secs)
            .map_err(|_| invalid(format!("X-Expires is no number of seconds: {seconds}.")))
    })?;
    let age = now.duration_since(signed_at);
    if age > past || -age > life {
        return Err(invalid(format!("X-Date is {x_date}, now it is {now}.")));
    }
    Ok(())
}

/// A temporary key needs exactly its token, a long-lived key none.
fn check_token(key: &AccessKey, request: &Incoming, now: Timestamp) -> Result<(), Refusal> {
    let sent = request.header("x-security-token");
    if key.security_token.as_deref() != sent || key.expires.is_some_and(|expires| expires <= now) {
        let message = "X-Security-Token is not the one of the access key, or has expired.";
        return Err(refusal("InvalidSecretToken", message));
    }
    Ok(())
}

fn check_signature(
    request: &Incoming,
    authorization: &Authorization,
    x_date: &str,
    secret: &str,
) -> Result<(), Refusal> {
    let signed = |name: &str| {
        authorization
            .signed_headers
            .iter()
            .any(|other| other == name)
    };
    for (name, _) in &request.headers {
        let must = REQUIRED.contains(&name.as_str()) || name == "x-security-token";
        if must && !signed(name) {
            let message = format!("{name} is not among SignedHeaders.");
            return Err(refusal("SignatureDoesNotMatch", message));
        }
    }
    let names = authorization.signed_headers.iter().map(String::as_str);
    for name in names.chain(REQUIRED) {
        single(request, name)?;
    }
    if !x_date.starts_with(&authorization.scope.date) {
        let message = "The credential scope is of another day than X-Date.";
        return Err(refusal("SignatureDoesNotMatch", message));
    }
    let signed = SignedRequest {
        method: &request.method,
        path: &request.path,
        raw_query: &request.query,
        headers: &request.headers,
        body: &request.body,
    };
    hmac_sha256::verify(&signed, authorization, secret)
        .map_err(|why| refusal("SignatureDoesNotMatch", why.to_string()))
}

/// An access policy names the service and the action.
fn check_permission(gateway: &Gateway, call: &Call) -> Result<(), Refusal> {
    let permission = format!("{SERVICE}:{}", call.action);
    if gateway.allows(&permission) {
        return Ok(());
    }
    let message = format!("User is not authorized to perform: {permission}.");
    Err(refusal("AccessDenied", message))
}

/// A header that takes part in the signature must be sent exactly once.
fn single(request: &Incoming, name: &str) -> Result<(), Refusal> {
    let sent = request.headers.iter().filter(|(other, _)| other == name);
    match sent.count() {
        1 => Ok(()),
        0 => Err(refusal("MissingRequestInfo", format!("{name} is absent."))),
        _ => Err(refusal(
            "SignatureDoesNotMatch",
            format!("{name} is sent twice."),
        )),
    }
}
