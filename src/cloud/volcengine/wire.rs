//! The JSON of ECS answers, read tolerantly: unknown fields are ignored, a list may be `null` or
//! a single object, and `Result` may be anything when a call failed. Pure.
//!
//! Nothing is kept that is not needed, no generic tree is built and lists are bounded, so that a
//! hostile answer costs no more memory than its own bytes.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use crate::cloud::text;

/// Elements that a list of an answer may have. A page has 100.
const LIST_MAX: usize = 1000;

/// What every answer has around its `Result`.
#[derive(Debug, Deserialize)]
pub struct Envelope {
    /// Absent only in the flat answers of a gateway in trouble.
    #[serde(rename = "ResponseMetadata", default)]
    pub metadata: Option<Metadata>,
    /// The text of a flat answer.
    #[serde(rename = "message", default, deserialize_with = "word")]
    pub flat_message: String,
}

/// About the call itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Metadata {
    /// What support asks for.
    #[serde(default, deserialize_with = "id")]
    pub request_id: String,
    /// Why the call as a whole was refused, whatever the HTTP status is.
    #[serde(default)]
    pub error: Option<ErrorBody>,
}

/// An error of a call, or of one instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ErrorBody {
    /// Empty stands for no error.
    #[serde(deserialize_with = "word")]
    pub code: String,
    /// For people.
    #[serde(deserialize_with = "word")]
    pub message: String,
}

/// The `Result` of an answer; unset when it is absent or `null`.
#[derive(Debug, Deserialize)]
pub struct Payload<T> {
    /// Content.
    #[serde(rename = "Result", default = "none")]
    pub result: Option<T>,
}

/// `RebootInstances`, Result.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RebootResult {
    /// Nothing is promised about order, completeness or repetitions.
    #[serde(default, deserialize_with = "list")]
    pub operation_details: Vec<OperationDetail>,
}

/// What became of one instance in a reboot call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OperationDetail {
    /// Its id.
    #[serde(default, deserialize_with = "id")]
    pub instance_id: String,
    /// Absent, `null` or without a code when it was accepted.
    #[serde(default)]
    pub error: Option<ErrorBody>,
}

/// `DescribeInstances`, Result. Without the list it is no answer: nothing may be concluded from
/// the absence of an instance then.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InstanceList {
    /// One page. An unknown id is left out without an error.
    #[serde(deserialize_with = "list")]
    pub instances: Vec<Instance>,
    /// Empty on the last page.
    #[serde(default, deserialize_with = "word")]
    pub next_token: String,
}

/// One instance. There is no boot time among its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Instance {
    /// Its id.
    #[serde(deserialize_with = "id")]
    pub instance_id: String,
    /// Such as `RUNNING`.
    #[serde(deserialize_with = "id")]
    pub status: String,
    /// Such as `ecs.g2i.large`.
    #[serde(deserialize_with = "id")]
    pub instance_type_id: String,
    /// It has disks of the host itself.
    #[serde(rename = "LocalVolumes", deserialize_with = "is_filled")]
    pub has_local_volumes: bool,
}

/// `DescribeSystemEvents`, Result.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventList {
    /// One page.
    #[serde(deserialize_with = "list")]
    pub system_events: Vec<SystemEvent>,
    /// Empty on the last page.
    #[serde(default, deserialize_with = "word")]
    pub next_token: String,
}

/// One system event of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SystemEvent {
    /// Its id.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// The instance.
    #[serde(deserialize_with = "id")]
    pub resource_id: String,
    /// Such as `RebootInstance`.
    #[serde(rename = "Type", deserialize_with = "id")]
    pub kind: String,
    /// `Executing`, `Succeeded`, `Failed` or another word.
    #[serde(deserialize_with = "id")]
    pub status: String,
    /// RFC 3339, normally with the offset `+08:00`.
    #[serde(deserialize_with = "id")]
    pub created_at: String,
}

fn none<T>() -> Option<T> {
    None
}

// A text; empty when absent or `null`.
fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.unwrap_or_default())
}

// As `word`, cleaned and cut, so that one id has one form wherever it was read.
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(text::clean_to(&word(deserializer)?, text::NAME_BYTES))
}

fn is_filled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(!list::<D, IgnoredAny>(deserializer)?.is_empty())
}

// A list, `null` in place of an empty one, or one object in place of a list of one.
fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_any(List(PhantomData))
}

struct List<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {LIST_MAX} elements")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut found = Vec::new();
        while let Some(element) = seq.next_element()? {
            if found.len() == LIST_MAX {
                return Err(A::Error::invalid_length(LIST_MAX + 1, &self));
            }
            found.push(element);
        }
        Ok(found)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Ok(vec![T::deserialize(MapAccessDeserializer::new(map))?])
    }
    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
}
