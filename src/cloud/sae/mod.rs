//! SAE, version 2019-05-06: restart one application, some of its instances, or some applications
//! of a namespace; follow their change orders, find a lost one.
//!
//! `client` sends single calls and `provider` puts them in order, in one file per target; only
//! these wait for the network. `wire` is the JSON, `codes` and `classify` say what an answer means,
//! `plan` which call is sent and `ready` what it would do, `orders` which order could be ours,
//! `report` and `batch` what became of it: all pure.

pub mod batch;
pub mod classify;
mod client;
pub mod codes;
pub mod orders;
pub mod plan;
mod provider;
pub mod ready;
pub mod report;
pub mod wire;

pub use provider::SaeProvider;
