//! One connection: reads requests, sends answers, ends when told.

use std::io;
use std::sync::Arc;

use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::body::WireBody;
use crate::Incoming;
use crate::answer::{Answer, Outcome};
use crate::control::{self, Control};
use crate::journey;

/// Largest request body read; the simulated calls have a short form at most.
const MAX_BODY: usize = 1024 * 1024;

/// What every connection needs.
pub(super) struct Context {
    pub(super) control: Control,
    pub(super) acceptor: Option<TlsAcceptor>,
    pub(super) stopped: watch::Receiver<bool>,
}

/// Ends when the server is told to stop, or is gone.
pub(super) async fn stop(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Serves a connection to its end.
pub(super) async fn serve(stream: TcpStream, context: Arc<Context>) {
    let mut stopped = context.stopped.clone();
    tokio::select! {
        () = stop(&mut stopped) => {}
        () = handshake(stream, context) => {}
    }
}

/// A failed TLS handshake is the client's to notice.
async fn handshake(stream: TcpStream, context: Arc<Context>) {
    // Small answers shall leave at once; failing to ask for that is harmless.
    let _ = stream.set_nodelay(true);
    match context.acceptor.clone() {
        None => exchange(stream, context).await,
        Some(acceptor) => {
            if let Ok(stream) = acceptor.accept(stream).await {
                exchange(stream, context).await;
            }
        }
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    context: Arc<Context>,
) {
    let service = service_fn(move |request| respond(request, Arc::clone(&context)));
    // An error is a client that went away or a connection closed on purpose.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// An error makes hyper close the connection without an answer.
async fn respond(
    request: Request<hyper::body::Incoming>,
    context: Arc<Context>,
) -> io::Result<Response<WireBody>> {
    let request = read(request).await?;
    let outcome = if request.path.starts_with(control::PREFIX) {
        Outcome::Answer(control::answer(&context.control, &request).await)
    } else {
        detached(request, context).await
    };
    match outcome {
        Outcome::Answer(answer) => write(answer),
        Outcome::Drop => Err(io::Error::other("closed on purpose")),
        Outcome::Hang => std::future::pending().await,
    }
}

/// Runs the journey apart from the connection: what a client sent is executed although it has gone.
async fn detached(request: Incoming, context: Arc<Context>) -> Outcome {
    let mut stopped = context.stopped.clone();
    let journey = journey::travel(context.control.state(), request);
    let journey = tokio::spawn(async move {
        tokio::select! {
            () = stop(&mut stopped) => Outcome::Drop,
            outcome = journey => outcome,
        }
    });
    journey.await.unwrap_or(Outcome::Drop)
}

/// Reads a request to its end. Header values that are not UTF-8 are kept as far as they are.
async fn read(request: Request<hyper::body::Incoming>) -> io::Result<Incoming> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY)
        .collect()
        .await
        .map_err(io::Error::other)?
        .to_bytes();
    let headers = head.headers.iter().map(|(name, value)| {
        (
            name.as_str().to_owned(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    });
    Ok(Incoming {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body,
    })
}

/// Writes an answer; a header that HTTP does not allow is a mistake of the test that made it up.
fn write(answer: Answer) -> io::Result<Response<WireBody>> {
    let mut response = Response::new(WireBody::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.http).map_err(io::Error::other)?;
    for (name, value) in answer.headers {
        let name = HeaderName::try_from(name).map_err(io::Error::other)?;
        let value = HeaderValue::try_from(value).map_err(io::Error::other)?;
        response.headers_mut().append(name, value);
    }
    Ok(response)
}
