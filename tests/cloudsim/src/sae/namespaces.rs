//! SAE `DescribeNamespaceResources` and `ListNamespaceChangeOrders`: where the parent orders of
//! batches show.

use serde_json::{Value, json};

use super::batch::no_namespace;
use super::orders::OrderFilter;
use super::page::{self, Page};
use super::{params, wire};
use crate::Refusal;
use crate::product::{Context, Params};
use crate::world::{Order, is_final};

/// Numbers of a namespace and its newest order; the orders of its applications do not count.
pub(super) fn describe_namespace_resources(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let id = params::required(params, "NamespaceId")?;
    params::only(params, &["NamespaceId"])?;
    context
        .world
        .namespace(id)
        .ok_or_else(|| no_namespace(id))?;
    let mut orders = context.world.orders_of_namespace(id);
    let last = orders.find(|order| context.shows(order));
    let status = last.map(|order| order.progress(context.now).status);
    Ok(json!({
        "NamespaceId": id,
        "NamespaceName": id,
        "BelongRegion": id.split(':').next(),
        "AppCount": context.world.applications_of(id).count(),
        "LastChangeOrderId": last.map_or("", |order| &order.id),
        "LastChangeOrderRunning": status.is_some_and(|status| !is_final(status)),
        "LastChangeOrderStatus": status.map_or_else(String::new, wire::status_word),
    }))
}

/// The parent orders of a namespace, newest first, in pages.
pub(super) fn list_namespace_change_orders(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let id = params::required(params, "NamespaceId")?;
    params::only(
        params,
        &[
            "NamespaceId",
            "CoType",
            "CoStatus",
            "Key",
            "CurrentPage",
            "PageSize",
        ],
    )?;
    let page = Page::read(params, page::USUAL_SIZE, page::MAX_SIZE)?;
    let filter = OrderFilter::read(params);
    context
        .world
        .namespace(id)
        .ok_or_else(|| no_namespace(id))?;
    let orders = context.world.orders_of_namespace(id);
    let found: Vec<&Order> = orders
        .filter(|order| context.shows(order) && filter.wants(order, context))
        .collect();
    let items = page.cut(&found).iter();
    let items = items.map(|order| wire::namespace_order_item(order, context.now));
    Ok(json!({
        "ChangeOrderList": items.collect::<Vec<_>>(),
        "CurrentPage": page.number,
        "PageSize": page.size,
        "TotalSize": found.len(),
    }))
}
