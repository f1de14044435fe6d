//! SAE, version 2019-05-06: its table of calls.
//!
//! `restart` and `batch` make orders, `orders`, `pipelines` and `namespaces` read and stop them,
//! `status` and `applications` read applications. `wire` has the envelope and the fields of an
//! order, `params` and `page` read parameters. Nothing outside this folder knows an SAE path or
//! field.

mod applications;
mod batch;
mod namespaces;
mod orders;
mod page;
mod params;
mod pipelines;
mod restart;
mod status;
mod wire;

use crate::product::{Call, Product};
use crate::world::ProductKind;

/// The calls of SAE that are simulated.
pub(crate) static PRODUCT: Product = Product {
    kind: ProductKind::Sae,
    version: "2019-05-06",
    permission: |action| format!("sae:{action}"),
    calls: &[
        Call {
            action: "RestartApplication",
            method: "PUT",
            path: "/pop/v1/sam/app/restartApplication",
            run: restart::restart_application,
        },
        Call {
            action: "RestartInstances",
            method: "PUT",
            path: "/pop/v1/sam/app/restartInstances",
            run: restart::restart_instances,
        },
        Call {
            action: "BatchRestartApplications",
            method: "PUT",
            path: "/pop/v1/sam/app/batchRestartApplications",
            run: batch::batch_restart_applications,
        },
        Call {
            action: "ListApplications",
            method: "GET",
            path: "/pop/v1/sam/app/listApplications",
            run: applications::list_applications,
        },
        Call {
            action: "DescribeApplicationGroups",
            method: "GET",
            path: "/pop/v1/sam/app/describeApplicationGroups",
            run: applications::describe_application_groups,
        },
        Call {
            action: "DescribeApplicationInstances",
            method: "GET",
            path: "/pop/v1/sam/app/describeApplicationInstances",
            run: applications::describe_application_instances,
        },
        Call {
            action: "DescribeNamespaceResources",
            method: "GET",
            path: "/pop/v1/sam/namespace/describeNamespaceResources",
            run: namespaces::describe_namespace_resources,
        },
        Call {
            action: "ListNamespaceChangeOrders",
            method: "GET",
            path: "/pop/v1/sam/changeorder/listNamespaceChangeOrders",
            run: namespaces::list_namespace_change_orders,
        },
        Call {
            action: "DescribePipeline",
            method: "GET",
            path: "/pop/v1/sam/changeorder/DescribePipeline",
            run: pipelines::describe_pipeline,
        },
        Call {
            action: "ConfirmPipelineBatch",
            method: "GET",
            path: "/pop/v1/sam/changeorder/ConfirmPipelineBatch",
            run: pipelines::confirm_pipeline_batch,
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
