//! Restarts cloud workloads from Kubernetes, at most once per request.
//!
//! [`api`] is the wire format of Kubernetes: the three kinds of `restart-operator.dev`, their
//! bounds, their admission rules and the words that appear in their status.

pub mod api;
