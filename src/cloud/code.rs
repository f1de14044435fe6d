//! One line of an error table: the form that the tables of all products have. Pure.

use super::error::{Kind, Retry};

/// What one error code of the cloud means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The code as the cloud spells it.
    pub code: &'static str,
    /// Can trying again help?
    pub kind: Kind,
    /// Set if the code says for certain that a restart call was not executed, and then what it
    /// allows. Unset: the code proves nothing.
    pub retry: Option<Retry>,
    /// One sentence for the person who reads the status; empty when there is nothing to add.
    pub advice: &'static str,
}

/// A code that says "not executed", and that only a person can change.
#[must_use]
pub const fn permanent(code: &'static str, kind: Kind, advice: &'static str) -> Row {
    Row {
        code,
        kind,
        retry: Some(Retry::Never),
        advice,
    }
}

/// A code that says "not executed", and that passes by itself.
#[must_use]
pub const fn retryable(code: &'static str, kind: Kind, advice: &'static str) -> Row {
    Row {
        code,
        kind,
        retry: Some(Retry::Later),
        advice,
    }
}

/// A code that says "not executed", because something is occupied.
#[must_use]
pub const fn busy(code: &'static str, kind: Kind, advice: &'static str) -> Row {
    Row {
        code,
        kind,
        retry: Some(Retry::WhenFree),
        advice,
    }
}

/// A code that is known and proves nothing about a restart call.
#[must_use]
pub const fn ambiguous(code: &'static str, kind: Kind, advice: &'static str) -> Row {
    Row {
        code,
        kind,
        retry: None,
        advice,
    }
}
