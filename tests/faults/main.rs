//! The operator on the real API server while single requests, watches, the cloud's clock or the
//! machine fail. The simulator's ledger is the judge of what was executed, and a recording of every
//! status the judge of what was told.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

#[path = "../support/mod.rs"]
mod support;

mod clock;
mod judges;
mod matrix;
mod network;
mod object;
mod server;
mod stage;
mod watch;
