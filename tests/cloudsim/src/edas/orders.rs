//! EDAS `GetChangeOrderInfo`, `ListRecentChangeOrder` and `AbortChangeOrder`.

use serde_json::{Value, json};

use super::{params, pipelines, wire};
use crate::product::{Context, Params};
use crate::world::Order;
use crate::{Refusal, local_time};

/// Orders that `ListRecentChangeOrder` gives. It has no paging; how many the real one gives is not
/// documented.
const RECENT: usize = 20;

/// One order with its pipelines; it names neither its application nor its type.
pub(super) fn get_change_order_info(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let id = params::required(params, "ChangeOrderId")?;
    params::only(params, &["ChangeOrderId"])?;
    let order = context.order(id).ok_or_else(|| wire::no_order(id))?;
    let progress = order.progress(context.now);
    let mut info = json!({
        "ChangeOrderId": order.id,
        "CoType": "重启应用",
        "Desc": order.description,
        "ChangeOrderDescription": order.description,
        "CreateUserId": order.creator,
        "CreateTime": local_time::text(order.created),
        "Status": progress.status,
        "BatchCount": progress.pipelines.len(),
        "BatchType": "Automatic",
        "SupportRollback": false,
        "PipelineInfoList": pipelines::list(order, &progress),
        "TrafficControl": {},
    });
    if !order.targets.is_empty() {
        info["Targets"] = json!({ "Items": order.targets });
    }
    // The first letter is a small one.
    Ok(json!({ "changeOrderInfo": info }))
}

/// The newest orders of an application, newest first.
pub(super) fn list_recent_change_order(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let app = params::required(params, "AppId")?;
    params::only(params, &["AppId"])?;
    context
        .application(app)
        .ok_or_else(|| wire::no_application(app))?;
    let orders = context.world.orders_of(app);
    let recent = orders.filter(|order| context.shows(order)).take(RECENT);
    let items = recent.map(|order| item(context, order));
    Ok(json!({ "ChangeOrderList": wire::wrapped("ChangeOrder", items) }))
}

/// Ends a running order with status 6, at once.
pub(super) fn abort_change_order(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let id = params::required(params, "ChangeOrderId")?;
    params::only(params, &["ChangeOrderId"])?;
    let order = context.order(id).ok_or_else(|| wire::no_order(id))?;
    if !order.is_running(context.now) {
        let message = "Edas.errorcode.ChangeOrderNotRunning.message";
        return Err(wire::business(message));
    }
    context.world.abort_order(id, context.now)?;
    Ok(json!({
        "Data": { "ChangeOrderId": id },
        "ErrorCode": "success",
        "TraceId": context.world.mint_id().replace('-', ""),
    }))
}

/// `FinishTime` is empty while the order runs.
fn item(context: &Context<'_>, order: &Order) -> Value {
    let progress = order.progress(context.now);
    json!({
        "ChangeOrderId": order.id,
        "AppId": order.app,
        "GroupId": "",
        "CoType": "重启应用",
        "CoTypeCode": order.co_type_code,
        "Status": progress.status,
        "CreateTime": local_time::text(order.created),
        "FinishTime": progress.finished.map_or_else(String::new, local_time::text),
        "CreateUserId": order.creator,
        "UserId": order.creator,
        "Source": order.source,
        "ChangeOrderDescription": order.description,
        "BatchCount": progress.pipelines.len(),
        "BatchType": "Automatic",
    })
}
