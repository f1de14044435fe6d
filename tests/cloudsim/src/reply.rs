//! From a decision to what the client gets, and to what the ledger says about it.
//!
//! Faults that change or replace an answer are carried out here. Nothing here can execute a call
//! any more.

use bytes::Bytes;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::Value;

use crate::answer::{Answer, AnswerBody, Outcome};
use crate::faults::{AfterFault, Canned, Effects};
use crate::gateway::wire;
use crate::ledger::Verdict;
use crate::product::Route;
use crate::state::Parts;
use crate::{Incoming, Refusal, volcengine};

/// What was decided about a request.
pub(crate) enum Decision {
    /// Done; the product's whole answer.
    Done(Value),
    Refused(Refusal),
    /// Answered by a fault of this kind instead of being executed.
    Instead(Canned),
    Throttled(Refusal),
}

/// Turns a decision into what the client gets and what the ledger says about it.
pub(crate) fn conclude(
    parts: &Parts,
    request: &Incoming,
    decision: Decision,
    effects: &Effects,
    now: Timestamp,
) -> (Outcome, Verdict) {
    let request_id = parts.world.mint_id().to_uppercase();
    let refused = |refusal: &Refusal| refused(parts, request, refusal, &request_id);
    let (answer, verdict) = match decision {
        Decision::Done(body) => done(body, effects),
        Decision::Refused(refusal) => {
            let verdict = Verdict::Refused {
                http: refusal.http,
                code: refusal.code.clone(),
            };
            (refused(&refusal), verdict)
        }
        Decision::Throttled(refusal) => (refused(&refusal), faulted("throttle")),
        Decision::Instead(canned) => (
            self::canned(parts, request, &canned, &request_id),
            faulted("answer_instead"),
        ),
    };
    let (outcome, verdict) = match &effects.after {
        None => (Outcome::Answer(answer), verdict),
        Some(fault) => {
            let outcome = replaced(fault, answer, |canned| {
                self::canned(parts, request, canned, &request_id)
            });
            (outcome, hidden(fault.kind(), verdict))
        }
    };
    let request_id = (!volcengine::concerns(request)).then_some(request_id);
    (with_usual_headers(outcome, request_id, now), verdict)
}

/// A good answer, changed by the faults that change answers.
fn done(mut body: Value, effects: &Effects) -> (Answer, Verdict) {
    for edit in &effects.edits {
        edit.apply(&mut body);
    }
    if effects.single_object {
        unwrap_single_lists(&mut body);
    }
    let verdict = match (
        effects.edits.is_empty() && effects.http.is_none(),
        effects.single_object,
    ) {
        (true, false) => Verdict::Served,
        (false, _) => faulted("mutate"),
        (true, true) => faulted("list_as_single_object"),
    };
    (json_answer(effects.http.unwrap_or(200), &body), verdict)
}

/// Replaces each list of one element by that element, however deep it lies.
fn unwrap_single_lists(body: &mut Value) {
    match body {
        Value::Array(elements) if elements.len() == 1 => {
            *body = elements.remove(0);
            unwrap_single_lists(body);
        }
        Value::Array(elements) => elements.iter_mut().for_each(unwrap_single_lists),
        Value::Object(members) => members.values_mut().for_each(unwrap_single_lists),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What takes the place of an answer.
fn replaced(fault: &AfterFault, answer: Answer, canned: impl Fn(&Canned) -> Answer) -> Outcome {
    match fault {
        AfterFault::Drop => Outcome::Drop,
        AfterFault::Hang => Outcome::Hang,
        AfterFault::Answer(made_up) => Outcome::Answer(canned(made_up)),
        AfterFault::Bytes {
            total,
            chunk,
            pause,
        } => {
            let body = AnswerBody::Drip {
                total: *total,
                chunk: *chunk,
                pause: *pause,
            };
            Outcome::Answer(Answer {
                http: 200,
                headers: Vec::new(),
                body,
            })
        }
        AfterFault::Cut(keep) => {
            let body = match answer.body {
                AnswerBody::Whole(body) => AnswerBody::Cut { body, keep: *keep },
                other @ (AnswerBody::Cut { .. } | AnswerBody::Drip { .. }) => other,
            };
            Outcome::Answer(Answer { body, ..answer })
        }
    }
}

fn refused(parts: &Parts, request: &Incoming, refusal: &Refusal, request_id: &str) -> Answer {
    if volcengine::concerns(request) {
        return volcengine::wire::refused(request, refusal, request_id);
    }
    let body = refusal_body(parts, request, refusal, request_id);
    let mut answer = json_answer(refusal.http, &body);
    if let Some(wait) = refusal.retry_after_ms {
        answer
            .headers
            .push(("x-acs-retry-after".to_owned(), wait.to_string()));
    }
    answer
}

/// The product's own form below HTTP 400, the gateway's above; Volcengine has one form.
fn refusal_body(parts: &Parts, request: &Incoming, refusal: &Refusal, request_id: &str) -> Value {
    match Route::find(&request.path) {
        _ if volcengine::concerns(request) => {
            volcengine::wire::error_body(request, refusal, request_id)
        }
        Some(route) if refusal.http < 400 => {
            (route.product.failure)(&parts.world, &refusal.code, &refusal.message)
        }
        _ => {
            let host = request.header("host").unwrap_or_default();
            wire::error_body(refusal, request_id, host)
        }
    }
}

/// An answer a test made up.
fn canned(parts: &Parts, request: &Incoming, canned: &Canned, request_id: &str) -> Answer {
    let http = if canned.http == 0 { 200 } else { canned.http };
    let body = match (&canned.body, &canned.code) {
        (Some(body), _) => Bytes::from(body.clone()),
        (None, None) => Bytes::new(),
        (None, Some(code)) => {
            let message = canned.message.as_deref().unwrap_or(code);
            let refusal = Refusal::new(http, code, message);
            Bytes::from(refusal_body(parts, request, &refusal, request_id).to_string())
        }
    };
    Answer {
        http,
        headers: canned.headers.clone(),
        body: AnswerBody::Whole(body),
    }
}

fn json_answer(http: u16, body: &Value) -> Answer {
    let body = AnswerBody::Whole(Bytes::from(body.to_string()));
    Answer {
        http,
        headers: Vec::new(),
        body,
    }
}

/// Every answer has a `Date` by the simulator's clock, made-up ones included. The header with the
/// request id is Alibaba's.
fn with_usual_headers(outcome: Outcome, request_id: Option<String>, now: Timestamp) -> Outcome {
    let Outcome::Answer(answer) = outcome else {
        return outcome;
    };
    let mut usual = vec![(
        "content-type".to_owned(),
        "application/json;charset=utf-8".to_owned(),
    )];
    usual.extend(request_id.map(|id| ("x-acs-request-id".to_owned(), id)));
    // The printer fails only for years of more than four digits, where there is no such date.
    if let Ok(date) = DateTimePrinter::new().timestamp_to_rfc9110_string(&now) {
        usual.push(("date".to_owned(), date));
    }
    Outcome::Answer(answer.with_usual(usual))
}

/// The verdict on a request whose answer a fault decided.
pub(crate) fn faulted(kind: &str) -> Verdict {
    Verdict::Faulted {
        fault: kind.to_owned(),
        refused: None,
    }
}

/// The verdict on a request whose verdict a fault hides from the client.
fn hidden(kind: &str, verdict: Verdict) -> Verdict {
    let refused = match verdict {
        Verdict::Refused { code, .. } => Some(code),
        Verdict::Faulted { refused, .. } => refused,
        Verdict::Served => None,
    };
    Verdict::Faulted {
        fault: kind.to_owned(),
        refused,
    }
}
