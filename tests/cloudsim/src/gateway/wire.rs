//! The JSON in which the gateway refuses.

use serde_json::{Value, json};

use crate::Refusal;

/// The gateway's error body: `RequestId`, `HostId`, `Code`, `Message`, `Recommend`.
pub(crate) fn error_body(refusal: &Refusal, request_id: &str, host: &str) -> Value {
    json!({
        "RequestId": request_id,
        "HostId": host,
        "Code": refusal.code,
        "Message": refusal.message,
        "Recommend": format!("https://error-center.example/?Code={}", refusal.code),
    })
}
