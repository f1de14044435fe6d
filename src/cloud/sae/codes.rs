//! Error codes of SAE, as a table. Pure.
//!
//! The table is closed: only what is listed here, or with the gateway, says for certain that a
//! restart call was not executed. Misspelt codes are the cloud's own; the right spelling is
//! accepted beside them, in case it is ever mended.

use crate::cloud::{
    alibaba::gateway,
    code::{Row, ambiguous, busy, permanent, retryable},
    error::Kind,
};

const TARGET: &str = "Check the appId and the region of the account.";
const VALUE: &str = "Check the values in the target.";
const DEPLOY: &str = "Deploy and start the application first.";
const QUOTA: &str = "Raise the quota of the cloud account or free some of it.";
const REGION: &str = "Check the region of the account.";
const PERMISSION: &str = "Grant the SAE action to the identity of the account.";
const UPGRADE: &str = "The platform is being upgraded; it is tried again.";
const STATE: &str = "The application is in an abnormal state; look at it in the SAE console.";
const ORDER: &str = "Another change order of the application is running.";

/// What a restart call can be answered with.
pub const CODES: &[Row] = &[
    permanent("InvalidApplication.NotFound", Kind::NotFound, TARGET),
    permanent("InvalidAppId.NotFound", Kind::NotFound, TARGET),
    permanent(
        "InvalidNamespaceId.NotFound",
        Kind::NotFound,
        "Check the namespaceId.",
    ),
    permanent("InvalidParameter.NotEmpty", Kind::Invalid, VALUE),
    permanent("InvalidParameter.Obviously", Kind::Invalid, VALUE),
    permanent("InvalidParameter.WithMessage", Kind::Invalid, VALUE),
    permanent(
        "Invalid.App.List.Not.Same.Namespace",
        Kind::Mismatch,
        "All applications of one request must be in the named namespace.",
    ),
    permanent(
        "Mamespace.Have.No.Applications",
        Kind::Mismatch,
        "The namespace has no applications.",
    ),
    permanent(
        "Namespace.Have.No.Applications",
        Kind::Mismatch,
        "The namespace has no applications.",
    ),
    permanent("Application.NotDeployYet", Kind::NotRunning, DEPLOY),
    permanent("Application.NoInstanceAvailable", Kind::NotRunning, DEPLOY),
    permanent(
        "user.indebt",
        Kind::Billing,
        "Pay the bill of the cloud account.",
    ),
    permanent("NoComputeResourceQuota.Exceed", Kind::Billing, QUOTA),
    permanent("NoComputeResourceQuota.App.Exceed", Kind::Billing, QUOTA),
    permanent("NoComputeResourceQuota.User.Exceed", Kind::Billing, QUOTA),
    permanent(
        "Associate.Eip.Not.Enough",
        Kind::Billing,
        "Provide more public addresses.",
    ),
    permanent("InvalidServerlessRegion.Unsupported", Kind::Invalid, REGION),
    permanent("NoAvailableCluster.NotFound", Kind::Invalid, REGION),
    permanent("Resouce.no.permission", Kind::Forbidden, PERMISSION),
    permanent("Resource.no.permission", Kind::Forbidden, PERMISSION),
    permanent("AccessDenied", Kind::Forbidden, PERMISSION),
    retryable("System.Upgrading", Kind::Transient, UPGRADE),
    retryable("Application.InvalidStatus", Kind::Transient, STATE),
    busy("Application.ChangerOrderRunning", Kind::Busy, ORDER),
    busy("Application.ChangeOrderRunning", Kind::Busy, ORDER),
    ambiguous("InvalidResponse.Api", Kind::Unexpected, ""),
    ambiguous("App.Package.Version.Exists", Kind::Unexpected, ""),
];

/// What only reads and aborts are answered with. About a restart call they prove nothing.
pub const READ_CODES: &[Row] = &[
    ambiguous("InvalidChangeOrder.NotFound", Kind::NotFound, ""),
    ambiguous("Application.ChangerOrder.Not.Running", Kind::NotRunning, ""),
    ambiguous("Application.ChangeOrder.Not.Running", Kind::NotRunning, ""),
];

/// What a code means, by SAE's own tables first and then by the gateway's. `parameters` are the
/// names that the call carries. The message beside a code changes nothing.
#[must_use]
pub fn lookup(code: &str, _message: &str, parameters: &[&str]) -> Option<&'static Row> {
    CODES
        .iter()
        .chain(READ_CODES)
        .find(|row| row.code == code)
        .or_else(|| gateway::lookup(code, parameters))
}
