//! What is told after the status is stored: Events, metrics, one log line per transition. Best
//! effort: nothing here fails a pass.

use kube::{
    Resource,
    runtime::events::{Event, EventType},
};

use super::{Context, error::deadline, record::Recorded};
use crate::{
    api::{Phase, RestartRequest},
    protocol::notice::{EventReason, Notice},
};

/// Tells what changed between `before` and what was stored.
pub async fn report(before: &RestartRequest, recorded: &Recorded, ctx: &Context) {
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
        reason = status.and_then(crate::protocol::story::told).map_or("", |reason| reason.as_str()),
        order = status
            .and_then(|status| status.change_order.as_ref()?.id.as_deref())
            .unwrap_or_default(),
        attempt = status.and_then(|status| Some(status.attempt.as_ref()?.number)).unwrap_or_default(),
        message = status.map_or("", crate::protocol::story::message),
        "status written"
    );
    if old != new {
        ctx.metrics.transition(stored);
    }
    for notice in &recorded.next.notices {
        if notice.reason == EventReason::Adopted {
            ctx.metrics.request_adopted(stored);
        }
        publish(stored, notice, ctx).await;
    }
}

fn phase(request: &RestartRequest) -> Phase {
    request.status.as_ref().map(|status| status.phase).unwrap_or_default()
}

async fn publish(on: &RestartRequest, notice: &Notice, ctx: &Context) {
    let type_ =
        if notice.reason.is_warning() { EventType::Warning } else { EventType::Normal };
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
