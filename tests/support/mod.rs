//! What tests, benches and the demo share. Test bodies and rules of the operator do not belong here.
//!
//! | Module | Here |
//! |---|---|
//! | [`controlplane`] | a real kube-apiserver and etcd: finding or building it, starting it, users, audit log |
//! | [`failure`] | the one error type of this folder: a sentence for the person who started the run |
//! | [`policy`] | shorter numbers of the protocol |
//! | [`world`] | one test's namespace, cloud, account and operators |
//! | [`tls`] | the process-wide choice of a TLS implementation |
//! | [`wait`] | asking until a fact holds, with a limit |
//!
//! `lab.rs` beside this file is no module of it: it is a Cargo example that uses it, with `demo` as its own.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "each test binary uses its part, and a harness reads the environment and may panic"
)]

pub mod controlplane;
pub mod failure;
pub mod policy;
pub mod tls;
pub mod wait;
pub mod world;
