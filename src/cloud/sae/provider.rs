//! The six steps that the core asks for, each as a sequence of calls. What an answer means is
//! decided in `classify`, which order could be ours in `orders`.

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;

use super::{
    classify,
    client::Client,
    orders::{self, Start},
    plan,
    wire::{ApplicationStatus, ChangeOrder, OrderItem},
};
use crate::cloud::{
    Access, Clock, Provider,
    error::{CloudError, Delivery, Kind, Retry},
    http::Http,
    observer::CallObserver,
    permit::Permit,
    types::{
        Answer, Candidate, Check, Following, Look, Match, OrderId, OrderReport, SaeApplication,
        Submission, Target,
    },
};

const STATUS: &str = "DescribeApplicationStatus";
const LIST: &str = "ListChangeOrders";

/// Pages that are searched for the creator of one of our orders, which is among the newest.
const CREATOR_PAGES: u32 = 3;

/// Pages that one look reads at most. What is older stays unseen, and the look says so.
const LOOK_PAGES: u32 = 20;

/// Orders that one look reads in detail at most.
const LOOK_ORDERS: usize = 20;

/// Boot-clock time after which a look makes no further call.
const LOOK_TIME: Duration = Duration::from_mins(1);

/// `Provider` for SAE applications.
pub struct SaeProvider {
    client: Client,
}

impl SaeProvider {
    /// `clock` signs the reads and measures the calls; `observer` is told of each call.
    #[must_use]
    pub fn new(http: Http, clock: Arc<dyn Clock>, observer: Arc<dyn CallObserver>) -> Self {
        Self {
            client: Client {
                http,
                clock,
                observer,
            },
        }
    }

    async fn check_app(&self, access: &Access, app: &SaeApplication) -> Result<Check, CloudError> {
        let answer = self.client.status(access, &app.app_id).await?;
        let Some(clock_offset) = answer.offset else {
            return Err(classify::unexpected(
                STATUS,
                "the answer has no Date header",
            ));
        };
        let status = answer.data;
        check_is_running(&status)?;

        let newest_id = status.last_change_order_id;
        let busy = status.last_change_order_running == Some(true);
        let page = if newest_id.is_empty() || busy {
            Some(self.client.orders(access, &app.app_id, 1).await?.data)
        } else {
            None
        };
        let first_listed = || {
            let first = page.as_ref()?.change_order_list.first()?;
            Some(first.change_order_id.clone())
        };
        let baseline = if newest_id.is_empty() {
            first_listed()
        } else {
            Some(newest_id.clone())
        };
        let running = page
            .as_ref()
            .filter(|_| busy)
            .map(|page| orders::running_order(&newest_id, page));
        Ok(Check {
            instances: status.running_instances,
            effective_min_ready: plan::effective_min_ready(status.running_instances, app),
            call: plan::call_text(app),
            warnings: plan::warnings(status.running_instances, app),
            baseline: baseline.into_iter().map(OrderId).collect(),
            running,
            clock_offset,
        })
    }

    async fn look(
        &self,
        access: &Access,
        app: &SaeApplication,
        call: &Submission,
    ) -> Result<Look, CloudError> {
        let started = self.client.clock.boot();
        let (list, mut look) = self.orders_above(access, app, call, started).await?;
        let possible = list
            .iter()
            .filter(|item| orders::could_be_ours(item, &access.creators));
        for (number, item) in possible.enumerate() {
            if number == LOOK_ORDERS || self.is_late(started) {
                look.complete = false;
                break;
            }
            match self.place(access, app, call, item).await? {
                Place::Ours(match_) => look.candidates.push(Candidate {
                    order: OrderId(item.change_order_id.clone()),
                    match_,
                    line: orders::line(item),
                }),
                Place::NotOurs => {}
                Place::TooOld => break,
            }
        }
        Ok(look)
    }

    // The listed orders above the baseline, newest first, and a look without candidates yet. The
    // look's time is that of the first page: what was opened later may not be in the list.
    async fn orders_above(
        &self,
        access: &Access,
        app: &SaeApplication,
        call: &Submission,
        started: Duration,
    ) -> Result<(Vec<OrderItem>, Look), CloudError> {
        let mut above: Vec<OrderItem> = Vec::new();
        let mut cloud_time = None;
        let mut complete = false;
        for page in 1..=LOOK_PAGES {
            let answer = self.client.orders(access, &app.app_id, page).await?;
            let Some(date) = answer.date else {
                return Err(classify::unexpected(LIST, "the answer has no Date header"));
            };
            cloud_time.get_or_insert(date);
            complete = orders::add_above(&mut above, answer.data, &call.baseline);
            if complete || self.is_late(started) {
                break;
            }
        }
        let Some(cloud_time) = cloud_time else {
            return Err(classify::unexpected(LIST, "no page was read"));
        };
        Ok((
            above,
            Look {
                candidates: Vec::new(),
                complete,
                cloud_time,
                notes: Vec::new(),
            },
        ))
    }

    async fn place(
        &self,
        access: &Access,
        app: &SaeApplication,
        call: &Submission,
        item: &OrderItem,
    ) -> Result<Place, CloudError> {
        let order = match self.client.order(access, &item.change_order_id).await {
            Ok(order) => order,
            // Listed and not found: the cloud's reads lag behind each other.
            Err(error) if error.kind == Kind::NotFound => {
                return Ok(Place::Ours(Match::NotStarted));
            }
            Err(error) => return Err(error),
        };
        if order.app_id != app.app_id {
            return Ok(Place::NotOurs);
        }
        Ok(match orders::start_of(&order, call) {
            Start::NotYet => Place::Ours(Match::NotStarted),
            Start::Inside if orders::is_known_creator(item, &access.creators) => {
                Place::Ours(Match::Verified)
            }
            Start::Inside => Place::Ours(Match::CreatorUnknown),
            Start::After => Place::NotOurs,
            Start::Before => Place::TooOld,
        })
    }

    async fn report(
        &self,
        access: &Access,
        app: &SaeApplication,
        id: &OrderId,
    ) -> Result<OrderReport, CloudError> {
        let order = self.client.order(access, &id.0).await?;
        let mut report = orders::report(&order, app);
        if orders::wants_reason(report.state)
            && let Some(reason) = self.reason(access, &order).await
        {
            report.message = reason;
        }
        Ok(report)
    }

    // The reason of the first failed batch. Only for people: without it the order's own message
    // has to do.
    async fn reason(&self, access: &Access, order: &ChangeOrder) -> Option<String> {
        let failed = order
            .pipelines
            .iter()
            .find(|pipeline| classify::has_failed(pipeline))?;
        if failed.pipeline_id.is_empty() {
            return None;
        }
        let detail = self
            .client
            .pipeline(access, &failed.pipeline_id)
            .await
            .ok()?;
        orders::reason(&detail)
    }

    async fn find_creator(
        &self,
        access: &Access,
        app: &SaeApplication,
        order: &OrderId,
    ) -> Result<Option<String>, CloudError> {
        let mut seen = Vec::new();
        for page in 1..=CREATOR_PAGES {
            let list = self.client.orders(access, &app.app_id, page).await?.data;
            if let Some(item) = list
                .change_order_list
                .iter()
                .find(|i| i.change_order_id == order.0)
            {
                let creator = &item.create_user_id;
                return Ok((!creator.is_empty()).then(|| creator.clone()));
            }
            if orders::add_above(&mut seen, list, &[]) {
                break;
            }
        }
        Ok(None)
    }

    fn is_late(&self, started: Duration) -> bool {
        self.client.clock.boot().saturating_sub(started) > LOOK_TIME
    }
}

impl Provider for SaeProvider {
    fn check<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
    ) -> BoxFuture<'a, Result<Check, CloudError>> {
        Box::pin(async move { self.check_app(access, application(target)?).await })
    }

    fn submit<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        call: &'a Submission,
        permit: Permit,
    ) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            if permit.attempt() != &call.attempt {
                return Answer::Rejected(wrong_permit());
            }
            match application(target) {
                Ok(app) => self.client.restart(access, app, call).await,
                Err(error) => Answer::Rejected(error),
            }
        })
    }

    fn resolve<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        call: &'a Submission,
    ) -> BoxFuture<'a, Result<Look, CloudError>> {
        Box::pin(async move { self.look(access, application(target)?, call).await })
    }

    fn poll<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        following: &'a Following,
    ) -> BoxFuture<'a, Result<OrderReport, CloudError>> {
        Box::pin(async move {
            self.report(access, application(target)?, &following.order)
                .await
        })
    }

    fn abort<'a>(
        &'a self,
        access: &'a Access,
        _target: &'a Target,
        following: &'a Following,
    ) -> BoxFuture<'a, Result<(), CloudError>> {
        Box::pin(self.client.abort(access, &following.order.0))
    }

    fn creator<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        order: &'a OrderId,
    ) -> BoxFuture<'a, Result<Option<String>, CloudError>> {
        Box::pin(async move { self.find_creator(access, application(target)?, order).await })
    }
}

fn application(target: &Target) -> Result<&SaeApplication, CloudError> {
    match target {
        Target::SaeApplication(app) => Ok(app),
        _ => Err(CloudError {
            kind: Kind::Unsupported,
            ..wrong_permit()
        }),
    }
}

enum Place {
    Ours(Match),
    NotOurs,
    TooOld,
}

fn check_is_running(status: &ApplicationStatus) -> Result<(), CloudError> {
    match status.current_status.as_str() {
        "RUNNING" => Ok(()),
        "STOPPED" => Err(CloudError {
            kind: Kind::NotRunning,
            delivery: Delivery::Refused,
            retry: Retry::Never,
            advice: "Start the application; a restart serves running ones only.",
            ..classify::unexpected(STATUS, "the application is stopped")
        }),
        other => Err(CloudError {
            kind: Kind::Transient,
            ..classify::unexpected(
                STATUS,
                &format!("the state of the application is {other:?}"),
            )
        }),
    }
}

// The core never does this; a restart under another attempt's right must not leave the process.
fn wrong_permit() -> CloudError {
    CloudError {
        kind: Kind::Invalid,
        delivery: Delivery::NotSent,
        retry: Retry::Never,
        ..classify::unexpected(classify::RESTART, "the right to send is of another attempt")
    }
}
