//! What an answer of ECS means, as far as all calls have it in common: the envelope, the error, the
//! result of a read. Pure. What an answer to the reboot call means is in `verdict`.

use std::time::Duration;

use ::http::{HeaderMap, header};
use serde::de::DeserializeOwned;

use super::{
    codes,
    wire::{Envelope, ErrorBody, Metadata, Payload},
};
use crate::cloud::{
    error::{CloudError, Delivery, Kind, Retry},
    exchange::{Failure, Reply},
    text,
};

/// The cloud's name of the reboot call.
pub const REBOOT: &str = "RebootInstances";

/// The longest wait that an answer may ask for; more is cut.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// The `Result` of an accepted read, or why there is none.
pub fn read_answer<T: DeserializeOwned>(
    operation: &'static str,
    reply: &Reply,
) -> Result<T, CloudError> {
    let envelope = parse::<Envelope>(reply).ok_or_else(|| unreadable(operation, reply))?;
    let Some(metadata) = envelope.metadata else {
        let told = text::clean(&envelope.flat_message);
        let error = unreadable(operation, reply);
        return Err(if told.is_empty() {
            error
        } else {
            doubtful(error, &told)
        });
    };
    if let Some(body) = error_of(&metadata) {
        return Err(refused(operation, reply, body, &metadata));
    }
    let result = parse::<Payload<T>>(reply).and_then(|payload| payload.result);
    match result {
        Some(result) if is_success(reply.status) => Ok(result),
        _ => Err(CloudError {
            request_id: request_id(&metadata),
            ..unreadable(operation, reply)
        }),
    }
}

/// A call without a complete answer, as an error of `operation`.
#[must_use]
pub fn failed(operation: &'static str, failure: &Failure) -> CloudError {
    let retry = if failure.kind == Kind::Invalid {
        Retry::Never
    } else {
        Retry::Later
    };
    CloudError {
        kind: failure.kind,
        delivery: failure.delivery,
        retry,
        ..unexpected(operation, &failure.message)
    }
}

/// An answer that was understood and still says something that no answer should.
#[must_use]
pub fn unexpected(operation: &'static str, message: &str) -> CloudError {
    CloudError {
        operation,
        kind: Kind::Unexpected,
        delivery: Delivery::Unknown,
        retry: Retry::Later,
        code: None,
        message: text::clean(message),
        advice: "",
        request_id: None,
        retry_after: None,
    }
}

pub(super) fn parse<T: DeserializeOwned>(reply: &Reply) -> Option<T> {
    serde_json::from_slice(&reply.body).ok()
}

pub(super) fn error_of(metadata: &Metadata) -> Option<&ErrorBody> {
    metadata.error.as_ref().filter(|error| is_error(error))
}

pub(super) fn is_error(error: &ErrorBody) -> bool {
    !error.code.trim().is_empty()
}

pub(super) fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

// A server fault (5xx) or a redirect is no refusal, whatever its body claims.
pub(super) fn is_client_side(status: u16) -> bool {
    is_success(status) || (400..500).contains(&status)
}

pub(super) fn doubtful(error: CloudError, why: &str) -> CloudError {
    CloudError {
        delivery: Delivery::Unknown,
        message: text::clean(&format!("{why}: {}", error.message)),
        ..error
    }
}

pub(super) fn refused(
    operation: &'static str,
    reply: &Reply,
    body: &ErrorBody,
    metadata: &Metadata,
) -> CloudError {
    let code = body.code.trim();
    let row = codes::lookup(code);
    let definite = row.and_then(|row| row.retry);
    let message = text::clean(&body.message);
    CloudError {
        kind: row.map_or_else(|| kind_by_status(reply.status), |row| row.kind),
        delivery: match definite {
            Some(_) => Delivery::Refused,
            None => Delivery::Unknown,
        },
        retry: definite.unwrap_or(Retry::Later),
        code: Some(text::clean_to(code, text::NAME_BYTES)),
        message: if message.is_empty() {
            format!("HTTP {} without a message", reply.status)
        } else {
            message
        },
        advice: row.map_or("", |row| row.advice),
        request_id: request_id(metadata),
        retry_after: retry_after(&reply.headers),
        ..unexpected(operation, "")
    }
}

pub(super) fn unreadable(operation: &'static str, reply: &Reply) -> CloudError {
    let message = format!(
        "HTTP {} with a body that is not the documented JSON",
        reply.status
    );
    CloudError {
        kind: kind_by_status(reply.status),
        retry_after: retry_after(&reply.headers),
        ..unexpected(operation, &message)
    }
}

fn kind_by_status(status: u16) -> Kind {
    match status {
        429 => Kind::Throttled,
        408 | 500.. => Kind::Transient,
        _ => Kind::Unexpected,
    }
}

pub(super) fn request_id(metadata: &Metadata) -> Option<String> {
    Some(metadata.request_id.clone()).filter(|id| !id.is_empty())
}

// `Retry-After` in seconds; nobody documents that this gateway sends it.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    let seconds = text.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}
