//! The core, row by row of the protocol's table, on objects in memory. Every status that a test
//! makes is judged by the admission rules as an update of the one before.
#![allow(
    clippy::expect_used,
    clippy::needless_pass_by_value,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    unreachable_pub,
    reason = "a test ends where something is wrong, and reads better with values than with borrows"
)]

mod any_order;
mod forgotten;
mod life;
mod resolving;
mod story;
mod submitting;
mod token;
mod tracking;
mod waiting;
