//! SAE `DescribeChangeOrder`, `ListChangeOrders` and `AbortChangeOrder`.

use serde_json::{Value, json};

use super::{params, wire};
use crate::Refusal;
use crate::product::{Context, Params};
use crate::world::{Order, no_application, no_order};

/// `PageSize` if none is asked for.
const DEFAULT_PAGE_SIZE: i64 = 20;
/// Largest `PageSize`; the maximum is not documented, 100 is used in practice.
const MAX_PAGE_SIZE: i64 = 100;

/// One order with its pipelines.
pub(super) fn describe_change_order(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let id = params::required(params, "ChangeOrderId")?;
    params::only(params, &["ChangeOrderId"])?;
    let order = context.world.order(id).filter(|order| context.shows(order));
    let order = order.ok_or_else(|| no_order(id))?;
    Ok(wire::order(
        order,
        context.world.application(&order.app),
        context.now,
    ))
}

/// The orders of an application, newest first unless `Reverse`, in pages.
pub(super) fn list_change_orders(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let query = ListQuery::read(params)?;
    context
        .world
        .application(query.app)
        .ok_or_else(|| no_application(query.app))?;
    let orders = context.world.orders_of(query.app);
    let mut found: Vec<&Order> = orders
        .filter(|order| context.shows(order) && query.wants(order, context))
        .collect();
    if query.reverse {
        found.reverse();
    }
    let page = found.iter().skip(query.first()).take(query.page_size);
    Ok(json!({
        "ChangeOrderList": page.map(|order| wire::order_item(order, context.now)).collect::<Vec<_>>(),
        "CurrentPage": query.page,
        "PageSize": query.page_size,
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
    context.world.abort_order(id, context.now)?;
    Ok(json!({ "ChangeOrderId": id }))
}

/// What `ListChangeOrders` is asked for.
struct ListQuery<'a> {
    app: &'a str,
    co_type: Option<&'a str>,
    co_status: Option<&'a str>,
    key: Option<&'a str>,
    page: usize,
    page_size: usize,
    reverse: bool,
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
        let page = params::integer(params, "CurrentPage", 1..=i64::from(i32::MAX))?.unwrap_or(1);
        let page_size = params::integer(params, "PageSize", 1..=MAX_PAGE_SIZE)?;
        let page_size = page_size.unwrap_or(DEFAULT_PAGE_SIZE);
        Ok(Self {
            app,
            co_type: params::optional(params, "CoType"),
            co_status: params::optional(params, "CoStatus"),
            key: params::optional(params, "Key"),
            page: usize::try_from(page).unwrap_or(usize::MAX),
            page_size: usize::try_from(page_size).unwrap_or(usize::MAX),
            reverse: params::boolean(params, "Reverse")?.unwrap_or(false),
        })
    }

    fn wants(&self, order: &Order, context: &Context<'_>) -> bool {
        let status = || order.progress(context.now).status.to_string();
        self.co_type.is_none_or(|code| code == order.co_type_code)
            && self.co_status.is_none_or(|wanted| wanted == status())
            && self.key.is_none_or(|key| order.description.contains(key))
    }

    /// Number of orders on the pages before this one.
    fn first(&self) -> usize {
        (self.page - 1).saturating_mul(self.page_size)
    }
}
