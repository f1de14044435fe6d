//! `simulate`: runs one seed with a readable trace, or many.

use std::process::ExitCode;

use clap::Parser;
use simulation::{Campaign, Options, run};

/// Runs the operator in simulated worlds.
#[derive(Parser)]
struct Args {
    /// Runs this seed alone and prints its trace.
    #[arg(long)]
    seed: Option<u64>,
    /// Runs so many seeds.
    #[arg(long, default_value_t = 10_000)]
    count: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if let Some(seed) = args.seed {
        let verdict = run(&Options {
            seed,
            mutant: None,
            trace: true,
            rules: true,
        });
        print!("{}", verdict.trace);
        for violation in &verdict.violations {
            println!("{violation}");
        }
        return code(verdict.violations.is_empty());
    }
    let campaign = Campaign {
        seeds: args.from..args.from + args.count,
        mutant: None,
        stops: false,
    };
    let summary = campaign.run();
    println!("{summary}");
    code(summary.failed.is_empty())
}

fn code(is_good: bool) -> ExitCode {
    if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
