//! EDAS's envelopes: a flat answer with an integer `Code`, lists inside a second object.

use serde_json::{Map, Value, json};

use crate::Refusal;
use crate::world::World;

/// The answer to a call that was done: the members of the datum beside `Code`, `Message` and
/// `RequestId`.
pub(super) fn success(world: &World, data: &Value) -> Value {
    let mut body = json!({
        "Code": 200,
        "Message": "success",
        "RequestId": world.mint_id().to_uppercase(),
    });
    if let (Value::Object(body), Value::Object(data)) = (&mut body, data) {
        body.extend(data.clone());
    }
    body
}

/// A failure told inside HTTP 200. A `Code` that is no number is written as a text.
pub(super) fn failure(world: &World, code: &str, message: &str) -> Value {
    let code = code
        .parse::<i64>()
        .map_or_else(|_| json!(code), Value::from);
    json!({
        "Code": code,
        "Message": message,
        "RequestId": world.mint_id().to_uppercase(),
    })
}

/// A business error: `Code` 601, whose reason is only in the message. The words of the messages are
/// made up, but for `ex.app.deploy.group.empty`.
pub(super) fn business(message: impl Into<String>) -> Refusal {
    Refusal::new(200, "601", message)
}

/// No such application.
pub(super) fn no_application(id: &str) -> Refusal {
    business(format!("Edas.errorcode.ApplicationNotFound.message {id}"))
}

/// No such order.
pub(super) fn no_order(id: &str) -> Refusal {
    business(format!("Edas.errorcode.ChangeOrderNotFound.message {id}"))
}

/// A list in its wrapper, `{"Name": [...]}`; the wrapper of an empty list is empty.
pub(super) fn wrapped(name: &str, items: impl IntoIterator<Item = Value>) -> Value {
    let items: Vec<Value> = items.into_iter().collect();
    let mut wrapper = Map::new();
    if !items.is_empty() {
        wrapper.insert(name.to_owned(), items.into());
    }
    Value::Object(wrapper)
}
