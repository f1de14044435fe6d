//! SAE `DescribeChangeOrder`, `ListChangeOrders` and `AbortChangeOrder`.

use serde_json::{Value, json};

use super::page::{self, Page};
use super::{params, wire};
use crate::Refusal;
use crate::product::{Context, Params};
use crate::world::{Order, no_application, no_order};

/// One order with its pipelines.
pub(super) fn describe_change_order(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let id = params::required(params, "ChangeOrderId")?;
    params::only(params, &["ChangeOrderId"])?;
    let order = context.order(id).filter(|order| described(context, order));
    let order = order.ok_or_else(|| no_order(id))?;
    Ok(wire::order(
        order,
        context.world.application(&order.app),
        context.now,
    ))
}

/// The parent order of a batch may be unknown to `DescribeChangeOrder`.
fn described(context: &Context<'_>, order: &Order) -> bool {
    let namespace = order.namespace.as_deref();
    let namespace = namespace.and_then(|id| context.world.namespace(id));
    namespace.is_none_or(|namespace| namespace.parent_described)
}

/// The orders of an application, newest first unless `Reverse`, in pages.
pub(super) fn list_change_orders(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let query = ListQuery::read(params)?;
    context
        .application(query.app)
        .ok_or_else(|| no_application(query.app))?;
    let orders = context.world.orders_of(query.app);
    let mut found: Vec<&Order> = orders
        .filter(|order| context.shows(order) && query.filter.wants(order, context))
        .collect();
    if query.reverse {
        found.reverse();
    }
    let page = query.page.cut(&found).iter();
    Ok(json!({
        "ChangeOrderList": page.map(|order| wire::order_item(order, context.now)).collect::<Vec<_>>(),
        "CurrentPage": query.page.number,
        "PageSize": query.page.size,
        "TotalSize": found.len(),
    }))
}

/// Ends a running order with status 6, at once.
pub(super) fn abort_change_order(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let id = params::required(params, "ChangeOrderId")?;
    params::only(params, &["ChangeOrderId", "Rollback"])?;
    params::boolean(params, "Rollback")?;
    context.order(id).ok_or_else(|| no_order(id))?;
    context.world.abort_order(id, context.now)?;
    Ok(json!({ "ChangeOrderId": id }))
}

/// What `ListChangeOrders` is asked for.
struct ListQuery<'a> {
    app: &'a str,
    filter: OrderFilter<'a>,
    page: Page,
    reverse: bool,
}

/// The filters of the order lists.
pub(super) struct OrderFilter<'a> {
    co_type: Option<&'a str>,
    co_status: Option<&'a str>,
    key: Option<&'a str>,
}

impl<'a> OrderFilter<'a> {
    pub(super) fn read(params: &'a Params) -> Self {
        Self {
            co_type: params::optional(params, "CoType"),
            co_status: params::optional(params, "CoStatus"),
            key: params::optional(params, "Key"),
        }
    }

    pub(super) fn wants(&self, order: &Order, context: &Context<'_>) -> bool {
        let status = || order.progress(context.now).status.to_string();
        self.co_type.is_none_or(|code| code == order.co_type_code)
            && self.co_status.is_none_or(|wanted| wanted == status())
            && self.key.is_none_or(|key| order.description.contains(key))
    }
}

impl<'a> ListQuery<'a> {
    fn read(params: &'a Params) -> Result<Self, Refusal> {
        let app = params::required(params, "AppId")?;
        params::only(
            params,
            &[
                "AppId",
                "CoType",
                "CoStatus",
                "Key",
                "CurrentPage",
                "PageSize",
                "OrderBy",
                "Reverse",
            ],
        )?;
        Ok(Self {
            app,
            filter: OrderFilter::read(params),
            page: Page::read(params, page::USUAL_SIZE, page::MAX_SIZE)?,
            reverse: params::boolean(params, "Reverse")?.unwrap_or(false),
        })
    }
}
