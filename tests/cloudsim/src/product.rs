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
use crate::world::{Application, Order, ProductKind, World};
use crate::{Incoming, Refusal, edas, sae};

/// The products behind the Alibaba gateway.
const PRODUCTS: [&Product; 2] = [&sae::PRODUCT, &edas::PRODUCT];

/// Decoded query parameters by name.
pub(crate) type Params = BTreeMap<String, String>;

/// A product of the cloud.
#[derive(Debug)]
pub(crate) struct Product {
    pub(crate) kind: ProductKind,
    /// What `x-acs-version` must say.
    pub(crate) version: &'static str,
    pub(crate) calls: &'static [Call],
    /// What an access policy calls the permission for a call of this action name.
    pub(crate) permission: fn(&str) -> String,
    /// Writes the answer to a call that was done.
    pub(crate) success: fn(&World, &Value) -> Value,
    /// Writes a failure inside HTTP 200: code and message. A refusal of a call with a status below
    /// 400 is written with it.
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

    /// The permission that the call needs.
    pub(crate) fn permission(&self) -> String {
        (self.product.permission)(self.call.action)
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
    /// The product that was called.
    pub(crate) product: ProductKind,
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
        let old_enough = self.lag.is_zero() || self.now.duration_since(order.created) >= lag;
        order.has_appeared(self.now) && old_enough
    }

    /// The application of this id, if the product called has it.
    pub(crate) fn application(&self, id: &str) -> Option<&Application> {
        self.world.application_in(self.product, id)
    }

    /// The order of this id, if the product called has it and a read shows it.
    pub(crate) fn order(&self, id: &str) -> Option<&Order> {
        let order = self.world.order(id)?;
        (order.product == self.product && self.shows(order)).then_some(order)
    }

    /// Writes a restart that was executed into the ledger, in the same instant. A member of a batch
    /// that appears late is executed when it appears; nothing can stop it before.
    pub(crate) fn executed(&mut self, order: &str) {
        let Some(order) = self.world.order(order) else {
            return;
        };
        self.ledger.execute(RestartRecord {
            seq: 0,
            request: self.request,
            at: order.created,
            app: order.app.clone(),
            order: order.id.clone(),
            nonce: self.nonce.clone(),
            client_token: None,
            signed_at: self.signed_at.clone(),
            access_key_id: self.caller.access_key_id.clone(),
            creator: self.caller.creator.clone(),
            product: order.product.as_str().to_owned(),
            parts: order.restarted_parts(),
            parent: order.parent.clone(),
        });
    }
}
