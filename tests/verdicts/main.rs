//! What kstatus, Argo CD and Flux make of a request, by the programs that these tools judge with
//! (`tests/gitops`): one object for each reason, made by the core itself.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

#[path = "../support/engines.rs"]
#[allow(unreachable_pub, reason = "shared with other tests")]
mod engines;
#[path = "../protocol/life.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    clippy::needless_pass_by_value,
    clippy::wildcard_enum_match_arm,
    reason = "shared with the tests of the core, which use all of it"
)]
mod life;

mod argocd;
mod expected;
mod files;
mod objects;
mod reference;
mod settings;
mod table;
