//! Volcengine over real HTTP.

pub(crate) mod client;
mod control;
mod dates;
mod events;
mod faults;
mod gateway;
mod instances;
mod reboots;
mod tokens;
mod vectors;
