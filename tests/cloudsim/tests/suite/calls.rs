//! The calls of the products beside the five in `client`: action, method, path.

pub(crate) type Call = (&'static str, &'static str, &'static str);

pub(crate) const RESTART_INSTANCES: Call = (
    "RestartInstances",
    "PUT",
    "/pop/v1/sam/app/restartInstances",
);
pub(crate) const BATCH: Call = (
    "BatchRestartApplications",
    "PUT",
    "/pop/v1/sam/app/batchRestartApplications",
);
pub(crate) const APPLICATIONS: Call = (
    "ListApplications",
    "GET",
    "/pop/v1/sam/app/listApplications",
);
pub(crate) const GROUPS: Call = (
    "DescribeApplicationGroups",
    "GET",
    "/pop/v1/sam/app/describeApplicationGroups",
);
pub(crate) const INSTANCES: Call = (
    "DescribeApplicationInstances",
    "GET",
    "/pop/v1/sam/app/describeApplicationInstances",
);
pub(crate) const NAMESPACE: Call = (
    "DescribeNamespaceResources",
    "GET",
    "/pop/v1/sam/namespace/describeNamespaceResources",
);
pub(crate) const NAMESPACE_ORDERS: Call = (
    "ListNamespaceChangeOrders",
    "GET",
    "/pop/v1/sam/changeorder/listNamespaceChangeOrders",
);
pub(crate) const PIPELINE: Call = (
    "DescribePipeline",
    "GET",
    "/pop/v1/sam/changeorder/DescribePipeline",
);
pub(crate) const CONFIRM: Call = (
    "ConfirmPipelineBatch",
    "GET",
    "/pop/v1/sam/changeorder/ConfirmPipelineBatch",
);
pub(crate) const EDAS_RESTART: Call = (
    "RestartApplication",
    "POST",
    "/pop/v5/changeorder/co_restart",
);
pub(crate) const EDAS_ORDER: Call = (
    "GetChangeOrderInfo",
    "POST",
    "/pop/v5/changeorder/change_order_info",
);
pub(crate) const EDAS_ORDERS: Call = (
    "ListRecentChangeOrder",
    "POST",
    "/pop/v5/changeorder/change_order_list",
);
pub(crate) const EDAS_ABORT: Call = (
    "AbortChangeOrder",
    "PUT",
    "/pop/v5/changeorder/change_order_abort",
);
pub(crate) const EDAS_STATUS: Call = ("QueryApplicationStatus", "GET", "/pop/v5/app/app_status");
pub(crate) const EDAS_APPLICATIONS: Call = ("ListApplication", "POST", "/pop/v5/app/app_list");
