//! Restarts cloud workloads from Kubernetes, at most once per request.
//!
//! [`api`] is the wire format of Kubernetes: the three kinds of `restart-operator.dev`, their
//! bounds, their admission rules and the words that appear in their status.
//!
//! [`protocol`] is the core, pure and synchronous: what to do next, and what a result means.
//!
//! [`cloud`] is everything outside Kubernetes: the products, their signatures, their words.

#![warn(clippy::disallowed_methods)]

pub mod api;
pub mod cloud;
pub mod protocol;
