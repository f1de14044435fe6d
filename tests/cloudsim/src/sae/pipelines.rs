//! SAE `DescribePipeline` and `ConfirmPipelineBatch`.

use serde_json::{Value, json};

use super::params;
use crate::Refusal;
use crate::product::{Context, Params};
use crate::world::{FINAL_STATUSES, Order};

/// One pipeline with its stages and tasks. `CoStatus` is a text here, and the message of a failed
/// task contains HTML, as the real one may.
pub(super) fn describe_pipeline(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let id = params::required(params, "PipelineId")?;
    params::only(params, &["PipelineId"])?;
    let (order, place) = find(context, id)?;
    let progress = order.progress(context.now);
    let status = progress.pipelines[place].status;
    let next = place + 1;
    let next = (next < progress.pipelines.len()).then(|| order.pipeline_id(next));
    let stage = format!("{id}-stage");
    Ok(json!({
        "PipelineId": id,
        "PipelineName": format!("Batch {}", place + 1),
        "PipelineStatus": status,
        "CoStatus": progress.status.to_string(),
        "CurrentStageId": stage,
        "NextPipelineId": next.unwrap_or_default(),
        "ShowBatch": progress.pipelines.len() > 1,
        "StageList": [{
            "StageId": stage,
            "StageName": "Restart",
            "Status": status,
            "ExecutorType": 0,
            "TaskList": [task(&stage, status)],
        }],
    }))
}

/// Lets an order in status 8 go on, if `Confirm` is true. What false does is not documented; here
/// nothing.
pub(super) fn confirm_pipeline_batch(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let id = params::required(params, "PipelineId")?;
    params::required(params, "Confirm")?;
    params::only(params, &["PipelineId", "Confirm"])?;
    let confirm = params::boolean(params, "Confirm")? == Some(true);
    let order = find(context, id)?.0.id.clone();
    if confirm && !context.world.confirm_order(&order, context.now) {
        let message = format!("The pipeline {id} does not wait for a confirmation.");
        return Err(params::invalid_because(message));
    }
    Ok(json!({ "PipelineId": id }))
}

fn task(stage: &str, status: i64) -> Value {
    let failed = FINAL_STATUSES.contains(&status) && status != 2;
    let (code, message) = if failed {
        let reason = "<p>The instance did not become ready: <b>readiness probe</b> failed.</p>";
        ("EDAS-10022", reason)
    } else {
        ("", "")
    };
    json!({
        "TaskId": format!("{stage}-task"),
        "TaskName": "Restart instances",
        "StageId": stage,
        "Status": status,
        "Message": message,
        "ErrorCode": code,
        "ErrorMessage": message,
        "ErrorIgnore": 0,
        "ShowManualIgnore": false,
    })
}

/// The order of a pipeline and its place; SAE names no code for an unknown one.
fn find<'a>(context: &'a Context<'_>, id: &str) -> Result<(&'a Order, usize), Refusal> {
    let found = context.world.pipeline(id);
    let found = found.filter(|(order, _)| context.order(&order.id).is_some());
    found.ok_or_else(|| params::invalid_because(format!("The pipeline {id} does not exist.")))
}
