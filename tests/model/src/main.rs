//! Model check of the at-most-once protocol, by stateright, on the shipped functions.
//!
//! `decide`, `absorb`, `State::of`, the store of rights, the filters of SAE's order list and the
//! admission rules are the shipped ones, on real objects. The guard against rolled back status is the
//! model's own loop over those filters; `tests/operator/forgotten.rs` tests the shipped one. Around
//! them the model has two processes whose caches may be old, an API server with swaps by version, a
//! cloud with or without tokens, time in a few instants, and every order of events that a run's limits
//! allow: writes and calls that are late, lost or answered to nobody, crashes at any step, restarts by
//! others, a cancel, a restore.
//!
//! Each mutant breaks one thing around the shipped functions and must be found. Limits: one request, two
//! attempts, no plan of looks (whatever may be looked at, may be looked at now), texts and display
//! times left out, and the list complete at the last instant.
//!
//! What each run allows, beside two processes, any order and any lag of the list:
//!
//! | Run | With | Part of |
//! |---|---|---|
//! | `old_views` | 1 crash, 1 time-out, 1 pass on an old view | `make test` |
//! | `any_old_view` | 1 crash, any pass on any old view; the admission rules judge | `make test` |
//! | `restarts_by_others` | 1 crash, 1 time-out, 1 restart by others | `make test` |
//! | `two_time_outs` | 1 crash, 2 time-outs | `make test` |
//! | `two_crashes` | 2 crashes, 1 time-out | `make test` |
//! | `cancel` | 1 crash, 1 time-out, a cancel | `make test` |
//! | `token_taken_over_after_a_crash` | token, 1 crash, 1 time-out, 1 takeover | `make test` |
//! | `token_taken_over_twice` | token, 1 time-out, 2 takeovers | `make test` |
//! | `a_clock_that_is_ahead` | 1 crash, the second process an instant ahead | `make test` |
//! | `a_restored_status` | a restore from etcd or by Velero | `make test` |
//! | `a_restored_status_and_a_newer_request` | a restore, then a restart that a newer request records | `make test` |
//! | `a_restored_status_without_a_list` | token, a restore | `make test` |
//! | `graph` | every state can end: 1 crash and 1 time-out; 1 time-out and a cancel; token | `make test` |
//! | `restarts_by_others_and_two_time_outs` | 1 crash, 2 time-outs, 1 restart by others | `make model` |
//! | `two_crashes_and_two_time_outs` | 2 crashes, 2 time-outs | `make model` |
//! | `cancel_and_two_time_outs` | 1 crash, 2 time-outs, a cancel | `make model` |
//! | `token_with_two_takeovers_and_two_time_outs` | token, 1 crash, 2 time-outs, 2 takeovers | `make model` |
//!
//! States that can only behave alike are one: the two processes are interchangeable; versions that no
//! pass can begin on are forgotten; once the order is known or the request is finished, and nothing is
//! on its way, so are the processes' memories. Mutants are run without the last two.
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
mod permits;
mod run;
mod shell;
mod world;
