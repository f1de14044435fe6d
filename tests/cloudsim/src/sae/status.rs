//! SAE `DescribeApplicationStatus`.

use serde_json::Value;

use super::{params, wire};
use crate::Refusal;
use crate::product::{Context, Params};
use crate::world::no_application;

/// Whether the application exists and runs, and its newest order, whoever made it.
pub(super) fn describe_application_status(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let app = params::required(params, "AppId")?;
    params::only(params, &["AppId"])?;
    let application = context
        .application(app)
        .ok_or_else(|| no_application(app))?;
    let created = context
        .world
        .application_created(app)
        .unwrap_or(context.now);
    let last = context
        .world
        .orders_of(app)
        .find(|order| context.shows(order));
    Ok(wire::application_status(
        application,
        created,
        last,
        context.now,
    ))
}
