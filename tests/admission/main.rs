//! What a real API server says to our objects: the tables of `tests/fixtures/admission`, and what kubectl
//! shows to people. It alone knows patterns, bounds, the cost of rules, and how stored objects behave.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    reason = "a test ends where something is not as it should be, and shares files with its neighbours"
)]

#[path = "../support/mod.rs"]
mod support;
#[path = "../crd/table.rs"]
mod table;

mod kubectl;
mod server;
mod status;
mod tables;
