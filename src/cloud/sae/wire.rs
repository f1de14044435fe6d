//! The JSON of SAE answers. Unknown fields are ignored and nothing is kept that is not needed.
//! Pure.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};

use crate::cloud::alibaba::json::{id, list, number, object, texts, word};

/// The `Data` of an answer; unset when it is absent or no object.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub struct Payload<T> {
    /// Content.
    #[serde(rename = "Data", default = "none", deserialize_with = "object")]
    pub data: Option<T>,
}

/// An answer whose `Data` is a list; unset when it is absent.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub struct ListPayload<T> {
    /// Content.
    #[serde(rename = "Data", default = "none", deserialize_with = "some_list")]
    pub data: Option<Vec<T>>,
}

/// Data of the restart calls.
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
    /// The instances that it is about; only some versions of the API tell.
    #[serde(default, deserialize_with = "texts")]
    pub co_targets: Vec<String>,
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
    /// Milliseconds since 1970 of its last change.
    #[serde(deserialize_with = "number")]
    pub update_time: Option<i64>,
}

/// `ListChangeOrders` and `ListNamespaceChangeOrders`, Data.
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

/// One order of a list.
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
    /// Only in the list of a namespace.
    #[serde(deserialize_with = "id")]
    pub namespace_id: String,
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

/// One group of `DescribeApplicationGroups`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Group {
    /// Its id.
    #[serde(deserialize_with = "id")]
    pub group_id: String,
}

/// `DescribeApplicationInstances`, Data.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InstancePage {
    /// One page.
    #[serde(default, deserialize_with = "list")]
    pub instances: Vec<Instance>,
}

/// One instance.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Instance {
    /// Its id, which is its name.
    #[serde(deserialize_with = "id")]
    pub instance_id: String,
}

/// `ListApplications`, Data.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ApplicationPage {
    /// One page.
    #[serde(default, deserialize_with = "list")]
    pub applications: Vec<ApplicationItem>,
}

/// One application of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ApplicationItem {
    /// Its id.
    #[serde(deserialize_with = "id")]
    pub app_id: String,
    /// The namespace that it lives in.
    #[serde(deserialize_with = "id")]
    pub namespace_id: String,
}

/// `DescribeNamespaceResources`, Data.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NamespaceResources {
    /// The last order of the namespace as a whole; empty when there is none.
    #[serde(default, deserialize_with = "id")]
    pub last_change_order_id: String,
}

fn none<T>() -> Option<T> {
    None
}

fn some_list<'de, D, T>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    list(deserializer).map(Some)
}
