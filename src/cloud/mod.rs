//! Everything outside Kubernetes: the clouds, their signatures, their words.
//!
//! One folder per product, each with `client` (the only async file), `wire` (serde types) and
//! `classify` (pure tables); what the products of one cloud share lies beside them. Nothing here
//! may know the core's rules, the Kubernetes types or the controller: a provider is told what to
//! do and answers with plain data.

pub mod alibaba;
pub mod code;
pub mod codes;
pub mod credential;
pub mod edas;
pub mod endpoint;
pub mod error;
pub mod exchange;
pub mod hex;
pub mod http;
pub mod observer;
pub mod permit;
pub mod resolver;
pub mod sae;
pub mod text;
pub mod types;
pub mod volcengine;

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use jiff::Timestamp;

use credential::Credential;
use error::CloudError;
use permit::Permit;
use types::{
    Answer, Candidate, Check, Following, Look, OrderId, OrderReport, Product, Submission, Target,
};

/// The clock that a client signs reads with.
pub trait Clock: Send + Sync {
    /// Wall clock: for what is signed and stored.
    fn wall(&self) -> Timestamp;
    /// Time since boot, machine sleep included: for the right to send.
    fn boot(&self) -> Duration;
}

/// Everything a call needs of an account.
#[derive(Clone, Debug)]
pub struct Access {
    /// The credential to sign with.
    pub credential: Arc<Credential>,
    /// `https://host[:port]`, without a trailing slash.
    pub endpoint: String,
    /// The user ids that orders of this credential are known to appear under; empty when none was
    /// learned yet.
    pub creators: Vec<String>,
    /// How calls are signed. Volcengine has one scheme.
    pub signature: Signature,
}

/// The signature schemes of Alibaba Cloud.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signature {
    /// `ACS3-HMAC-SHA256`.
    #[default]
    Acs3,
    /// The older `HMAC-SHA1` of ROA calls.
    Roa,
}

/// One cloud product. Every call is signed, has a deadline and a body cap, follows no redirect and
/// is sent once.
pub trait Provider: Send + Sync {
    /// Preflight: reads only.
    fn check<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
    ) -> BoxFuture<'a, Result<Check, CloudError>>;

    /// The restart call. The permit is used up whatever the answer is.
    fn submit<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        call: &'a Submission,
        permit: Permit,
    ) -> BoxFuture<'a, Answer>;

    /// Looks for the order of a call whose answer is not known.
    fn resolve<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        call: &'a Submission,
    ) -> BoxFuture<'a, Result<Look, CloudError>>;

    /// Restarts of this very target that our identity asked for and that started after `since`, by
    /// the cloud's clock, without those that are `known`; newest first. One list call, and one read
    /// for each order that has to be dated. Empty for a target whose lists prove nothing.
    fn forgotten<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        since: Timestamp,
        known: &'a [OrderId],
    ) -> BoxFuture<'a, Result<Vec<Candidate>, CloudError>>;

    /// Reads one order.
    fn poll<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        following: &'a Following,
    ) -> BoxFuture<'a, Result<OrderReport, CloudError>>;

    /// Asks the cloud to abort an order, with the running orders of its parts. Safe to repeat: it
    /// names orders. Asked only of products that [can](types::Product::can_abort).
    fn abort<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        following: &'a Following,
    ) -> BoxFuture<'a, Result<(), CloudError>>;

    /// The user id that the cloud shows as the creator of one of our orders, if the list has it.
    fn creator<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        order: &'a OrderId,
    ) -> BoxFuture<'a, Result<Option<String>, CloudError>>;
}

/// Product to provider. Filled once in `main`.
pub type Registry = HashMap<Product, Arc<dyn Provider>>;
