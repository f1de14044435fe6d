//! The client tokens ECS remembers, each with the first answer.
//!
//! How long a token lives and what its scope is, the vendor does not say: the life is a switch, the
//! scope is the region.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;

use super::errors::refusal;
use crate::Refusal;

/// What a token stands for. The order of the ids counts, since nobody promises that it does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) ids: Vec<String>,
    pub(super) force_stop: bool,
}

/// A token that is remembered.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) question: Question,
    /// `Result` of the first answer.
    pub(super) result: Value,
    /// Sequence number of the request that was executed.
    pub(super) request: u64,
    /// The last moment at which it is remembered.
    pub(super) until: Timestamp,
}

/// Entries by region and token.
#[derive(Debug, Default)]
pub(super) struct TokenBook {
    entries: HashMap<(String, String), Entry>,
    /// Number of entries at which the forgotten ones are cleared out.
    sweep_at: usize,
}

impl TokenBook {
    /// The first answer to this question; `None` if the token is new or forgotten. `is_open` tells
    /// whether a request is still without an answer.
    pub(super) fn recall(
        &self,
        key: &(String, String),
        question: &Question,
        now: Timestamp,
        is_open: impl Fn(u64) -> bool,
    ) -> Result<Option<Value>, Refusal> {
        let Some(entry) = self.entries.get(key).filter(|entry| entry.until >= now) else {
            return Ok(None);
        };
        if entry.question != *question {
            let message = "The client token was used with other parameters.";
            return Err(refusal("IdempotentParameterMismatch", message));
        }
        if is_open(entry.request) {
            let message = "The first request with this client token is being processed.";
            return Err(refusal("IdempotentProcessing", message));
        }
        Ok(Some(entry.result.clone()))
    }

    /// Sweeping when the book has doubled keeps the cost per request constant.
    pub(super) fn remember(&mut self, key: (String, String), entry: Entry, now: Timestamp) {
        if self.entries.len() >= self.sweep_at {
            self.entries.retain(|_, entry| entry.until >= now);
            self.sweep_at = (self.entries.len() * 2).max(1_024);
        }
        self.entries.insert(key, entry);
    }
}
