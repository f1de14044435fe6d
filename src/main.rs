//! The program: TLS provider, arguments, logs, products, run.

use std::{process::ExitCode, sync::Arc};

use clap::Parser as _;
use restart_operator::{
    api, app,
    cli::{Cli, Command, RunArgs},
    cloud::{
        Registry, edas::EdasProvider, http::HttpSettings, sae::SaeProvider, types::Product,
        volcengine::VolcengineProvider,
    },
    controller::clock::SystemClock,
    protocol::policy::Policy,
    telemetry::{self, Chain},
};

fn main() -> ExitCode {
    let ended = match Cli::parse().chosen() {
        Command::Crds => api::crds::to_yaml()
            .map(|yaml| print!("{yaml}"))
            .map_err(|e| e.to_string()),
        Command::Run(args) => run(&args),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("restart-operator: {error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(args: &RunArgs) -> Result<(), String> {
    // kube and reqwest must agree on one provider; only a second call in one process can fail.
    let _ = rustls::crypto::ring::default_provider().install_default();
    telemetry::start(args.log_format(), &args.log_filter)?;
    telemetry::protect_process();
    let products = |parts: app::ForProducts| {
        let app::ForProducts {
            http,
            clock,
            observer,
        } = parts;
        let sae = SaeProvider::new(http.clone(), clock.clone(), observer.clone());
        let edas = EdasProvider::new(http.clone(), clock.clone(), observer.clone());
        let volcengine = VolcengineProvider::new(http, clock, observer);
        Registry::from([
            (Product::Sae, Arc::new(sae) as _),
            (Product::Edas, Arc::new(edas) as _),
            (Product::Volcengine, Arc::new(volcengine) as _),
        ])
    };
    app::run(
        args,
        Policy::default(),
        HttpSettings::default(),
        Arc::new(SystemClock),
        products,
        app::terminated(),
    )
    .await
    .map_err(|error| Chain(&error).to_string())
}
