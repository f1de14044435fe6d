//! The calls of SAE, one function each: sign, send, classify, tell the observer. What follows from
//! an answer is not decided here.
//!
//! A restart call is signed with the date and nonce of its stored intent and sent once. All else
//! is signed with the present time and a random nonce.

use std::{sync::Arc, time::Duration};

use http::Method;
use jiff::{SignedDuration, Timestamp};

use super::{
    classify, plan,
    wire::{ApplicationStatus, ChangeOrder, OrderList, PipelineDetail},
};
use crate::cloud::{
    Access, Clock,
    alibaba::call::{Call, sign},
    error::{CloudError, Delivery, Kind},
    exchange::{Failure, Reply},
    hex,
    http::Http,
    observer::CallObserver,
    types::{Answer, Product, SaeApplication, Submission},
};

const VERSION: &str = "2019-05-06";

/// Orders per page of `ListChangeOrders`. The cloud documents no maximum.
const PAGE_SIZE: &str = "50";

/// Sends the calls.
pub(super) struct Client {
    pub(super) http: Http,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) observer: Arc<dyn CallObserver>,
}

/// An accepted answer and the cloud's clock.
#[derive(Debug)]
pub(super) struct Timed<T> {
    pub(super) data: T,
    /// `Date` header.
    pub(super) date: Option<Timestamp>,
    /// Cloud clock minus ours.
    pub(super) offset: Option<SignedDuration>,
}

impl Client {
    /// `DescribeApplicationStatus`.
    pub(super) async fn status(
        &self,
        access: &Access,
        app_id: &str,
    ) -> Result<Timed<ApplicationStatus>, CloudError> {
        let path = "/pop/v1/sam/app/describeApplicationStatus";
        let query = vec![("AppId", app_id)];
        self.read(
            access,
            &get("DescribeApplicationStatus", path, query),
            classify::read_answer,
        )
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
            ("PageSize", PAGE_SIZE),
        ];
        self.read(
            access,
            &get("ListChangeOrders", path, query),
            classify::read_answer,
        )
        .await
    }

    /// `DescribeChangeOrder`. The answer names the order that was asked for, and an application.
    pub(super) async fn order(&self, access: &Access, id: &str) -> Result<ChangeOrder, CloudError> {
        let path = "/pop/v1/sam/changeorder/DescribeChangeOrder";
        let call = get("DescribeChangeOrder", path, vec![("ChangeOrderId", id)]);
        let answer = self
            .read(access, &call, |operation, reply, parameters| {
                let order: ChangeOrder = classify::read_answer(operation, reply, parameters)?;
                if order.app_id.is_empty() {
                    Err(classify::unexpected(
                        operation,
                        "the order names no application",
                    ))
                } else if !(order.change_order_id.is_empty() || order.change_order_id == id) {
                    Err(classify::unexpected(
                        operation,
                        "the answer is about another order",
                    ))
                } else {
                    Ok(order)
                }
            })
            .await?;
        Ok(answer.data)
    }

    /// `DescribePipeline`: one batch of an order.
    pub(super) async fn pipeline(
        &self,
        access: &Access,
        id: &str,
    ) -> Result<PipelineDetail, CloudError> {
        let path = "/pop/v1/sam/changeorder/DescribePipeline";
        let call = get("DescribePipeline", path, vec![("PipelineId", id)]);
        Ok(self.read(access, &call, classify::read_answer).await?.data)
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
        self.read(access, &call, classify::acknowledgement).await?;
        Ok(())
    }

    /// `RestartApplication`, once.
    pub(super) async fn restart(
        &self,
        access: &Access,
        app: &SaeApplication,
        submission: &Submission,
    ) -> Answer {
        let parameters = plan::parameters(app);
        let call = Call {
            version: VERSION,
            action: classify::RESTART,
            method: Method::PUT,
            path: plan::RESTART_PATH,
            query: parameters
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect(),
        };
        let outgoing = sign(access, &call, submission.signed_at, &submission.nonce);
        let started = self.clock.boot();
        let reply = self.http.submit(&outgoing).await;
        let answer = match &reply {
            Ok(reply) => classify::restart_answer(reply, &names(&call)),
            Err(failure) => classify::restart_failure(failure),
        };
        let kind = match &answer {
            Answer::Accepted(_) => None,
            Answer::Rejected(error) | Answer::Ambiguous(error) => Some(error.kind),
        };
        self.observe(call.action, kind, started, self.offset(reply.as_ref().ok()));
        answer
    }

    async fn read<T>(
        &self,
        access: &Access,
        call: &Call<'_>,
        understand: impl FnOnce(&'static str, &Reply, &[&str]) -> Result<T, CloudError>,
    ) -> Result<Timed<T>, CloudError> {
        let nonce = nonce().map_err(|failure| classify::failed(call.action, &failure))?;
        let outgoing = sign(access, call, self.clock.wall(), &nonce);
        let started = self.clock.boot();
        let reply = self.http.read(&outgoing).await;
        let offset = self.offset(reply.as_ref().ok());
        let understood = match &reply {
            Ok(reply) => understand(call.action, reply, &names(call)),
            Err(failure) => Err(classify::failed(call.action, failure)),
        };
        self.observe(
            call.action,
            understood.as_ref().err().map(|error| error.kind),
            started,
            offset,
        );
        let date = reply.ok().and_then(|reply| reply.date());
        Ok(Timed {
            data: understood?,
            date,
            offset,
        })
    }

    // The header has whole seconds, so the offset has too.
    fn offset(&self, reply: Option<&Reply>) -> Option<SignedDuration> {
        let cloud = reply?.date()?.as_second();
        Some(SignedDuration::from_secs(
            cloud - self.clock.wall().as_second(),
        ))
    }

    fn observe(
        &self,
        operation: &'static str,
        result: Option<Kind>,
        started: Duration,
        offset: Option<SignedDuration>,
    ) {
        let elapsed = self.clock.boot().saturating_sub(started);
        self.observer
            .called(Product::Sae, operation, result, elapsed, offset);
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
        method: Method::GET,
        path,
        query,
    }
}

fn names(call: &Call<'_>) -> Vec<&'static str> {
    call.query.iter().map(|(name, _)| *name).collect()
}

// 128 random bits: the gateway refuses a nonce that it saw before.
fn nonce() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Failure {
        delivery: Delivery::NotSent,
        kind: Kind::Transient,
        message: "the system gives no random bytes".to_owned(),
    })?;
    Ok(hex::lower(&bytes))
}
