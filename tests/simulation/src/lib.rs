//! Deterministic simulation of restart-operator: the shipped shell, core and product clients, in a
//! world that is made up, broken and timed by one number, the seed.
//!
//! Real are the passes (observe, decide, act, absorb, record), the rights to send, the accounts, the
//! signatures and the parsers of the three products, and the simulated cloud with its ledger. Made up
//! are the API server ([`store`]), the caches, the way of every message ([`net`]), the clocks and the
//! order in which processes run ([`mod@run`]). The same seed gives the same trace, byte by byte.
//!
//! [`plan`] reads a world out of a seed, [`fate`] what befalls one message, [`oracle`] and [`history`]
//! judge the run by the ledger and by what was stored, [`coverage`] counts what happened at all, and
//! [`mutant`] breaks the operator on purpose, to show that the judges see it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::wildcard_enum_match_arm,
    clippy::unnecessary_wraps,
    reason = "a simulation is a test, and a panic is how a test fails"
)]

mod caches;
pub mod campaign;
pub mod cloud;
pub mod coverage;
pub mod fate;
pub mod history;
pub mod mutant;
pub mod net;
pub mod oracle;
mod people;
pub mod plan;
pub mod replica;
pub mod run;
pub mod store;
pub mod time;
pub mod trace;
mod traffic;

pub use campaign::{Campaign, Summary};
pub use coverage::Coverage;
pub use mutant::Mutant;
pub use run::{Options, Verdict, run};
