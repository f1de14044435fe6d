//! What happened in a run, line by line. Attempt ids and read nonces are random in the operator
//! itself, so no line has one.

use std::fmt::Write as _;

use crate::time::Ms;

/// The lines of a run; nothing is kept unless they were asked for.
#[derive(Debug)]
pub struct Trace {
    text: Option<String>,
}

impl Trace {
    /// Keeps lines if `wanted`.
    #[must_use]
    pub fn new(wanted: bool) -> Self {
        Self {
            text: wanted.then(String::new),
        }
    }

    /// Adds a line. It is made only if it is kept.
    pub fn line(&mut self, now: Ms, line: impl FnOnce() -> String) {
        if let Some(text) = &mut self.text {
            let (seconds, rest) = (now / 1_000, now % 1_000);
            let _ = writeln!(text, "{seconds:>6}.{rest:03} {}", line());
        }
    }

    /// All lines.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text.unwrap_or_default()
    }
}
