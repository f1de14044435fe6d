//! Whether the process is ready, and whether it is alive.
//!
//! A place to write both down; who decides them is elsewhere. Readiness comes and goes with what
//! the process needs. Being dead means that only a new process can help: the kubelet starts one.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What keeps the operator from being ready, by name, and what makes it dead.
#[derive(Debug, Default)]
pub struct Health {
    facts: Mutex<Facts>,
}

#[derive(Debug, Default)]
struct Facts {
    conditions: BTreeMap<&'static str, Result<(), String>>,
    dead: Option<String>,
}

impl Health {
    /// Not ready until each of `names` was told to hold: what nobody has looked at yet does not
    /// count as fulfilled.
    #[must_use]
    pub fn waiting_for(names: &[&'static str]) -> Self {
        let health = Self::default();
        for name in names {
            health.set(name, Err("not known yet".to_owned()));
        }
        health
    }

    /// Tells how one condition stands. A condition that was never told does not count.
    pub fn set(&self, name: &'static str, state: Result<(), String>) {
        self.lock().conditions.insert(name, state);
    }

    /// Tells that only a restart of the process can help, or that this is over.
    pub fn set_dead(&self, reason: Option<String>) {
        self.lock().dead = reason;
    }

    /// One line per condition that does not hold; empty: ready.
    #[must_use]
    pub fn failing(&self) -> String {
        let facts = self.lock();
        let failing = facts.conditions.iter();
        let failing = failing.filter_map(|(name, state)| Some((name, state.as_ref().err()?)));
        failing
            .map(|(name, why)| [name, ": ", &one_line(why), "\n"].concat())
            .collect()
    }

    /// One line that says why only a restart of the process can help; empty: alive.
    #[must_use]
    pub fn dead(&self) -> String {
        self.lock()
            .dead
            .as_deref()
            .map_or_else(String::new, |why| one_line(why) + "\n")
    }

    // Each change is one insert or one assignment, so a poisoned lock is as good as a clean one.
    fn lock(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}
