//! Where a request stands, read from the facts of its status by one total function. Nothing else
//! reads the status to decide, and nobody reads `phase`.

use jiff::Timestamp;

use crate::{
    api::{
        Answer, Attempt, ConditionStatus, ConditionType, Reason, RestartRequest,
        RestartRequestStatus, TargetState, TargetStatus, condition,
    },
    cloud::types::{AttemptId, Following, OrderId, Part, PartError, PartState, Submission},
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
        /// With a token: not to be sent again before this.
        not_before: Option<Timestamp>,
    },
    /// The cloud has an order of ours.
    Submitted {
        /// The order, and what is known of it.
        following: Following,
        /// The cloud accepted our request to abort it.
        abort_accepted: bool,
    },
    /// Nobody can tell without a person. Not finished, and nothing is called.
    Unknown {
        /// When the signature of the last attempt stopped to count.
        window_end: Option<Timestamp>,
        /// An order was accepted.
        has_order: bool,
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
                has_order: status.change_order.is_some(),
            };
        }
        if let Some(order) = &status.change_order {
            return Self::Submitted {
                following: following(request, status),
                abort_accepted: order.abort_requested_at.is_some(),
            };
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

/// What is followed. A product without orders is followed by the id of its accepted call.
fn following(request: &RestartRequest, status: &RestartRequestStatus) -> Following {
    let order = status.change_order.as_ref();
    let attempt = status.attempt.as_ref();
    let id = order
        .and_then(|order| order.id.clone().or_else(|| order.request_id.clone()))
        .or_else(|| attempt.map(|a| a.attempt_id.clone()));
    let signed = attempt.map(|a| a.signed_at.0);
    let baseline = attempt.map(|a| a.baseline_order_ids.clone());
    Following {
        order: OrderId(id.unwrap_or_default()),
        started: status
            .start_time
            .as_ref()
            .map(|time| time.0)
            .or(signed)
            .unwrap_or_else(|| created(request)),
        baseline: baseline
            .unwrap_or_default()
            .into_iter()
            .map(OrderId)
            .collect(),
        parts: status.targets.iter().map(part).collect(),
        named: false,
        taken: Vec::new(),
    }
}

fn part(target: &TargetStatus) -> Part {
    let TargetStatus {
        id,
        state,
        order_id,
        error,
    } = target;
    Part {
        id: id.clone(),
        state: match state {
            TargetState::Waiting => PartState::Waiting,
            TargetState::Running => PartState::Running,
            TargetState::Succeeded => PartState::Succeeded,
            TargetState::Failed => PartState::Failed,
            TargetState::Aborted => PartState::Aborted,
            TargetState::Rejected => PartState::Rejected,
            TargetState::Unconfirmed => PartState::Unconfirmed,
        },
        order: order_id.clone().map(OrderId),
        error: error.as_ref().map(|error| PartError {
            code: error.code.clone(),
            message: error.message.clone(),
        }),
    }
}

fn of_attempt(attempt: &Attempt) -> State {
    let not_before = attempt.not_before.as_ref().map(|t| t.0);
    match attempt.answer {
        Some(Answer::Rejected) => State::Waiting {
            used: attempt.number,
            not_before,
        },
        // Accepted without an order cannot be stored by us; looking for the order is the safe
        // reading.
        Some(Answer::Ambiguous | Answer::Accepted) => State::Intent {
            call: submission(attempt),
            ambiguous: true,
            not_before,
        },
        None => State::Intent {
            call: submission(attempt),
            ambiguous: false,
            not_before,
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
