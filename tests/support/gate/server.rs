//! The door itself: TLS connections from the operator, and what happens to each request on them.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody, to_bytes},
    response::{IntoResponse, Response},
};
use futures::future::BoxFuture;
use http::{Request, StatusCode, Uri, header, request::Parts};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use kube::Client;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;
use tower::{BoxError, Service};

use super::{
    Hold, Side,
    asked::Asked,
    fault::{Canned, Fault, Passes, Reply, Rule},
    weather::{self, Weather},
};

/// Far above every request that an operator makes.
const BODY_LIMIT: usize = 16 << 20;

/// What all connections share.
pub(super) struct Inner {
    pub(super) upstream: Client,
    pub(super) holds: Mutex<Vec<Hold>>,
    pub(super) rules: Mutex<Vec<(u64, Rule)>>,
    pub(super) log: Mutex<Vec<Asked>>,
    /// Watches that were opened, by resource.
    pub(super) opened: Mutex<HashMap<String, usize>>,
    pub(super) weather: watch::Sender<Weather>,
}

/// A certificate for this machine and a server that shows it; the certificate in PEM.
pub(super) fn tls() -> (TlsAcceptor, String) {
    super::super::tls::install();
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a TLS server");
    (TlsAcceptor::from(Arc::new(config)), cert.pem())
}

/// Serves until it is dropped; connections end with it.
pub(super) async fn serve(listener: TcpListener, acceptor: TlsAcceptor, inner: Arc<Inner>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        // Nothing is left in flight when it is closed: the other side sees a reset.
        let reset = socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO));
        reset.expect("a socket option");
        stream.set_nodelay(true).expect("a socket option");
        connections.spawn(connection(stream, acceptor.clone(), inner.clone()));
    }
}

async fn connection(stream: TcpStream, acceptor: TlsAcceptor, inner: Arc<Inner>) {
    let Ok(stream) = acceptor.accept(stream).await else {
        return; // the client's to notice
    };
    let service = TowerToHyperService::new(Door(inner));
    // An error is a client that went away, or a connection that was reset on purpose.
    let _ = Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// What a connection ends with that is reset.
#[derive(Debug, thiserror::Error)]
#[error("reset on purpose")]
struct Reset;

#[derive(Clone)]
struct Door(Arc<Inner>);

impl<B> Service<Request<B>> for Door
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Reset;
    type Future = BoxFuture<'static, Result<Response, Reset>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Reset>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let inner = self.0.clone();
        let (head, body) = request.into_parts();
        let body = Body::new(body);
        Box::pin(async move {
            let body = to_bytes(body, BODY_LIMIT).await.map_err(|_| Reset)?;
            // A task of its own: what was let in goes on although the client has gone.
            let passed = tokio::spawn(async move { inner.pass(head, body).await });
            passed.await.expect("no panic")
        })
    }
}

impl Inner {
    async fn pass(&self, head: Parts, body: Bytes) -> Result<Response, Reset> {
        let asked = Asked::of(&head, &body);
        self.log.lock().expect("a log").push(asked.clone());
        let (hold, fault) = (self.hold_for(&asked), self.fault_for(&asked));
        self.until(|weather| !weather.frozen).await;
        let mut hold = hold;
        if let Some(hold) = hold.as_mut().filter(|hold| hold.side == Side::Before) {
            hold.wait().await;
        }
        let answer = match fault {
            None => Ok(self.forward(&asked, head, body).await),
            Some((rule, fault)) => {
                let answer = self.with(fault, &asked, head, body).await;
                self.over(rule);
                answer
            }
        };
        self.until(|weather| !weather.frozen).await;
        if let Some(mut hold) = hold {
            if hold.side == Side::After {
                hold.wait().await;
            }
            hold.answered(
                answer
                    .as_ref()
                    .map_or(StatusCode::BAD_GATEWAY, Response::status),
            );
        }
        answer
    }

    async fn with(
        &self,
        fault: Fault,
        asked: &Asked,
        mut head: Parts,
        body: Bytes,
    ) -> Result<Response, Reset> {
        let heals = self.weather.borrow().heals;
        let answer = match fault.passes {
            Passes::No => None,
            Passes::Once => Some(self.forward(asked, head, body).await),
            Passes::Twice => {
                let first = self.forward(asked, head.clone(), body.clone()).await;
                drop(self.forward(asked, head, body).await);
                Some(first)
            }
            Passes::Late(by) => {
                tokio::time::sleep(by).await;
                Some(self.forward(asked, head, body).await)
            }
            Passes::From(version) => {
                head.uri = from(&head.uri, &version);
                Some(self.forward(asked, head, body).await)
            }
        };
        match fault.reply {
            Reply::Real => Ok(answer.unwrap_or_else(|| StatusCode::BAD_GATEWAY.into_response())),
            Reply::Canned(canned) => Ok(made_up(&canned)),
            Reply::Reset => Err(Reset),
            Reply::Nothing => {
                self.until(|weather| weather.heals > heals).await;
                Err(Reset)
            }
        }
    }

    /// Waits until the weather is so; for ever once the door is gone.
    async fn until(&self, so: impl FnMut(&Weather) -> bool) {
        let mut now = self.weather.subscribe();
        if now.wait_for(so).await.is_err() {
            std::future::pending::<Infallible>().await;
        }
    }

    fn hold_for(&self, asked: &Asked) -> Option<Hold> {
        let mut holds = self.holds.lock().expect("holds");
        let found = holds.iter().position(|hold| (hold.matches)(asked))?;
        Some(holds.remove(found))
    }

    fn fault_for(&self, asked: &Asked) -> Option<(u64, Fault)> {
        let mut rules = self.rules.lock().expect("rules");
        let matching = rules.iter_mut().filter(|(_, rule)| (rule.matches)(asked));
        for (id, rule) in matching {
            if rule.skip > 0 {
                rule.skip -= 1;
            } else if rule.times > 0 {
                rule.times -= 1;
                rule.met += 1;
                return Some((*id, rule.fault.clone()));
            }
        }
        None
    }

    fn over(&self, id: u64) {
        let mut rules = self.rules.lock().expect("rules");
        if let Some((_, rule)) = rules.iter_mut().find(|(known, _)| *known == id) {
            rule.answered += 1;
        }
    }

    async fn forward(&self, asked: &Asked, mut head: Parts, body: Bytes) -> Response {
        for name in [
            header::HOST,
            header::AUTHORIZATION,
            header::CONNECTION,
            header::CONTENT_LENGTH,
        ] {
            head.headers.remove(name);
        }
        // Counted before the server is asked: what is injected from now on is for this watch.
        let injected = self.injected(&asked.resource);
        let request = Request::from_parts(head, kube::client::Body::from(body.to_vec()));
        let Ok(answer) = self.upstream.send(request).await else {
            return StatusCode::BAD_GATEWAY.into_response();
        };
        let mut answer = answer.map(Body::new);
        answer.headers_mut().remove(header::TRANSFER_ENCODING);
        if asked.verb == "watch" && answer.status().is_success() {
            let now = self.weather.subscribe();
            let answer = answer.map(|body| weather::through(body, &asked.resource, now, injected));
            let mut opened = self.opened.lock().expect("counts");
            *opened.entry(asked.resource.clone()).or_default() += 1;
            return answer;
        }
        answer
    }

    fn injected(&self, resource: &str) -> usize {
        let weather = self.weather.borrow();
        let course = weather.courses.get(resource);
        course.map_or(0, |course| course.injected.len())
    }
}

fn made_up(canned: &Canned) -> Response {
    let mut answer = Response::new(Body::from(canned.body.clone()));
    *answer.status_mut() = canned.status;
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/json"),
    );
    if let Some(seconds) = canned.retry_after {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    answer
}

/// The same watch from another resource version.
fn from(uri: &Uri, version: &str) -> Uri {
    let query = uri.query().unwrap_or_default();
    let others = query
        .split('&')
        .filter(|part| !part.starts_with("resourceVersion="));
    let others: Vec<&str> = others.collect();
    let text = format!(
        "{}?{}&resourceVersion={version}",
        uri.path(),
        others.join("&")
    );
    text.parse().expect("a URI")
}
