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
    telemetry::Chain,
};

/// Tells what changed between `before` and what was stored.
pub(super) async fn report(before: &RestartRequest, recorded: &Recorded, ctx: &Context) {
    if !recorded.written {
        return;
    }
    let stored = &recorded.stored;
    let status = stored.status.as_ref();
    tracing::info!(
        namespace = stored.metadata.namespace.as_deref().unwrap_or_default(),
        name = stored.metadata.name.as_deref().unwrap_or_default(),
        uid = stored.metadata.uid.as_deref().unwrap_or_default(),
        phase = phase(stored).as_str(),
        reason = status
            .and_then(crate::protocol::story::told)
            .map_or("", |reason| reason.as_str()),
        order = status
            .and_then(|status| status.change_order.as_ref()?.id.as_deref())
            .unwrap_or_default(),
        attempt = status
            .and_then(|status| Some(status.attempt.as_ref()?.number))
            .unwrap_or_default(),
        detail = status.map_or("", crate::protocol::story::message),
        "status written"
    );
    count(before, stored, ctx);
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

/// What of a status was not told by the one before: each of the two times is counted once, when it is
/// first stored. The phase does not tell, since a request may run, pause and run again.
#[derive(Debug, PartialEq)]
struct News {
    /// The call was accepted, this many seconds after the creation.
    waited: Option<f64>,
    /// The end; with the seconds since the accepted call, if there was one.
    ended: Option<(&'static str, Option<f64>)>,
}

fn news(before: &RestartRequest, stored: &RestartRequest) -> News {
    let times = |of: &RestartRequest| {
        let status = of.status.as_ref();
        let started = status.and_then(|status| status.start_time.as_ref());
        let ended = status.and_then(|status| status.completion_time.as_ref());
        (started.map(|time| time.0), ended.map(|time| time.0))
    };
    let ((old_start, old_end), (start, end)) = (times(before), times(stored));
    let new_start = start.filter(|_| old_start.is_none());
    let new_end = end.filter(|_| old_end.is_none());
    News {
        waited: new_start.map(|at| at.duration_since(state::created(stored)).as_secs_f64()),
        ended: new_end.map(|end| {
            let ran = start.map(|start| end.duration_since(start).as_secs_f64());
            (phase(stored).as_str(), ran)
        }),
    }
}

fn count(before: &RestartRequest, stored: &RestartRequest, ctx: &Context) {
    let (product, operation) = target::labels(&stored.spec.target);
    let News { waited, ended } = news(before, stored);
    if let Some(seconds) = waited {
        let labels = ByOperation { product, operation };
        ctx.metrics.submitted(labels, seconds);
    }
    if let Some((outcome, seconds)) = ended {
        let labels = ByOutcome {
            product,
            operation,
            outcome,
        };
        ctx.metrics.finished(labels, seconds);
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
            error = %Chain(&error),
            reason = notice.reason.as_str(),
            "an Event could not be written"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A request created at second 0 with this phase, start and end.
    fn request(phase: &str, times: &str) -> RestartRequest {
        let text = format!(
            r#"{{"apiVersion": "restart-operator.dev/v1alpha1", "kind": "RestartRequest",
            "metadata": {{"name": "x", "creationTimestamp": "2026-01-01T00:00:00Z"}},
            "spec": {{"accountRef": {{"name": "a"}}, "target": {{"saeApplication": {{"appId": "x"}}}}}},
            "status": {{"phase": "{phase}" {times}}}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    const STARTED: &str = r#", "startTime": "2026-01-01T00:00:07Z""#;

    #[test]
    fn a_request_that_runs_again_after_a_pause_is_counted_once() {
        let (submitting, running) = (request("Submitting", ""), request("Running", STARTED));
        assert_eq!(news(&submitting, &running).waited, Some(7.0));
        let paused = request("Paused", STARTED);
        assert_eq!(news(&running, &paused).waited, None);
        assert_eq!(news(&paused, &running).waited, None);
    }

    #[test]
    fn an_end_is_counted_once_and_takes_time_only_after_an_accepted_call() {
        let end = "2026-01-01T00:00:10Z";
        let ended = request(
            "Succeeded",
            &format!(r#"{STARTED}, "completionTime": "{end}""#),
        );
        let running = request("Running", STARTED);
        assert_eq!(news(&running, &ended).ended, Some(("Succeeded", Some(3.0))));
        assert_eq!(news(&ended, &ended).ended, None);
        let skipped = request("Skipped", &format!(r#", "completionTime": "{end}""#));
        let told = news(&request("Pending", ""), &skipped);
        assert_eq!(
            told,
            News {
                waited: None,
                ended: Some(("Skipped", None))
            }
        );
    }
}
