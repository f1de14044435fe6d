//! SAE, version 2019-05-06: restart one application, follow its change order, find a lost one.
//!
//! `client` sends single calls and `provider` puts them in order; only these two wait for the
//! network. `wire` is the JSON, `codes` and `classify` say what an answer means, `plan` what a
//! restart would do, `orders` which order could be ours: all pure.

#![allow(
    clippy::result_large_err,
    reason = "a cloud error is plain data that the core matches on; it is made a few times a second"
)]

pub mod classify;
mod client;
pub mod codes;
pub mod orders;
pub mod plan;
mod provider;
pub mod wire;

pub use provider::SaeProvider;
