//! Volcengine over real HTTP.

mod client;
mod reboots;
mod vectors;
