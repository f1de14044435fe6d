//! Model check of the at-most-once protocol, by stateright, on the shipped functions.
//!
//! `decide`, `absorb`, `State::of`, the store of rights, the filters of SAE's order list, the guard
//! against rolled back status and the admission rules are the shipped ones, on real objects. Around
//! them the model has two processes whose caches may be old, an API server with swaps by version, a
//! cloud with or without tokens, time in a few instants, and every order of events that a run's limits
//! allow: writes and calls that are late, lost or answered to nobody, crashes at any step, restarts by
//! others, a cancel, a restore.
//!
//! Each mutant breaks one thing around the shipped functions and must be found. Limits: one request, two
//! attempts, no plan of looks (whatever may be looked at, may be looked at now), texts and display
//! times left out, and the list complete at the last instant.
#![allow(
    clippy::expect_used,
    clippy::match_same_arms,
    clippy::struct_field_names,
    clippy::unnecessary_wraps,
    clippy::assigning_clones,
    clippy::needless_for_each,
    clippy::struct_excessive_bools,
    clippy::trivially_copy_pass_by_ref,
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
