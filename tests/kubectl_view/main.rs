//! What kubectl shows of a request that the operator works on: a picture of each phase, reached on the
//! real API server with the simulated cloud, and the commands that people run on it.
//!
//! The pictures are in `snapshots`; `UPDATE_SNAPSHOTS=1 cargo test --test kubectl_view` draws them anew.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

#[path = "../support/mod.rs"]
mod support;

mod commands;
mod ends;
mod picture;
mod plain;
mod under_way;
mod waiting;
