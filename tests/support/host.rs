//! `host`: the operator as `restart-operator run` starts it, with the short times of tests, for tests
//! that kill it. It takes the same flags.
//!
//! With `--hold POINT` its first restart call stops there, `holding POINT` is printed, and it goes on
//! when a line comes on stdin.

#[path = "mod.rs"]
mod support;

use std::{process::ExitCode, sync::Arc};

use clap::Parser;
use restart_operator::{
    app,
    cli::RunArgs,
    cloud::{Provider, sae::SaeProvider, types::Product},
    controller::clock::SystemClock,
    telemetry::{self, Chain},
};

use self::support::{
    hold::{Holding, Point},
    policy, tls,
};

#[derive(Parser)]
#[command(about = "The operator with the short times of tests")]
struct Arguments {
    #[command(flatten)]
    run: RunArgs,
    /// Where the first restart call stops
    #[arg(long, value_name = "POINT")]
    hold: Option<Point>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("host: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(Arguments { run: args, hold }: &Arguments) -> Result<(), String> {
    tls::install();
    telemetry::start(args.log_format(), &args.log_filter)?;
    telemetry::protect_process();
    let products = |parts: app::ForProducts| {
        let sae = SaeProvider::new(parts.http, parts.clock, parts.observer);
        let sae: Arc<dyn Provider> = Arc::new(sae);
        let sae = match hold {
            Some(point) => Holding::around(sae, *point),
            None => sae,
        };
        [(Product::Sae, sae)].into()
    };
    app::run(
        args,
        policy::short(),
        policy::http(),
        Arc::new(SystemClock),
        products,
        app::terminated(),
    )
    .await
    .map_err(|error| Chain(&error).to_string())
}
