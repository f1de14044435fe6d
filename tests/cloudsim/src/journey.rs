//! The journey of one request: received, held, delayed, checked, executed, answered.
//!
//! The order of these steps is what gives each fault its meaning, so it is written down here and
//! nowhere else. A journey does not know its connection: it goes on when the client is gone, as a
//! request does whose bytes have reached the cloud.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::Value;

use crate::answer::{Answer, AnswerBody, Outcome};
use crate::faults::{AfterFault, BeforeFault, Canned, Effects};
use crate::gateway::wire;
use crate::ledger::{Point, RequestRecord, Verdict};
use crate::product::{Context, Params, Route};
use crate::state::{Parts, State};
use crate::{Incoming, Refusal, query};

/// Handles a request and every copy of it that faults make.
pub(crate) async fn travel(state: Arc<State>, request: Incoming) -> Outcome {
    let (seq, effects) = state.with(|parts, now| receive(parts, &request, now));
    let copies = effects.copies;
    let mut outcome = arrive(&state, &request, seq, effects).await;
    for _ in 0..copies {
        let seq = state.with(|parts, now| {
            let record = record(parts, &request, now, vec!["repeat".to_owned()]);
            parts.ledger.receive(record)
        });
        outcome = arrive(&state, &request, seq, Effects::default()).await;
    }
    outcome
}

/// One copy of a request from its arrival to its answer.
async fn arrive(state: &State, request: &Incoming, seq: u64, effects: Effects) -> Outcome {
    if effects.hold_before && !hold(state, seq, Point::Before).await {
        return Outcome::Drop;
    }
    tokio::time::sleep(effects.delay_before).await;
    if let Some(lost) = lost_before(&effects) {
        let verdict = faulted(effects.before.as_ref().map_or("", BeforeFault::kind));
        state.with(|parts, now| parts.ledger.conclude(seq, now, verdict));
        return lost;
    }
    let decision = state.with(|parts, now| decide(parts, request, seq, &effects, now));
    if effects.hold_after && !hold(state, seq, Point::After).await {
        return Outcome::Drop;
    }
    tokio::time::sleep(effects.delay_after).await;
    state.with(|parts, now| {
        let (outcome, verdict) = conclude(parts, request, decision, &effects, now);
        parts.ledger.conclude(seq, now, verdict);
        outcome
    })
}

/// What was decided about a request.
enum Decision {
    /// Done; the product's whole answer.
    Done(Value),
    Refused(Refusal),
    /// Answered by a fault of this kind instead of being executed.
    Instead(Canned),
    Throttled(Refusal),
}

/// Writes the arrival into the ledger and counts it against the faults.
fn receive(parts: &mut Parts, request: &Incoming, now: Timestamp) -> (u64, Effects) {
    let mut record = record(parts, request, now, Vec::new());
    let effects = parts
        .faults
        .meet(record.action.as_deref(), record.app.as_deref());
    record.faults.clone_from(&effects.kinds);
    (parts.ledger.receive(record), effects)
}

fn record(parts: &Parts, request: &Incoming, now: Timestamp, faults: Vec<String>) -> RequestRecord {
    let params = query::params(&request.query);
    RequestRecord {
        seq: 0,
        changed: 0,
        at: now,
        method: request.method.clone(),
        path: request.path.clone(),
        action: Route::find(&request.path).map(|route| route.call.action.to_owned()),
        app: application_of(parts, &params),
        params,
        access_key_id: request.claimed_key(),
        nonce: request.header("x-acs-signature-nonce").map(str::to_owned),
        signed_at: request.header("x-acs-date").map(str::to_owned),
        faults,
        held: None,
        concluded: None,
        verdict: None,
    }
}

/// The application a request names, directly or through an order.
fn application_of(parts: &Parts, params: &Params) -> Option<String> {
    let by_order = || {
        parts
            .world
            .order(params.get("ChangeOrderId")?)
            .map(|order| order.app.clone())
    };
    params.get("AppId").cloned().or_else(by_order)
}

/// Waits at a hold point; `false` if a reset dropped the request.
async fn hold(state: &State, seq: u64, point: Point) -> bool {
    let released = state.with(|parts, _| parts.hold(seq, point));
    released.await.is_ok()
}

/// The outcome of a request that never reaches the gateway.
fn lost_before(effects: &Effects) -> Option<Outcome> {
    match effects.before {
        Some(BeforeFault::Drop) => Some(Outcome::Drop),
        Some(BeforeFault::Hang) => Some(Outcome::Hang),
        Some(BeforeFault::Answer(_) | BeforeFault::Throttle(_)) | None => None,
    }
}

/// Checks the request and, unless a fault answers instead, executes it.
fn decide(
    parts: &mut Parts,
    request: &Incoming,
    seq: u64,
    effects: &Effects,
    now: Timestamp,
) -> Decision {
    execute(parts, request, seq, effects, now).unwrap_or_else(Decision::Refused)
}

fn execute(
    parts: &mut Parts,
    request: &Incoming,
    seq: u64,
    effects: &Effects,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let route = Route::resolve(request)?;
    let caller = parts.gateway.admit(request, &route, now)?;
    match &effects.before {
        Some(BeforeFault::Answer(canned)) => return Ok(Decision::Instead(canned.clone())),
        Some(BeforeFault::Throttle(wait)) => {
            return Ok(Decision::Throttled(Refusal::throttled(*wait)));
        }
        Some(BeforeFault::Drop | BeforeFault::Hang) | None => {}
    }
    let mut context = Context {
        world: &mut parts.world,
        caller: &caller,
        now,
        lag: effects.lag,
        ledger: &mut parts.ledger,
        request: seq,
        nonce: request.header("x-acs-signature-nonce").map(str::to_owned),
    };
    let data = (route.call.run)(&mut context, &query::params(&request.query))?;
    Ok(Decision::Done((route.product.success)(&parts.world, &data)))
}

/// Turns a decision into what the client gets and what the ledger says about it.
fn conclude(
    parts: &Parts,
    request: &Incoming,
    decision: Decision,
    effects: &Effects,
    now: Timestamp,
) -> (Outcome, Verdict) {
    let request_id = parts.world.mint_id().to_uppercase();
    let host = request.header("host").unwrap_or_default();
    let (answer, verdict) = match decision {
        Decision::Done(body) => done(body, effects),
        Decision::Refused(refusal) => {
            let verdict = Verdict::Refused {
                http: refusal.http,
                code: refusal.code.clone(),
            };
            (refused(&refusal, &request_id, host), verdict)
        }
        Decision::Throttled(refusal) => (refused(&refusal, &request_id, host), faulted("throttle")),
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
            (outcome, faulted(fault.kind()))
        }
    };
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
    let verdict = match (effects.edits.is_empty(), effects.single_object) {
        (true, false) => Verdict::Served,
        (false, _) => faulted("mutate"),
        (true, true) => faulted("list_as_single_object"),
    };
    (json_answer(200, &body), verdict)
}

/// Replaces each list of one element in `Data` by that element.
fn unwrap_single_lists(body: &mut Value) {
    let Some(Value::Object(data)) = body.get_mut("Data") else {
        return;
    };
    for member in data.values_mut() {
        if let Value::Array(elements) = member
            && elements.len() == 1
        {
            *member = elements.remove(0);
        }
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

fn refused(refusal: &Refusal, request_id: &str, host: &str) -> Answer {
    let mut answer = json_answer(refusal.http, &wire::error_body(refusal, request_id, host));
    if let Some(wait) = refusal.retry_after_ms {
        answer
            .headers
            .push(("x-acs-retry-after".to_owned(), wait.to_string()));
    }
    answer
}

/// An answer a test made up.
fn canned(parts: &Parts, request: &Incoming, canned: &Canned, request_id: &str) -> Answer {
    let http = if canned.http == 0 { 200 } else { canned.http };
    let body = match (&canned.body, &canned.code) {
        (Some(body), _) => Bytes::from(body.clone()),
        (None, None) => Bytes::new(),
        (None, Some(code)) => {
            let message = canned.message.as_deref().unwrap_or(code);
            let body = match Route::find(&request.path) {
                Some(route) if http < 400 => (route.product.failure)(&parts.world, code, message),
                _ => {
                    let host = request.header("host").unwrap_or_default();
                    wire::error_body(&Refusal::new(http, code, message), request_id, host)
                }
            };
            Bytes::from(body.to_string())
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

/// Every answer has a `Date` by the simulator's clock, made-up ones included.
fn with_usual_headers(outcome: Outcome, request_id: String, now: Timestamp) -> Outcome {
    let Outcome::Answer(answer) = outcome else {
        return outcome;
    };
    let mut usual = vec![
        (
            "content-type".to_owned(),
            "application/json;charset=utf-8".to_owned(),
        ),
        ("x-acs-request-id".to_owned(), request_id),
    ];
    // The printer fails only for years of more than four digits, where there is no such date.
    if let Ok(date) = DateTimePrinter::new().timestamp_to_rfc9110_string(&now) {
        usual.push(("date".to_owned(), date));
    }
    Outcome::Answer(answer.with_usual(usual))
}

fn faulted(kind: &str) -> Verdict {
    Verdict::Faulted {
        fault: kind.to_owned(),
    }
}
