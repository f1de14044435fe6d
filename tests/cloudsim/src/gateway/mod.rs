//! The Alibaba Cloud API gateway in front of the products: who may call, and with which signature.
//!
//! `acs3` and `roa` know the two signature schemes, `headers` which headers must be there, `nonces` and `rate`
//! remember earlier calls, `wire` writes refusals. What a call does is the products' business.
//! Another cloud (Volcengine) has a gateway of its own, which shares the keys and the rate.

pub mod acs3;
mod headers;
mod nonces;
mod rate;
pub mod roa;
pub(crate) mod wire;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::config::{AccessKey, Config};
use crate::product::Route;
use crate::{Incoming, Refusal};
use headers::SignedHeaders;
use nonces::NonceBook;
use rate::RateWindow;

/// What the gateway knows and remembers.
#[derive(Debug)]
pub(crate) struct Gateway {
    keys: BTreeMap<String, AccessKey>,
    nonces: NonceBook,
    rate: RateWindow,
    signature_life: SignedDuration,
    nonce_filter: bool,
    calls_per_minute: Option<u32>,
    allowed_actions: Option<BTreeSet<String>>,
}

/// What the gateway of another cloud shares with this one.
impl Gateway {
    pub(crate) fn known_key(&self, id: &str) -> Option<&AccessKey> {
        self.keys.get(id)
    }

    pub(crate) fn signature_life(&self) -> SignedDuration {
        self.signature_life
    }

    /// Whether the keys have this permission.
    pub(crate) fn allows(&self, permission: &str) -> bool {
        let allowed = self.allowed_actions.as_ref();
        allowed.is_none_or(|allowed| allowed.contains(permission))
    }

    /// Counts a call; an error if there are too many in this minute.
    pub(crate) fn count_call(&mut self, id: &str, now: Timestamp) -> Result<(), Refusal> {
        self.rate.count(id, self.calls_per_minute, now)
    }
}

/// Who makes a call that the gateway let through.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) access_key_id: String,
    pub(crate) creator: String,
}

impl Gateway {
    pub(crate) fn new(config: &Config) -> Self {
        let keys = config
            .access_keys
            .iter()
            .map(|key| (key.id.clone(), key.clone()));
        Self {
            keys: keys.collect(),
            nonces: NonceBook::default(),
            rate: RateWindow::default(),
            signature_life: SignedDuration::try_from(config.signature_life)
                .unwrap_or(SignedDuration::MAX),
            nonce_filter: config.nonce_filter,
            calls_per_minute: config.calls_per_minute,
            allowed_actions: config.allowed_actions.clone(),
        }
    }

    pub(crate) fn put_key(&mut self, key: AccessKey) {
        self.keys.insert(key.id.clone(), key);
    }

    pub(crate) fn remove_key(&mut self, id: &str) -> bool {
        self.keys.remove(id).is_some()
    }

    /// Lets a request through or refuses it. The nonce is used up only by a request that is let
    /// through, so that nobody can spoil a nonce without knowing the secret.
    pub(crate) fn admit(
        &mut self,
        request: &Incoming,
        route: &Route,
        now: Timestamp,
    ) -> Result<Caller, Refusal> {
        let headers = SignedHeaders::read(request)?;
        let key = self.key(headers.access_key_id(), now)?;
        headers.check_target(route)?;
        let signed_at = headers.date(now, self.signature_life)?;
        check_token(key, request)?;
        headers.check_signature(request, &key.secret)?;
        self.check_permission(route)?;
        let caller = Caller {
            access_key_id: key.id.clone(),
            creator: key.creator.clone(),
        };
        // Each product has a quota of its own.
        let counted = format!("{} {}", caller.access_key_id, route.product.kind.as_str());
        self.rate.count(&counted, self.calls_per_minute, now)?;
        if self.nonce_filter {
            let until = signed_at
                .saturating_add(self.signature_life)
                .unwrap_or(Timestamp::MAX);
            self.nonces
                .use_up(&caller.access_key_id, headers.nonce, until, now)?;
        }
        Ok(caller)
    }

    fn check_permission(&self, route: &Route) -> Result<(), Refusal> {
        let permission = route.permission();
        if self.allows(&permission) {
            return Ok(());
        }
        let message =
            format!("User not authorized to operate on the specified resource: {permission}.");
        Err(Refusal::new(403, "Forbidden.RAM", message))
    }

    fn key(&self, id: &str, now: Timestamp) -> Result<&AccessKey, Refusal> {
        let key = self.keys.get(id).ok_or_else(|| {
            Refusal::new(
                404,
                "InvalidAccessKeyId.NotFound",
                "Specified access key is not found.",
            )
        })?;
        if key.disabled {
            let message = "The specified access key is disabled.";
            return Err(Refusal::bad_request("InvalidAccessKeyId.Inactive", message));
        }
        if key.expires.is_some_and(|expires| expires <= now) {
            let message = "The specified security token has expired.";
            return Err(Refusal::bad_request(
                "InvalidSecurityToken.Expired",
                message,
            ));
        }
        Ok(key)
    }
}

/// A temporary key needs exactly its token, a long-lived key none.
fn check_token(key: &AccessKey, request: &Incoming) -> Result<(), Refusal> {
    match (
        key.security_token.as_deref(),
        request.header("x-acs-security-token"),
    ) {
        (None, None) => Ok(()),
        (Some(wanted), Some(sent)) if wanted == sent => Ok(()),
        (Some(_), None) => {
            let message = "The x-acs-security-token of the temporary access key is missing.";
            Err(Refusal::bad_request("MissingSecurityToken", message))
        }
        (_, Some(_)) => {
            let message = "The security token does not belong to the access key.";
            Err(Refusal::bad_request(
                "InvalidSecurityToken.MismatchWithAccessKey",
                message,
            ))
        }
    }
}
