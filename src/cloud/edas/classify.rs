//! What an answer of EDAS means, with EDAS's tables, and what its status numbers mean. Pure.

use serde::de::DeserializeOwned;

use super::{
    codes,
    wire::{Opened, Pipeline},
};
use crate::cloud::{
    alibaba::answer::Reading,
    error::CloudError,
    exchange::Reply,
    types::{Answer, OrderState},
};

/// What an answer to the restart call means. `parameters` are the names that the call carried.
#[must_use]
pub fn restart_answer(operation: &'static str, reply: &Reply, parameters: &[&str]) -> Answer {
    reading(operation, parameters).restart(reply, |body| {
        let opened: Opened = serde_json::from_slice(body)?;
        Ok(opened.change_order_id)
    })
}

/// The content of an accepted read, or why there is none.
pub fn read_answer<T: DeserializeOwned>(
    operation: &'static str,
    reply: &Reply,
    parameters: &[&str],
) -> Result<T, CloudError> {
    reading(operation, parameters).body(reply)
}

/// Whether a call was accepted, whatever its content.
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

/// The class of a status number of `GetChangeOrderInfo` (EDAS, changeOrderInfo.Status).
///
/// Success needs every batch too: a batch that failed under a good order makes it partial or
/// failed.
#[must_use]
pub fn order_state(status: i32, pipelines: &[Pipeline]) -> OrderState {
    match status {
        2 if pipelines.iter().any(|batch| !is_fine(batch)) => {
            if pipelines.iter().any(has_succeeded) {
                OrderState::PartlySucceeded
            } else {
                OrderState::Failed
            }
        }
        2 => OrderState::Succeeded,
        3 | 10 => OrderState::Failed,
        6 => OrderState::Aborted,
        7 => OrderState::PartlySucceeded,
        8 => OrderState::WaitsForConfirmation,
        // 0 ready, 1 running, 9 waiting for the next batch. A number that nobody documents is no
        // end either: the active deadline bounds it.
        _ => OrderState::Running,
    }
}

/// The batch ended well, in part or as a whole.
#[must_use]
pub fn has_succeeded(pipeline: &Pipeline) -> bool {
    matches!(pipeline.pipeline_status, Some(2 | 7))
}

/// The batch failed in part or as a whole, by itself or by a platform fault, or was stopped.
#[must_use]
pub fn has_failed(pipeline: &Pipeline) -> bool {
    matches!(pipeline.pipeline_status, Some(3 | 6 | 7 | 10))
}

fn is_fine(pipeline: &Pipeline) -> bool {
    !has_failed(pipeline)
}
