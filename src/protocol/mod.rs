//! The core: the at-most-once protocol, pure, synchronous and total.
//!
//! [`decide`](decide::decide) turns what is known into one [`Step`](decide::Step);
//! [`absorb`](absorb::absorb) turns what came of it into the next status. No Kubernetes client, no
//! HTTP, no clock, no random source, no task and no log may be used here: times, ids and numbers
//! are arguments. So the same two functions run in the controller, in the model checker and in
//! the simulation.

pub mod absorb;
pub mod backoff;
pub mod decide;
pub mod notice;
pub mod policy;
mod preflight;
pub mod resolving;
pub mod state;
pub mod story;
mod submitting;
pub mod target;
mod tracking;
