//! Tests of the simulator over real HTTP.
//!
//! One binary, so that it is linked once. `client` has a signer and an HTTP client of its own; no
//! code of the simulator signs anything.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod batches;
mod binary;
mod calls;
mod client;
mod control;
mod control_namespaces;
mod edas;
mod edas_reads;
mod fault_rules;
mod faults;
mod freshness;
mod holds;
mod instances;
mod lists;
mod orders;
mod permissions;
mod pipelines;
mod product_faults;
mod refusals;
mod restarts;
mod roa;
mod roa_refusals;
mod roa_vectors;
mod tls;
mod vectors;
mod volcengine;
