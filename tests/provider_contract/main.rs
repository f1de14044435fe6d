//! What every provider owes the core, tried over real HTTP against the simulator.
//!
//! The oracle is the simulator's ledger: which requests arrived, and what was really executed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod edas;
mod fixture;
mod forgotten;
mod order;
mod preflight;
mod resolve;
mod sae_applications;
mod sae_instances;
mod signatures;
mod submit;
mod transport;
mod volcengine;
