//! SAE, version 2019-05-06: its table of calls.
//!
//! `restart` and `orders` and `status` do the calls, `wire` has the field names, `params` reads
//! parameters. Nothing outside this folder knows an SAE path or field.

mod orders;
mod params;
mod restart;
mod status;
mod wire;

use crate::product::{Call, Product};

/// The calls of SAE that are simulated.
pub(crate) static PRODUCT: Product = Product {
    version: "2019-05-06",
    calls: &[
        Call {
            action: "RestartApplication",
            method: "PUT",
            path: "/pop/v1/sam/app/restartApplication",
            run: restart::restart_application,
        },
        Call {
            action: "DescribeApplicationStatus",
            method: "GET",
            path: "/pop/v1/sam/app/describeApplicationStatus",
            run: status::describe_application_status,
        },
        Call {
            action: "DescribeChangeOrder",
            method: "GET",
            path: "/pop/v1/sam/changeorder/DescribeChangeOrder",
            run: orders::describe_change_order,
        },
        Call {
            action: "ListChangeOrders",
            method: "GET",
            path: "/pop/v1/sam/changeorder/ListChangeOrders",
            run: orders::list_change_orders,
        },
        Call {
            action: "AbortChangeOrder",
            method: "PUT",
            path: "/pop/v1/sam/changeorder/AbortChangeOrder",
            run: orders::abort_change_order,
        },
    ],
    success: wire::success,
    failure: wire::failure,
};
