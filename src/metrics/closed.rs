//! The closed lists of label values, and every series that can be named before it is needed. A
//! counter that appears with its first increment hides it: `rate()` sees no change from nothing to 1.

use super::labels::{ByAnswer, ByOperation, ByOutcome, ByPhase, ByProduct, ByReady, ByResult};
use crate::{
    api::Phase,
    cloud::{error::Kind, types::Product},
    protocol::target::RESTARTS,
};

/// Phases of requests that have come to their end.
pub const ENDS: [Phase; 7] = [
    Phase::Succeeded,
    Phase::PartiallySucceeded,
    Phase::Failed,
    Phase::NotExecuted,
    Phase::Expired,
    Phase::Cancelled,
    Phase::Skipped,
];
/// What the cloud may answer to a restart call.
pub const ANSWERS: [&str; 3] = ["accepted", "rejected", "ambiguous"];
/// How a pass may end.
pub const PASSES: [&str; 5] = ["ok", "kube_error", "contended", "gone", "undecodable"];
/// Result of a cloud call that succeeded; any other is a [`Kind`].
pub const OK: &str = "ok";

const ACCOUNT_KINDS: [&str; 2] = ["CloudAccount", "ClusterCloudAccount"];
const READY: [&str; 2] = ["true", "false"];

pub(super) fn products() -> impl Iterator<Item = ByProduct> {
    let all = Product::ALL.into_iter();
    all.map(|product| ByProduct {
        product: product.as_str(),
    })
}

pub(super) fn requests() -> impl Iterator<Item = ByPhase> {
    products().flat_map(|ByProduct { product }| {
        Phase::ALL.iter().map(move |phase| ByPhase {
            product,
            phase: phase.as_str(),
        })
    })
}

pub(super) fn restarts() -> impl Iterator<Item = ByOperation> {
    let all = RESTARTS.into_iter();
    all.map(|(product, operation)| ByOperation { product, operation })
}

pub(super) fn ends() -> impl Iterator<Item = ByOutcome> {
    restarts().flat_map(|ByOperation { product, operation }| {
        ENDS.into_iter().map(move |phase| ByOutcome {
            product,
            operation,
            outcome: phase.as_str(),
        })
    })
}

pub(super) fn answers() -> impl Iterator<Item = ByAnswer> {
    restarts().flat_map(|ByOperation { product, operation }| {
        ANSWERS.into_iter().map(move |answer| ByAnswer {
            product,
            operation,
            answer,
        })
    })
}

pub(super) fn calls() -> impl Iterator<Item = ByResult> {
    let operations = |product: Product| {
        let of_product = product.operations().iter();
        of_product.map(move |operation| (product.as_str(), *operation))
    };
    let all = Product::ALL.into_iter().flat_map(operations);
    all.flat_map(|(product, operation)| {
        let failed = Kind::ALL.into_iter().map(Kind::as_str);
        let results = std::iter::once(OK).chain(failed);
        results.map(move |result| ByResult {
            product,
            operation,
            result,
        })
    })
}

pub(super) fn accounts() -> impl Iterator<Item = ByReady> {
    ACCOUNT_KINDS
        .into_iter()
        .flat_map(|kind| READY.into_iter().map(move |ready| ByReady { kind, ready }))
}
