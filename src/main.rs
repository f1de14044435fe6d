//! The program: TLS provider, arguments, logs, products, run.

use std::{process::ExitCode, sync::Arc};

use clap::Parser as _;
use restart_operator::{
    api, app,
    cli::{Cli, Command, RunArgs},
    cloud::http::HttpSettings,
    controller::clock::SystemClock,
    products,
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
    app::run(
        args,
        Policy::default(),
        HttpSettings::default(),
        Arc::new(SystemClock),
        products::registry,
        app::terminated(),
    )
    .await
    .map_err(|error| Chain(&error).to_string())
}
