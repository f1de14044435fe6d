//! The HTTP clients of all products: deadlines, body cap, TLS, addresses, and how far a failed
//! call got. No product, no signature, no JSON.
//!
//! A call is sent once: no retry, no redirect, no proxy. The client for restart calls keeps no
//! connection either, since the layer below repeats a request when a kept connection turns out to
//! be dead.

use std::{error::Error as _, fmt, sync::Arc, time::Duration};

use ::http::HeaderValue;
use futures::future::BoxFuture;
use reqwest::{Certificate, Client, Url, redirect, retry, tls};

use super::{
    error::{Delivery, Kind},
    exchange::{Failure, Outgoing, Reply},
    resolver::GuardedResolver,
    text,
};

/// Bytes of an answer's body that are read. A longer answer counts as none.
pub const BODY_CAP: usize = 1024 * 1024;

/// Header lines of an answer that are read. A longer block counts as no answer.
const HEADER_LINES: usize = 100;

/// Header names whose values never appear in logs or debug output.
const SECRET_HEADERS: [&str; 3] = ["authorization", "x-acs-security-token", "x-security-token"];

/// What the clients are built from.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// For the connection, TLS handshake included. Must be below `total`: at the same value a
    /// stalled handshake would look like a lost answer.
    pub connect: Duration,
    /// For the whole call, to the end of the body.
    pub total: Duration,
    /// Allows plain HTTP and every address. For tests and demonstrations only.
    pub development_endpoints: bool,
    /// PEM certificates that are trusted besides those of the platform; empty for none.
    pub extra_roots_pem: Vec<u8>,
}

impl Default for HttpSettings {
    /// 5 s to connect, 20 s in all: the longest call must fit between `sendBy` and `notAfter`.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            total: Duration::from_secs(20),
            development_endpoints: false,
            extra_roots_pem: Vec::new(),
        }
    }
}

/// Why the clients could not be built.
#[derive(Debug, thiserror::Error)]
pub enum HttpSetupError {
    /// The two deadlines are in the wrong order.
    #[error("the connect deadline must be above zero and below the total one")]
    Deadlines,
    /// The extra roots are not PEM certificates.
    #[error("the extra CA certificates cannot be read")]
    ExtraRoots(#[source] reqwest::Error),
    /// No TLS roots, or no TLS provider.
    #[error("the HTTP client cannot be built")]
    Client(#[source] reqwest::Error),
}

/// Carries a signed request to a cloud, once, and its complete answer back.
pub trait Transport: fmt::Debug + Send + Sync {
    /// A call that may be repeated, on a kept connection if there is one.
    fn read<'a>(&'a self, call: &'a Outgoing) -> BoxFuture<'a, Result<Reply, Failure>>;

    /// A restart call, on a fresh connection.
    fn submit<'a>(&'a self, call: &'a Outgoing) -> BoxFuture<'a, Result<Reply, Failure>>;
}

/// Both clients. Cheap to clone: clones share connections.
#[derive(Clone, Debug)]
pub struct Http(Arc<dyn Transport>);

impl Http {
    /// Builds both clients. The process-wide TLS provider must be installed before.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        if settings.connect.is_zero() || settings.connect >= settings.total {
            return Err(HttpSetupError::Deadlines);
        }
        let roots = Certificate::from_pem_bundle(&settings.extra_roots_pem)
            .map_err(HttpSetupError::ExtraRoots)?;
        let reads = builder(settings, roots.clone());
        let submit = builder(settings, roots).pool_max_idle_per_host(0);
        Ok(Self::over(Arc::new(Network {
            reads: reads.build().map_err(HttpSetupError::Client)?,
            submit: submit.build().map_err(HttpSetupError::Client)?,
            development: settings.development_endpoints,
        })))
    }

    /// Calls that go over something else than the network: a simulation.
    #[must_use]
    pub fn over(transport: Arc<dyn Transport>) -> Self {
        Self(transport)
    }

    /// Sends a call that may be repeated, on a kept connection if there is one.
    pub async fn read(&self, call: &Outgoing) -> Result<Reply, Failure> {
        self.0.read(call).await
    }

    /// Sends a restart call, on a fresh connection.
    pub async fn submit(&self, call: &Outgoing) -> Result<Reply, Failure> {
        self.0.submit(call).await
    }
}

/// The network.
#[derive(Debug)]
struct Network {
    reads: Client,
    submit: Client,
    development: bool,
}

impl Transport for Network {
    fn read<'a>(&'a self, call: &'a Outgoing) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(self.send(&self.reads, call))
    }

    fn submit<'a>(&'a self, call: &'a Outgoing) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(self.send(&self.submit, call))
    }
}

impl Network {
    async fn send(&self, client: &Client, call: &Outgoing) -> Result<Reply, Failure> {
        let url = self.check_url(call.url())?;
        let mut request = reqwest::Request::new(call.method().clone(), url);
        for (name, value) in call.headers() {
            let mut value = HeaderValue::from_str(value)
                .map_err(|_| not_sent("a header value cannot be sent"))?;
            value.set_sensitive(SECRET_HEADERS.contains(name));
            request.headers_mut().insert(*name, value);
        }
        if !call.body().is_empty() {
            *request.body_mut() = Some(call.body().to_owned().into());
        }
        let response = client.execute(request).await.map_err(from_transport)?;
        receive(response).await
    }

    // The last line behind `endpoint::check_endpoint`: the resolver is not asked about addresses.
    fn check_url(&self, text: &str) -> Result<Url, Failure> {
        let url = Url::parse(text).map_err(|_| not_sent("the URL cannot be read"))?;
        let is_name = url.domain().is_some();
        if self.development || (is_name && url.scheme() == "https") {
            Ok(url)
        } else {
            Err(not_sent("the endpoint is not a host name with https"))
        }
    }
}

fn builder(settings: &HttpSettings, roots: Vec<Certificate>) -> reqwest::ClientBuilder {
    let builder = Client::builder()
        .user_agent(concat!("restart-operator/", env!("CARGO_PKG_VERSION")))
        .retry(retry::never())
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .https_only(!settings.development_endpoints)
        .tls_version_min(tls::Version::TLS_1_2)
        .tls_certs_merge(roots)
        .http1_only()
        .http1_max_headers(HEADER_LINES)
        .connect_timeout(settings.connect)
        .timeout(settings.total);
    if settings.development_endpoints {
        builder
    } else {
        builder.dns_resolver(GuardedResolver)
    }
}

async fn receive(mut response: reqwest::Response) -> Result<Reply, Failure> {
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(from_transport)? {
        if body.len() + chunk.len() > BODY_CAP {
            return Err(Failure {
                delivery: Delivery::Unknown,
                kind: Kind::Unexpected,
                message: format!("the answer is longer than {BODY_CAP} bytes"),
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply {
        status,
        headers,
        body,
    })
}

fn not_sent(message: &str) -> Failure {
    Failure {
        delivery: Delivery::NotSent,
        kind: Kind::Invalid,
        message: message.to_owned(),
    }
}

// Only a failed connection is surely before the first byte.
fn from_transport(error: reqwest::Error) -> Failure {
    let delivery = if error.is_connect() {
        Delivery::NotSent
    } else {
        Delivery::Unknown
    };
    Failure {
        delivery,
        kind: Kind::Transient,
        message: describe(error),
    }
}

// The chain of causes without the URL, each said once.
fn describe(error: reqwest::Error) -> String {
    let what = if error.is_timeout() {
        "no complete answer in time"
    } else {
        "no complete answer"
    };
    let error = error.without_url();
    let mut message = what.to_owned();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !message.contains(&inner_text) {
            message.push_str(": ");
            message.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text::clean(&message)
}
