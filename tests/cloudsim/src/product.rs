//! What a product is to the rest of the simulator: a name, a version and a table of calls.
//!
//! A further product behind the Alibaba gateway is a folder with such a table, named in
//! [`PRODUCTS`].

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::gateway::Caller;
use crate::ledger::{Ledger, RestartRecord};
use crate::world::{Order, World};
use crate::{Incoming, Refusal, sae};

/// The products behind the Alibaba gateway.
const PRODUCTS: [&Product; 1] = [&sae::PRODUCT];

/// Decoded query parameters by name.
pub(crate) type Params = BTreeMap<String, String>;

/// A product of the cloud.
#[derive(Debug)]
pub(crate) struct Product {
    /// What `x-acs-version` must say.
    pub(crate) version: &'static str,
    pub(crate) calls: &'static [Call],
    /// Writes the answer to a call that was done.
    pub(crate) success: fn(&World, &Value) -> Value,
    /// Writes a failure inside HTTP 200: code and message.
    pub(crate) failure: fn(&World, &str, &str) -> Value,
}

/// One call of a product.
#[derive(Debug)]
pub(crate) struct Call {
    /// What `x-acs-action` must say.
    pub(crate) action: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// Does it, and gives the product's datum.
    pub(crate) run: fn(&mut Context<'_>, &Params) -> Result<Value, Refusal>,
}

/// The call a path belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    pub(crate) product: &'static Product,
    pub(crate) call: &'static Call,
}

impl Route {
    /// The call of this path, whatever the method. The letter case of a path counts.
    pub(crate) fn find(path: &str) -> Option<Self> {
        PRODUCTS.into_iter().find_map(|product| {
            let call = product.calls.iter().find(|call| call.path == path)?;
            Some(Self { product, call })
        })
    }

    /// The call of this path and method, or the gateway's refusal.
    pub(crate) fn resolve(request: &Incoming) -> Result<Self, Refusal> {
        let route = Self::find(&request.path).ok_or_else(|| {
            let message = format!("Specified api is not found: {}.", request.path);
            Refusal::new(404, "InvalidApi.NotFound", message)
        })?;
        if route.call.method != request.method {
            let message = format!("The method {} is not supported.", request.method);
            return Err(Refusal::bad_request("UnsupportedHTTPMethod", message));
        }
        Ok(route)
    }
}

/// What a call may use while it is done.
pub(crate) struct Context<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) caller: &'a Caller,
    pub(crate) now: Timestamp,
    /// Orders younger than this are hidden from reads.
    pub(crate) lag: Duration,
    pub(crate) ledger: &'a mut Ledger,
    pub(crate) request: u64,
    pub(crate) nonce: Option<String>,
    /// Date of the signature, as sent.
    pub(crate) signed_at: Option<String>,
}

impl Context<'_> {
    /// Whether a read shows the order, given the lag of reads.
    pub(crate) fn shows(&self, order: &Order) -> bool {
        let lag = SignedDuration::try_from(self.lag).unwrap_or(SignedDuration::MAX);
        self.lag.is_zero() || self.now.duration_since(order.created) >= lag
    }

    /// Writes a restart that was executed into the ledger, in the same instant.
    pub(crate) fn executed(&mut self, app: &str, order: &str) {
        self.ledger.execute(RestartRecord {
            seq: 0,
            request: self.request,
            at: self.now,
            app: app.to_owned(),
            order: order.to_owned(),
            nonce: self.nonce.clone(),
            client_token: None,
            signed_at: self.signed_at.clone(),
            access_key_id: self.caller.access_key_id.clone(),
            creator: self.caller.creator.clone(),
        });
    }
}
