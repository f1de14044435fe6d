//! What an answer of SAE means, with SAE's tables, and what its status numbers mean. Pure.

use serde::de::DeserializeOwned;

use super::{
    codes,
    wire::{ListPayload, OrderRef, Payload, Pipeline},
};
use crate::cloud::{
    alibaba::answer::{Reading, unreadable},
    error::CloudError,
    exchange::Reply,
    types::{Answer, OrderState},
};

/// What an answer to a restart call means. `parameters` are the names that the call carried.
#[must_use]
pub fn restart_answer(operation: &'static str, reply: &Reply, parameters: &[&str]) -> Answer {
    reading(operation, parameters).restart(reply, |body| {
        let payload: Payload<OrderRef> = serde_json::from_slice(body)?;
        Ok(payload.data.and_then(|order| order.change_order_id))
    })
}

/// The `Data` of an accepted read, or why there is none.
pub fn read_answer<T: DeserializeOwned>(
    operation: &'static str,
    reply: &Reply,
    parameters: &[&str],
) -> Result<T, CloudError> {
    let payload: Payload<T> = reading(operation, parameters).body(reply)?;
    payload.data.ok_or_else(|| unreadable(operation, reply))
}

/// As [`read_answer`], where `Data` is a list.
pub fn read_list<T: DeserializeOwned>(
    operation: &'static str,
    reply: &Reply,
    parameters: &[&str],
) -> Result<Vec<T>, CloudError> {
    let payload: ListPayload<T> = reading(operation, parameters).body(reply)?;
    payload.data.ok_or_else(|| unreadable(operation, reply))
}

/// Whether a call was accepted, whatever its `Data` holds.
pub fn acknowledgement(
    operation: &'static str,
    reply: &Reply,
    parameters: &[&str],
) -> Result<(), CloudError> {
    reading(operation, parameters).acknowledged(reply)
}

const fn reading<'a>(operation: &'static str, parameters: &'a [&'a str]) -> Reading<'a> {
    Reading {
        operation,
        parameters,
        lookup: codes::lookup,
    }
}

/// The class of a status number of `DescribeChangeOrder` (SAE, Data.Status, Data.SubStatus).
///
/// Success needs every batch too: a batch that failed under a good order makes it partial or
/// failed.
#[must_use]
pub fn order_state(status: i32, sub_status: Option<i32>, pipelines: &[Pipeline]) -> OrderState {
    match status {
        1 if sub_status == Some(1) => OrderState::NeedsAttention,
        2 => match (
            count(pipelines, has_succeeded),
            count(pipelines, has_failed),
        ) {
            (_, 0) => OrderState::Succeeded,
            (0, _) => OrderState::Failed,
            _ => OrderState::PartlySucceeded,
        },
        3 | 10 => OrderState::Failed,
        6 => OrderState::Aborted,
        8 => OrderState::WaitsForConfirmation,
        11 => OrderState::WaitsForApproval,
        // 0 preparing, 1 running, 9 waiting for the next batch, 12 approved. A number that nobody
        // documents is no end either: the active deadline bounds it.
        _ => OrderState::Running,
    }
}

/// Number of batches for which `is` holds.
#[must_use]
pub fn count(pipelines: &[Pipeline], is: fn(&Pipeline) -> bool) -> usize {
    pipelines.iter().filter(|pipeline| is(pipeline)).count()
}

/// The batch ended well.
#[must_use]
pub fn has_succeeded(pipeline: &Pipeline) -> bool {
    pipeline.status == Some(2)
}

/// The batch failed, by itself or by a platform fault, or was terminated.
#[must_use]
pub fn has_failed(pipeline: &Pipeline) -> bool {
    matches!(pipeline.status, Some(3 | 6 | 10))
}
