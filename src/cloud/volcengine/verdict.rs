//! What an answer to the reboot call means: accepted, definitely refused, or ambiguous. Pure.
//!
//! Two layers of errors: `ResponseMetadata.Error` is about the whole call, whatever the HTTP status
//! is, and `OperationDetails[].Error` about one instance, inside HTTP 200. Refused is only what the
//! closed table lists and what nothing in the answer contradicts. All else may have been executed.

use super::{
    classify::{
        REBOOT, doubtful, error_of, failed, is_client_side, is_error, is_success, parse, refused,
        request_id, unexpected, unreadable,
    },
    codes,
    wire::{Envelope, Metadata, OperationDetail, Payload, RebootResult},
};
use crate::cloud::{
    error::{CloudError, Delivery, Kind, Retry},
    exchange::{Failure, Reply},
    text,
};

/// What an answer to a reboot call says, before the states of refused instances are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// At least one instance was accepted.
    Accepted {
        /// The cloud's id of the call.
        request_id: Option<String>,
        /// One for each id that was asked for, in that order.
        marks: Vec<Mark>,
    },
    /// The whole call was refused, for certain.
    Refused(CloudError),
    /// Every instance was refused by itself, for certain: one error each, in the order of the ids.
    /// All of them together mean what [`worst`] says.
    EachRefused(Vec<CloudError>),
    /// The reboot may have been executed.
    Ambiguous(CloudError),
}

/// What an accepted call says of one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Accepted.
    Accepted,
    /// Refused beside an accepted one: final.
    Refused(CloudError),
    /// The answer does not name it, or says of it what is not listed.
    Unclear(Option<CloudError>),
}

/// What an answer to a reboot call means. `ids` are the instances that the call named.
#[must_use]
pub fn reboot_answer(reply: &Reply, ids: &[String]) -> Verdict {
    let Some(metadata) = parse::<Envelope>(reply).and_then(|envelope| envelope.metadata) else {
        return Verdict::Ambiguous(unreadable(REBOOT, reply));
    };
    let details = parse::<Payload<RebootResult>>(reply)
        .and_then(|payload| payload.result)
        .map(|result| result.operation_details);
    if let Some(body) = error_of(&metadata) {
        let error = refused(REBOOT, reply, body, &metadata);
        return if details.is_some_and(|details| !details.is_empty()) {
            Verdict::Ambiguous(doubtful(error, "refused, but with results"))
        } else if !is_client_side(reply.status) {
            Verdict::Ambiguous(doubtful(error, "the answer contradicts itself"))
        } else if error.delivery == Delivery::Refused {
            Verdict::Refused(error)
        } else {
            Verdict::Ambiguous(error)
        };
    }
    match details {
        Some(details) if is_success(reply.status) => by_instance(reply, &metadata, ids, &details),
        _ => Verdict::Ambiguous(CloudError {
            request_id: request_id(&metadata),
            ..unreadable(REBOOT, reply)
        }),
    }
}

fn by_instance(
    reply: &Reply,
    metadata: &Metadata,
    ids: &[String],
    details: &[OperationDetail],
) -> Verdict {
    let marks: Vec<Found> = ids
        .iter()
        .map(|id| find(reply, metadata, id, details))
        .collect();
    if marks.iter().any(|found| found.mark == Mark::Accepted) {
        return Verdict::Accepted {
            request_id: request_id(metadata),
            marks: marks.into_iter().map(|found| found.mark).collect(),
        };
    }
    let mut errors = Vec::new();
    for Found { mark, contradicted } in marks {
        match mark {
            Mark::Refused(error) if contradicted => {
                return Verdict::Ambiguous(doubtful(error, "accepted and refused"));
            }
            Mark::Refused(error) => errors.push(error),
            Mark::Unclear(Some(error)) => return Verdict::Ambiguous(error),
            Mark::Accepted | Mark::Unclear(None) => break,
        }
    }
    if errors.len() == ids.len() && !ids.is_empty() {
        Verdict::EachRefused(errors)
    } else {
        Verdict::Ambiguous(CloudError {
            request_id: request_id(metadata),
            ..unexpected(REBOOT, "the answer does not name an instance of the call")
        })
    }
}

struct Found {
    mark: Mark,
    /// Entries of one instance say different things.
    contradicted: bool,
}

// By id, never by position. Of several entries any error wins, and one that proves nothing wins
// over one that does.
fn find(reply: &Reply, metadata: &Metadata, id: &str, details: &[OperationDetail]) -> Found {
    let entries: Vec<_> = details.iter().filter(|d| d.instance_id == id).collect();
    let errors: Vec<CloudError> = entries
        .iter()
        .filter_map(|entry| entry.error.as_ref().filter(|error| is_error(error)))
        .map(|body| {
            let error = refused(REBOOT, reply, body, metadata);
            let message = text::clean(&format!("{id}: {}", error.message));
            CloudError { message, ..error }
        })
        .collect();
    let contradicted = !errors.is_empty() && errors.len() < entries.len();
    let open = errors.iter().find(|e| e.delivery != Delivery::Refused);
    let mark = match (open.or(errors.first()), entries.is_empty()) {
        (Some(error), _) if error.delivery == Delivery::Refused => Mark::Refused(error.clone()),
        (Some(error), _) => Mark::Unclear(Some(error.clone())),
        (None, true) => Mark::Unclear(None),
        (None, false) => Mark::Accepted,
    };
    Found { mark, contradicted }
}

/// What a reboot call without a complete answer means.
#[must_use]
pub fn reboot_failure(failure: &Failure) -> Verdict {
    let error = failed(REBOOT, failure);
    match failure.delivery {
        Delivery::NotSent => Verdict::Refused(error),
        Delivery::Refused | Delivery::Unknown => Verdict::Ambiguous(error),
    }
}

/// The state decides whether a refusal because of it is for good. Unset: it is not known.
#[must_use]
pub fn with_state(error: CloudError, state: Option<&str>) -> CloudError {
    match state {
        Some(state) if error.code.as_deref() == Some(codes::WRONG_STATE) && is_down(state) => {
            let message = format!("{}; its state is {state}", error.message);
            CloudError {
                kind: Kind::NotRunning,
                retry: Retry::Never,
                message: text::clean(&message),
                ..error
            }
        }
        _ => error,
    }
}

/// A state that only a person or another call ends.
#[must_use]
pub fn is_down(state: &str) -> bool {
    matches!(state, "STOPPED" | "ERROR" | "DELETING")
}

/// All refusals as one: a new attempt is allowed only if none of them is for good.
#[must_use]
pub fn worst(errors: Vec<CloudError>) -> Option<CloudError> {
    const SHOWN: usize = 3;
    let count = errors.len();
    let lines: Vec<String> = errors
        .iter()
        .take(SHOWN)
        .map(|error| match &error.code {
            Some(code) => format!("{} ({code})", error.message),
            None => error.message.clone(),
        })
        .collect();
    let worst = errors.into_iter().max_by_key(|error| match error.retry {
        Retry::Never => 2,
        Retry::WhenFree => 1,
        Retry::Later => 0,
    })?;
    if count == 1 {
        return Some(worst);
    }
    let more = if count > SHOWN {
        format!("; and {} more", count - SHOWN)
    } else {
        String::new()
    };
    let message = format!("all {count} instances refused: {}{more}", lines.join("; "));
    Some(CloudError {
        message: text::clean(&message),
        ..worst
    })
}
