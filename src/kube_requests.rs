//! A layer around the Kubernetes client that counts what goes to the API server, and tells by the
//! watches it sees opened whether the caches are filled and alive. It changes no request and no
//! answer.

mod names;
mod watchdog;

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use futures::future::BoxFuture;
use http::{Request, Response, StatusCode};
use tower::{Layer, Service};

use crate::{
    cloud::Clock,
    metrics::{ByRequest, Metrics},
    server::Health,
};
use names::Subject;
use watchdog::Watchdog;

/// The resources that are watched. A watch is opened after the first list, so that one that is
/// opened says that the cache is filled.
const WATCHED: [&str; 3] = ["restartrequests", "cloudaccounts", "clustercloudaccounts"];

/// Counts requests by verb, resource and code, and tells of the watches.
#[derive(Clone)]
pub struct CountRequests {
    metrics: Arc<Metrics>,
    health: Arc<Health>,
    watchdog: Arc<Watchdog>,
    clock: Arc<dyn Clock>,
}

impl CountRequests {
    /// The layer for kube's `ClientBuilder`. From now on `health` is not ready until each watch was
    /// opened once, and dead when one stays away for ten minutes in which the API server answers.
    #[must_use]
    pub fn new(metrics: Arc<Metrics>, health: Arc<Health>, clock: Arc<dyn Clock>) -> Self {
        for resource in WATCHED {
            health.set(resource, Err("the first list has not come yet".to_owned()));
        }
        let watchdog = Arc::new(Watchdog::default());
        let (judge, time) = (watchdog.clone(), clock.clone());
        health.judge_by(move || judge.verdict(time.boot()));
        Self {
            metrics,
            health,
            watchdog,
            clock,
        }
    }
}

impl<S> Layer<S> for CountRequests {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Counted<S> {
        Counted {
            inner,
            with: self.clone(),
        }
    }
}

/// See [`CountRequests`].
#[derive(Clone)]
pub struct Counted<S> {
    inner: S,
    with: CountRequests,
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
        let mut call = Call::begin(self.with.clone(), &request);
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            match &answer {
                Ok(answer) => call.answered(answer.status()),
                Err(_) => call.failed(),
            }
            answer
        })
    }
}

/// One request. It is counted when it is dropped, so that one that nobody waited for to the end
/// (each has a deadline) is counted, too: as `abandoned`.
struct Call {
    with: CountRequests,
    subject: Subject,
    verb: &'static str,
    watch: Option<String>,
    code: &'static str,
}

impl Call {
    fn begin<B>(with: CountRequests, request: &Request<B>) -> Self {
        let uri = request.uri();
        let subject = names::subject(uri.path());
        let watches = names::is_watch(uri.query().unwrap_or_default());
        if watches {
            with.watchdog.asked(uri.path(), with.clock.boot());
        }
        Self {
            verb: names::verb(request.method(), subject.named, watches),
            watch: watches.then(|| uri.path().to_owned()),
            with,
            subject,
            code: "abandoned",
        }
    }

    fn failed(&mut self) {
        self.code = "none";
        self.tell_of_watch(false);
    }

    fn answered(&mut self, status: StatusCode) {
        self.code = names::code(status);
        if !status.is_server_error() {
            self.with.watchdog.answered(self.with.clock.boot());
        }
        self.tell_of_watch(status.is_success());
    }

    fn tell_of_watch(&self, opened: bool) {
        let Some(path) = &self.watch else { return };
        let with = &self.with;
        let state = if opened {
            with.watchdog.opened(path, with.clock.boot());
            let now = with.clock.wall().as_duration().as_secs_f64();
            if let Some(kind) = self.subject.kind {
                with.metrics.watch_success(kind, now);
            }
            Ok(())
        } else {
            Err(format!("the watch cannot be opened: {}", self.code))
        };
        if WATCHED.contains(&self.subject.resource) {
            with.health.set(self.subject.resource, state);
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.with.metrics.kube_request(ByRequest {
            verb: self.verb,
            resource: self.subject.resource,
            code: self.code,
        });
    }
}

#[cfg(test)]
mod tests;
