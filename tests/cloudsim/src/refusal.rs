//! A refusal: what a gateway or a product answers instead of doing what was asked.
//!
//! Only the facts of a refusal live here. How it is written as JSON belongs to the gateway of the
//! cloud in question.

use serde::{Deserialize, Serialize};

/// An answer that says "no, and nothing was executed".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("HTTP {http} {code}: {message}")]
pub struct Refusal {
    /// HTTP status of the answer: 400 to 599, or 200 for a product that refuses inside it.
    pub http: u16,
    /// Error code exactly as the cloud spells it, misspellings included.
    pub code: String,
    /// Text for people; a client must not branch on it.
    pub message: String,
    /// Wait hint in milliseconds; the gateway of the cloud knows its header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Refusal {
    /// A refusal without a wait hint.
    pub fn new(http: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            http,
            code: code.to_owned(),
            message: message.into(),
            retry_after_ms: None,
        }
    }

    /// HTTP 400, which the Alibaba products use for nearly every refusal.
    pub fn bad_request(code: &str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    /// Flow control per user and API: code `Throttling.User`, HTTP 400.
    pub fn throttled(retry_after_ms: Option<u64>) -> Self {
        let message = "Request was denied due to user flow control.";
        Self {
            retry_after_ms,
            ..Self::bad_request("Throttling.User", message)
        }
    }
}
