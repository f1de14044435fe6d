//! The six steps that the core asks for, each as a sequence of calls. What an answer means is
//! decided in `classify`, which order could be ours in `orders`.

use std::sync::Arc;

use futures::future::BoxFuture;
use jiff::Timestamp;

use super::{
    client::{Client, LIST, STATUS},
    learned::Learned,
    orders, plan, report,
    wire::OrderItem,
};
use crate::cloud::{
    Access, Clock, Provider,
    alibaba::{
        answer,
        client::{self, foreign},
        window::{self, Start},
    },
    error::{CloudError, Kind},
    http::Http,
    observer::CallObserver,
    permit::Permit,
    types::{
        Answer, Candidate, Check, EdasApplication, Following, Look, Match, OrderId, OrderReport,
        Product, Submission, Target,
    },
};

/// `Provider` for EDAS applications of ECS clusters.
pub struct EdasProvider {
    client: Client,
    learned: Learned,
}

impl EdasProvider {
    /// `clock` signs the reads and measures the calls; `observer` is told of each call.
    #[must_use]
    pub fn new(http: Http, clock: Arc<dyn Clock>, observer: Arc<dyn CallObserver>) -> Self {
        Self {
            client: Client(client::Client {
                http,
                clock,
                observer,
                product: Product::Edas,
            }),
            learned: Learned::default(),
        }
    }

    // The cluster comes first: for an application of Kubernetes the other reads say nothing.
    async fn check_app(&self, access: &Access, app: &EdasApplication) -> Result<Check, CloudError> {
        let listed = self.client.applications(access, app).await?;
        plan::check_cluster(app, &listed)?;
        let status = self.client.status(access, app).await?;
        let clock_offset = status.clock_offset(STATUS)?;
        plan::check_instances(app, &status.data)?;
        let list = self.client.orders(access, app).await?.data;
        self.learned.look(app, &list);
        let running = plan::running(&status.data);
        Ok(Check {
            instances: running,
            effective_min_ready: None,
            call: plan::call_text(app),
            warnings: plan::warnings(running, app),
            baseline: orders::baseline(&list),
            running: orders::running_order(&list),
            clock_offset,
        })
    }

    async fn look(
        &self,
        access: &Access,
        app: &EdasApplication,
        call: &Submission,
    ) -> Result<Look, CloudError> {
        let started = self.client.0.clock.boot();
        let answer = self.client.orders(access, app).await?;
        let mut look = Look {
            candidates: Vec::new(),
            complete: orders::reaches_back(&answer.data, &call.baseline),
            cloud_time: answer.cloud_time(LIST)?,
            notes: Vec::new(),
        };
        let code = self.learned.code(app);
        let possible = answer.data.iter().filter(|item| {
            orders::could_be_ours(item, &call.baseline, &access.creators, code.as_deref())
        });
        for item in possible {
            if self.client.0.is_late(started) {
                look.complete = false;
                break;
            }
            if let Some(match_) = self.place(access, app, call, item).await? {
                look.candidates.push(candidate(item, match_));
            }
        }
        Ok(look)
    }

    async fn place(
        &self,
        access: &Access,
        app: &EdasApplication,
        call: &Submission,
        item: &OrderItem,
    ) -> Result<Option<Match>, CloudError> {
        let order = match self.client.order(access, app, &item.change_order_id).await {
            Ok(order) => order,
            // Listed and not found: the cloud's reads lag behind each other.
            Err(error) if error.kind == Kind::NotFound => return Ok(Some(Match::NotStarted)),
            Err(error) => return Err(error),
        };
        if !orders::is_about(&order, app) {
            return Ok(None);
        }
        Ok(match orders::start_of(&order, call) {
            Start::NotYet => Some(Match::NotStarted),
            Start::Inside => Some(verified(item, access)),
            Start::Before | Start::After => None,
        })
    }

    // The list has the newest orders alone, newest first.
    async fn newer(
        &self,
        access: &Access,
        app: &EdasApplication,
        since: Timestamp,
        known: &[OrderId],
    ) -> Result<Vec<Candidate>, CloudError> {
        let list = self.client.orders(access, app).await?.data;
        let code = self.learned.code(app);
        let possible = list
            .iter()
            .filter(|item| orders::could_be_ours(item, known, &access.creators, code.as_deref()));
        let mut found = Vec::new();
        for item in possible {
            let match_ = match self.client.order(access, app, &item.change_order_id).await {
                Err(error) if error.kind == Kind::NotFound => Match::NotStarted,
                Err(error) => return Err(error),
                Ok(order) if !orders::is_about(&order, app) => continue,
                Ok(order) => match window::after(orders::starts(&order), since) {
                    Start::Before => break, // those that follow are older
                    Start::NotYet if orders::has_ended(item) => continue,
                    Start::NotYet => Match::NotStarted,
                    Start::Inside | Start::After => verified(item, access),
                },
            };
            found.push(candidate(item, match_));
        }
        Ok(found)
    }

    async fn report(
        &self,
        access: &Access,
        app: &EdasApplication,
        following: &Following,
    ) -> Result<OrderReport, CloudError> {
        let order = self.client.order(access, app, &following.order.0).await?;
        // An order does not name its application. One that is followed came from our own call, or
        // was found in the application's list. Of one that a person named, the list is asked.
        if following.named {
            let list = self.client.orders(access, app).await?.data;
            if orders::listed(&list, &following.order).is_none() {
                return Err(CloudError {
                    kind: Kind::NotFound,
                    ..answer::unexpected(LIST, "the application does not list the order")
                });
            }
        }
        Ok(report::report(&order, true))
    }

    async fn find_creator(
        &self,
        access: &Access,
        app: &EdasApplication,
        order: &OrderId,
    ) -> Result<Option<String>, CloudError> {
        let list = self.client.orders(access, app).await?.data;
        self.learned.look(app, &list);
        let creator = orders::listed(&list, order).map(|item| item.create_user_id.clone());
        Ok(creator.filter(|creator| !creator.is_empty()))
    }
}

impl Provider for EdasProvider {
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
            match application(target) {
                Ok(app) => {
                    let answer = self.client.restart(access, app, call, permit).await;
                    if let Answer::Accepted(acceptance) = &answer {
                        self.learned.accepted(app, &acceptance.order);
                    }
                    answer
                }
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

    fn forgotten<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        since: Timestamp,
        known: &'a [OrderId],
    ) -> BoxFuture<'a, Result<Vec<Candidate>, CloudError>> {
        Box::pin(async move { self.newer(access, application(target)?, since, known).await })
    }

    fn poll<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        following: &'a Following,
    ) -> BoxFuture<'a, Result<OrderReport, CloudError>> {
        Box::pin(async move { self.report(access, application(target)?, following).await })
    }

    fn abort<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        following: &'a Following,
    ) -> BoxFuture<'a, Result<(), CloudError>> {
        Box::pin(async move {
            let app = application(target)?;
            self.client.abort(access, app, &following.order.0).await
        })
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

fn candidate(item: &OrderItem, match_: Match) -> Candidate {
    Candidate {
        order: OrderId(item.change_order_id.clone()),
        match_,
        line: orders::line(item),
    }
}

fn verified(item: &OrderItem, access: &Access) -> Match {
    if orders::is_known_creator(item, &access.creators) {
        Match::Verified
    } else {
        Match::CreatorUnknown
    }
}

fn application(target: &Target) -> Result<&EdasApplication, CloudError> {
    let Target::EdasApplication(app) = target else {
        return Err(foreign("EDAS", "the target is of another product"));
    };
    Ok(app)
}
