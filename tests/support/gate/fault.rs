//! What may be done to a request at the door, and which requests meet it.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::asked::Asked;

/// What happens on the way to the API server, and what on the way back.
#[derive(Clone, Debug)]
pub struct Fault {
    pub passes: Passes,
    pub reply: Reply,
}

/// Whether the API server gets the request.
#[derive(Clone, Debug)]
pub enum Passes {
    /// Never.
    No,
    /// As it is.
    Once,
    /// Two times; the client gets the first answer.
    Twice,
    /// So much later.
    Late(Duration),
    /// A watch, from this resource version instead of the one it asks for.
    From(String),
}

/// What the client gets.
#[derive(Clone, Debug)]
pub enum Reply {
    /// What the API server answered.
    Real,
    /// Nothing at all, until the network is healed; then a reset.
    Nothing,
    /// A TCP reset.
    Reset,
    /// This.
    Canned(Canned),
}

/// An answer that the door makes up.
#[derive(Clone, Debug)]
pub struct Canned {
    pub status: StatusCode,
    pub retry_after: Option<u64>,
    pub body: String,
}

impl Canned {
    /// As the API server words a refusal with this code.
    pub fn refusal(code: u16, reason: &str) -> Self {
        let body = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": format!("made up by the door: {reason}"), "reason": reason, "code": code,
        });
        Self {
            status: StatusCode::from_u16(code).expect("a status"),
            retry_after: None,
            body: body.to_string(),
        }
    }

    /// A good answer with this body.
    pub fn ok(body: &Value) -> Self {
        Self {
            status: StatusCode::OK,
            retry_after: None,
            body: body.to_string(),
        }
    }
}

impl Fault {
    pub const fn new(passes: Passes, reply: Reply) -> Self {
        Self { passes, reply }
    }

    /// It never comes to the API server, which seems to answer so.
    pub fn refused(code: u16, reason: &str) -> Self {
        Self::new(Passes::No, Reply::Canned(Canned::refusal(code, reason)))
    }

    /// The API server executes it, and seems to answer so.
    pub fn executed_but(code: u16, reason: &str) -> Self {
        Self::new(Passes::Once, Reply::Canned(Canned::refusal(code, reason)))
    }
}

type Matches = Box<dyn Fn(&Asked) -> bool + Send + Sync>;

/// A fault and the requests that it meets: of those that match, the first `skip` pass and the next
/// `times` meet it.
pub struct Rule {
    pub(super) matches: Matches,
    pub(super) skip: usize,
    pub(super) times: usize,
    pub(super) fault: Fault,
    /// How many met it.
    pub(super) met: usize,
    /// How many of those are over.
    pub(super) answered: usize,
}

impl Rule {
    /// The next request that matches, once.
    pub fn new(fault: Fault, matches: impl Fn(&Asked) -> bool + Send + Sync + 'static) -> Self {
        Self {
            matches: Box::new(matches),
            skip: 0,
            times: 1,
            fault,
            met: 0,
            answered: 0,
        }
    }

    /// The one of this number, counted from 1.
    #[must_use]
    pub fn nth(self, nth: usize) -> Self {
        Self {
            skip: nth - 1,
            ..self
        }
    }

    /// So many of them.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// All of them, until the rule is taken away.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }
}
