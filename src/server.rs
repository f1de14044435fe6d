//! `/healthz`, `/readyz`, `/metrics`: what probes and scrapers read. No other path exists.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use tokio::net::TcpListener;

use crate::metrics::{CONTENT_TYPE, Metrics};

/// What keeps the operator from being ready, by name.
#[derive(Debug, Default)]
pub struct Health {
    conditions: Mutex<BTreeMap<&'static str, Result<(), String>>>,
}

impl Health {
    /// Tells how one condition stands. A condition that was never told does not count.
    pub fn set(&self, name: &'static str, state: Result<(), String>) {
        self.conditions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name, state);
    }

    /// One line per condition that does not hold; empty: ready.
    #[must_use]
    pub fn failing(&self) -> String {
        let conditions = self
            .conditions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let failing = conditions
            .iter()
            .filter_map(|(name, state)| Some((name, state.as_ref().err()?)));
        failing.fold(String::new(), |mut lines, (name, why)| {
            let _ = writeln!(lines, "{name}: {why}"); // writing to a String cannot fail
            lines
        })
    }
}

#[derive(Clone)]
struct Shared {
    health: Arc<Health>,
    metrics: Arc<Metrics>,
}

/// Listens on `address`; port 0 is a free one, and the chosen one is logged.
pub async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "serving /healthz, /readyz and /metrics");
    Ok(listener)
}

/// Serves until `shutdown`.
pub async fn serve(
    listener: TcpListener,
    health: Arc<Health>,
    metrics: Arc<Metrics>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let routes = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(scrape))
        .with_state(Shared { health, metrics });
    axum::serve(listener, routes)
        .with_graceful_shutdown(shutdown)
        .await
}

async fn ready(State(shared): State<Shared>) -> impl IntoResponse {
    let failing = shared.health.failing();
    if failing.is_empty() {
        (StatusCode::OK, "ok\n".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, failing)
    }
}

async fn scrape(State(shared): State<Shared>) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, CONTENT_TYPE)],
        shared.metrics.encode(),
    )
}
