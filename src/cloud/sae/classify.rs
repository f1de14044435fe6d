//! What an answer of SAE means: accepted, definitely rejected, or ambiguous. Pure.
//!
//! Rejected is only what the closed tables list and what nothing in the answer contradicts. All
//! else may have been executed.

use serde::de::DeserializeOwned;

use super::{
    codes,
    wire::{Envelope, OrderRef, Payload, Pipeline},
};
use crate::cloud::{
    alibaba::gateway::{self, Row},
    error::{CloudError, Delivery, Kind, Retry},
    exchange::{Failure, Reply},
    text,
    types::{Acceptance, Answer, OrderId, OrderState},
};

/// The cloud's name of the restart call.
pub const RESTART: &str = "RestartApplication";

/// What an answer to a restart call means. `parameters` are the names that the call carried.
#[must_use]
pub fn restart_answer(reply: &Reply, parameters: &[&str]) -> Answer {
    let Some(envelope) = parse::<Envelope>(reply) else {
        return Answer::Ambiguous(unreadable(RESTART, reply));
    };
    let Some(order) = parse::<Payload<OrderRef>>(reply).map(order_id) else {
        return Answer::Ambiguous(unreadable(RESTART, reply));
    };
    match (is_accepted(reply.status, &envelope), order) {
        (true, Some(order)) => Answer::Accepted(Acceptance {
            order: OrderId(order),
            request_id: request_id(&envelope),
            parts: Vec::new(),
        }),
        (true, None) => {
            let error = refused(RESTART, reply, &envelope, parameters);
            Answer::Ambiguous(ambiguous(error, "accepted, but without an order id"))
        }
        (false, order) => {
            let error = refused(RESTART, reply, &envelope, parameters);
            if order.is_some() {
                Answer::Ambiguous(ambiguous(error, "refused, but with an order id"))
            } else if contradicts_refusal(reply.status, &envelope) {
                Answer::Ambiguous(ambiguous(error, "the answer contradicts itself"))
            } else if error.delivery == Delivery::Refused {
                Answer::Rejected(error)
            } else {
                Answer::Ambiguous(error)
            }
        }
    }
}

/// What a restart call without a complete answer means.
#[must_use]
pub fn restart_failure(failure: &Failure) -> Answer {
    let error = failed(RESTART, failure);
    match failure.delivery {
        Delivery::NotSent => Answer::Rejected(error),
        Delivery::Refused | Delivery::Unknown => Answer::Ambiguous(error),
    }
}

/// The `Data` of an accepted read, or why there is none.
pub fn read_answer<T: DeserializeOwned>(
    operation: &'static str,
    reply: &Reply,
    parameters: &[&str],
) -> Result<T, CloudError> {
    acknowledgement(operation, reply, parameters)?;
    parse::<Payload<T>>(reply)
        .and_then(|payload| payload.data)
        .ok_or_else(|| unreadable(operation, reply))
}

/// Whether a call was accepted, whatever its `Data` holds.
pub fn acknowledgement(
    operation: &'static str,
    reply: &Reply,
    parameters: &[&str],
) -> Result<(), CloudError> {
    let envelope = parse::<Envelope>(reply).ok_or_else(|| unreadable(operation, reply))?;
    if is_accepted(reply.status, &envelope) {
        Ok(())
    } else {
        Err(refused(operation, reply, &envelope, parameters))
    }
}

/// A call without a complete answer, as an error of `operation`.
#[must_use]
pub fn failed(operation: &'static str, failure: &Failure) -> CloudError {
    CloudError {
        operation,
        kind: failure.kind,
        delivery: failure.delivery,
        retry: if failure.kind == Kind::Invalid {
            Retry::Never
        } else {
            Retry::Later
        },
        code: None,
        message: text::clean(&failure.message),
        advice: "",
        request_id: None,
        retry_after: None,
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

/// The class of a status number of `DescribeChangeOrder` (SAE, Data.Status, Data.SubStatus).
///
/// Success needs every batch too: a batch that failed under a good order makes it partial or
/// failed.
#[must_use]
pub fn order_state(status: i32, sub_status: Option<i32>, pipelines: &[Pipeline]) -> OrderState {
    match status {
        1 if sub_status == Some(1) => OrderState::NeedsAttention,
        2 => match (
            count(pipelines, has_succeeded),
            count(pipelines, has_failed),
        ) {
            (_, 0) => OrderState::Succeeded,
            (0, _) => OrderState::Failed,
            _ => OrderState::PartlySucceeded,
        },
        3 | 10 => OrderState::Failed,
        6 => OrderState::Aborted,
        8 => OrderState::WaitsForConfirmation,
        11 => OrderState::WaitsForApproval,
        // 0 preparing, 1 running, 9 waiting for the next batch, 12 approved. A number that nobody
        // documents is no end either: the active deadline bounds it.
        _ => OrderState::Running,
    }
}

/// Number of batches for which `is` holds.
#[must_use]
pub fn count(pipelines: &[Pipeline], is: fn(&Pipeline) -> bool) -> usize {
    pipelines.iter().filter(|pipeline| is(pipeline)).count()
}

/// The batch ended well.
#[must_use]
pub fn has_succeeded(pipeline: &Pipeline) -> bool {
    pipeline.status == Some(2)
}

/// The batch failed, by itself or by a platform fault, or was terminated.
#[must_use]
pub fn has_failed(pipeline: &Pipeline) -> bool {
    matches!(pipeline.status, Some(3 | 6 | 10))
}

fn parse<T: DeserializeOwned>(reply: &Reply) -> Option<T> {
    serde_json::from_slice(&reply.body).ok()
}

fn order_id(payload: Payload<OrderRef>) -> Option<String> {
    let id = payload.data?.change_order_id?;
    let id = id.trim();
    (!id.is_empty()).then(|| text::clean_to(id, text::NAME_BYTES))
}

// `ErrorCode` is not looked at: on a good answer it may hold anything.
fn is_accepted(status: u16, envelope: &Envelope) -> bool {
    (200..300).contains(&status)
        && envelope.success != Some(false)
        && envelope.code.as_deref().is_none_or(|code| code == "200")
}

// A refusal says so: by HTTP 4xx, `Success` false or a code other than 200. And nothing beside it
// says the opposite. A server fault (5xx) or a redirect is no refusal, whatever its body claims.
fn contradicts_refusal(status: u16, envelope: &Envelope) -> bool {
    let client_error = (400..500).contains(&status);
    let ok = (200..300).contains(&status);
    !(ok || client_error)
        || envelope.success == Some(true)
        || envelope.code.as_deref() == Some("200")
}

fn ambiguous(error: CloudError, why: &str) -> CloudError {
    CloudError {
        delivery: Delivery::Unknown,
        message: text::clean(&format!("{why}: {}", error.message)),
        ..error
    }
}

fn refused(
    operation: &'static str,
    reply: &Reply,
    envelope: &Envelope,
    parameters: &[&str],
) -> CloudError {
    let code = code_of(envelope);
    let row = code.and_then(|code| codes::lookup(code, parameters));
    let message = envelope
        .message
        .as_deref()
        .map(text::clean)
        .filter(|text| !text.is_empty());
    CloudError {
        operation,
        kind: row.map_or_else(|| kind_by_status(reply.status), |row| row.kind),
        delivery: match row {
            Some(Row { retry: Some(_), .. }) => Delivery::Refused,
            Some(_) | None => Delivery::Unknown,
        },
        retry: row.and_then(|row| row.retry).unwrap_or(Retry::Later),
        code: code.map(|code| text::clean_to(code, text::NAME_BYTES)),
        message: message.unwrap_or_else(|| format!("HTTP {} without a message", reply.status)),
        advice: row.map_or("", |row| row.advice),
        request_id: request_id(envelope),
        retry_after: gateway::retry_after(&reply.headers),
    }
}

// `Code` unless it is a number, else `ErrorCode`, else `Message` if it is a listed code by itself.
fn code_of(envelope: &Envelope) -> Option<&str> {
    let is_number = |text: &&str| text.bytes().all(|b| b.is_ascii_digit());
    let code = envelope.code.as_deref().filter(|text| !is_number(text));
    let error_code = || envelope.error_code.as_deref().filter(|text| !is_junk(text));
    let message = || {
        let message = envelope.message.as_deref()?;
        codes::lookup(message, &[])
            .is_some_and(|row| row.code == message)
            .then_some(message)
    };
    code.or_else(error_code)
        .or_else(message)
        .or(envelope.code.as_deref())
        .filter(|c| !c.is_empty())
}

fn is_junk(text: &str) -> bool {
    text.is_empty() || text.eq_ignore_ascii_case("null")
}

fn unreadable(operation: &'static str, reply: &Reply) -> CloudError {
    let message = format!(
        "HTTP {} with a body that is not the documented JSON",
        reply.status
    );
    CloudError {
        kind: kind_by_status(reply.status),
        retry_after: gateway::retry_after(&reply.headers),
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

fn request_id(envelope: &Envelope) -> Option<String> {
    let id = envelope.request_id.as_deref()?;
    Some(text::clean_to(id, text::NAME_BYTES)).filter(|id| !id.is_empty())
}
