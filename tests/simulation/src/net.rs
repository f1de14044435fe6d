//! The way of every message: a process puts it into its outbox and waits for what comes back. What
//! befalls it on the way is decided by the scheduler, which may also let it arrive when its sender is
//! long dead.

use std::{
    fmt, io,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures::{channel::oneshot, future::BoxFuture};
use http::{HeaderName, HeaderValue, Request, Response};
use kube::client::Body;
use restart_operator::cloud::{
    error::{Delivery, Kind},
    exchange::{Failure, Outgoing, Reply},
    http::Transport,
};

/// Deadline of one cloud call, as shipped.
const CALL: Duration = Duration::from_secs(20);

/// Something on its way.
#[derive(Debug)]
pub enum Message {
    /// To the API server.
    Kube(Request<Bytes>),
    /// A connection to the cloud, before the first byte of a restart call.
    Connect,
    /// To the cloud, with whether it is a restart call.
    Cloud(Request<Bytes>, bool),
}

/// What comes back.
#[derive(Debug)]
pub enum Back {
    /// An answer, or that the connection stands.
    Answer(Response<Bytes>),
    /// The connection was lost: nobody knows what became of the message.
    Lost,
    /// There was no connection: the message was never sent.
    Refused,
}

/// A message and the place that waits for what comes back.
#[derive(Debug)]
pub struct Sent {
    /// The message.
    pub message: Message,
    /// Closed when the sender is dead or has given up.
    pub back: oneshot::Sender<Back>,
}

/// Messages that a process has sent and the scheduler has not seen yet.
#[derive(Clone, Debug, Default)]
pub struct Outbox(Arc<Mutex<Vec<Sent>>>);

impl Outbox {
    /// Sends a message. Lost is also what comes back from a world that has ended.
    pub async fn ask(&self, message: Message) -> Back {
        let (back, waiting) = oneshot::channel();
        self.lock().push(Sent { message, back });
        waiting.await.unwrap_or(Back::Lost)
    }

    /// Sends a message that nobody waits for.
    pub fn post(&self, message: Message) {
        let (back, _) = oneshot::channel();
        self.lock().push(Sent { message, back });
    }

    /// Takes what was sent, oldest first.
    #[must_use]
    pub fn take(&self) -> Vec<Sent> {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Sent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The service under kube's client.
#[derive(Clone, Debug)]
pub struct KubeWire {
    /// Where its requests go.
    pub outbox: Outbox,
    /// What is done to them in a broken operator.
    pub bent: crate::mutant::KubeBend,
}

impl tower::Service<Request<Body>> for KubeWire {
    type Response = Response<Body>;
    type Error = io::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (outbox, bent) = (self.outbox.clone(), self.bent);
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body.collect_bytes().await.map_err(io::Error::other)?;
            let mut request = Request::from_parts(parts, body);
            if let Some(answer) = bent.instead(&mut request, &outbox) {
                return Ok(answer.map(Body::from));
            }
            match outbox.ask(Message::Kube(request)).await {
                Back::Answer(answer) => Ok(answer.map(|body| Body::from(bent.seen(body)))),
                Back::Lost => Err(io::Error::other("connection reset")),
                Back::Refused => Err(io::Error::other("connection refused")),
            }
        })
    }
}

/// The transport under the product clients.
#[derive(Clone)]
pub struct CloudWire {
    /// Where its calls go.
    pub outbox: Outbox,
    /// What is done to them in a broken operator.
    pub bent: crate::mutant::CloudBend,
}

impl fmt::Debug for CloudWire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CloudWire")
    }
}

impl CloudWire {
    async fn carry(&self, call: &Outgoing, is_restart: bool) -> Result<Reply, Failure> {
        let sent = self.outbox.ask(Message::Cloud(request(call), is_restart));
        let back = tokio::time::timeout(CALL, sent).await.unwrap_or(Back::Lost);
        match back {
            Back::Answer(answer) => {
                let (parts, body) = answer.into_parts();
                Ok(Reply {
                    status: parts.status.as_u16(),
                    headers: parts.headers,
                    body: self.bent.seen(body.to_vec()),
                })
            }
            Back::Lost => Err(failure(Delivery::Unknown, "no complete answer")),
            Back::Refused => Err(failure(Delivery::NotSent, "no connection")),
        }
    }
}

impl Transport for CloudWire {
    fn read<'a>(&'a self, call: &'a Outgoing) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(self.carry(call, false))
    }

    /// On a fresh connection: a process may be paused between that and the first byte, after every
    /// check that it makes.
    fn submit<'a>(&'a self, call: &'a Outgoing) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            if !matches!(self.outbox.ask(Message::Connect).await, Back::Answer(_)) {
                return Err(failure(Delivery::NotSent, "no connection"));
            }
            let first = self.carry(call, true).await;
            match first {
                Err(failure) if self.bent.repeats && failure.delivery == Delivery::Unknown => {
                    self.carry(call, true).await
                }
                answer => answer,
            }
        })
    }
}

fn failure(delivery: Delivery, message: &str) -> Failure {
    Failure {
        delivery,
        kind: Kind::Transient,
        message: message.to_owned(),
    }
}

/// The call as bytes on the wire, with the host header that an HTTP client adds.
fn request(call: &Outgoing) -> Request<Bytes> {
    let (_, rest) = call.url().split_once("://").unwrap();
    let cut = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(cut);
    let mut request = Request::new(Bytes::from(call.body().to_owned()));
    *request.method_mut() = call.method().clone();
    *request.uri_mut() = path.parse().unwrap();
    let headers = request.headers_mut();
    headers.insert("host", HeaderValue::from_str(host).unwrap());
    for (name, value) in call.headers() {
        let name = HeaderName::from_static(name);
        headers.insert(name, HeaderValue::from_str(value).unwrap());
    }
    request
}
