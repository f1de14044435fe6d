//! Who is told of each cloud call: its count, its result and its duration. What is made of it
//! (metrics, logs) lives elsewhere.

use std::time::Duration;

use jiff::SignedDuration;

use super::{error::Kind, types::Product};

/// Told once of each call that was tried, after its answer was understood.
pub trait CallObserver: Send + Sync {
    /// `operation` is the cloud's name of the call, from a closed list. `result` is unset when the
    /// call succeeded. `elapsed` is boot-clock time from before the connection to the end of the
    /// body. `clock_offset` is cloud clock minus operator clock by the `Date` header, whole
    /// seconds, unset when there was no answer or no such header.
    fn called(
        &self,
        product: Product,
        operation: &'static str,
        result: Option<Kind>,
        elapsed: Duration,
        clock_offset: Option<SignedDuration>,
    );
}

/// Observes nothing.
impl CallObserver for () {
    fn called(
        &self,
        _: Product,
        _: &'static str,
        _: Option<Kind>,
        _: Duration,
        _: Option<SignedDuration>,
    ) {
    }
}
