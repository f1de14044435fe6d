//! The image that `make image` has built: what is in it, what its settings are, and the program in its
//! own root: read-only, as uid 65532, with nothing beside it, from `--help` to a restart.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test ends where something is not as it should be, and shares with its neighbours"
)]

mod built;
mod contents;
mod jail;
mod program;
#[path = "../support/mod.rs"]
mod support;
