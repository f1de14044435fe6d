//! The error of the test harness: a sentence for the person who started the run.
//!
//! Nobody matches on it, so it has no variants. It prints the same with `{:?}` as with `{}`,
//! because a test that returns it is reported by its `Debug` form.

use std::fmt;

/// Why the harness could not do its part.
pub struct Failure(String);

/// What most functions of the harness return.
pub type Outcome<T> = Result<T, Failure>;

impl Failure {
    /// A failure that reads as `sentence`.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// Says what was being done when something failed.
pub trait While<T> {
    /// Turns any error into "could not {doing}: {error}".
    fn while_doing(self, doing: impl fmt::Display) -> Outcome<T>;
}

impl<T, E: fmt::Display> While<T> for Result<T, E> {
    fn while_doing(self, doing: impl fmt::Display) -> Outcome<T> {
        self.map_err(|error| Failure(format!("could not {doing}: {error}")))
    }
}
