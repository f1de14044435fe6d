//! Whether the process is ready, and whether it is alive.
//!
//! A place to write down the first and to ask for the second; who decides them is elsewhere.
//! Readiness comes and goes with what the process needs. Being dead means that only a new process
//! can help: the kubelet starts one.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

type Conditions = BTreeMap<&'static str, Result<(), String>>;
type Verdict = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// What keeps the operator from being ready, by name, and what makes it dead.
#[derive(Default)]
pub struct Health {
    conditions: Mutex<Conditions>,
    verdict: OnceLock<Verdict>,
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let conditions = &*self.lock();
        f.debug_struct("Health")
            .field("conditions", conditions)
            .finish_non_exhaustive()
    }
}

impl Health {
    /// Tells how one condition stands. A condition that was never told does not count.
    pub fn set(&self, name: &'static str, state: Result<(), String>) {
        self.lock().insert(name, state);
    }

    /// Sets who is asked at each probe why only a new process can help. Set once.
    pub fn judge_by(&self, verdict: impl Fn() -> Option<String> + Send + Sync + 'static) {
        // A second judge is a second controller in one process: the first one is asked.
        let _ = self.verdict.set(Box::new(verdict));
    }

    /// One line per condition that does not hold; empty: ready.
    #[must_use]
    pub fn failing(&self) -> String {
        let conditions = self.lock();
        let failing = conditions.iter();
        let failing = failing.filter_map(|(name, state)| Some((name, state.as_ref().err()?)));
        failing
            .map(|(name, why)| [name, ": ", &one_line(why), "\n"].concat())
            .collect()
    }

    /// One line that says why only a restart of the process can help; empty: alive.
    #[must_use]
    pub fn dead(&self) -> String {
        let reason = self.verdict.get().and_then(|verdict| verdict());
        reason.map_or_else(String::new, |why| one_line(&why) + "\n")
    }

    // Each change is one insert, so a poisoned lock is as good as a clean one.
    fn lock(&self) -> MutexGuard<'_, Conditions> {
        self.conditions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}
