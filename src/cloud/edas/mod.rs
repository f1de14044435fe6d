//! EDAS, version 2017-08-01: restart one application of an ECS cluster, or some of its instances;
//! follow its change order, find a lost one.
//!
//! `client` sends single calls and `provider` puts them in order; only these two wait for the
//! network. `wire` is the JSON, `codes` and `classify` say what an answer means, `plan` what is
//! called and whether it may be, `orders` which order could be ours, `learned` of which type it is,
//! `report` what became of it: all pure.
//!
//! Parameters are in the query even of a `POST`, reads are `POST` too, and refusals come inside
//! HTTP 200 with an integer `Code`.

pub mod classify;
mod client;
pub mod codes;
mod learned;
pub mod orders;
pub mod plan;
mod provider;
pub mod report;
pub mod wire;

pub use provider::EdasProvider;
