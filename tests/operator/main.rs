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

mod abort;
mod accounts;
mod alibaba;
mod answers;
mod cancel;
mod crowd;
mod deadlines;
mod deletion;
mod dry_run;
mod forgotten;
mod happy;
mod limits;
mod lost;
mod orders;
mod queue;
mod quota;
mod resolution;
mod restored;
mod states;
mod steering;
mod suspend;
mod ttl;
mod volcengine;
