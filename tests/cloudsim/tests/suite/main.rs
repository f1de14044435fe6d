//! Tests of the simulator over real HTTP.
//!
//! One binary, so that it is linked once. `client` has a signer and an HTTP client of its own; no
//! code of the simulator signs anything.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod binary;
mod client;
mod control;
mod fault_rules;
mod faults;
mod freshness;
mod holds;
mod lists;
mod orders;
mod refusals;
mod restarts;
mod tls;
mod vectors;
mod volcengine;
