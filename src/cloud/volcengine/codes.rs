//! Error codes of ECS, of the gateway before it and of STS, as one table. Pure.
//!
//! The table is closed: only what is listed here says for certain that a reboot was not executed. A
//! code means the same for a whole call and for one instance of it. Sources: the manual's page of
//! `RebootInstances`, its list of common errors, and the code lists of the official SDKs.

use crate::cloud::{
    code::{Row, ambiguous, busy, permanent, retryable},
    error::Kind,
};

/// The instance's state does not allow a reboot. What follows depends on that state.
pub const WRONG_STATE: &str = "InvalidInstanceStatus";

const TARGET: &str = "Check the instance ids and the region of the account.";
const VALUE: &str = "Check the values in the target.";
const LOCKED: &str = "Another operation holds the instance; it is tried again.";
const FLOW: &str =
    "The account is over its call quota; lower callsPerMinute of the account or raise the quota.";
const CLOCK: &str = "Check the clock of the node; the cloud accepts 15 minutes of difference.";
const KEY: &str = "Check the access key in the Secret of the account.";
const TOKEN: &str = "The temporary credential is over or broken; a new one is fetched.";
const PERMISSION: &str = "Grant the ecs action to the identity of the account.";
const ENDPOINT: &str = "Check the region and the endpoint of the account.";
const RESEND: &str = "The same call with the same token is sent again while its signature lives.";

/// What a reboot call, one instance of it or a read can be answered with.
pub const CODES: &[Row] = &[
    // The whole call.
    permanent("InvalidArgument", Kind::Invalid, VALUE),
    permanent("InvalidCount.Malformed", Kind::Invalid, VALUE),
    permanent("InvalidClientToken.Malformed", Kind::Invalid, ""),
    ambiguous("IdempotentProcessing", Kind::Transient, RESEND),
    ambiguous(
        "IdempotentParameterMismatch",
        Kind::Unexpected,
        "A call with this token and other parameters came before: this is a fault of the operator, please report it.",
    ),
    ambiguous("DryRunOperation", Kind::Unexpected, ""),
    // One instance.
    permanent("InvalidInstance.NotFound", Kind::NotFound, TARGET),
    permanent("MissingParameter.InstanceId", Kind::Invalid, VALUE),
    permanent(
        "Insufficient.Balance",
        Kind::Billing,
        "Pay the bill of the cloud account.",
    ),
    permanent(
        "OperationDenied.ResourceCreatedByOtherService",
        Kind::Unsupported,
        "Another product owns the instance; restart it through that product.",
    ),
    busy(
        WRONG_STATE,
        Kind::Busy,
        "The instance is in a state that allows no reboot; a stopped one must be started instead.",
    ),
    busy("OperationDenied.ResourceLocked", Kind::Busy, LOCKED),
    busy(
        "OperationDenied.InstanceIsCreatingImage",
        Kind::Busy,
        "An image is being made of the instance; it is tried again.",
    ),
    // Either.
    busy("FlowLimitExceeded", Kind::Throttled, FLOW),
    busy("AccountFlowLimitExceeded", Kind::Throttled, FLOW),
    ambiguous("InternalError", Kind::Transient, RESEND),
    // The gateway.
    ambiguous("InternalServiceError", Kind::Transient, RESEND),
    ambiguous("InternalServiceTimeout", Kind::Transient, RESEND),
    ambiguous("ServiceUnavailableTemp", Kind::Transient, RESEND),
    ambiguous("FailToConnect", Kind::Transient, RESEND),
    ambiguous("UndefinedError", Kind::Transient, RESEND),
    retryable("InvalidTimestamp", Kind::Transient, CLOCK),
    retryable("InvalidAccessKey", Kind::Unauthenticated, KEY),
    retryable("SignatureDoesNotMatch", Kind::Unauthenticated, KEY),
    retryable("InvalidSecretToken", Kind::Unauthenticated, TOKEN),
    permanent("MissingAuthenticationToken", Kind::Unauthenticated, KEY),
    permanent("MissingSignature", Kind::Unauthenticated, KEY),
    permanent("MissingRequestInfo", Kind::Unauthenticated, KEY),
    permanent("InvalidAuthorization", Kind::Unauthenticated, KEY),
    permanent("InvalidCredential", Kind::Unauthenticated, KEY),
    permanent("LackPolicy", Kind::Forbidden, PERMISSION),
    permanent("LackProjectPolicy", Kind::Forbidden, PERMISSION),
    permanent("AccessDenied", Kind::Forbidden, PERMISSION),
    permanent("MissingParameter", Kind::Invalid, ENDPOINT),
    permanent("ServiceNotFound", Kind::Invalid, ENDPOINT),
    permanent("InvalidActionOrVersion", Kind::Invalid, ENDPOINT),
    permanent("MethodNotAllowed", Kind::Invalid, ENDPOINT),
    // STS.
    retryable("SessionTokenInvalid", Kind::Unauthenticated, TOKEN),
    retryable("AccessKeyIsExpire", Kind::Unauthenticated, TOKEN),
    permanent("AccessKeyNotExist", Kind::Unauthenticated, KEY),
    permanent(
        "InvalidTRN",
        Kind::Forbidden,
        "Check the role of the account.",
    ),
    permanent("AccessDeniedException", Kind::Forbidden, PERMISSION),
];

/// What a code means.
#[must_use]
pub fn lookup(code: &str) -> Option<&'static Row> {
    CODES.iter().find(|row| row.code == code)
}
