//! What a simulator is started with.
//!
//! Only data. Applications, faults and keys can also be changed later through the control methods.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::volcengine::VolcengineConfig;
use crate::world::{Application, Namespace, OrderPlan};

/// Id of the access key of [`Config::default`]; not a real key.
pub const DEFAULT_KEY_ID: &str = "cloudsim-key-id";
/// Secret of the access key of [`Config::default`]; not a real secret.
pub const DEFAULT_KEY_SECRET: &str = "cloudsim-key-secret";
/// `CreateUserId` of the orders made with the access key of [`Config::default`].
pub const DEFAULT_CREATOR: &str = "290000000000000001";

/// What a simulator is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address to listen on; port 0 lets the system choose one.
    pub bind: SocketAddr,
    /// Serve HTTPS with a certificate made for this run; `None` serves plain HTTP.
    pub tls: Option<Tls>,
    /// Access keys the gateway knows.
    pub access_keys: Vec<AccessKey>,
    /// Applications that exist from the start.
    pub applications: Vec<Application>,
    /// Namespaces whose batch restarts go other than by default.
    pub namespaces: Vec<Namespace>,
    /// Plan of orders for applications without one of their own.
    pub default_plan: OrderPlan,
    /// How far `x-acs-date` or `X-Date` may be from the simulator's clock, in both directions. Both
    /// clouds allow 15 minutes.
    pub signature_life: Duration,
    /// Whether the gateway refuses a nonce it has seen (`SignatureNonceUsed`). False shows what a
    /// repeating middle box would do without that filter.
    pub nonce_filter: bool,
    /// Calls per access key, product and minute before `Throttling.User`, or
    /// `AccountFlowLimitExceeded` in Volcengine; `None` means no limit.
    pub calls_per_minute: Option<u32>,
    /// The permissions that the keys have, as the clouds' access policies name them
    /// (`sae:RestartApplication`, `edas:ManageApplication`, `ecs:RebootInstances`). A call without its
    /// permission is refused; `None` allows everything.
    pub allowed_actions: Option<BTreeSet<String>>,
    /// Milliseconds by which the simulator's clock is ahead of the real one; negative is behind.
    pub clock_offset_ms: i64,
    /// The Volcengine part of the cloud.
    pub volcengine: VolcengineConfig,
}

impl Default for Config {
    /// Plain HTTP on a free port of 127.0.0.1, one access key, no application, orders of two
    /// seconds, the gateway's documented 15 minutes.
    fn default() -> Self {
        Self {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls: None,
            access_keys: vec![AccessKey::new(
                DEFAULT_KEY_ID,
                DEFAULT_KEY_SECRET,
                DEFAULT_CREATOR,
            )],
            applications: Vec::new(),
            namespaces: Vec::new(),
            default_plan: OrderPlan::default(),
            signature_life: Duration::from_mins(15),
            nonce_filter: true,
            calls_per_minute: None,
            allowed_actions: None,
            clock_offset_ms: 0,
            volcengine: VolcengineConfig::default(),
        }
    }
}

/// The certificate of an HTTPS simulator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// Names and addresses the certificate is valid for. A name other than the one a client
    /// connects to makes a certificate that the client has to refuse.
    pub names: Vec<String>,
}

impl Default for Tls {
    fn default() -> Self {
        Self {
            names: vec!["127.0.0.1".to_owned(), "localhost".to_owned()],
        }
    }
}

/// An access key and the user it belongs to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessKey {
    /// Access key id, sent as `Credential` of the `Authorization` header.
    #[serde(default)]
    pub id: String,
    /// Access key secret, the HMAC key.
    pub secret: String,
    /// User id that orders made with this key carry as `CreateUserId`.
    pub creator: String,
    /// STS token a caller must send as `x-acs-security-token`; `None` for a long-lived key.
    #[serde(default)]
    pub security_token: Option<String>,
    /// When the STS token expires by the simulator's clock; `None` means never.
    #[serde(default)]
    pub expires: Option<Timestamp>,
    /// A disabled key is refused with `InvalidAccessKeyId.Inactive`.
    #[serde(default)]
    pub disabled: bool,
}

impl AccessKey {
    /// A long-lived key.
    pub fn new(
        id: impl Into<String>,
        secret: impl Into<String>,
        creator: impl Into<String>,
    ) -> Self {
        Self {
            id: id.into(),
            secret: secret.into(),
            creator: creator.into(),
            security_token: None,
            expires: None,
            disabled: false,
        }
    }

    /// The same key as a temporary one that goes with an STS token.
    #[must_use]
    pub fn with_token(self, token: impl Into<String>, expires: Option<Timestamp>) -> Self {
        Self {
            security_token: Some(token.into()),
            expires,
            ..self
        }
    }
}

impl std::fmt::Debug for AccessKey {
    /// Leaves out secret and token: a test that prints a key must not teach printing secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessKey")
            .field("id", &self.id)
            .field("creator", &self.creator)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}
