//! The core, row by row of the protocol's table, on objects in memory. Every status that a test
//! makes is judged by the admission rules as an update of the one before.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "a test ends where something is wrong"
)]

mod life;
mod resolving;
mod story;
mod submitting;
mod tracking;
mod waiting;
