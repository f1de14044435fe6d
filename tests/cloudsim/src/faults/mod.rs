//! Faults: what the simulator does wrong on purpose.
//!
//! `kind` names the faults, `rule` says which requests they meet, `book` counts the meetings,
//! `effects` sums up what several faults do to one request, `edit` changes a JSON answer. Carrying
//! a fault out belongs to the journey of a request and to the server.

mod book;
mod edit;
mod effects;
mod kind;
mod rule;

pub use edit::Edit;
pub use kind::{Canned, Fault};
pub use rule::{FaultId, FaultRule, FaultState};

pub(crate) use book::FaultBook;
pub(crate) use effects::{AfterFault, BeforeFault, Effects};
