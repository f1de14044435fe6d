//! The operator on the real API server, with exactly the shipped role, against the simulated cloud
//! over real HTTP. The oracle is the simulator's ledger against the final status.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod alibaba;
mod answers;
mod crowd;
mod happy;
mod lost;
mod orders;
mod quota;
mod steering;
mod volcengine;
