//! What an answer of an Alibaba Cloud product means: accepted, definitely rejected, or ambiguous.
//! Pure.
//!
//! Rejected is only what the closed tables list and what nothing in the answer contradicts. All
//! else may have been executed.

use serde::{Deserialize, de::DeserializeOwned};

use super::{gateway, json::scalar};
use crate::cloud::{
    code::Row,
    error::{CloudError, Delivery, Kind, Retry},
    exchange::{Failure, Reply},
    text,
    types::{Acceptance, Answer, OrderId},
};

/// What every answer has around its content. Errors of the gateway and EDAS have no `Success`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Envelope {
    /// `200`, another number, or an error code.
    #[serde(rename = "Code", alias = "code", default, deserialize_with = "scalar")]
    pub code: Option<String>,
    /// An error code, or junk beside a success.
    #[serde(rename = "ErrorCode", default, deserialize_with = "scalar")]
    pub error_code: Option<String>,
    /// `success`, an error text, or an error code.
    #[serde(
        rename = "Message",
        alias = "message",
        default,
        deserialize_with = "scalar"
    )]
    pub message: Option<String>,
    /// The call was accepted; it says nothing about the restart.
    #[serde(rename = "Success", default)]
    pub success: Option<bool>,
    /// What support asks for.
    #[serde(
        rename = "RequestId",
        alias = "requestId",
        alias = "requestid",
        default,
        deserialize_with = "scalar"
    )]
    pub request_id: Option<String>,
}

/// A product's tables: what a code means, with the message beside it and the names of the
/// parameters that the call carried.
pub type Lookup = fn(code: &str, message: &str, parameters: &[&str]) -> Option<&'static Row>;

/// What is needed to understand the answers to one call.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The cloud's name of the call.
    pub operation: &'static str,
    /// Names of the parameters that the call carried.
    pub parameters: &'a [&'a str],
    /// The product's tables.
    pub lookup: Lookup,
}

impl Reading<'_> {
    /// What an answer to a restart call means. `order` reads the id of the opened order, if the
    /// body has one.
    pub fn restart(
        &self,
        reply: &Reply,
        order: fn(&[u8]) -> serde_json::Result<Option<String>>,
    ) -> Answer {
        let (Some(envelope), Ok(order)) = (parse::<Envelope>(reply), order(&reply.body)) else {
            return Answer::Ambiguous(unreadable(self.operation, reply));
        };
        let order = order.and_then(|id| {
            let id = text::clean_to(&id, text::NAME_BYTES);
            (!id.is_empty()).then_some(id)
        });
        match (is_accepted(reply.status, &envelope), order) {
            (true, Some(order)) => Answer::Accepted(Acceptance {
                order: OrderId(order),
                request_id: request_id(&envelope),
                parts: Vec::new(),
            }),
            (true, None) => {
                let error = self.refused(reply, &envelope);
                Answer::Ambiguous(ambiguous(error, "accepted, but without an order id"))
            }
            (false, Some(_)) => {
                let error = self.refused(reply, &envelope);
                Answer::Ambiguous(ambiguous(error, "refused, but with an order id"))
            }
            (false, None) => self.not_accepted(reply, &envelope),
        }
    }

    fn not_accepted(&self, reply: &Reply, envelope: &Envelope) -> Answer {
        let error = self.refused(reply, envelope);
        if contradicts_refusal(reply.status, envelope) {
            Answer::Ambiguous(ambiguous(error, "the answer contradicts itself"))
        } else if error.delivery == Delivery::Refused {
            Answer::Rejected(error)
        } else {
            Answer::Ambiguous(error)
        }
    }

    /// Whether a call was accepted, whatever its content.
    pub fn acknowledged(&self, reply: &Reply) -> Result<(), CloudError> {
        let envelope = parse::<Envelope>(reply).ok_or_else(|| unreadable(self.operation, reply))?;
        if is_accepted(reply.status, &envelope) {
            Ok(())
        } else {
            Err(self.refused(reply, &envelope))
        }
    }

    /// The body of an accepted call.
    pub fn body<T: DeserializeOwned>(&self, reply: &Reply) -> Result<T, CloudError> {
        self.acknowledged(reply)?;
        parse(reply).ok_or_else(|| unreadable(self.operation, reply))
    }

    fn refused(&self, reply: &Reply, envelope: &Envelope) -> CloudError {
        let message = envelope.message.as_deref().unwrap_or_default();
        let code = self.code_of(envelope);
        let row = code.and_then(|code| (self.lookup)(code, message, self.parameters));
        let message = text::clean(message);
        CloudError {
            operation: self.operation,
            kind: row.map_or_else(|| kind_by_status(reply.status), |row| row.kind),
            delivery: match row {
                Some(Row { retry: Some(_), .. }) => Delivery::Refused,
                Some(_) | None => Delivery::Unknown,
            },
            retry: row.and_then(|row| row.retry).unwrap_or(Retry::Later),
            code: code.map(|code| text::clean_to(code, text::NAME_BYTES)),
            message: if message.is_empty() {
                format!("HTTP {} without a message", reply.status)
            } else {
                message
            },
            advice: row.map_or("", |row| row.advice),
            request_id: request_id(envelope),
            retry_after: gateway::retry_after(&reply.headers),
        }
    }

    // `Code` unless it is a number, else `ErrorCode`, else `Message` if it is a listed code by
    // itself, else the number.
    fn code_of<'e>(&self, envelope: &'e Envelope) -> Option<&'e str> {
        let is_number = |text: &&str| text.bytes().all(|b| b.is_ascii_digit());
        let code = envelope.code.as_deref().filter(|text| !is_number(text));
        let error_code = || envelope.error_code.as_deref().filter(|text| !is_junk(text));
        let message = || {
            let message = envelope.message.as_deref()?;
            (self.lookup)(message, "", &[])
                .is_some_and(|row| row.code == message)
                .then_some(message)
        };
        code.or_else(error_code)
            .or_else(message)
            .or(envelope.code.as_deref())
            .filter(|c| !c.is_empty())
    }
}

/// What a restart call without a complete answer means.
#[must_use]
pub fn restart_failure(operation: &'static str, failure: &Failure) -> Answer {
    let error = failed(operation, failure);
    match failure.delivery {
        Delivery::NotSent => Answer::Rejected(error),
        Delivery::Refused | Delivery::Unknown => Answer::Ambiguous(error),
    }
}

/// A call without a complete answer, as an error of `operation`.
#[must_use]
pub fn failed(operation: &'static str, failure: &Failure) -> CloudError {
    CloudError {
        kind: failure.kind,
        delivery: failure.delivery,
        retry: if failure.kind == Kind::Invalid {
            Retry::Never
        } else {
            Retry::Later
        },
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

/// An answer whose body is not what the call is documented to give.
#[must_use]
pub fn unreadable(operation: &'static str, reply: &Reply) -> CloudError {
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

/// What a complete answer to a read says of the target: a refusal that no waiting cures.
#[must_use]
pub fn target_refused(
    operation: &'static str,
    kind: Kind,
    message: &str,
    advice: &'static str,
) -> CloudError {
    CloudError {
        kind,
        delivery: Delivery::Refused,
        retry: Retry::Never,
        advice,
        ..unexpected(operation, message)
    }
}

fn parse<T: DeserializeOwned>(reply: &Reply) -> Option<T> {
    serde_json::from_slice(&reply.body).ok()
}

// `ErrorCode` is not looked at: on a good answer it may hold anything.
fn is_accepted(status: u16, envelope: &Envelope) -> bool {
    (200..300).contains(&status)
        && envelope.success != Some(false)
        && envelope.code.as_deref().is_none_or(|code| code == "200")
}

// A refusal says so: by HTTP 4xx, `Success` false or a code other than 200. And nothing beside it
// says the opposite. A server fault (5xx, EDAS also 600) or a redirect is no refusal, whatever its
// body claims.
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

fn is_junk(text: &str) -> bool {
    text.is_empty() || text.eq_ignore_ascii_case("null") || text.eq_ignore_ascii_case("success")
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
