//! The six steps that the core asks for, by the kind of the target. What an answer means is
//! decided in the pure files.

use std::sync::Arc;

use futures::future::BoxFuture;
use jiff::Timestamp;

use super::{
    client::Client,
    orders::Sought,
    plan::{self, RestartCall},
};
use crate::cloud::{
    Access, Clock, Provider,
    alibaba::client::{self, foreign},
    error::CloudError,
    http::Http,
    observer::CallObserver,
    permit::Permit,
    types::{
        Answer, Candidate, Check, Following, Look, OrderId, OrderReport, Product, SaeApplication,
        SaeApplications, SaeInstances, Submission, Target,
    },
};

mod application;
mod applications;
mod batch;
mod forgotten;
mod instances;
mod order;

/// `Provider` for SAE.
pub struct SaeProvider {
    client: Client,
}

impl SaeProvider {
    /// `clock` signs the reads and measures the calls; `observer` is told of each call.
    #[must_use]
    pub fn new(http: Http, clock: Arc<dyn Clock>, observer: Arc<dyn CallObserver>) -> Self {
        Self {
            client: Client(client::Client {
                http,
                clock,
                observer,
                product: Product::Sae,
            }),
        }
    }
}

/// The targets of SAE.
enum Sae<'a> {
    Application(&'a SaeApplication),
    Instances(&'a SaeInstances),
    Applications(&'a SaeApplications),
}

impl<'a> Sae<'a> {
    fn of(target: &'a Target) -> Result<Self, CloudError> {
        if let Target::SaeApplication(target) = target {
            Ok(Self::Application(target))
        } else if let Target::SaeInstances(target) = target {
            Ok(Self::Instances(target))
        } else if let Target::SaeApplications(target) = target {
            Ok(Self::Applications(target))
        } else {
            Err(foreign("SAE", "the target is of another product"))
        }
    }

    fn call(&self) -> RestartCall {
        match self {
            Self::Application(target) => plan::application(target),
            Self::Instances(target) => plan::instances(target),
            Self::Applications(target) => plan::applications(target),
        }
    }
}

impl Provider for SaeProvider {
    fn check<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
    ) -> BoxFuture<'a, Result<Check, CloudError>> {
        let client = &self.client;
        Box::pin(async move {
            match Sae::of(target)? {
                Sae::Application(t) => application::check(client, access, t).await,
                Sae::Instances(t) => instances::check(client, access, t).await,
                Sae::Applications(t) => applications::check(client, access, t).await,
            }
        })
    }

    fn submit<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        call: &'a Submission,
        permit: Permit,
    ) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            match Sae::of(target) {
                Ok(target) => {
                    let restart = target.call();
                    self.client.restart(access, &restart, call, permit).await
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
        let client = &self.client;
        Box::pin(async move {
            let sought = match Sae::of(target)? {
                Sae::Application(t) => Sought::application(t),
                Sae::Instances(t) => Sought::instances(t),
                Sae::Applications(t) => return batch::look(client, access, t, call).await,
            };
            order::look(client, access, sought, call).await
        })
    }

    fn forgotten<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        since: Timestamp,
        known: &'a [OrderId],
    ) -> BoxFuture<'a, Result<Vec<Candidate>, CloudError>> {
        let client = &self.client;
        Box::pin(async move {
            let sought = match Sae::of(target)? {
                Sae::Application(t) => Sought::application(t),
                Sae::Instances(t) => Sought::instances(t),
                Sae::Applications(_) => return Ok(Vec::new()),
            };
            forgotten::orders(client, access, sought, since, known).await
        })
    }

    fn poll<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        following: &'a Following,
    ) -> BoxFuture<'a, Result<OrderReport, CloudError>> {
        let client = &self.client;
        Box::pin(async move {
            let app_id = match Sae::of(target)? {
                Sae::Application(t) => &t.app_id,
                Sae::Instances(t) => &t.app_id,
                Sae::Applications(t) => {
                    return batch::report(client, access, t, following).await;
                }
            };
            order::report(client, access, app_id, &following.order).await
        })
    }

    fn abort<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        following: &'a Following,
    ) -> BoxFuture<'a, Result<(), CloudError>> {
        let client = &self.client;
        Box::pin(async move {
            match Sae::of(target)? {
                Sae::Application(_) | Sae::Instances(_) => {
                    client.abort(access, &following.order.0).await
                }
                Sae::Applications(_) => batch::abort(client, access, following).await,
            }
        })
    }

    fn creator<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        order: &'a OrderId,
    ) -> BoxFuture<'a, Result<Option<String>, CloudError>> {
        let client = &self.client;
        Box::pin(async move {
            let app_id = match Sae::of(target)? {
                Sae::Application(t) => &t.app_id,
                Sae::Instances(t) => &t.app_id,
                Sae::Applications(t) => {
                    return batch::creator(client, access, t, order).await;
                }
            };
            order::creator(client, access, app_id, order).await
        })
    }
}
