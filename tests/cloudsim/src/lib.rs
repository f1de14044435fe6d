//! Cloud simulator.
