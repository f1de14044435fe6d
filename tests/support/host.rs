//! `host`: the operator as `restart-operator run` starts it, with the short times of tests, for tests
//! that kill it. It takes the same flags.
//!
//! With `--hold POINT` its first restart call stops there, `holding POINT` is printed, and it goes on
//! when a line comes on stdin.

#[path = "mod.rs"]
mod support;

use std::{process::ExitCode, sync::Arc, time::Duration};

use clap::Parser;
use restart_operator::{
    app,
    cli::RunArgs,
    controller::clock::SystemClock,
    products,
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
    /// How long a signature lives, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = policy::SIGNATURE_LIFE.as_secs())]
    signature_life: u64,
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

async fn run(arguments: &Arguments) -> Result<(), String> {
    let Arguments {
        run: args,
        hold,
        signature_life,
    } = arguments;
    tls::install();
    telemetry::start(args.log_format(), &args.log_filter)?;
    telemetry::protect_process();
    let products = |parts: &app::ForProducts| {
        let every = products::registry(parts);
        let around = |provider| match hold {
            Some(point) => Holding::around(provider, *point),
            None => provider,
        };
        every
            .into_iter()
            .map(|(product, provider)| (product, around(provider)))
            .collect()
    };
    app::run(
        args,
        policy::short_with(Duration::from_secs(*signature_life)),
        policy::http(),
        Arc::new(SystemClock),
        products,
        app::terminated(),
    )
    .await
    .map_err(|error| Chain(&error).to_string())
}
