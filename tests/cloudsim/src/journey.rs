//! The journey of one request: received, held, delayed, checked, executed, answered.
//!
//! The order of these steps is what gives each fault its meaning, so it is written down here and
//! nowhere else. A journey does not know its connection: it goes on when the client is gone, as a
//! request does whose bytes have reached the cloud.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::answer::Outcome;
use crate::faults::{BeforeFault, Effects};
use crate::ledger::{Point, RequestRecord, Verdict};
use crate::product::{Context, Params, Route};
use crate::reply::{Decision, conclude, faulted};
use crate::state::{Parts, State};
use crate::{Incoming, Refusal, query, volcengine};

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
    pause(effects.delay_before).await;
    if let Some((outcome, verdict)) = lost_before(&effects) {
        state.with(|parts, now| parts.ledger.conclude(seq, now, verdict));
        return outcome;
    }
    let decision = state.with(|parts, now| decide(parts, request, seq, &effects, now));
    if effects.hold_after && !hold(state, seq, Point::After).await {
        return Outcome::Drop;
    }
    pause(effects.delay_after).await;
    state.with(|parts, now| {
        let (outcome, verdict) = conclude(parts, request, decision, &effects, now);
        parts.ledger.conclude(seq, now, verdict);
        outcome
    })
}

/// The same in one instant, for a caller who waits, holds and repeats by himself: faults that do so
/// are passed over.
pub(crate) fn at_once(state: &State, request: &Incoming) -> Outcome {
    state.with(|parts, now| {
        let (seq, effects) = receive(parts, request, now);
        let (outcome, verdict) = lost_before(&effects).unwrap_or_else(|| {
            let decision = decide(parts, request, seq, &effects, now);
            conclude(parts, request, decision, &effects, now)
        });
        parts.ledger.conclude(seq, now, verdict);
        outcome
    })
}

/// Writes the arrival into the ledger and counts it against the faults.
fn receive(parts: &mut Parts, request: &Incoming, now: Timestamp) -> (u64, Effects) {
    let mut record = record(parts, request, now, Vec::new());
    let effects = parts.faults.meet(
        record.action.as_deref(),
        record.product.as_deref(),
        record.app.as_deref(),
    );
    record.faults.clone_from(&effects.kinds);
    (parts.ledger.receive(record), effects)
}

fn record(parts: &Parts, request: &Incoming, now: Timestamp, faults: Vec<String>) -> RequestRecord {
    if volcengine::concerns(request) {
        return volcengine_record(request, now, faults);
    }
    let params = query::params(&request.query);
    let route = Route::find(&request.path);
    RequestRecord {
        seq: 0,
        changed: 0,
        at: now,
        method: request.method.clone(),
        path: request.path.clone(),
        action: route.map(|route| route.call.action.to_owned()),
        product: route.map(|route| route.product.kind.as_str().to_owned()),
        app: application_of(parts, &params),
        params,
        access_key_id: request.claimed_key(),
        nonce: request.header("x-acs-signature-nonce").map(str::to_owned),
        signed_at: request.signed_at(),
        faults,
        held: None,
        concluded: None,
        verdict: None,
    }
}

fn volcengine_record(request: &Incoming, now: Timestamp, faults: Vec<String>) -> RequestRecord {
    let params = volcengine::parameters(request);
    RequestRecord {
        seq: 0,
        changed: 0,
        at: now,
        method: request.method.clone(),
        path: request.path.clone(),
        action: params.get("Action").cloned(),
        product: Some(volcengine::PRODUCT.to_owned()),
        app: volcengine::targets(&params),
        params,
        access_key_id: request.claimed_key(),
        nonce: None,
        signed_at: request.header("x-date").map(str::to_owned),
        faults,
        held: None,
        concluded: None,
        verdict: None,
    }
}

/// The application a request names, directly or through an order or a pipeline; several are joined
/// by commas, as a batch sends them. The parent order of a batch has none.
fn application_of(parts: &Parts, params: &Params) -> Option<String> {
    let named = ["AppId", "AppIds"]
        .into_iter()
        .find_map(|name| params.get(name));
    let by_order = || {
        let by_id = params
            .get("ChangeOrderId")
            .and_then(|id| parts.world.order(id));
        let by_pipeline = || {
            let (order, _) = parts.world.pipeline(params.get("PipelineId")?)?;
            Some(order)
        };
        let order = by_id.or_else(by_pipeline)?;
        Some(order.app.clone()).filter(|app| !app.is_empty())
    };
    named.cloned().or_else(by_order)
}

/// Waits at a hold point; `false` if a reset dropped the request.
async fn hold(state: &State, seq: u64, point: Point) -> bool {
    let released = state.with(|parts, _| parts.hold(seq, point));
    released.await.is_ok()
}

/// Waits in real time. No wait must cost nothing, and a timer of zero costs a tick.
async fn pause(duration: Duration) {
    if !duration.is_zero() {
        tokio::time::sleep(duration).await;
    }
}

/// What becomes of a request that never reaches the gateway.
fn lost_before(effects: &Effects) -> Option<(Outcome, Verdict)> {
    let fault = effects.before.as_ref()?;
    let outcome = match fault {
        BeforeFault::Drop => Outcome::Drop,
        BeforeFault::Hang => Outcome::Hang,
        BeforeFault::Answer(_) | BeforeFault::Throttle(_) => return None,
    };
    Some((outcome, faulted(fault.kind())))
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
    if volcengine::concerns(request) {
        let checked = volcengine::check(parts, request, now)?;
        if let Some(decision) = instead(effects, volcengine::throttled) {
            return Ok(decision);
        }
        let answer = volcengine::execute(parts, &checked, seq, effects.lag, now)?;
        return Ok(Decision::Done(answer));
    }
    let route = Route::resolve(request)?;
    let caller = parts.gateway.admit(request, &route, now)?;
    if let Some(decision) = instead(effects, Refusal::throttled) {
        return Ok(decision);
    }
    let mut context = Context {
        world: &mut parts.world,
        caller: &caller,
        product: route.product.kind,
        now,
        lag: effects.lag,
        ledger: &mut parts.ledger,
        request: seq,
        nonce: request.header("x-acs-signature-nonce").map(str::to_owned),
        signed_at: request.signed_at(),
    };
    let data = (route.call.run)(&mut context, &query::params(&request.query))?;
    Ok(Decision::Done((route.product.success)(&parts.world, &data)))
}

/// What a fault answers instead of executing; `throttled` writes the cloud's own refusal.
fn instead(effects: &Effects, throttled: fn(Option<u64>) -> Refusal) -> Option<Decision> {
    match effects.before.as_ref()? {
        BeforeFault::Answer(canned) => Some(Decision::Instead(canned.clone())),
        BeforeFault::Throttle(wait) => Some(Decision::Throttled(throttled(*wait))),
        BeforeFault::Drop | BeforeFault::Hang => None,
    }
}
