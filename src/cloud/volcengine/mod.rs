//! Volcengine ECS, version 2020-04-01: reboot instances by one call with a token, and follow each
//! of them by its state and its system events.
//!
//! `client` sends single calls and `provider` puts them in order; only these two wait for the
//! network. `sign` and `call` make a request, `wire` is the JSON, `codes`, `classify` and `verdict`
//! say what an answer means, `plan` what a reboot would do, `evidence` what has become of it, and
//! `book` shares one read among many requests: all pure.

pub mod book;
pub mod call;
pub mod classify;
mod client;
pub mod codes;
pub mod evidence;
pub mod plan;
mod provider;
pub mod sign;
pub mod verdict;
pub mod wire;

pub use provider::VolcengineProvider;
