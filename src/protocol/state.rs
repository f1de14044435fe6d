//! Where a request stands, read from the facts of its status by one total function. Nothing else
//! reads the status to decide, and nobody reads `phase`.

use jiff::Timestamp;

use crate::{
    api::{
        Answer, Attempt, ConditionStatus, ConditionType, Reason, RestartRequest,
        RestartRequestStatus, condition,
    },
    cloud::types::{AttemptId, OrderId, Submission},
};

/// Where a request stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// No attempt is open and none was accepted.
    Waiting {
        /// Attempts that were definitely rejected.
        used: i32,
        /// Back-off after the last of them.
        not_before: Option<Timestamp>,
    },
    /// An intent is stored and its outcome is not.
    Intent {
        /// What was, or is to be, sent.
        call: Submission,
        /// The answer is known to be ambiguous.
        ambiguous: bool,
    },
    /// The cloud has an order of ours.
    Submitted {
        /// The order.
        order: OrderId,
        /// `signedAt` of the accepted attempt.
        started: Timestamp,
        /// The cloud accepted our request to abort it.
        abort_accepted: bool,
    },
    /// Nobody can tell without a person. Not finished, and nothing is called.
    Unknown {
        /// When the signature of the last attempt stopped to count.
        window_end: Option<Timestamp>,
    },
    /// The end. The cloud is never called again for this object.
    Finished,
}

/// A person's answer to Unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// This order is the restart.
    Adopt(OrderId),
    /// Nothing was restarted.
    NotExecuted,
}

impl State {
    /// The state of a request.
    #[must_use]
    pub fn of(request: &RestartRequest) -> Self {
        let Some(status) = &request.status else {
            return Self::Waiting {
                used: 0,
                not_before: None,
            };
        };
        let attempt = status.attempt.as_ref();
        if status.completion_time.is_some() {
            return Self::Finished;
        }
        if is_unknown(status) {
            return Self::Unknown {
                window_end: attempt.map(|a| a.not_after.0),
            };
        }
        if let Some(change_order) = &status.change_order {
            // An order without an id belongs to a product that has none; a person decides about it.
            return change_order.id.as_ref().map_or(
                Self::Unknown {
                    window_end: attempt.map(|a| a.not_after.0),
                },
                |id| Self::Submitted {
                    order: OrderId(id.clone()),
                    started: started(request, status),
                    abort_accepted: change_order.abort_requested_at.is_some(),
                },
            );
        }
        attempt.map_or(
            Self::Waiting {
                used: 0,
                not_before: None,
            },
            of_attempt,
        )
    }
}

fn is_unknown(status: &RestartRequestStatus) -> bool {
    condition::find(&status.conditions, ConditionType::Stalled).is_some_and(|stalled| {
        stalled.status == ConditionStatus::True
            && [Reason::OutcomeUnknown, Reason::OrderLost]
                .iter()
                .any(|reason| stalled.reason == reason.as_str())
    })
}

fn started(request: &RestartRequest, status: &RestartRequestStatus) -> Timestamp {
    let signed = status.attempt.as_ref().map(|a| a.signed_at.0);
    status
        .start_time
        .as_ref()
        .map(|t| t.0)
        .or(signed)
        .unwrap_or_else(|| created(request))
}

fn of_attempt(attempt: &Attempt) -> State {
    match attempt.answer {
        Some(Answer::Rejected) => State::Waiting {
            used: attempt.number,
            not_before: attempt.not_before.as_ref().map(|t| t.0),
        },
        // Accepted without an order cannot be stored by us; looking for the order is the safe reading.
        Some(Answer::Ambiguous | Answer::Accepted) => State::Intent {
            call: submission(attempt),
            ambiguous: true,
        },
        None => State::Intent {
            call: submission(attempt),
            ambiguous: false,
        },
    }
}

/// The call that an attempt stands for. Destructured without `..`, so that a new field of the
/// intent cannot be forgotten here.
pub(super) fn submission(attempt: &Attempt) -> Submission {
    let Attempt {
        number,
        attempt_id,
        holder: _, // for people
        owned,
        signed_at,
        not_after,
        target_hash,
        nonce,
        client_token,
        credential,
        baseline_order_ids,
        answer: _,
        error: _,
        not_before: _,
    } = attempt;
    Submission {
        attempt: AttemptId(attempt_id.clone()),
        number: *number,
        owned: *owned,
        signed_at: signed_at.0,
        not_after: not_after.0,
        target_hash: target_hash.clone(),
        nonce: nonce
            .clone()
            .or_else(|| client_token.clone())
            .unwrap_or_default(),
        credential: credential.clone(),
        baseline: baseline_order_ids.iter().cloned().map(OrderId).collect(),
    }
}

/// `metadata.creationTimestamp`. The API server always sets it; an object without one counts as
/// created long ago, so that its deadlines are over rather than endless.
#[must_use]
pub fn created(request: &RestartRequest) -> Timestamp {
    request
        .metadata
        .creation_timestamp
        .as_ref()
        .map_or(Timestamp::UNIX_EPOCH, |t| t.0)
}
