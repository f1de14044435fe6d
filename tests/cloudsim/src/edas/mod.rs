//! EDAS, version 2017-08-01: its table of calls.
//!
//! `restart`, `orders` and `applications` do the calls, `pipelines` writes how far an order is,
//! `wire` has the envelopes, `params` reads parameters. Nothing outside this folder knows an EDAS
//! path or field.
//!
//! EDAS refuses inside HTTP 200, with an integer `Code` in the body.

mod applications;
mod orders;
mod params;
mod pipelines;
mod restart;
mod wire;

use crate::product::{Call, Product};
use crate::world::ProductKind;

/// The calls of EDAS that are simulated. Reads are POST too, and all parameters are in the query.
pub(crate) static PRODUCT: Product = Product {
    kind: ProductKind::Edas,
    version: "2017-08-01",
    permission,
    calls: &[
        Call {
            action: "RestartApplication",
            method: "POST",
            path: "/pop/v5/changeorder/co_restart",
            run: restart::restart_application,
        },
        Call {
            action: "GetChangeOrderInfo",
            method: "POST",
            path: "/pop/v5/changeorder/change_order_info",
            run: orders::get_change_order_info,
        },
        Call {
            action: "ListRecentChangeOrder",
            method: "POST",
            path: "/pop/v5/changeorder/change_order_list",
            run: orders::list_recent_change_order,
        },
        Call {
            action: "AbortChangeOrder",
            method: "PUT",
            path: "/pop/v5/changeorder/change_order_abort",
            run: orders::abort_change_order,
        },
        Call {
            action: "QueryApplicationStatus",
            method: "GET",
            path: "/pop/v5/app/app_status",
            run: applications::query_application_status,
        },
        Call {
            action: "ListApplication",
            method: "POST",
            path: "/pop/v5/app/app_list",
            run: applications::list_application,
        },
    ],
    success: wire::success,
    failure: wire::failure,
};

/// EDAS has two permissions for everything that is simulated. The one for restarts also allows to
/// deploy.
fn permission(action: &str) -> String {
    let changes = matches!(action, "RestartApplication" | "AbortChangeOrder");
    let name = if changes { "Manage" } else { "Read" };
    format!("edas:{name}Application")
}
