//! The operator as a process, killed with -9 or frozen at named points, on the real API server with
//! exactly the shipped role. The simulator's ledger is the judge of what was executed.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

#[path = "../support/mod.rs"]
mod support;

mod answer;
mod intent;
mod order;
mod pause;
mod replicas;
mod resolving;
mod resources;
mod restore;
mod scene;
mod secrets;
mod shutdown;
mod token;
mod wire;
