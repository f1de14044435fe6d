//! What the documentation promises of each reason, written down once and by hand: the engines have to say
//! the same.

use restart_operator::api::{Phase, Reason};

/// What the tools are promised to say of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    /// kstatus, by which Flux and Helm go.
    pub(crate) kstatus: &'static str,
    /// Argo CD with our health script.
    pub(crate) argo: &'static str,
    /// Flux with our optional expressions.
    pub(crate) overridden: &'static str,
}

const fn says(kstatus: &'static str, argo: &'static str, overridden: &'static str) -> Expected {
    Expected {
        kstatus,
        argo,
        overridden,
    }
}

/// It goes on, or was not seen yet.
pub(crate) const UNDER_WAY: Expected = says("InProgress", "Progressing", "InProgress");
/// A person lets it go on.
const ON_HOLD: Expected = says("InProgress", "Suspended", "InProgress");
const GOOD: Expected = says("Current", "Healthy", "Current");
pub(crate) const BAD: Expected = says("Failed", "Degraded", "Failed");
/// On purpose, which kstatus has no word for.
const CANCELLED: Expected = says("Failed", "Degraded", "Current");

/// By phase and reason.
#[expect(
    clippy::match_same_arms,
    reason = "each phase stands once, and one of them has two verdicts"
)]
pub(crate) const fn of(phase: Phase, reason: Reason) -> Expected {
    match phase {
        Phase::Pending | Phase::Queued | Phase::Submitting | Phase::Resolving | Phase::Running => {
            UNDER_WAY
        }
        Phase::Suspended => ON_HOLD,
        Phase::Paused if matches!(reason, Reason::OrderNeedsAttention) => BAD,
        Phase::Paused => ON_HOLD,
        Phase::Succeeded | Phase::Skipped => GOOD,
        Phase::Cancelled => CANCELLED,
        Phase::Unknown
        | Phase::PartiallySucceeded
        | Phase::Failed
        | Phase::NotExecuted
        | Phase::Expired => BAD,
    }
}
