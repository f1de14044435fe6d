//! Which requests a fault meets.
//!
//! A rule is data; counting is done by the book.

use serde::{Deserialize, Serialize};

use super::Fault;

/// Number by which a rule can be removed.
pub type FaultId = u64;

/// A fault and the requests it meets. A request has to match `action` and `app`; of the matching
/// ones the first `skip` pass and the next `times` meet the fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Action, for example `RestartApplication`; `None` matches every request.
    #[serde(default)]
    pub action: Option<String>,
    /// Product, `sae`, `edas` or `volcengine`; some actions have the same name.
    #[serde(default)]
    pub product: Option<String>,
    /// Application id named by the request, directly or through an order id, alone or among others;
    /// in Volcengine an instance id.
    #[serde(default)]
    pub app: Option<String>,
    /// Matching requests that pass first.
    #[serde(default)]
    pub skip: u64,
    /// Matching requests that meet the fault after that; `None` means all of them.
    #[serde(default = "once")]
    pub times: Option<u64>,
    /// What is done to them.
    pub fault: Fault,
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "the type is the field's, absent means no limit"
)]
fn once() -> Option<u64> {
    Some(1)
}

impl FaultRule {
    /// The next request of any action meets the fault, once.
    pub fn new(fault: Fault) -> Self {
        Self {
            action: None,
            product: None,
            app: None,
            skip: 0,
            times: once(),
            fault,
        }
    }

    /// The next request of this action meets the fault, once.
    pub fn on(action: impl Into<String>, fault: Fault) -> Self {
        Self {
            action: Some(action.into()),
            ..Self::new(fault)
        }
    }

    /// Only requests to this product, `sae`, `edas` or `volcengine`.
    #[must_use]
    pub fn product(self, product: impl Into<String>) -> Self {
        Self {
            product: Some(product.into()),
            ..self
        }
    }

    /// Only requests that name this application.
    #[must_use]
    pub fn app(self, app: impl Into<String>) -> Self {
        Self {
            app: Some(app.into()),
            ..self
        }
    }

    /// Begins with the `nth` matching request, counted from 1.
    #[must_use]
    pub fn nth(self, nth: u64) -> Self {
        Self {
            skip: nth.saturating_sub(1),
            ..self
        }
    }

    /// Meets this many matching requests.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self {
            times: Some(times),
            ..self
        }
    }

    /// Meets every matching request until it is removed.
    #[must_use]
    pub fn always(self) -> Self {
        Self {
            times: None,
            ..self
        }
    }
}

/// A rule and what it has met so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultState {
    /// Number of the rule.
    pub id: FaultId,
    /// The rule.
    pub rule: FaultRule,
    /// Requests that matched, skipped ones included.
    pub matched: u64,
    /// Requests that met the fault.
    pub met: u64,
}
