//! Requests that a tool keeps in Git, on the real API server with the operator and the simulator's ledger:
//! what comes back, who may take back what, the recipes, and the optional policy. What the documentation
//! promises is looked up there, word for word.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

#[path = "../support/engines.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with other tests")]
mod engines;
#[path = "../support/mod.rs"]
mod support;

mod deletion;
mod field_managers;
mod policy;
mod recipes;
mod returns;
mod tool;
