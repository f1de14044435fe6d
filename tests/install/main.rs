//! What people install, on the real API server and with the real Helm: the kustomizations, the one file
//! made of them, and the chart. All three say the same, and what they install restarts every kind.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test ends where something is not as it should be, and shares with its neighbours"
)]

mod chart;
mod helm;
mod installed;
mod kustomize;
mod manifests;
#[allow(dead_code, reason = "shared with the demo, which uses all of it")]
#[path = "../support/demo/request.rs"]
mod request;
mod same;
#[allow(dead_code, reason = "shared with the demo, which uses all of it")]
#[path = "../support/demo/samples.rs"]
mod samples;
mod scene;
#[path = "../support/mod.rs"]
mod support;
mod versions;
