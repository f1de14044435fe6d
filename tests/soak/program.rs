//! `soak`: many restarts of all kinds while the operator's three replicas are killed, frozen and
//! replaced and the cloud fails, and the ledger against what every request says in the end.
//!
//! The last line is the result, `N requests, D doubled, L lies, S stuck`, and the exit code is 0 only
//! for three zeros about all N. It wants a control plane: `lab exec -- soak -n 2000`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a soak ends where the set-up is not as it should be"
)]

#[path = "../support/mod.rs"]
mod support;

mod cloud;
mod judge;
mod load;
mod plan;
mod replicas;
mod run;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser;

use self::{
    judge::Sort,
    run::{Demand, Verdict},
    support::failure::{Outcome, While},
};

/// The least time for a request: two of them are begun in a second.
const PER_REQUEST: Duration = Duration::from_millis(200);
/// The load goes on at least as long as one round of what is done to the replicas.
const ROUND: Duration = Duration::from_secs(35);
/// With fewer requests there is time for a round or two only; with more they would find no leader half
/// of the time.
const MANY: usize = 500;

#[derive(Parser)]
#[command(about = "Restarts while operators are killed and frozen; counts what is not true")]
struct Arguments {
    /// How many requests
    #[arg(short = 'n', long, default_value_t = 2000)]
    requests: usize,
    /// What decides requests and faults; printed, so that a run can be made again
    #[arg(long)]
    seed: Option<u64>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match soak(&Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("soak: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn soak(arguments: &Arguments) -> Outcome<bool> {
    let started = Instant::now();
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
    println!("soak: {} requests, seed {seed}", arguments.requests);
    let count = u32::try_from(arguments.requests).unwrap_or(u32::MAX);
    let demand = Demand {
        requests: arguments.requests,
        seed,
        pause: if arguments.requests < MANY {
            Duration::from_secs(2)
        } else {
            Duration::from_secs(20)
        },
        spread: ROUND.max(PER_REQUEST.saturating_mul(count)),
    };
    let logs = tempfile::tempdir().while_doing("make a folder for logs")?;
    let verdict = run::run(&demand, logs.path()).await?;
    let good = report(&verdict, started);
    if !good {
        println!("logs of the replicas: {}", logs.keep().display());
    }
    println!("{}", result(&verdict));
    Ok(good)
}

fn report(verdict: &Verdict, started: Instant) -> bool {
    for finding in &verdict.findings {
        println!("{:?}: {}", finding.sort, finding.text);
    }
    let hurts = verdict.hurts;
    println!(
        "{} s; {} restarts executed, {} cloud calls met a fault; {} kill -9, {} SIGSTOP, {} SIGTERM",
        started.elapsed().as_secs(),
        verdict.restarts,
        verdict.faulted,
        hurts.kills,
        hurts.freezes,
        hurts.terminations,
    );
    let phases = verdict.phases();
    let phases: Vec<String> = phases.iter().map(|(k, n)| format!("{n} {k}")).collect();
    println!("{}", phases.join(", "));
    // Where hardly anything succeeds, nothing was tried.
    let enough = verdict.succeeded() * 10 > verdict.subjects.len();
    if !enough {
        println!(
            "only {} succeeded: this proves nothing",
            verdict.succeeded()
        );
    }
    verdict.findings.is_empty() && enough
}

/// The one line.
fn result(verdict: &Verdict) -> String {
    let count = |sort| {
        let all = verdict.findings.iter();
        all.filter(|finding| finding.sort == sort).count()
    };
    format!(
        "{} requests, {} doubled, {} lies, {} stuck",
        verdict.subjects.len(),
        count(Sort::Doubled),
        count(Sort::Lie),
        count(Sort::Stuck)
    )
}
