//! What is fuzzed: functions that take any bytes and say what must hold, whatever the bytes are.
//!
//! The same code is run by the fuzzer (`engine`) and, over the inputs of `corpus`, by an ordinary test.
//! An input is text: a first byte for the HTTP status where there is one, then the body.

#[path = "edas.rs"]
mod edas;
#[path = "query.rs"]
mod query;
#[path = "sae.rs"]
mod sae;
#[path = "status.rs"]
mod status;
#[path = "text.rs"]
mod text;
#[path = "volcengine.rs"]
mod volcengine;

use http::HeaderMap;
use restart_operator::cloud::{
    error::{CloudError, Delivery, Retry},
    exchange::Reply,
    text::{MESSAGE_BYTES, NAME_BYTES},
    types::{Answer, AttemptId, OrderReport, Submission},
};

/// A function that takes any bytes, and panics when something does not hold.
type Target = fn(&[u8]);

/// Every target by its name, which is also that of its folder in `corpus`.
pub(crate) const ALL: &[(&str, Target)] = &[
    ("sae", sae::answers),
    ("edas", edas::answers),
    ("volcengine", volcengine::answers),
    ("query", query::canonical),
    ("text", text::endpoints_times_and_cloud_texts),
    ("status", status::stored_requests),
];

/// HTTP statuses, chosen by the first byte.
const STATUSES: [u16; 16] = [
    200, 201, 204, 302, 400, 401, 403, 404, 408, 409, 429, 500, 502, 503, 504, 600,
];

/// An answer: the first byte chooses the status, the rest is the body.
fn reply(data: &[u8]) -> Option<Reply> {
    let (first, body) = data.split_first()?;
    Some(Reply {
        status: STATUSES[usize::from(*first) % STATUSES.len()],
        headers: HeaderMap::new(),
        body: body.to_vec(),
    })
}

/// A call that was signed at a time at which the orders of the corpus were made.
fn call() -> Submission {
    let signed_at = jiff::Timestamp::from_second(1_763_794_800).unwrap_or_default();
    Submission {
        attempt: AttemptId("ab".repeat(16)),
        number: 1,
        owned: 0,
        signed_at,
        not_after: signed_at + jiff::SignedDuration::from_secs(900),
        target_hash: "ab".repeat(32),
        nonce: "nonce-1".into(),
        credential: "0123456789abcdef".into(),
        baseline: vec![],
    }
}

/// The three classes of an answer to a restart call; `is_listed` says whether the product's tables
/// have a code as a definite rejection.
fn check_restart(reply: &Reply, answer: &Answer, is_listed: impl Fn(&str) -> bool) {
    match answer {
        Answer::Accepted(accepted) => {
            assert!((200..300).contains(&reply.status), "accepted by an error");
            check_name(&accepted.order.0);
            assert!(!accepted.order.0.is_empty(), "accepted without an order");
        }
        Answer::Rejected(error) => {
            check_error(error);
            assert_eq!(error.delivery, Delivery::Refused);
            let status = reply.status;
            assert!((200..300).contains(&status) || (400..500).contains(&status));
            let code = error.code.as_deref().expect("rejected without a code");
            // A longer one was cut after it had been looked up.
            let whole = code.len() < NAME_BYTES;
            assert!(!whole || is_listed(code), "{code} proves nothing");
        }
        Answer::Ambiguous(error) => {
            check_error(error);
            assert_eq!(error.delivery, Delivery::Unknown);
        }
    }
}

/// An error is fit to be shown.
fn check_error(error: &CloudError) {
    check_text(&error.message, MESSAGE_BYTES);
    error.code.as_deref().into_iter().for_each(check_name);
    error.request_id.as_deref().into_iter().for_each(check_name);
    let _: Retry = error.retry;
}

fn check_name(text: &str) {
    check_text(text, NAME_BYTES);
}

fn check_text(text: &str, most: usize) {
    assert!(text.len() <= most, "{} bytes", text.len());
    assert!(!text.chars().any(char::is_control), "{text:?}");
}

/// Counts of a report fit together.
fn check_report(report: &OrderReport) {
    assert!(report.succeeded >= 0 && report.failed >= 0);
    assert!(report.succeeded + report.failed <= report.total.max(0));
    check_text(&report.message, 4 * MESSAGE_BYTES);
}
