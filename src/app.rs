//! Puts the parts together: from arguments to a running operator and its end. `main` adds the
//! products; tests add other numbers and clocks.

use std::{future::Future, io, sync::Arc};

use futures::FutureExt;
use kube::client::ClientBuilder;

use crate::{
    calls::Calls,
    cli::RunArgs,
    cloud::{
        Clock, Registry,
        http::{Http, HttpSettings, HttpSetupError},
        observer::CallObserver,
    },
    controller::{self, Parts, Settings, accounts::AccountSettings},
    kube_requests::CountRequests,
    metrics::Metrics,
    protocol::policy::Policy,
    server::{self, Health},
};

/// Why the operator could not start, or ended badly.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// No kubeconfig and no service account.
    #[error("the API server is not known: no kubeconfig and no service account was found")]
    Kubeconfig(#[source] kube::config::InferConfigError),
    /// The client could not be made.
    #[error("the Kubernetes client cannot be built")]
    Client(#[source] kube::Error),
    /// The extra certificates could not be read.
    #[error("--extra-ca {0} cannot be read")]
    ExtraCa(String, #[source] io::Error),
    /// The HTTP clients could not be made.
    #[error("the cloud's HTTP client cannot be built")]
    Http(#[source] HttpSetupError),
    /// The address is taken, or not ours.
    #[error("--bind {0} cannot be listened on")]
    Bind(String, #[source] io::Error),
}

/// What a product's client is made of.
pub struct ForProducts {
    /// The HTTP clients.
    pub http: Http,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Who is told of each call.
    pub observer: Arc<dyn CallObserver>,
}

/// Runs the operator until `shutdown`, and then to the end of what was under way. Of `deadlines`
/// only the times count: everything else comes from the arguments.
pub async fn run(
    args: &RunArgs,
    policy: Policy,
    deadlines: HttpSettings,
    clock: Arc<dyn Clock>,
    products: impl FnOnce(&ForProducts) -> Registry,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), AppError> {
    let metrics = Arc::new(Metrics::new());
    let health = Arc::new(Health::default());
    warn_of_development_endpoints(args, &metrics);
    let http = Http::new(&http_settings(args, deadlines).await?).map_err(AppError::Http)?;
    let observer = Arc::new(Calls::new(metrics.clone(), health.clone(), policy.skew));
    let registry = products(&ForProducts {
        http,
        clock: clock.clone(),
        observer,
    });
    let layer = CountRequests::new(metrics.clone(), health.clone(), clock.clone());
    let client = client(&layer).await?;
    let listener = server::bind(args.bind)
        .await
        .map_err(|error| AppError::Bind(args.bind.to_string(), error))?;
    let shutdown = shutdown.boxed().shared();
    let server = server::serve(listener, health.clone(), metrics.clone(), shutdown.clone());
    let parts = Parts {
        client,
        registry,
        policy,
        clock,
        metrics,
    };
    let controller = controller::run(parts, settings(args), shutdown.boxed());
    let (probes, ()) = futures::join!(server, controller);
    probes.map_err(|error| AppError::Bind(args.bind.to_string(), error))
}

fn warn_of_development_endpoints(args: &RunArgs, metrics: &Metrics) {
    metrics.development_endpoints(args.development_endpoints);
    if args.development_endpoints {
        tracing::warn!(
            "--development-endpoints: signed calls may go to any host, without TLS; never use this \
             with a real credential"
        );
    }
}

async fn http_settings(args: &RunArgs, deadlines: HttpSettings) -> Result<HttpSettings, AppError> {
    let extra_roots_pem = match &args.extra_ca {
        None => Vec::new(),
        Some(file) => tokio::task::spawn_blocking({
            let file = file.clone();
            move || std::fs::read(file)
        })
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
        .map_err(|error| AppError::ExtraCa(file.display().to_string(), error))?,
    };
    Ok(HttpSettings {
        development_endpoints: args.development_endpoints,
        extra_roots_pem,
        ..deadlines
    })
}

/// A client that never repeats a request by itself: a repeated status write that was stored comes
/// back as a conflict with ourselves.
async fn client(layer: &CountRequests) -> Result<kube::Client, AppError> {
    let mut config = kube::Config::infer().await.map_err(AppError::Kubeconfig)?;
    config.default_retry = false;
    let builder = ClientBuilder::try_from(config).map_err(AppError::Client)?;
    Ok(builder.with_layer(layer).build())
}

fn settings(args: &RunArgs) -> Settings {
    Settings {
        namespaces: args.watch_namespaces(),
        operator_namespace: args.operator_namespace.clone(),
        lease_name: args.lease_name.clone(),
        identity: args.identity(),
        concurrency: args.concurrency,
        accounts: AccountSettings {
            operator_namespace: args.operator_namespace.clone(),
            development_endpoints: args.development_endpoints,
            private_suffixes: args.private_endpoint_suffixes.clone(),
            writes_cluster_status: args.watch_namespaces().is_empty(),
        },
    }
}

/// Ends with the first SIGTERM or Ctrl-C. It listens from the call on, not only from when it is first
/// waited for: what comes while the program starts is heard too. Without a handler the signal would
/// kill the process, or in a container, as its first process, be lost.
pub fn terminated() -> impl Future<Output = ()> + Send + 'static {
    use tokio::signal::unix::{SignalKind, signal};
    let listened = signal(SignalKind::terminate());
    async move {
        match listened {
            Ok(mut terminate) => tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            },
            Err(error) => {
                tracing::error!(%error, "SIGTERM cannot be listened for; only Ctrl-C ends this process");
                let _ = tokio::signal::ctrl_c().await;
            }
        }
        tracing::info!("shutting down: no new call is made, open ones are awaited");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_signal_that_comes_before_anybody_waits_is_heard() {
        let terminated = terminated();
        let own = rustix::process::getpid();
        rustix::process::kill_process(own, rustix::process::Signal::TERM).unwrap();
        terminated.await;
    }
}
