//! The records of the ledger.
//!
//! Plain data that can be written to and read from JSON, for tests that talk to the binary.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Before or after the moment at which the cloud executes what was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Point {
    /// The request is on the way: not checked, not executed.
    Before,
    /// The request was checked and executed, its answer is on the way.
    #[default]
    After,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Verdict {
    /// Answered by the product as it should be.
    Served,
    /// Refused by the gateway or the product.
    Refused {
        /// HTTP status of the answer.
        http: u16,
        /// Error code of the answer.
        code: String,
    },
    /// A fault replaced, changed or withheld the answer. Whether a restart was executed all the
    /// same is told by the restarts, never by this.
    Faulted {
        /// Kind of the fault that decided.
        fault: String,
        /// Error code of the refusal that the fault hides from the client, if there was one: a
        /// badly signed request is not executed, whatever happens to its answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refused: Option<String>,
    },
}

/// A request received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRecord {
    /// Sequence number, shared with the restarts.
    pub seq: u64,
    /// Version of the ledger at which this record last changed.
    pub changed: u64,
    /// When it was received, by the simulator's clock.
    pub at: Timestamp,
    /// HTTP method.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// Decoded parameters of the query and, in Volcengine, of the form.
    pub params: BTreeMap<String, String>,
    /// Action of this path, `None` for a path no product has; in Volcengine the one of the query.
    pub action: Option<String>,
    /// Product: `sae`, `edas` or `volcengine`. Some actions have the same name.
    #[serde(default)]
    pub product: Option<String>,
    /// Application named by the request, directly or through an order id or a pipeline id; several
    /// are joined by commas. In Volcengine the instances.
    pub app: Option<String>,
    /// Access key id claimed, whether or not the signature is good.
    pub access_key_id: Option<String>,
    /// `x-acs-signature-nonce`.
    pub nonce: Option<String>,
    /// `x-acs-date`, in ROA `date`, in Volcengine `X-Date`, as sent.
    pub signed_at: Option<String>,
    /// Kinds of the faults that apply to it.
    pub faults: Vec<String>,
    /// Where it is held, while it is held.
    pub held: Option<Point>,
    /// When the answer was decided; its bytes may leave later.
    pub concluded: Option<Timestamp>,
    /// `None` until the answer is decided.
    pub verdict: Option<Verdict>,
}

impl RequestRecord {
    /// The error code with which it was refused, also when a fault hid that from the client.
    pub fn refusal(&self) -> Option<&str> {
        match &self.verdict {
            Some(Verdict::Refused { code, .. }) => Some(code),
            Some(Verdict::Faulted { refused, .. }) => refused.as_deref(),
            Some(Verdict::Served) | None => None,
        }
    }

    /// Whether the product answered it as it should be.
    pub fn is_served(&self) -> bool {
        self.verdict == Some(Verdict::Served)
    }
}

/// A restart that was really executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestartRecord {
    /// Sequence number, shared with the requests.
    pub seq: u64,
    /// Sequence number of the request that caused it.
    pub request: u64,
    /// When it was executed, by the simulator's clock.
    pub at: Timestamp,
    /// Application id, or instance id in Volcengine.
    pub app: String,
    /// Order id; in Volcengine the id of the system event.
    pub order: String,
    /// `x-acs-signature-nonce` of the request.
    pub nonce: Option<String>,
    /// Volcengine `ClientToken` of the request.
    #[serde(default)]
    pub client_token: Option<String>,
    /// Date of the request's signature, as sent: `x-acs-date`, in ROA `date`, in Volcengine `X-Date`.
    #[serde(default)]
    pub signed_at: Option<String>,
    /// Access key id of the request.
    pub access_key_id: String,
    /// User id the order names as its creator.
    pub creator: String,
    /// Product: `sae`, `edas` or `volcengine`.
    #[serde(default)]
    pub product: String,
    /// Instances (SAE `RestartInstances`) or ECCs (EDAS) really restarted, without those that the
    /// order's plan lets fail. Empty if the application was restarted as a whole.
    #[serde(default)]
    pub parts: Vec<String>,
    /// Parent order, for a member of a batch. Each member has a record of its own.
    #[serde(default)]
    pub parent: Option<String>,
}
