//! The calls of SAE, one function each. What follows from an answer is not decided here.

use http::Method;
use serde::de::DeserializeOwned;

use super::{
    classify,
    plan::RestartCall,
    wire::{
        ApplicationItem, ApplicationPage, ApplicationStatus, ChangeOrder, Group, Instance,
        InstancePage, NamespaceResources, OrderList, PipelineDetail,
    },
};
use crate::cloud::{
    Access,
    alibaba::{
        answer,
        call::Call,
        client::{self, Timed},
    },
    error::CloudError,
    permit::Permit,
    types::{Answer, Submission},
};

const VERSION: &str = "2019-05-06";

/// Orders per page. The cloud documents no maximum.
const ORDERS: &str = "50";

/// Instances or applications per page. The cloud documents up to 10000 applications.
const ITEMS: &str = "100";

pub(super) const STATUS: &str = "DescribeApplicationStatus";
pub(super) const LIST: &str = "ListChangeOrders";
pub(super) const NAMESPACE_LIST: &str = "ListNamespaceChangeOrders";

/// Sends the calls.
pub(super) struct Client(pub(super) client::Client);

impl Client {
    /// `DescribeApplicationStatus`.
    pub(super) async fn status(
        &self,
        access: &Access,
        app_id: &str,
    ) -> Result<Timed<ApplicationStatus>, CloudError> {
        let path = "/pop/v1/sam/app/describeApplicationStatus";
        self.data(access, &get(STATUS, path, vec![("AppId", app_id)]))
            .await
    }

    /// One page of `ListChangeOrders`, counted from 1, newest order first.
    pub(super) async fn orders(
        &self,
        access: &Access,
        app_id: &str,
        page: u32,
    ) -> Result<Timed<OrderList>, CloudError> {
        let page = page.to_string();
        let path = "/pop/v1/sam/changeorder/ListChangeOrders";
        let query = vec![
            ("AppId", app_id),
            ("CurrentPage", page.as_str()),
            ("PageSize", ORDERS),
        ];
        self.data(access, &get(LIST, path, query)).await
    }

    /// One page of `ListNamespaceChangeOrders`: the orders of the namespace as a whole.
    pub(super) async fn namespace_orders(
        &self,
        access: &Access,
        namespace: &str,
        page: u32,
    ) -> Result<Timed<OrderList>, CloudError> {
        let page = page.to_string();
        let path = "/pop/v1/sam/changeorder/listNamespaceChangeOrders";
        let query = vec![
            ("NamespaceId", namespace),
            ("CurrentPage", page.as_str()),
            ("PageSize", ORDERS),
        ];
        self.data(access, &get(NAMESPACE_LIST, path, query)).await
    }

    /// `DescribeChangeOrder`. The answer is about the order that was asked for.
    pub(super) async fn order(
        &self,
        access: &Access,
        id: &str,
    ) -> Result<Timed<ChangeOrder>, CloudError> {
        let path = "/pop/v1/sam/changeorder/DescribeChangeOrder";
        let call = get("DescribeChangeOrder", path, vec![("ChangeOrderId", id)]);
        self.0
            .read(access, &call, |reply| {
                let order: ChangeOrder = classify::read_answer(call.action, reply, &call.names())?;
                if order.change_order_id.is_empty() || order.change_order_id == id {
                    Ok(order)
                } else {
                    let message = "the answer is about another order";
                    Err(answer::unexpected(call.action, message))
                }
            })
            .await
    }

    /// `DescribePipeline`: one batch of an order.
    pub(super) async fn pipeline(
        &self,
        access: &Access,
        id: &str,
    ) -> Result<PipelineDetail, CloudError> {
        let path = "/pop/v1/sam/changeorder/DescribePipeline";
        let call = get("DescribePipeline", path, vec![("PipelineId", id)]);
        Ok(self.data(access, &call).await?.data)
    }

    /// `DescribeApplicationGroups`.
    pub(super) async fn groups(
        &self,
        access: &Access,
        app_id: &str,
    ) -> Result<Vec<Group>, CloudError> {
        let path = "/pop/v1/sam/app/describeApplicationGroups";
        let call = get("DescribeApplicationGroups", path, vec![("AppId", app_id)]);
        let understand = |reply: &_| classify::read_list(call.action, reply, &call.names());
        Ok(self.0.read(access, &call, understand).await?.data)
    }

    /// One page of `DescribeApplicationInstances`, counted from 1.
    pub(super) async fn instances(
        &self,
        access: &Access,
        app_id: &str,
        group: &str,
        page: u32,
    ) -> Result<Vec<Instance>, CloudError> {
        let page = page.to_string();
        let path = "/pop/v1/sam/app/describeApplicationInstances";
        let query = vec![
            ("AppId", app_id),
            ("GroupId", group),
            ("CurrentPage", page.as_str()),
            ("PageSize", ITEMS),
        ];
        let call = get("DescribeApplicationInstances", path, query);
        let page: InstancePage = self.data(access, &call).await?.data;
        Ok(page.instances)
    }

    /// One page of `ListApplications` of a namespace, counted from 1.
    pub(super) async fn applications(
        &self,
        access: &Access,
        namespace: &str,
        page: u32,
    ) -> Result<Vec<ApplicationItem>, CloudError> {
        let page = page.to_string();
        let path = "/pop/v1/sam/app/listApplications";
        let query = vec![
            ("NamespaceId", namespace),
            ("CurrentPage", page.as_str()),
            ("PageSize", ITEMS),
        ];
        let call = get("ListApplications", path, query);
        let page: ApplicationPage = self.data(access, &call).await?.data;
        Ok(page.applications)
    }

    /// `DescribeNamespaceResources`.
    pub(super) async fn namespace(
        &self,
        access: &Access,
        namespace: &str,
    ) -> Result<NamespaceResources, CloudError> {
        let path = "/pop/v1/sam/namespace/describeNamespaceResources";
        let query = vec![("NamespaceId", namespace)];
        let call = get("DescribeNamespaceResources", path, query);
        Ok(self.data(access, &call).await?.data)
    }

    /// `AbortChangeOrder`, without rollback. It changes something, and may be repeated all the
    /// same, since it names one order.
    pub(super) async fn abort(&self, access: &Access, id: &str) -> Result<(), CloudError> {
        let call = Call {
            method: Method::PUT,
            ..get(
                "AbortChangeOrder",
                "/pop/v1/sam/changeorder/AbortChangeOrder",
                vec![("ChangeOrderId", id)],
            )
        };
        let understand = |reply: &_| classify::acknowledgement(call.action, reply, &call.names());
        self.0.read(access, &call, understand).await?;
        Ok(())
    }

    /// A restart call, once.
    pub(super) async fn restart(
        &self,
        access: &Access,
        restart: &RestartCall,
        submission: &Submission,
        permit: Permit,
    ) -> Answer {
        let parameters = restart.parameters.iter();
        let call = Call {
            version: VERSION,
            action: restart.operation,
            region: None,
            method: Method::PUT,
            path: restart.path,
            query: parameters.map(|(name, value)| (*name, &**value)).collect(),
        };
        self.0
            .restart(access, &call, submission, permit, |reply| {
                classify::restart_answer(call.action, reply, &call.names())
            })
            .await
    }

    async fn data<T: DeserializeOwned>(
        &self,
        access: &Access,
        call: &Call<'_>,
    ) -> Result<Timed<T>, CloudError> {
        self.0
            .read(access, call, |reply| {
                classify::read_answer(call.action, reply, &call.names())
            })
            .await
    }
}

fn get<'a>(
    action: &'static str,
    path: &'static str,
    query: Vec<(&'static str, &'a str)>,
) -> Call<'a> {
    Call {
        version: VERSION,
        action,
        region: None,
        method: Method::GET,
        path,
        query,
    }
}
