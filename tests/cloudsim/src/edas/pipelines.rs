//! How far an EDAS order is: pipelines, their stages, and the ECCs of each.
//!
//! Times of pipelines are texts of epoch milliseconds, times of stages are ISO 8601 in UTC.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::wire::wrapped;
use crate::world::{Order, PipelineProgress, Progress};

/// EDAS order status 2.
const SUCCEEDED: i64 = 2;
/// EDAS order status 3.
const FAILED: i64 = 3;

/// `PipelineInfoList`.
pub(super) fn list(order: &Order, progress: &Progress) -> Value {
    let pipelines = progress.pipelines.iter().enumerate();
    let batches = progress.pipelines.len();
    wrapped(
        "PipelineInfo",
        pipelines.map(|(place, one)| pipeline(order, place, batches, one)),
    )
}

fn pipeline(order: &Order, place: usize, batches: usize, progress: &PipelineProgress) -> Value {
    let id = order.pipeline_id(place);
    let stage = format!("{id}-stage");
    let mut info = json!({
        "PipelineId": id,
        "PipelineName": format!("Batch {}", place + 1),
        "PipelineStatus": progress.status,
        "StageList": wrapped("StageInfoDTO", [stage_info(order, place, batches, &stage, progress)]),
        "StageDetailList": wrapped("StageDetailDTO", [stage_detail(&stage, progress.status)]),
    });
    // A batch that has not started has no times; what the real cloud writes then is not documented.
    if let Some(started) = progress.started {
        info["StartTime"] = started.as_millisecond().to_string().into();
    }
    if let Some(updated) = progress.updated {
        info["UpdateTime"] = updated.as_millisecond().to_string().into();
    }
    info
}

fn stage_info(
    order: &Order,
    place: usize,
    batches: usize,
    stage: &str,
    progress: &PipelineProgress,
) -> Value {
    // The ECCs are shared out over the batches in turn.
    let of_batch = order.targets.iter().skip(place).step_by(batches);
    let instances = of_batch.map(|ecc| instance(order, ecc, stage, progress));
    json!({
        "StageId": stage,
        "StageName": "Restart",
        "Status": progress.status,
        "StageResultDTO": {
            "ServiceStage": {},
            "InstanceDTOList": wrapped("InstanceDTO", instances),
        },
    })
}

/// An ECC ends failed if the order's plan says so, and like its batch otherwise; in a partly
/// succeeded batch (7) it has succeeded.
fn instance(order: &Order, ecc: &str, stage: &str, progress: &PipelineProgress) -> Value {
    let ended = order.product.ends(progress.status);
    let failed = order.plan.failed_parts.iter().any(|part| part == ecc);
    let status = match progress.status {
        _ if ended && failed => FAILED,
        7 => SUCCEEDED,
        status => status,
    };
    let iso = |at: Option<Timestamp>| at.map_or_else(String::new, |at| at.to_string());
    let finished = progress.updated.filter(|_| ended);
    let stage = json!({
        "StageId": stage,
        "StageName": "Restart",
        "StageMessage": "",
        "Status": status,
        "StartTime": iso(progress.started),
        "FinishTime": iso(finished),
    });
    json!({
        "InstanceName": ecc,
        "InstanceIp": "192.0.2.1",
        "PodName": "",
        "PodStatus": "",
        "Status": status,
        "InstanceStageDTOList": wrapped("InstanceStageDTO", [stage]),
    })
}

/// `TaskStatus` is a text, though the other statuses are numbers.
fn stage_detail(stage: &str, status: i64) -> Value {
    let failed = matches!(status, 3 | 7 | 10);
    let (code, message) = if failed {
        ("EDAS-10002", "The restart of an instance timed out.")
    } else {
        ("", "")
    };
    let task = json!({
        "TaskId": format!("{stage}-task"),
        "TaskName": "Restart instances",
        "TaskStatus": status.to_string(),
        "TaskMessage": message,
        "TaskErrorCode": code,
        "TaskErrorMessage": message,
        "TaskErrorIgnorance": 0,
        "ShowManualIgnorance": false,
        "RetryType": 0,
    });
    json!({
        "StageId": stage,
        "StageName": "Restart",
        "StageStatus": status,
        "TaskList": wrapped("TaskInfoDTO", [task]),
    })
}
