//! The error codes of the Volcengine gateway and of ECS, with their numbers and HTTP statuses.
//!
//! Where the vendor's pages differ in the status, the one of the gateway's own page is used; a
//! client must branch on the code.

use crate::Refusal;

/// Code, `CodeN` where one is known, HTTP status. `AccountFlowLimitExceeded` has no documented
/// status; 429 is that of its sister.
const CODES: [(&str, Option<u32>, u16); 29] = [
    ("MissingParameter", Some(100_002), 400),
    ("MissingAuthenticationToken", Some(100_003), 401),
    ("MissingRequestInfo", Some(100_004), 400),
    ("MissingSignature", Some(100_005), 401),
    ("InvalidTimestamp", Some(100_006), 400),
    ("ServiceNotFound", Some(100_007), 404),
    ("InvalidActionOrVersion", Some(100_008), 404),
    ("InvalidAccessKey", Some(100_009), 401),
    ("SignatureDoesNotMatch", Some(100_010), 401),
    ("LackPolicy", Some(100_012), 403),
    ("AccessDenied", Some(100_013), 403),
    ("InternalError", Some(100_014), 500),
    ("InternalServiceError", Some(100_014), 502),
    ("InternalServiceTimeout", Some(100_016), 504),
    ("FlowLimitExceeded", Some(100_018), 429),
    ("AccountFlowLimitExceeded", Some(100_027), 429),
    ("ServiceUnavailableTemp", None, 503),
    ("FailToConnect", None, 502),
    ("MethodNotAllowed", None, 405),
    ("InvalidAuthorization", None, 400),
    ("InvalidCredential", None, 400),
    ("InvalidSecretToken", None, 401),
    ("LackProjectPolicy", None, 403),
    ("UndefinedError", None, 500),
    ("InvalidArgument", None, 400),
    ("InvalidCount.Malformed", None, 400),
    ("InvalidClientToken.Malformed", None, 400),
    ("IdempotentParameterMismatch", None, 400),
    ("IdempotentProcessing", None, 412),
];

/// `CodeN` of a code, if it has one.
pub(super) fn number(code: &str) -> Option<u32> {
    row(code).and_then(|(_, number, _)| *number)
}

/// A refusal with the status of its code; 400 for a code that is not in the table.
pub(super) fn refusal(code: &str, message: impl Into<String>) -> Refusal {
    let http = row(code).map_or(400, |(_, _, http)| *http);
    Refusal::new(http, code, message)
}

/// An argument that ECS does not accept.
pub(super) fn invalid_argument(name: &str) -> Refusal {
    refusal(
        "InvalidArgument",
        format!("The argument {name} is not acceptable."),
    )
}

/// Too many requests for one action.
pub(crate) fn throttled(retry_after_ms: Option<u64>) -> Refusal {
    Refusal {
        retry_after_ms,
        ..refusal("FlowLimitExceeded", "The request rate is exceeded.")
    }
}

fn row(code: &str) -> Option<&'static (&'static str, Option<u32>, u16)> {
    CODES.iter().find(|(known, _, _)| *known == code)
}
