//! A layer around the Kubernetes client that counts what goes to the API server, and listens
//! whether the watches are alive. It changes no request and no answer.

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
};
use names::Subject;

pub use watchdog::Watchdog;

/// Counts requests by verb, resource and code, and tells the [`Watchdog`] what was heard.
#[derive(Clone)]
pub struct CountRequests {
    metrics: Arc<Metrics>,
    watchdog: Arc<Watchdog>,
    clock: Arc<dyn Clock>,
}

impl CountRequests {
    /// The layer for kube's `ClientBuilder`.
    #[must_use]
    pub fn new(metrics: Arc<Metrics>, watchdog: Arc<Watchdog>, clock: Arc<dyn Clock>) -> Self {
        Self {
            metrics,
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
    }

    fn answered(&mut self, status: StatusCode) {
        self.code = names::code(status);
        if status.is_server_error() {
            return;
        }
        let now = self.with.clock.boot();
        self.with.watchdog.answered(now);
        if let (Some(path), true) = (&self.watch, status.is_success()) {
            self.with.watchdog.opened(path, now);
        }
        if let (Some(kind), Some(_), true) = (self.subject.kind, &self.watch, status.is_success()) {
            let now = self.with.clock.wall().as_duration().as_secs_f64();
            self.with.metrics.watch_success(kind, now);
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
