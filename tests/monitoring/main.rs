//! What `deploy/monitoring` ships: that the copies are equal, that every alert fires when it has to and has
//! its page, that every metric that is named anywhere exists, and that a real Prometheus likes it.
//! `UPDATE_MONITORING=1 cargo test --test monitoring` writes the copies anew.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

#[path = "../support/mod.rs"]
mod support;

mod alerts;
mod dashboard;
mod files;
mod kube_state;
mod prometheus;
mod scrape;
