//! Error codes of EDAS, as tables. Pure.
//!
//! EDAS has numbers, and for its business error 601 a reason that stands only in the message. The
//! tables are closed: nothing else says for certain that a restart call was not executed. No code
//! is documented for "an order is running".

use crate::cloud::{
    alibaba::gateway,
    code::{Row, ambiguous, permanent},
    error::Kind,
};

const PERMISSION: &str = "Grant edas:ManageApplication and edas:ReadApplication on the application \
                          to the identity of the account.";

/// What the `Code` of an answer says.
pub const CODES: &[Row] = &[
    permanent("401", Kind::Forbidden, PERMISSION),
    permanent("403", Kind::Forbidden, PERMISSION),
    permanent(
        "404",
        Kind::Invalid,
        "Check the region and the endpoint of the account.",
    ),
    ambiguous(
        BUSINESS,
        Kind::Unexpected,
        "EDAS tells the reason only in its message; look at the application in the EDAS console.",
    ),
];

/// What the message of a business error may contain.
pub const REASONS: &[Row] = &[permanent(
    "ex.app.deploy.group.empty",
    Kind::NotRunning,
    "The application has no instances; add instances to its group and deploy it first.",
)];

/// The code of a business error, whose reason is in the message.
const BUSINESS: &str = "601";

/// What a code means, by EDAS's own tables first and then by the gateway's. `parameters` are the
/// names that the call carries.
#[must_use]
pub fn lookup(code: &str, message: &str, parameters: &[&str]) -> Option<&'static Row> {
    let reason = || {
        let mut known = REASONS.iter();
        known.find(|row| code == BUSINESS && message.contains(row.code))
    };
    let own = || CODES.iter().find(|row| row.code == code);
    reason()
        .or_else(own)
        .or_else(|| gateway::lookup(code, parameters))
}
