//! What is told after the status is stored: Events, metrics, one log line per transition. Best
//! effort: nothing here fails a pass.

use kube::{
    Resource,
    runtime::events::{Event, EventType},
};

use super::{Context, error::deadline, record::Recorded};
use crate::{
    api::{Phase, RestartRequest},
    cloud::types::Answer,
    metrics::{ByAnswer, ByOperation, ByOutcome},
    protocol::{
        notice::{EventReason, Notice},
        state, target,
    },
};

/// Tells what changed between `before` and what was stored.
pub(super) async fn report(before: &RestartRequest, recorded: &Recorded, ctx: &Context) {
    if !recorded.written {
        return;
    }
    let stored = &recorded.stored;
    let (old, new) = (phase(before), phase(stored));
    let status = stored.status.as_ref();
    tracing::info!(
        namespace = stored.metadata.namespace.as_deref().unwrap_or_default(),
        name = stored.metadata.name.as_deref().unwrap_or_default(),
        uid = stored.metadata.uid.as_deref().unwrap_or_default(),
        phase = new.as_str(),
        reason = status
            .and_then(crate::protocol::story::told)
            .map_or("", |reason| reason.as_str()),
        order = status
            .and_then(|status| status.change_order.as_ref()?.id.as_deref())
            .unwrap_or_default(),
        attempt = status
            .and_then(|status| Some(status.attempt.as_ref()?.number))
            .unwrap_or_default(),
        message = status.map_or("", crate::protocol::story::message),
        "status written"
    );
    if old != new {
        count_transition(stored, ctx);
    }
    for notice in &recorded.next.notices {
        if notice.reason == EventReason::Adopted {
            ctx.metrics.adopted(target::labels(&stored.spec.target).0);
        }
        publish(stored, notice, ctx).await;
    }
}

/// A restart call was answered.
pub(super) fn count_submission(on: &RestartRequest, answer: &Answer, ctx: &Context) {
    let (product, operation) = target::labels(&on.spec.target);
    let answer = match answer {
        Answer::Accepted(_) => "accepted",
        Answer::Rejected(_) => "rejected",
        Answer::Ambiguous(_) => "ambiguous",
    };
    ctx.metrics.submission(ByAnswer {
        product,
        operation,
        answer,
    });
}

/// The phase changed: the wait is over, or the request is.
fn count_transition(stored: &RestartRequest, ctx: &Context) {
    let Some(status) = &stored.status else { return };
    let (product, operation) = target::labels(&stored.spec.target);
    let started = status.start_time.as_ref().map(|time| time.0);
    match (&status.completion_time, started) {
        (Some(end), _) => {
            let seconds = started.map(|start| end.0.duration_since(start).as_secs_f64());
            let outcome = status.phase.as_str();
            ctx.metrics.finished(
                ByOutcome {
                    product,
                    operation,
                    outcome,
                },
                seconds,
            );
        }
        (None, Some(start)) if status.phase == Phase::Running => {
            let waited = start.duration_since(state::created(stored)).as_secs_f64();
            ctx.metrics
                .submitted(ByOperation { product, operation }, waited);
        }
        (None, _) => {}
    }
}

fn phase(request: &RestartRequest) -> Phase {
    request
        .status
        .as_ref()
        .map(|status| status.phase)
        .unwrap_or_default()
}

async fn publish(on: &RestartRequest, notice: &Notice, ctx: &Context) {
    let type_ = if notice.reason.is_warning() {
        EventType::Warning
    } else {
        EventType::Normal
    };
    let event = Event {
        type_,
        reason: notice.reason.as_str().to_owned(),
        note: Some(notice.note.clone()),
        action: "Restart".to_owned(),
        secondary: None,
    };
    let reference = on.object_ref(&());
    if let Err(error) = deadline(ctx.recorder.publish(&event, &reference)).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            reason = notice.reason.as_str(),
            "an Event could not be written"
        );
    }
}
