//! One pass over one request: observe, decide, act, absorb, record, report. Order only, no rules.

use std::{sync::Arc, time::Duration};

use kube::{Resource as _, runtime::controller::Action};

use super::{
    Context, act::act, error::Error, gate, observe::observe, record::record, report::report,
    view::View,
};
use crate::{
    api::{Phase, RestartRequest},
    cloud::types::{AttemptId, OrderState},
    metrics::{Metrics, closed::OK},
    protocol::{
        absorb::{Done, Next},
        backoff,
        decide::{Seen, Step, decide},
        state::State,
        target,
    },
};

/// Steps of one pass: a check, an intent and a call follow each other, and an abort is followed by
/// a poll. Anything longer is a defect, and ends in a requeue.
const PASS_LIMIT: usize = 8;

/// One pass, as the controller calls it.
pub(super) async fn reconcile(view: Arc<View>, ctx: Arc<Context>) -> Result<Action, Error> {
    let due = pass_over(&view, &ctx).await?;
    Ok(due.map_or_else(Action::await_change, Action::requeue))
}

/// One pass, and how long until the next one; `None`: until something changes. While another
/// replica leads, nothing is done: gaining the lease wakes every request.
pub(super) async fn pass_over(view: &View, ctx: &Context) -> Result<Option<Duration>, Error> {
    if !*ctx.leading.borrow() {
        return Ok(None);
    }
    match &view.object {
        Ok(request) => timed(request, ctx).await,
        Err(error) => {
            ctx.metrics.pass_ended("undecodable", 0.0);
            let meta = view.meta();
            tracing::error!(
                error,
                namespace = meta.namespace.as_deref().unwrap_or_default(),
                name = meta.name.as_deref().unwrap_or_default(),
                "a request cannot be decoded; it is left alone until it changes"
            );
            Ok(None)
        }
    }
}

async fn timed(request: &RestartRequest, ctx: &Context) -> Result<Option<Duration>, Error> {
    let begin = ctx.clock.boot();
    let active = Active::count(&ctx.metrics);
    // On the heap: hundreds of passes wait for their time at once.
    let result = Box::pin(pass(request, ctx)).await;
    drop(active);
    let seconds = ctx.clock.boot().saturating_sub(begin).as_secs_f64();
    let word = result.as_ref().map_or_else(Error::as_str, |_| OK);
    ctx.metrics.pass_ended(word, seconds);
    result
}

/// A pass under way. A pass that is dropped in the middle, by a shutdown or a panic, has ended too.
struct Active<'a>(&'a Metrics);

impl<'a> Active<'a> {
    fn count(metrics: &'a Metrics) -> Self {
        metrics.passes_active(1);
        Self(metrics)
    }
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.0.passes_active(-1);
    }
}

async fn pass(cached: &RestartRequest, ctx: &Context) -> Result<Option<Duration>, Error> {
    ctx.records.note(cached);
    let mut base = settle_unsaved(ctx.memory.freshest(cached), ctx).await?;
    let mut from_this_pass = false;
    let mut seen = Seen::default();
    for _ in 0..PASS_LIMIT {
        let (object, snapshot) =
            observe(base, from_this_pass, std::mem::take(&mut seen), ctx).await?;
        let step = decide(&snapshot, ctx.clock.wall(), &ctx.policy);
        tracing::trace!(?step, "decided");
        if ctx.is_ending() && matches!(step, Step::Check | Step::OpenIntent { .. }) {
            return Ok(None);
        }
        let opens = matches!(step, Step::OpenIntent { .. });
        let claim = opens.then(|| ctx.gate.admit(&object, ctx));
        if let Some(None) = claim {
            return Ok(Some(gate::PAUSE));
        }
        let done = act(step, &object, ctx).await;
        let recorded = match record(object.clone(), &done, ctx).await {
            Ok(recorded) => recorded,
            Err(error) => return Err(keep_unsaved(&object, done, error, ctx)),
        };
        // What was written is remembered, so that others see it from here on.
        drop(claim);
        hold_if_ours(&done, &recorded.stored, ctx);
        if gate::stands_in_line(&object) && !gate::stands_in_line(&recorded.stored) {
            gate::wake_next(&recorded.stored, ctx);
        }
        note_if_running(&done, &recorded.stored, ctx);
        report(&object, &recorded, ctx).await;
        if recorded.written {
            learn_duration(&recorded.stored, ctx);
        }
        if !recorded.next.go_on {
            return Ok(plan(&recorded.stored, &recorded.next, ctx));
        }
        match done {
            Done::Checked(Ok(check)) => seen.check = Some(check),
            Done::Aborted { .. } => seen.abort_tried = true,
            Done::Rested
            | Done::Waited { .. }
            | Done::Checked(Err(_))
            | Done::Opened(_)
            | Done::TakenOver { .. }
            | Done::Answered { .. }
            | Done::Resolved { .. }
            | Done::Polled { .. }
            | Done::Adopted { .. }
            | Done::Settled(_)
            | Done::Deleted => {}
        }
        base = recorded.stored;
        from_this_pass = true;
    }
    Err(Error::Contended)
}

/// A result that could not be stored in an earlier pass is absorbed before anything else.
async fn settle_unsaved(base: RestartRequest, ctx: &Context) -> Result<RestartRequest, Error> {
    let Some(done) = ctx.memory.recall(&base).unsaved else {
        return Ok(base);
    };
    let recorded = record(base.clone(), &done, ctx).await?;
    ctx.memory.update(&base, |entry| {
        entry.unsaved = None;
        entry.look_at = recorded.next.look_at;
    });
    report(&base, &recorded, ctx).await;
    Ok(recorded.stored)
}

/// Only answers of the cloud to a call are worth keeping; everything else is found out again.
fn keep_unsaved(on: &RestartRequest, done: Done, error: Error, ctx: &Context) -> Error {
    if let Done::Answered { call, answer, .. } = &done {
        tracing::warn!(
            attempt = call.attempt.0,
            ?answer,
            "the answer to a restart call could not be stored; it is kept in memory"
        );
        ctx.memory.update(on, |entry| entry.unsaved = Some(done));
    }
    error
}

/// The right to send belongs to the process that wrote the intent and has seen it stored.
fn hold_if_ours(done: &Done, stored: &RestartRequest, ctx: &Context) {
    let written = if let Done::Opened(opening) = done {
        &opening.call.attempt
    } else if let Done::TakenOver { call, .. } = done {
        &call.attempt
    } else {
        return;
    };
    let State::Intent {
        call,
        ambiguous: false,
        ..
    } = State::of(stored)
    else {
        return;
    };
    if call.attempt == *written {
        ctx.permits
            .hold(call.attempt.clone(), send_by(stored, &call.not_after, ctx));
    }
}

/// The last moment to send, by the boot clock: before the signature's end, and before
/// `startBefore`.
fn send_by(stored: &RestartRequest, not_after: &jiff::Timestamp, ctx: &Context) -> Duration {
    let end = not_after
        .saturating_sub(ctx.policy.send_margin)
        .unwrap_or(*not_after);
    let end = stored
        .spec
        .start_before
        .as_ref()
        .map_or(end, |limit| end.min(limit.0));
    let left = end.duration_since(ctx.clock.wall());
    ctx.clock.boot() + Duration::try_from(left).unwrap_or_default()
}

/// An order that goes on was looked at now.
fn note_if_running(done: &Done, stored: &RestartRequest, ctx: &Context) {
    if let Done::Polled {
        report: Ok(report), ..
    } = done
        && report.state == OrderState::Running
    {
        let now = ctx.clock.wall();
        ctx.memory
            .update(stored, |entry| entry.running_at = Some(now));
    }
}

/// The time from the accepted call to its good end, for the next order of the same target.
fn learn_duration(stored: &RestartRequest, ctx: &Context) {
    let Some(status) = &stored.status else { return };
    if let (Some(end), Some(start), Phase::Succeeded) =
        (&status.completion_time, &status.start_time, status.phase)
    {
        let keys = target::keys(&stored.spec.target);
        let took = end.0.duration_since(start.0);
        let looked = ctx.memory.recall(stored).running_at;
        let unseen = end.0.duration_since(looked.unwrap_or(start.0));
        let learned = ctx.durations.middle(&keys);
        if backoff::is_telling(took, unseen, learned, &ctx.policy) {
            ctx.durations.learn(keys, took);
        }
    }
}

/// Remembers the plan and tells when the next pass is due.
fn plan(stored: &RestartRequest, next: &Next, ctx: &Context) -> Option<Duration> {
    forget_what_is_over(stored, ctx);
    let kept = gate::stands_in_line(stored).then(|| Box::new(stored.clone()));
    ctx.memory.update(stored, |entry| {
        if entry.stored.is_none() {
            entry.stored = kept; // whoever waits behind it is woken when it is deleted
        }
        entry.look_at = next.look_at;
        entry.accounts_epoch = ctx.accounts.epoch();
    });
    let wait = next.look_at?.duration_since(ctx.clock.wall());
    // A hair later, so that the time has come for certain when the pass runs.
    Some(Duration::try_from(wait).unwrap_or_default() + Duration::from_millis(5))
}

/// An attempt that has an answer is never sent again, so its right need not be remembered.
fn forget_what_is_over(stored: &RestartRequest, ctx: &Context) {
    let attempt = stored
        .status
        .as_ref()
        .and_then(|status| status.attempt.as_ref());
    if let Some(attempt) = attempt.filter(|attempt| attempt.answer.is_some()) {
        ctx.permits.forget(&AttemptId(attempt.attempt_id.clone()));
    }
}
