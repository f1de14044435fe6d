//! What happened in a run, counted, so that a simulation cannot pass by doing nothing.

use std::collections::BTreeMap;

/// Counts of one run, or of many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words say it")]
pub struct Coverage {
    pub runs: u64,
    pub messages: u64,
    pub calls: u64,
    pub executed: u64,
    pub crashed: u64,
    pub frozen: u64,
    pub answers_lost: u64,
    pub calls_lost: u64,
    pub copies: u64,
    pub late_writes: u64,
    pub conflicts: u64,
    pub travelled: u64,
    pub jumped: u64,
    pub recreated: u64,
    pub restored: u64,
    pub rolled_back: u64,
    pub foreign: u64,
    pub wrong_words: u64,
    pub adopted: u64,
    pub takeovers: u64,
    pub second_attempts: u64,
    /// Runs without any fault.
    pub quiet: u64,
    /// Ends, by phase and reason.
    pub ends: BTreeMap<String, u64>,
    /// Targets, by kind.
    pub targets: BTreeMap<&'static str, u64>,
}

impl Coverage {
    /// All counts, by name.
    #[must_use]
    pub fn counts(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("messages", self.messages),
            ("restart calls sent", self.calls),
            ("restarts executed", self.executed),
            ("processes killed", self.crashed),
            ("processes stopped", self.frozen),
            ("answers to restart calls lost", self.answers_lost),
            ("restart calls lost", self.calls_lost),
            ("restart calls copied on the way", self.copies),
            ("late writes", self.late_writes),
            ("conflicts without cause", self.conflicts),
            ("caches thrown back", self.travelled),
            ("clocks that jumped", self.jumped),
            ("requests created anew", self.recreated),
            ("requests restored", self.restored),
            ("statuses rolled back", self.rolled_back),
            ("orders of others", self.foreign),
            ("wrong words of people", self.wrong_words),
            ("orders adopted", self.adopted),
            ("takeovers", self.takeovers),
            ("second attempts", self.second_attempts),
            ("quiet runs", self.quiet),
        ]
    }

    /// Adds the counts of another run.
    pub fn add(&mut self, other: &Self) {
        let Self {
            runs,
            messages,
            calls,
            executed,
            crashed,
            frozen,
            answers_lost,
            calls_lost,
            copies,
            late_writes,
            conflicts,
            travelled,
            jumped,
            recreated,
            restored,
            rolled_back,
            foreign,
            wrong_words,
            adopted,
            takeovers,
            second_attempts,
            quiet,
            ends,
            targets,
        } = other;
        for (mine, theirs) in [
            (&mut self.runs, runs),
            (&mut self.messages, messages),
            (&mut self.calls, calls),
            (&mut self.executed, executed),
            (&mut self.crashed, crashed),
            (&mut self.frozen, frozen),
            (&mut self.answers_lost, answers_lost),
            (&mut self.calls_lost, calls_lost),
            (&mut self.copies, copies),
            (&mut self.late_writes, late_writes),
            (&mut self.conflicts, conflicts),
            (&mut self.travelled, travelled),
            (&mut self.jumped, jumped),
            (&mut self.recreated, recreated),
            (&mut self.restored, restored),
            (&mut self.rolled_back, rolled_back),
            (&mut self.foreign, foreign),
            (&mut self.wrong_words, wrong_words),
            (&mut self.adopted, adopted),
            (&mut self.takeovers, takeovers),
            (&mut self.second_attempts, second_attempts),
            (&mut self.quiet, quiet),
        ] {
            *mine += theirs;
        }
        for (end, count) in ends {
            *self.ends.entry(end.clone()).or_default() += count;
        }
        for (target, count) in targets {
            *self.targets.entry(target).or_default() += count;
        }
    }
}
