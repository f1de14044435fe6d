//! Thousands of worlds, and what must hold in each of them. A test run has 3,000: as many as two
//! processors do in two minutes. `make simulate` runs 10,000, `make simulate N=…` any number;
//! `SEED=… make simulate` shows one.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::env;

use simulation::{Campaign, Options, Summary, run};

/// Worlds of one test run.
const WORLDS: u64 = 3_000;

/// Ends that must be among those that were reached: none of them is there by luck in so many worlds.
const ENDS: [&str; 24] = [
    "Cancelled CancelledBeforeSubmission",
    "Cancelled CancelledInCloud",
    "Expired StartBeforePassed",
    "Expired StartDeadlineExceeded",
    "Failed ActiveDeadlineExceeded",
    "Failed BackoffLimitExceeded",
    "Failed OrderAborted",
    "Failed RestartFailed",
    "NotExecuted NotExecuted",
    "NotExecuted ResolvedNotExecuted",
    "NotExecuted RestoredFromBackup",
    "PartiallySucceeded PartiallySucceeded",
    "Skipped CreatedAfterStartBefore",
    "Succeeded DryRunPassed",
    "Succeeded ResolvedExecuted",
    "Succeeded RestartSucceeded",
    "Unknown OrderLost",
    "Unknown OutcomeUnknown",
    // Deleted in these states.
    "Pending ",
    "Pending CloudUnavailable",
    "Pending ClockSkew",
    "Queued TargetBusy",
    "Queued ForeignChangeOrder",
    "Suspended Suspended",
];

/// Seeds that broke something once, one a line, with what it was behind a `#`.
fn kept() -> Vec<u64> {
    include_str!("../regressions.txt")
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .filter(|seed| !seed.is_empty())
        .map(|seed| seed.parse().unwrap())
        .collect()
}

#[test]
fn seeds_that_broke_something_once_hold() {
    let seeds = kept();
    assert!(!seeds.is_empty());
    for seed in seeds {
        let verdict = run(&Options {
            seed,
            mutant: None,
            trace: true,
            rules: true,
        });
        assert!(
            verdict.violations.is_empty(),
            "SEED={seed} make simulate\n{}\n{:#?}",
            verdict.trace,
            verdict.violations
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in 0..40 {
        let options = Options {
            seed,
            mutant: None,
            trace: true,
            rules: false,
        };
        let (one, two) = (run(&options), run(&options));
        assert!(one.trace.lines().count() > 50, "seed {seed} does nothing");
        if let Some((line, other)) = one
            .trace
            .lines()
            .zip(two.trace.lines())
            .find(|(one, two)| one != two)
        {
            panic!("seed {seed} goes two ways:\n{line}\n{other}");
        }
        assert_eq!(one.trace.len(), two.trace.len(), "seed {seed}");
        assert_eq!(one.coverage, two.coverage, "seed {seed}");
    }
}

#[test]
fn no_invariant_breaks_in_any_world() {
    let count = env::var("SEEDS").map_or(WORLDS, |seeds| seeds.parse().unwrap());
    let summary = Campaign {
        seeds: 0..count,
        mutant: None,
        stops: false,
    }
    .run();
    println!("{summary}");
    if let Some((seed, violations)) = summary.failed.first() {
        let verdict = run(&Options {
            seed: *seed,
            mutant: None,
            trace: true,
            rules: true,
        });
        panic!(
            "{} of {count} worlds break something. The first:\n{}SEED={seed} make simulate\n\
             {violations:#?}",
            summary.failed.len(),
            verdict.trace,
        );
    }
    if count >= WORLDS {
        everything_happened(&summary);
    }
}

/// A simulation in which nothing happens proves nothing.
fn everything_happened(summary: &Summary) {
    let coverage = &summary.coverage;
    for (what, count) in coverage.counts() {
        assert!(count > 0, "no {what} in any world");
    }
    for end in ENDS {
        assert!(coverage.ends.contains_key(end), "no world ends in {end}");
    }
    assert_eq!(coverage.targets.len(), 5, "{:?}", coverage.targets);
}
