//! What every provider owes the core, tried over real HTTP against the simulator.
//!
//! The oracle is the simulator's ledger: which requests arrived, and what was really executed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod fixture;
mod order;
mod preflight;
mod resolve;
mod submit;
mod transport;
mod volcengine;
