//! What can go wrong with a cloud call, as data: two axes that are never merged.
//!
//! [`Kind`] answers "can trying again help?", [`Delivery`] answers "may the cloud have acted?".
//! Nothing here decides what follows: that is the core's part.

use std::time::Duration;

/// Why a cloud call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The caller is over its quota.
    Throttled,
    /// The cloud is upgrading, overloaded or out of reach; it passes by itself.
    Transient,
    /// Another change order occupies the target.
    Busy,
    /// The credential or the signature was not accepted.
    Unauthenticated,
    /// The identity lacks a permission.
    Forbidden,
    /// The target does not exist.
    NotFound,
    /// The target exists and cannot be restarted in its present state.
    NotRunning,
    /// The parts of the target do not belong together.
    Mismatch,
    /// The target is of a kind that this call does not serve.
    Unsupported,
    /// The target is bare metal, and the request does not allow that.
    BareMetal,
    /// The cloud does not accept a parameter, or does not know the call.
    Invalid,
    /// The account cannot pay or is out of quota.
    Billing,
    /// An answer that fits none of the documented ones.
    Unexpected,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Throttled,
        Self::Transient,
        Self::Busy,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::NotRunning,
        Self::Mismatch,
        Self::Unsupported,
        Self::BareMetal,
        Self::Invalid,
        Self::Billing,
        Self::Unexpected,
    ];

    /// A closed metric label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Transient => "transient",
            Self::Busy => "busy",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::NotRunning => "not_running",
            Self::Mismatch => "mismatch",
            Self::Unsupported => "unsupported",
            Self::BareMetal => "bare_metal",
            Self::Invalid => "invalid",
            Self::Billing => "billing",
            Self::Unexpected => "unexpected",
        }
    }
}

/// How far a failed call got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// No byte of the request left this process: the connection was never made.
    NotSent,
    /// A complete answer with a code of the closed list of definite rejections.
    Refused,
    /// Everything else. The cloud may have acted.
    Unknown,
}

/// What a definite rejection of a restart call allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retry {
    /// Nothing but a person changes the answer.
    Never,
    /// A new attempt after a short back-off may be accepted.
    Later,
    /// A new attempt after the quota or the target is free may be accepted.
    WhenFree,
}

/// A failed cloud call. Holds no secret, no URL and no raw body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {message}")]
pub struct CloudError {
    /// The cloud's name of the call, such as `DescribeChangeOrder`.
    pub operation: &'static str,
    /// Can trying again help?
    pub kind: Kind,
    /// May the cloud have acted?
    pub delivery: Delivery,
    /// What a definite rejection allows.
    pub retry: Retry,
    /// The cloud's own error code, quoted as it is.
    pub code: Option<String>,
    /// One cleaned line of at most 512 bytes: no control characters, no markup.
    pub message: String,
    /// What a person can do about it; empty when there is nothing to add.
    pub advice: &'static str,
    /// The cloud's request id, which support asks for.
    pub request_id: Option<String>,
    /// How long the cloud asks to wait.
    pub retry_after: Option<Duration>,
}
