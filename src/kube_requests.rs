//! A layer around the Kubernetes client that counts what goes to the API server, and tells by the
//! watches it sees opened whether the caches are alive.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use futures::future::BoxFuture;
use http::{Method, Request, Response, StatusCode};
use tower::{Layer, Service};

use crate::{
    metrics::{ByRequest, Metrics},
    server::Health,
};

/// Resources that this operator uses; anything else is `other`.
const RESOURCES: [&str; 7] = [
    "restartrequests",
    "cloudaccounts",
    "clustercloudaccounts",
    "secrets",
    "namespaces",
    "leases",
    "events",
];

/// The resources that are watched. A watch is opened after the first list, so that one that is
/// opened says that the cache is filled.
const WATCHED: [&str; 3] = ["restartrequests", "cloudaccounts", "clustercloudaccounts"];

/// Counts requests by verb, resource and code, and tells of the watches.
#[derive(Clone)]
pub struct CountRequests {
    metrics: Arc<Metrics>,
    health: Arc<Health>,
}

impl CountRequests {
    /// Not ready until each watch was opened once.
    #[must_use]
    pub fn new(metrics: Arc<Metrics>, health: Arc<Health>) -> Self {
        for resource in WATCHED {
            health.set(resource, Err("the first list has not come yet".to_owned()));
        }
        Self { metrics, health }
    }
}

impl<S> Layer<S> for CountRequests {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Counted<S> {
        Counted {
            inner,
            count: self.clone(),
        }
    }
}

/// See [`CountRequests`].
#[derive(Clone)]
pub struct Counted<S> {
    inner: S,
    count: CountRequests,
}

impl<S, B, R> Service<Request<B>> for Counted<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let watches = request
            .uri()
            .query()
            .is_some_and(|query| query.contains("watch="));
        let resource = resource(request.uri().path());
        let verb = verb(request.method(), watches);
        let count = self.count.clone();
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            let code = answer
                .as_ref()
                .map_or("none", |answer| code(answer.status()));
            count.metrics.kube_request(ByRequest {
                verb,
                resource,
                code,
            });
            if verb == "watch" && WATCHED.contains(&resource) {
                let opened = match code {
                    "200" => Ok(()),
                    code => Err(format!("the watch cannot be opened: {code}")),
                };
                count.health.set(resource, opened);
            }
            answer
        })
    }
}

fn verb(method: &Method, watches: bool) -> &'static str {
    match method.as_str() {
        "GET" if watches => "watch",
        "GET" => "get",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => "delete",
        _ => "other",
    }
}

/// The last part of the path that names a resource; names of objects are never looked at further.
fn resource(path: &str) -> &'static str {
    let mut found = "other";
    for part in path.split('/') {
        if let Some(known) = RESOURCES.iter().find(|known| **known == part) {
            // `namespaces/x/secrets/y` is about secrets; an object may have any name, so the first
            // resource after the namespace counts.
            if found == "other" || found == "namespaces" {
                found = known;
            }
        }
    }
    found
}

fn code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200 => "200",
        201 => "201",
        401 => "401",
        403 => "403",
        404 => "404",
        409 => "409",
        410 => "410",
        422 => "422",
        429 => "429",
        500 => "500",
        503 => "503",
        504 => "504",
        code if code < 300 => "2xx",
        code if code < 500 => "4xx",
        _ => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_by_its_resource_and_never_by_a_name() {
        for (path, expected) in [
            (
                "/apis/restart-operator.dev/v1alpha1/restartrequests",
                "restartrequests",
            ),
            (
                "/apis/restart-operator.dev/v1alpha1/namespaces/n/restartrequests/secrets/status",
                "restartrequests",
            ),
            ("/api/v1/namespaces/shop/secrets/keys", "secrets"),
            ("/api/v1/namespaces/shop", "namespaces"),
            ("/version", "other"),
        ] {
            assert_eq!(resource(path), expected, "{path}");
        }
    }
}
