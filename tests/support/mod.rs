//! What tests, benches and the demo share. Test bodies and rules of the operator do not belong here.
//!
//! | Module | Here |
//! |---|---|
//! | [`controlplane`] | a real kube-apiserver and etcd: finding or building it, starting it, users, audit log |
//! | [`failure`] | the one error type of this folder: a sentence for the person who started the run |
//! | [`gate`] | a door between one operator and the API server, where requests and watches meet faults |
//! | [`history`] | every version of every request, and whether it is a path of the allowed graph |
//! | [`hold`] | the points at which the host stops by itself |
//! | [`judge`] | the simulator's ledger against what the requests say |
//! | [`permissions`] | the access policies of the documentation, which the simulated clouds enforce |
//! | [`policy`] | shorter numbers of the protocol |
//! | [`process`] | an operator as a process of its own, to be killed, frozen or asked to end |
//! | [`world`] | one test's namespace, cloud, account and operators |
//! | [`tls`] | the process-wide choice of a TLS implementation |
//! | [`wait`] | asking until a fact holds, with a limit |
//! | [`wire`] | a door between operators and the cloud, where one connection can be stopped |
//!
//! `lab.rs` and `host.rs` beside this file are no modules of it: they are Cargo examples that use it, `lab.rs`
//! with `demo` as its own.
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
pub mod gate;
pub mod history;
pub mod hold;
pub mod judge;
pub mod permissions;
pub mod policy;
pub mod process;
pub mod tls;
pub mod wait;
pub mod wire;
pub mod world;
