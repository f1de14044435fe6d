//! Restarts cloud workloads from Kubernetes, at most once per request.
//!
//! [`api`] is the wire format of Kubernetes: the three kinds of `restart-operator.dev`, their
//! bounds, their admission rules and the words that appear in their status.
//!
//! [`protocol`] is the core, pure and synchronous: what to do next, and what a result means.
//!
//! [`cloud`] is everything outside Kubernetes: the products, their signatures, their words.
//!
//! [`controller`] is the shell around the core: it observes, acts, records and reports.
//!
//! [`products`] lists the products; [`app`] puts the parts together; [`cli`] reads arguments and environment; [`telemetry`],
//! [`metrics`] and [`server`] are what an administrator sees. [`calls`] and [`kube_requests`] count
//! what goes to the clouds and to the API server.

#![warn(clippy::disallowed_methods)]

pub mod api;
pub mod app;
pub mod calls;
pub mod cli;
pub mod cloud;
pub mod controller;
pub mod kube_requests;
pub mod metrics;
pub mod process_metrics;
pub mod products;
pub mod protocol;
pub mod server;
pub mod telemetry;
