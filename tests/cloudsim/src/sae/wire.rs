//! SAE's JSON: field names and types as the API documents them.
//!
//! Times as text are UTC+8 without a zone; `Pipelines[]` has epoch milliseconds as numbers;
//! `DescribeApplicationStatus` has its `CreateTime` as a text of epoch milliseconds.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::local_time;
use crate::world::{Application, Order, PipelineProgress, World, is_final};

/// The envelope of a call that was done.
pub(super) fn success(world: &World, data: &Value) -> Value {
    let mut body = json!({
        "RequestId": world.mint_id().to_uppercase(),
        "TraceId": world.mint_id().replace('-', ""),
        "Code": "200",
        "Message": "success",
        "ErrorCode": "",
        "Success": true,
        "Data": data,
    });
    // `ListApplications` has its paging numbers twice.
    if data.get("Applications").is_some() {
        for name in ["CurrentPage", "PageSize", "TotalSize"] {
            body[name] = data[name].clone();
        }
    }
    body
}

/// The envelope of a failure told inside HTTP 200.
pub(super) fn failure(world: &World, code: &str, message: &str) -> Value {
    json!({
        "RequestId": world.mint_id().to_uppercase(),
        "TraceId": world.mint_id().replace('-', ""),
        "Code": "400",
        "Message": message,
        "ErrorCode": code,
        "Success": false,
    })
}

/// `DescribeChangeOrder` `Data`. `SubStatus` is a number here, and there is no `FinishTime`.
pub(super) fn order(order: &Order, application: Option<&Application>, now: Timestamp) -> Value {
    let progress = order.progress(now);
    let running = progress
        .pipelines
        .iter()
        .rposition(|pipeline| pipeline.started.is_some());
    let pipelines = progress.pipelines.iter().enumerate();
    let mut data = json!({
        "ChangeOrderId": order.id,
        "AppId": order.app,
        "AppName": application.map_or("", |application| &application.name),
        "CoType": label(&order.co_type_code),
        "CoTypeCode": order.co_type_code,
        "Status": progress.status,
        "SubStatus": progress.sub_status,
        "ErrorMessage": error_message(progress.status),
        "Description": order.description,
        "CreateTime": local_time::text(order.created),
        "BatchCount": progress.pipelines.len(),
        "BatchType": "auto",
        "BatchWaitTime": 0,
        "CurrentPipelineId": order.pipeline_id(running.unwrap_or(0)),
        "Auto": true,
        "SupportRollback": false,
        "ApprovalId": "",
        "ApplicationUpdateStrategy": "",
        "ApplicationEnableGreyTagRoute": false,
        "Pipelines": pipelines.map(|(place, one)| pipeline(order, place, one)).collect::<Vec<_>>(),
    });
    // Only some official clients know `CoTargets`, so an order for everything goes without.
    if !order.targets.is_empty() {
        data["CoTargets"] = json!(order.targets);
    }
    data
}

/// An item of `ListChangeOrders`. `FinishTime` is empty while the order runs.
pub(super) fn order_item(order: &Order, now: Timestamp) -> Value {
    let progress = order.progress(now);
    json!({
        "ChangeOrderId": order.id,
        "AppId": order.app,
        "GroupId": "",
        "CoType": label(&order.co_type_code),
        "CoTypeCode": order.co_type_code,
        "Status": progress.status,
        "CreateTime": local_time::text(order.created),
        "FinishTime": progress.finished.map_or_else(String::new, local_time::text),
        "CreateUserId": order.creator,
        "UserId": order.creator,
        "Source": order.source,
        "Description": order.description,
        "BatchCount": progress.pipelines.len(),
        "BatchType": "auto",
    })
}

/// An item of `ListNamespaceChangeOrders`: as in `ListChangeOrders` but for the application, and
/// with `Pipelines` as a text.
pub(super) fn namespace_order_item(order: &Order, now: Timestamp) -> Value {
    let mut item = order_item(order, now);
    let pipelines = order.progress(now).pipelines.len();
    let pipelines = (0..pipelines).map(|place| order.pipeline_id(place));
    if let Some(members) = item.as_object_mut() {
        members.remove("AppId");
        members.insert("NamespaceId".into(), json!(order.namespace));
        let pipelines = pipelines.collect::<Vec<_>>().join(",");
        members.insert("Pipelines".into(), pipelines.into());
    }
    item
}

/// `DescribeApplicationStatus` `Data`. `SubStatus` is a text here.
pub(super) fn application_status(
    application: &Application,
    created: Timestamp,
    last: Option<&Order>,
    now: Timestamp,
) -> Value {
    let progress = last.map(|order| order.progress(now));
    let status = progress.as_ref().map(|progress| progress.status);
    let has_error = progress.is_some_and(|progress| progress.sub_status != 0);
    json!({
        "AppId": application.id,
        "CurrentStatus": application.status.as_str(),
        "LastChangeOrderId": last.map_or("", |order| &order.id),
        "LastChangeOrderRunning": status.is_some_and(|status| !is_final(status)),
        "LastChangeOrderStatus": status.map_or_else(String::new, status_word),
        "SubStatus": if has_error { "RUNNING_BUT_HAS_ERROR" } else { "NORMAL" },
        "RunningInstances": application.running_instances,
        "CreateTime": created.as_millisecond().to_string(),
    })
}

/// A batch that has not started has no times; what the real cloud writes then is not documented.
fn pipeline(order: &Order, place: usize, pipeline: &PipelineProgress) -> Value {
    let mut members = Map::new();
    members.insert("PipelineId".into(), order.pipeline_id(place).into());
    members.insert("PipelineName".into(), format!("Batch {}", place + 1).into());
    members.insert("Status".into(), pipeline.status.into());
    members.insert("BatchType".into(), 0.into());
    members.insert("ParallelCount".into(), 1.into());
    if let Some(started) = pipeline.started {
        members.insert("StartTime".into(), started.as_millisecond().into());
    }
    if let Some(updated) = pipeline.updated {
        members.insert("UpdateTime".into(), updated.as_millisecond().into());
    }
    Value::Object(members)
}

/// A label for people, which a client must not branch on.
fn label(co_type_code: &str) -> &str {
    match co_type_code {
        "CoRestartApplication" => "重启应用",
        "CoRestartInstances" => "重启实例",
        "CoDeploy" => "部署应用",
        other => other,
    }
}

/// The documented sample says success on a good order.
fn error_message(status: i64) -> &'static str {
    match status {
        3 => "The change order failed.",
        6 => "The change order was aborted.",
        10 => "System fault.",
        _ => "success",
    }
}

/// `LastChangeOrderStatus`; a number without a documented word is written as it is.
pub(super) fn status_word(status: i64) -> String {
    let word = match status {
        0 => "READY",
        1 => "RUNNING",
        2 => "SUCCESS",
        3 => "FAIL",
        6 => "ABORT",
        8 => "WAIT_BATCH_CONFIRM",
        9 => "AUTO_BATCH_WAIT",
        10 => "SYSTEM_FAIL",
        11 => "WAIT_APPROVAL",
        12 => "APPROVED",
        other => return other.to_string(),
    };
    word.to_owned()
}
