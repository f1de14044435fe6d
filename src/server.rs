//! `/healthz`, `/readyz`, `/metrics`: what probes and scrapers read. No other path exists.

mod health;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use futures::FutureExt;
use tokio::net::TcpListener;

use crate::metrics::{CONTENT_TYPE, Metrics};

pub use health::Health;

/// How long open connections may go on after the shutdown began. A peer that sent half a request
/// and then nothing would hold the process until it is killed.
const DRAIN: Duration = Duration::from_secs(2);

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

/// Serves until `shutdown`, then finishes what is open, for two seconds at most.
pub async fn serve(
    listener: TcpListener,
    health: Arc<Health>,
    metrics: Arc<Metrics>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let routes = Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(scrape))
        .with_state(Shared { health, metrics });
    let shutdown = shutdown.shared();
    let serving = axum::serve(listener, routes).with_graceful_shutdown(shutdown.clone());
    let too_long = async {
        shutdown.await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        ended = serving.into_future() => ended,
        () = too_long => Ok(()),
    }
}

async fn alive(State(shared): State<Shared>) -> impl IntoResponse {
    probe(shared.health.dead())
}

async fn ready(State(shared): State<Shared>) -> impl IntoResponse {
    probe(shared.health.failing())
}

fn probe(failing: String) -> (StatusCode, String) {
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

#[cfg(test)]
mod tests;
