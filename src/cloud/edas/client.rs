//! The calls of EDAS, one function each. What follows from an answer is not decided here.
//!
//! Each names its region: some hosts serve several, and only there it matters.

use http::Method;
use serde::de::DeserializeOwned;

use super::{
    classify, plan,
    wire::{
        AppInfo, ApplicationItem, ApplicationList, OrderAnswer, OrderInfo, OrderItem, OrderList,
        StatusAnswer,
    },
};
use crate::cloud::{
    Access,
    alibaba::{
        answer,
        call::Call,
        client::{self, Timed},
    },
    error::{CloudError, Kind},
    permit::Permit,
    types::{Answer, EdasApplication, Submission},
};

const VERSION: &str = "2017-08-01";

pub(super) const LIST: &str = "ListRecentChangeOrder";
pub(super) const STATUS: &str = "QueryApplicationStatus";

/// Sends the calls.
pub(super) struct Client(pub(super) client::Client);

impl Client {
    /// `ListApplication`, asked for one id. `AppIds` is a JSON array, written as a text.
    pub(super) async fn applications(
        &self,
        access: &Access,
        app: &EdasApplication,
    ) -> Result<Vec<ApplicationItem>, CloudError> {
        let ids = serde_json::Value::from(vec![app.app_id.as_str()]).to_string();
        let path = "/pop/v5/app/app_list";
        let query = vec![("AppIds", ids.as_str())];
        let call = call(app, "ListApplication", Method::POST, path, query);
        let list: ApplicationList = self.read(access, &call).await?.data;
        Ok(list.application_list)
    }

    /// `QueryApplicationStatus`.
    pub(super) async fn status(
        &self,
        access: &Access,
        app: &EdasApplication,
    ) -> Result<Timed<AppInfo>, CloudError> {
        let path = "/pop/v5/app/app_status";
        let call = call(
            app,
            STATUS,
            Method::GET,
            path,
            vec![("AppId", app.app_id.as_str())],
        );
        self.0
            .read(access, &call, |reply| {
                let body: StatusAnswer = classify::read_answer(STATUS, reply, &call.names())?;
                let missing = || answer::unexpected(STATUS, "the answer has no application");
                body.app_info.ok_or_else(missing)
            })
            .await
    }

    /// `ListRecentChangeOrder`: the newest orders of an application. There are no pages.
    pub(super) async fn orders(
        &self,
        access: &Access,
        app: &EdasApplication,
    ) -> Result<Timed<Vec<OrderItem>>, CloudError> {
        let path = "/pop/v5/changeorder/change_order_list";
        let call = call(
            app,
            LIST,
            Method::POST,
            path,
            vec![("AppId", app.app_id.as_str())],
        );
        let list: Timed<OrderList> = self.read(access, &call).await?;
        Ok(list.map(|list| list.change_order_list))
    }

    /// `GetChangeOrderInfo`. The answer is about the order that was asked for; an answer that says
    /// 200 and has no order means that there is none.
    pub(super) async fn order(
        &self,
        access: &Access,
        app: &EdasApplication,
        id: &str,
    ) -> Result<OrderInfo, CloudError> {
        let path = "/pop/v5/changeorder/change_order_info";
        let operation = "GetChangeOrderInfo";
        let call = call(
            app,
            operation,
            Method::POST,
            path,
            vec![("ChangeOrderId", id)],
        );
        let answer: OrderAnswer = self.read(access, &call).await?.data;
        match answer.order {
            None => Err(CloudError {
                kind: if answer.code == Some(200) {
                    Kind::NotFound
                } else {
                    Kind::Unexpected
                },
                ..answer::unexpected(operation, "the answer has no order")
            }),
            Some(order) if order.change_order_id == id || order.change_order_id.is_empty() => {
                Ok(order)
            }
            Some(_) => {
                let message = "the answer is about another order";
                Err(answer::unexpected(operation, message))
            }
        }
    }

    /// `AbortChangeOrder`. It changes something, and may be repeated all the same, since it names
    /// one order.
    pub(super) async fn abort(
        &self,
        access: &Access,
        app: &EdasApplication,
        id: &str,
    ) -> Result<(), CloudError> {
        let path = "/pop/v5/changeorder/change_order_abort";
        let query = vec![("ChangeOrderId", id)];
        let call = call(app, "AbortChangeOrder", Method::PUT, path, query);
        let understand = |reply: &_| classify::acknowledgement(call.action, reply, &call.names());
        self.0.read(access, &call, understand).await?;
        Ok(())
    }

    /// `RestartApplication`, once.
    pub(super) async fn restart(
        &self,
        access: &Access,
        app: &EdasApplication,
        submission: &Submission,
        permit: Permit,
    ) -> Answer {
        let parameters = plan::parameters(app);
        let query = parameters
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let call = call(app, plan::RESTART, Method::POST, plan::RESTART_PATH, query);
        self.0
            .restart(access, &call, submission, permit, |reply| {
                classify::restart_answer(call.action, reply, &call.names())
            })
            .await
    }

    async fn read<T: DeserializeOwned>(
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

fn call<'a>(
    app: &'a EdasApplication,
    action: &'static str,
    method: Method,
    path: &'static str,
    query: Vec<(&'static str, &'a str)>,
) -> Call<'a> {
    Call {
        version: VERSION,
        action,
        region: Some(&app.region),
        method,
        path,
        query,
    }
}
