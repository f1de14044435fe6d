//! Many seeds, on all processors.

use std::{
    num::NonZero,
    ops::Range,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{Coverage, Mutant, Options, run};

/// One seed in so many is judged by the rules of the shipped CRD too: they cost much time.
const RULES_EVERY: u64 = 50;

/// Which seeds to run, and how.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// The seeds.
    pub seeds: Range<u64>,
    /// The operator is broken like this.
    pub mutant: Option<Mutant>,
    /// Ends with the first seed that fails.
    pub stops: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// What happened, all runs together.
    pub coverage: Coverage,
    /// Seeds that failed, with what does not hold.
    pub failed: Vec<(u64, Vec<String>)>,
    /// Real time.
    pub took: Duration,
}

impl Campaign {
    /// Runs the seeds.
    #[must_use]
    pub fn run(&self) -> Summary {
        let started = Instant::now();
        let next = AtomicU64::new(self.seeds.start);
        let summary = Mutex::new(Summary::default());
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| self.work(&next, &summary));
            }
        });
        let mut summary = summary.into_inner().unwrap();
        summary.failed.sort();
        summary.took = started.elapsed();
        summary
    }

    fn work(&self, next: &AtomicU64, summary: &Mutex<Summary>) {
        let mut coverage = Coverage::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= self.seeds.end {
                break;
            }
            let verdict = run(&Options {
                seed,
                mutant: self.mutant,
                trace: false,
                rules: self.mutant.is_none() && seed.is_multiple_of(RULES_EVERY),
            });
            coverage.add(&verdict.coverage);
            let mut violations = verdict.violations;
            if self.mutant.is_some() {
                // What a broken operator does is to be wrong about restarts, not only about words.
                violations.retain(|what| ["I1", "I2", "I3"].iter().any(|id| what.starts_with(id)));
            }
            if !violations.is_empty() {
                summary.lock().unwrap().failed.push((seed, violations));
                if self.stops {
                    next.store(self.seeds.end, Ordering::Relaxed);
                }
            }
        }
        summary.lock().unwrap().coverage.add(&coverage);
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (runs, seconds) = (self.coverage.runs, self.took.as_secs_f64());
        writeln!(f, "{runs} runs in {seconds:.1} s")?;
        for (name, count) in self.coverage.counts() {
            writeln!(f, "{count:>10} {name}")?;
        }
        for (name, count) in &self.coverage.targets {
            writeln!(f, "{count:>10} {name}")?;
        }
        for (name, count) in &self.coverage.ends {
            writeln!(f, "{count:>10} {name}")?;
        }
        for (seed, violations) in &self.failed {
            writeln!(f, "SEED={seed} make simulate")?;
            for violation in violations {
                writeln!(f, "    {violation}")?;
            }
        }
        Ok(())
    }
}
