//! The six steps that the core asks for, by the kind of the target. What an answer means is
//! decided in the pure files.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::{client::Client, orders::Sought, plan};
use crate::cloud::{
    Access, Clock, Provider,
    alibaba::client::{self, foreign},
    error::CloudError,
    http::Http,
    observer::CallObserver,
    permit::Permit,
    types::{Answer, Check, Following, Look, OrderId, OrderReport, Product, Submission, Target},
};

mod application;
mod applications;
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

impl Provider for SaeProvider {
    fn check<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
    ) -> BoxFuture<'a, Result<Check, CloudError>> {
        Box::pin(async move {
            match target {
                Target::SaeApplication(t) => application::check(&self.client, access, t).await,
                Target::SaeInstances(t) => instances::check(&self.client, access, t).await,
                Target::SaeApplications(t) => applications::check(&self.client, access, t).await,
                _ => Err(not_sae()),
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
            let restart = match target {
                Target::SaeApplication(t) => plan::application(t),
                Target::SaeInstances(t) => plan::instances(t),
                Target::SaeApplications(t) => plan::applications(t),
                _ => return Answer::Rejected(not_sae()),
            };
            self.client.restart(access, &restart, call, permit).await
        })
    }

    fn resolve<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        call: &'a Submission,
    ) -> BoxFuture<'a, Result<Look, CloudError>> {
        Box::pin(async move {
            if let Target::SaeApplications(t) = target {
                return applications::look(&self.client, access, t, call).await;
            }
            order::look(&self.client, access, sought(target)?, call).await
        })
    }

    fn poll<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        following: &'a Following,
    ) -> BoxFuture<'a, Result<OrderReport, CloudError>> {
        Box::pin(async move {
            if let Target::SaeApplications(t) = target {
                return applications::report(&self.client, access, t, following).await;
            }
            order::report(&self.client, access, sought(target)?, &following.order).await
        })
    }

    fn abort<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        following: &'a Following,
    ) -> BoxFuture<'a, Result<(), CloudError>> {
        Box::pin(async move {
            if let Target::SaeApplications(_) = target {
                return applications::abort(&self.client, access, following).await;
            }
            self.client.abort(access, &following.order.0).await
        })
    }

    fn creator<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        order: &'a OrderId,
    ) -> BoxFuture<'a, Result<Option<String>, CloudError>> {
        Box::pin(async move {
            if let Target::SaeApplications(t) = target {
                return applications::creator(&self.client, access, t, order).await;
            }
            order::creator(&self.client, access, sought(target)?.app_id, order).await
        })
    }
}

fn sought(target: &Target) -> Result<Sought<'_>, CloudError> {
    match target {
        Target::SaeApplication(t) => Ok(Sought::application(t)),
        Target::SaeInstances(t) => Ok(Sought::instances(t)),
        _ => Err(not_sae()),
    }
}

fn not_sae() -> CloudError {
    foreign("SAE", "the target is of another product")
}
