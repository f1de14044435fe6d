//! The JSON of SAE answers, read tolerantly: unknown fields are ignored, a number may be a text,
//! a list may be a single object, `Data` may be anything when a call failed. Pure.
//!
//! Nothing is kept that is not needed, no generic tree is built and lists are bounded, so that a
//! hostile answer costs no more memory than its own bytes.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use crate::cloud::text;

/// Elements that a list of an answer may have. A page has 50.
const LIST_MAX: usize = 1000;

/// What every answer has around its `Data`. Errors of the gateway have no `Success`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Envelope {
    /// `200`, another number, or an error code.
    #[serde(rename = "Code", alias = "code", default, deserialize_with = "scalar")]
    pub code: Option<String>,
    /// An error code, or junk beside a success.
    #[serde(rename = "ErrorCode", default, deserialize_with = "scalar")]
    pub error_code: Option<String>,
    /// `success`, an error text, or an error code.
    #[serde(
        rename = "Message",
        alias = "message",
        default,
        deserialize_with = "scalar"
    )]
    pub message: Option<String>,
    /// The call was accepted; it says nothing about the restart.
    #[serde(rename = "Success", default)]
    pub success: Option<bool>,
    /// What support asks for.
    #[serde(
        rename = "RequestId",
        alias = "requestId",
        alias = "requestid",
        default,
        deserialize_with = "scalar"
    )]
    pub request_id: Option<String>,
}

/// The `Data` of an answer; unset when it is absent or no object.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub struct Payload<T> {
    /// Content.
    #[serde(rename = "Data", default = "none", deserialize_with = "object")]
    pub data: Option<T>,
}

/// `RestartApplication` and `AbortChangeOrder`, Data.
#[derive(Debug, Deserialize)]
pub struct OrderRef {
    /// The change order that the call opened or named.
    #[serde(rename = "ChangeOrderId", default)]
    pub change_order_id: Option<String>,
}

/// `DescribeApplicationStatus`, Data.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ApplicationStatus {
    /// `RUNNING`, `STOPPED` or `UNKNOWN`.
    #[serde(default, deserialize_with = "word")]
    pub current_status: String,
    /// Empty when there is none, or when it expired.
    #[serde(default, deserialize_with = "id")]
    pub last_change_order_id: String,
    /// A change order occupies the application.
    #[serde(default)]
    pub last_change_order_running: Option<bool>,
    /// Number of running instances.
    #[serde(default, deserialize_with = "number")]
    pub running_instances: Option<i32>,
}

/// `DescribeChangeOrder`, Data.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ChangeOrder {
    /// Its id.
    #[serde(default, deserialize_with = "id")]
    pub change_order_id: String,
    /// The application it belongs to.
    #[serde(default, deserialize_with = "id")]
    pub app_id: String,
    /// Machine code of its type.
    #[serde(default, deserialize_with = "word")]
    pub co_type_code: String,
    /// Status number.
    #[serde(default, deserialize_with = "number")]
    pub status: Option<i32>,
    /// 0 normal, 1 abnormal.
    #[serde(default, deserialize_with = "number")]
    pub sub_status: Option<i32>,
    /// The word success, or a reason; may hold markup.
    #[serde(default, deserialize_with = "word")]
    pub error_message: String,
    /// Number of batches.
    #[serde(default, deserialize_with = "number")]
    pub batch_count: Option<i32>,
    /// One per batch.
    #[serde(default, deserialize_with = "list")]
    pub pipelines: Vec<Pipeline>,
}

/// One batch of a change order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Pipeline {
    /// Its id.
    #[serde(deserialize_with = "id")]
    pub pipeline_id: String,
    /// Status number, same list as the order's.
    #[serde(deserialize_with = "number")]
    pub status: Option<i32>,
    /// Milliseconds since 1970; unset or 0 before it started.
    #[serde(deserialize_with = "number")]
    pub start_time: Option<i64>,
}

/// `ListChangeOrders`, Data.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OrderList {
    /// One page, newest first.
    #[serde(default, deserialize_with = "list")]
    pub change_order_list: Vec<OrderItem>,
    /// Number of orders in all pages.
    #[serde(default, deserialize_with = "number")]
    pub total_size: Option<i64>,
}

/// One order of `ListChangeOrders`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct OrderItem {
    /// Its id.
    #[serde(deserialize_with = "id")]
    pub change_order_id: String,
    /// Machine code of its type.
    #[serde(deserialize_with = "word")]
    pub co_type_code: String,
    /// Status number.
    #[serde(deserialize_with = "number")]
    pub status: Option<i32>,
    /// Text without a time zone; for people only.
    #[serde(deserialize_with = "word")]
    pub create_time: String,
    /// User id of its creator.
    #[serde(deserialize_with = "id")]
    pub create_user_id: String,
    /// `console`, `pop` for API calls, or another word.
    #[serde(deserialize_with = "word")]
    pub source: String,
}

/// `DescribePipeline`, Data.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PipelineDetail {
    /// Steps of the batch.
    #[serde(default, deserialize_with = "list")]
    pub stage_list: Vec<Stage>,
}

/// One step of a batch.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Stage {
    /// Tasks of the step.
    #[serde(default, deserialize_with = "list")]
    pub task_list: Vec<Task>,
}

/// One task of a step.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Task {
    /// Status number, same list as the order's.
    #[serde(deserialize_with = "number")]
    pub status: Option<i32>,
    /// Such as `EDAS-10022`.
    #[serde(deserialize_with = "word")]
    pub error_code: String,
    /// The reason; may hold markup.
    #[serde(deserialize_with = "word")]
    pub error_message: String,
}

fn none<T>() -> Option<T> {
    None
}

// A text or a number, as trimmed text. Anything else makes the answer unreadable.
fn scalar<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    struct Scalar;
    impl Visitor<'_> for Scalar {
        type Value = Option<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text or a number")
        }
        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(Some(text.trim().to_owned()))
        }
        fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
            Ok(Some(number.to_string()))
        }
        fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
            Ok(Some(number.to_string()))
        }
        fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
            Ok(Some(number.to_string()))
        }
        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }
    deserializer.deserialize_any(Scalar)
}

// As `scalar`, empty when absent.
fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(scalar(deserializer)?.unwrap_or_default())
}

// As `word`, for ids: cleaned and cut, so that one id has one form wherever it was read.
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(text::clean_to(&word(deserializer)?, text::NAME_BYTES))
}

// A number, or a text that holds one. Unset when it is empty, no number, or out of range.
fn number<'de, D, N>(deserializer: D) -> Result<Option<N>, D::Error>
where
    D: Deserializer<'de>,
    N: std::str::FromStr,
{
    Ok(scalar(deserializer)?.and_then(|text| text.parse().ok()))
}

// An object, or nothing if it is something else.
fn object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let mut found = deserializer.deserialize_any(Objects {
        max: 1,
        element: PhantomData,
    })?;
    Ok(found.pop())
}

// A list of objects, or one object in place of a list of one.
fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    deserializer.deserialize_any(Objects {
        max: LIST_MAX,
        element: PhantomData,
    })
}

struct Objects<T> {
    max: usize,
    element: PhantomData<T>,
}

impl<'de, T: DeserializeOwned> Visitor<'de> for Objects<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {} objects", self.max)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Ok(vec![T::deserialize(MapAccessDeserializer::new(map))?])
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut found = Vec::new();
        while let Some(element) = seq.next_element()? {
            if found.len() == self.max {
                return Err(A::Error::invalid_length(self.max + 1, &self));
            }
            found.push(element);
        }
        Ok(found)
    }
    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
}
