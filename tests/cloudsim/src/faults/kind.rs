//! The kinds of faults.
//!
//! Only what they are; see `effects` for how several of them combine.

use serde::{Deserialize, Serialize};

use super::Edit;
use crate::ledger::Point;

/// Something done wrong to a request or its answer.
///
/// A *before* fault acts on a request that has not been checked or executed; an *after* fault acts
/// on the answer to one that has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Closes the connection; nothing is checked or executed and the nonce stays unused.
    DropBefore,
    /// Executes, then closes the connection without an answer.
    DropAfter,
    /// Executes, then gives this answer.
    StatusAfter(Canned),
    /// Checks the signature and uses up the nonce, does not execute, gives this answer.
    AnswerInstead(Canned),
    /// Checks the signature, does not execute, answers `Throttling.User`, or `FlowLimitExceeded`
    /// in Volcengine.
    Throttle {
        /// Wait hint in milliseconds, sent as `x-acs-retry-after`; in Volcengine as `retry-after`
        /// in seconds, rounded up.
        #[serde(default)]
        retry_after_ms: Option<u64>,
    },
    /// Changes a good answer; a refusal is left alone.
    Mutate {
        /// HTTP status to answer with instead of 200.
        #[serde(default)]
        http: Option<u16>,
        /// Changes to the body, made in this order.
        edits: Vec<Edit>,
    },
    /// Waits in real time.
    Delay {
        /// Milliseconds.
        ms: u64,
        /// Before: the request arrives late, so that its signature may have expired. After: it is
        /// executed in time and the answer comes late.
        #[serde(default)]
        point: Point,
    },
    /// Never answers; the connection stays open until the client gives up.
    Hang {
        /// Whether the request is executed.
        executed: bool,
    },
    /// Executes, then answers 200 with a long body that is not valid JSON to its end.
    BodyBytes {
        /// Length of the body in bytes.
        total: u64,
        /// Bytes sent at a time, at least 1.
        #[serde(default = "default_chunk")]
        chunk: u32,
        /// Milliseconds of real time between two chunks.
        #[serde(default)]
        pause_ms: u64,
    },
    /// Executes, announces the whole answer, sends this many bytes of it and closes the connection.
    Cut {
        /// Bytes of the body that are sent.
        bytes: usize,
    },
    /// Orders younger than this, by the simulator's clock, are missing from what is read: from
    /// `ListChangeOrders`, `DescribeChangeOrder` (then not found) and the last order of
    /// `DescribeApplicationStatus`. Volcengine reads show instances and events as they were so
    /// long ago.
    ListLag {
        /// Milliseconds.
        ms: u64,
    },
    /// A list with exactly one element is written as that element alone.
    ListAsSingleObject,
    /// Holds the request before it is checked, until it is released.
    HoldBefore,
    /// Holds the answer of an executed request until it is released.
    HoldAfter,
    /// The same bytes arrive this many times more, as if a middle box repeated them; the client
    /// gets the last answer.
    Repeat {
        /// Copies beside the first, at least 1.
        copies: u32,
    },
}

fn default_chunk() -> u32 {
    16 * 1024
}

impl Fault {
    /// Changes the body of a good answer.
    pub fn mutate(edits: impl IntoIterator<Item = Edit>) -> Self {
        Self::Mutate {
            http: None,
            edits: edits.into_iter().collect(),
        }
    }

    /// The name used in the ledger and in JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::DropBefore => "drop_before",
            Self::DropAfter => "drop_after",
            Self::StatusAfter(_) => "status_after",
            Self::AnswerInstead(_) => "answer_instead",
            Self::Throttle { .. } => "throttle",
            Self::Mutate { .. } => "mutate",
            Self::Delay { .. } => "delay",
            Self::Hang { .. } => "hang",
            Self::BodyBytes { .. } => "body_bytes",
            Self::Cut { .. } => "cut",
            Self::ListLag { .. } => "list_lag",
            Self::ListAsSingleObject => "list_as_single_object",
            Self::HoldBefore => "hold_before",
            Self::HoldAfter => "hold_after",
            Self::Repeat { .. } => "repeat",
        }
    }
}

/// An answer made up by a test.
///
/// With `body` that text is sent as it is. With `code` alone the gateway's error form is written
/// for HTTP 400 and above, and the product's envelope with `Success` false below; Volcengine has one
/// form for both. With neither the body is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Canned {
    /// HTTP status; 0 stands for 200.
    pub http: u16,
    /// Error code.
    pub code: Option<String>,
    /// Message; the code if absent.
    pub message: Option<String>,
    /// Body as it is.
    pub body: Option<String>,
    /// Further headers. A name of the usual headers (`content-type`, `date`) replaces the usual one.
    pub headers: Vec<(String, String)>,
}

impl Canned {
    /// An answer with this status and an empty body.
    pub fn status(http: u16) -> Self {
        Self {
            http,
            ..Self::default()
        }
    }

    /// An answer that names an error code.
    pub fn code(http: u16, code: impl Into<String>) -> Self {
        Self {
            http,
            code: Some(code.into()),
            ..Self::default()
        }
    }

    /// An answer with this body.
    pub fn body(http: u16, body: impl Into<String>) -> Self {
        Self {
            http,
            body: Some(body.into()),
            ..Self::default()
        }
    }

    /// The same answer with a message.
    #[must_use]
    pub fn message(self, message: impl Into<String>) -> Self {
        Self {
            message: Some(message.into()),
            ..self
        }
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}
