//! The ledger: every request received and every restart really executed.
//!
//! It is the oracle of the operator's tests, so it only ever grows, until a reset. A record is
//! written once; a request's record is completed when its answer is decided. Nothing here decides
//! an answer.

mod record;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use record::{Point, RequestRecord, RestartRecord, Verdict};

/// What happened, in the order in which it happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    version: u64,
    requests: Vec<RequestRecord>,
    restarts: Vec<RestartRecord>,
}

impl Ledger {
    /// Number of the last change. It grows with each new or completed record and over a reset.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Every request received, refused ones and faulted ones included, oldest first.
    pub fn all_requests(&self) -> &[RequestRecord] {
        &self.requests
    }

    /// Requests for one action, oldest first.
    pub fn requests(&self, action: &str) -> Vec<&RequestRecord> {
        self.select(|request| request.action.as_deref() == Some(action))
    }

    /// Requests that carried this signature nonce, oldest first. More than one means that a call
    /// was repeated.
    pub fn by_nonce(&self, nonce: &str) -> Vec<&RequestRecord> {
        self.select(|request| request.nonce.as_deref() == Some(nonce))
    }

    /// Requests that carried this Volcengine `ClientToken`, oldest first.
    pub fn by_client_token(&self, token: &str) -> Vec<&RequestRecord> {
        self.select(|request| {
            request
                .params
                .get("ClientToken")
                .is_some_and(|t| t == token)
        })
    }

    /// Requests now held at a hold point.
    pub fn held(&self) -> Vec<&RequestRecord> {
        self.select(|request| request.held.is_some())
    }

    /// The request of this sequence number.
    pub fn request(&self, seq: u64) -> Option<&RequestRecord> {
        self.place(seq).map(|place| &self.requests[place])
    }

    /// Restarts executed through the API, oldest first. Orders made by hand through the control
    /// methods are not among them.
    pub fn restarts(&self) -> &[RestartRecord] {
        &self.restarts
    }

    /// Restarts of one application executed through the API, oldest first.
    pub fn restarts_of(&self, app: &str) -> Vec<&RestartRecord> {
        self.restarts
            .iter()
            .filter(|restart| restart.app == app)
            .collect()
    }

    /// Restarts of one application of one product (`sae`, `edas`, `volcengine`), oldest first.
    pub fn restarts_in(&self, product: &str, app: &str) -> Vec<&RestartRecord> {
        let mut found = self.restarts_of(app);
        found.retain(|restart| restart.product == product);
        found
    }

    /// Instances or ECCs of an application really restarted, in the order of their restarts; one
    /// that was restarted twice is there twice.
    pub fn restarted_parts(&self, product: &str, app: &str) -> Vec<&str> {
        let found = self.restarts_in(product, app).into_iter();
        found
            .flat_map(|restart| restart.parts.iter().map(String::as_str))
            .collect()
    }

    /// Restarts of the members of a batch, by its parent order.
    pub fn restarts_of_batch(&self, parent: &str) -> Vec<&RestartRecord> {
        self.restarts
            .iter()
            .filter(|restart| restart.parent.as_deref() == Some(parent))
            .collect()
    }

    /// Restarts that one request caused: more than one only if it was a batch.
    pub fn restarts_by_request(&self, seq: u64) -> Vec<&RestartRecord> {
        self.restarts
            .iter()
            .filter(|restart| restart.request == seq)
            .collect()
    }

    /// Restarts executed for requests with this nonce.
    pub fn restarts_by_nonce(&self, nonce: &str) -> Vec<&RestartRecord> {
        self.restarts
            .iter()
            .filter(|restart| restart.nonce.as_deref() == Some(nonce))
            .collect()
    }

    /// Restarts executed for requests with this Volcengine `ClientToken`, one per instance.
    pub fn restarts_by_client_token(&self, token: &str) -> Vec<&RestartRecord> {
        self.restarts
            .iter()
            .filter(|restart| restart.client_token.as_deref() == Some(token))
            .collect()
    }

    /// Only the records that are new or changed after `version`.
    #[must_use]
    pub fn since(&self, version: u64) -> Self {
        let requests = self
            .requests
            .iter()
            .filter(|request| request.changed > version);
        let restarts = self.restarts.iter().filter(|restart| restart.seq > version);
        Self {
            version: self.version,
            requests: requests.cloned().collect(),
            restarts: restarts.cloned().collect(),
        }
    }

    fn select(&self, wanted: impl Fn(&RequestRecord) -> bool) -> Vec<&RequestRecord> {
        self.requests
            .iter()
            .filter(|request| wanted(request))
            .collect()
    }

    /// Requests are sorted by sequence number because they are appended in that order.
    fn place(&self, seq: u64) -> Option<usize> {
        self.requests
            .binary_search_by_key(&seq, |request| request.seq)
            .ok()
    }
}

/// Writing, which only the simulator does.
impl Ledger {
    pub(crate) fn receive(&mut self, mut request: RequestRecord) -> u64 {
        self.version += 1;
        request.seq = self.version;
        request.changed = self.version;
        self.requests.push(request);
        self.version
    }

    pub(crate) fn hold(&mut self, seq: u64, held: Option<Point>) {
        self.complete(seq, |request| request.held = held);
    }

    pub(crate) fn conclude(&mut self, seq: u64, at: Timestamp, verdict: Verdict) {
        self.complete(seq, |request| {
            request.concluded = Some(at);
            request.verdict = Some(verdict);
        });
    }

    pub(crate) fn execute(&mut self, mut restart: RestartRecord) {
        self.version += 1;
        restart.seq = self.version;
        self.restarts.push(restart);
    }

    /// Forgets the records but not the numbering, so that a reader that waits for "later than
    /// version n" is not fooled by a reset.
    pub(crate) fn clear(&mut self) {
        self.version += 1;
        self.requests.clear();
        self.restarts.clear();
    }

    /// A request received before a reset has no record any more, which is no fault.
    fn complete(&mut self, seq: u64, complete: impl FnOnce(&mut RequestRecord)) {
        if let Some(place) = self.place(seq) {
            self.version += 1;
            self.requests[place].changed = self.version;
            complete(&mut self.requests[place]);
        }
    }
}
