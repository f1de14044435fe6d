//! The JSON of EDAS answers: flat, with each list in a wrapper object. Unknown fields are ignored
//! and nothing is kept that is not needed. Pure.

use serde::Deserialize;

use crate::cloud::alibaba::json::{id, number, object, texts, word, wrapped};

/// `RestartApplication`.
#[derive(Debug, Deserialize)]
pub struct Opened {
    /// The change order that the call opened.
    #[serde(rename = "ChangeOrderId", default)]
    pub change_order_id: Option<String>,
}

/// `ListApplication`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ApplicationList {
    /// One page.
    #[serde(default, deserialize_with = "wrapped")]
    pub application_list: Vec<ApplicationItem>,
}

/// One application of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ApplicationItem {
    /// Its id.
    #[serde(deserialize_with = "id")]
    pub app_id: String,
    /// 2 for an ECS cluster; 3 and 5 for Kubernetes.
    #[serde(deserialize_with = "number")]
    pub cluster_type: Option<i32>,
}

/// `QueryApplicationStatus`.
#[derive(Debug, Deserialize)]
pub struct StatusAnswer {
    /// Content.
    #[serde(rename = "AppInfo", default, deserialize_with = "object")]
    pub app_info: Option<AppInfo>,
}

/// An application and its instances.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AppInfo {
    /// The application.
    #[serde(deserialize_with = "object")]
    pub application: Option<AppNumbers>,
    /// Its instances.
    #[serde(deserialize_with = "wrapped")]
    pub ecc_list: Vec<Ecc>,
}

/// Numbers of an application.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AppNumbers {
    /// Number of running instances.
    #[serde(deserialize_with = "number")]
    pub running_instance_count: Option<i32>,
}

/// One instance of an application.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Ecc {
    /// Its id.
    #[serde(deserialize_with = "id")]
    pub ecc_id: String,
}

/// `ListRecentChangeOrder`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OrderList {
    /// The newest orders of the application, newest first.
    #[serde(default, deserialize_with = "wrapped")]
    pub change_order_list: Vec<OrderItem>,
}

/// One order of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct OrderItem {
    /// Its id.
    #[serde(deserialize_with = "id")]
    pub change_order_id: String,
    /// Machine code of its type; that of a restart is not documented.
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
    /// `console`, or `pop` for API calls.
    #[serde(deserialize_with = "word")]
    pub source: String,
}

/// `GetChangeOrderInfo`.
#[derive(Debug, Deserialize)]
pub struct OrderAnswer {
    /// `200`, said and not left out.
    #[serde(rename = "Code", default, deserialize_with = "number")]
    pub code: Option<i32>,
    /// Content; the samples begin it with a small letter.
    #[serde(
        rename = "changeOrderInfo",
        alias = "ChangeOrderInfo",
        default,
        deserialize_with = "object"
    )]
    pub order: Option<OrderInfo>,
}

/// One change order. It names neither its application nor a machine code of its type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct OrderInfo {
    /// Its id.
    #[serde(deserialize_with = "id")]
    pub change_order_id: String,
    /// Status number.
    #[serde(deserialize_with = "number")]
    pub status: Option<i32>,
    /// Number of batches.
    #[serde(deserialize_with = "number")]
    pub batch_count: Option<i32>,
    /// One per batch.
    #[serde(rename = "PipelineInfoList", deserialize_with = "wrapped")]
    pub pipelines: Vec<Pipeline>,
    /// The instances that it is about, as far as it tells.
    #[serde(deserialize_with = "object")]
    pub targets: Option<Targets>,
}

/// The instances that an order is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Targets {
    /// Their ids.
    #[serde(deserialize_with = "texts")]
    pub items: Vec<String>,
}

/// One batch of a change order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Pipeline {
    /// Status number, same list as the order's.
    #[serde(deserialize_with = "number")]
    pub pipeline_status: Option<i32>,
    /// Text of milliseconds since 1970; absent or 0 before it started.
    #[serde(deserialize_with = "number")]
    pub start_time: Option<i64>,
    /// Its steps, with their tasks.
    #[serde(rename = "StageDetailList", deserialize_with = "wrapped")]
    pub stages: Vec<Stage>,
}

/// One step of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Stage {
    /// Its tasks.
    #[serde(rename = "TaskList", deserialize_with = "wrapped")]
    pub tasks: Vec<Task>,
}

/// One task of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Task {
    /// Text of a status number.
    #[serde(deserialize_with = "number")]
    pub task_status: Option<i32>,
    /// What it says.
    #[serde(deserialize_with = "word")]
    pub task_message: String,
    /// Such as `EDAS-10002`.
    #[serde(deserialize_with = "word")]
    pub task_error_code: String,
    /// The reason; may hold markup.
    #[serde(deserialize_with = "word")]
    pub task_error_message: String,
}
