//! Model check.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    unreachable_pub,
    reason = "a test ends where something is wrong; its parts are for its own files"
)]

mod checks;
mod cloud;
mod config;
mod core;
mod few;
mod graph;
mod holds;
mod model;
mod mutant;
mod mutants;
mod object;
mod run;
mod shell;
mod world;
