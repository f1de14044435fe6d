//! What is made of each cloud call: counts, durations, and the difference of the clocks.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;

use crate::{
    cloud::{error::Kind, observer::CallObserver, types::Product},
    metrics::{ByResult, Metrics, closed::OK},
    server::Health,
};

/// Counts calls, and says in `/readyz` when the operator's clock is off.
pub struct Calls {
    metrics: Arc<Metrics>,
    health: Arc<Health>,
    skew: SignedDuration,
}

impl Calls {
    /// `skew` is the difference above which no call is signed.
    #[must_use]
    pub fn new(metrics: Arc<Metrics>, health: Arc<Health>, skew: SignedDuration) -> Self {
        Self {
            metrics,
            health,
            skew,
        }
    }
}

impl CallObserver for Calls {
    fn called(
        &self,
        product: Product,
        operation: &'static str,
        result: Option<Kind>,
        elapsed: Duration,
        clock_offset: Option<SignedDuration>,
    ) {
        debug_assert!(
            product.operations().contains(&operation),
            "{operation} is not in the closed list of {product:?}"
        );
        let result = result.map_or(OK, Kind::as_str);
        let labels = ByResult {
            product: product.as_str(),
            operation,
            result,
        };
        self.metrics.cloud_call(labels, elapsed.as_secs_f64());
        let Some(offset) = clock_offset else { return };
        self.metrics
            .clock_offset(product.as_str(), offset.as_secs_f64());
        self.health.set(
            "clock",
            if offset.abs() > self.skew {
                Err(format!(
                    "the cloud's clock differs by {} s, so no restart is signed; set the node's clock",
                    offset.as_secs()
                ))
            } else {
                Ok(())
            },
        );
    }
}
