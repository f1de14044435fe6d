//! The reference pages that are made from the code. `UPDATE_DOCS=1 cargo test --test reference` writes them
//! anew; error codes have a test of their own.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

mod api;
mod events;
mod flags;
mod metrics;
mod page;
