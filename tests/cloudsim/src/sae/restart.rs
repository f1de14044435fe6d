//! SAE `RestartApplication` and `RestartInstances`.

use serde_json::{Value, json};

use super::params;
use crate::Refusal;
use crate::product::{Context, Params};
use crate::world::{Application, ApplicationStatus, NewOrder, no_application};

/// Restarts a running application in rolling fashion and answers `Data.ChangeOrderId`.
pub(super) fn restart_application(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let app = check(params)?;
    running(context, app)?;
    let order = NewOrder::by_api(app, &context.caller.creator).of_type("CoRestartApplication");
    start(context, order)
}

/// Restarts the containers of the named instances and answers `Data.ChangeOrderId`.
pub(super) fn restart_instances(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let app = params::required(params, "AppId")?;
    let wanted = params::ids(params, "InstanceIds")?;
    params::only(params, &["AppId", "InstanceIds"])?;
    let known = running(context, app)?.instance_ids();
    if let Some(stranger) = wanted.iter().find(|id| !known.iter().any(|it| it == *id)) {
        let message = format!("The instance {stranger} does not belong to the application.");
        return Err(params::invalid_because(message));
    }
    let order = NewOrder::by_api(app, &context.caller.creator).of_type("CoRestartInstances");
    start(context, order.for_targets(wanted))
}

/// The application, if it is there and runs.
fn running<'a>(context: &'a Context<'_>, app: &str) -> Result<&'a Application, Refusal> {
    let application = context
        .application(app)
        .ok_or_else(|| no_application(app))?;
    if application.status == ApplicationStatus::Running {
        return Ok(application);
    }
    let message = format!("The application {app} is not in a status to be restarted.");
    Err(Refusal::bad_request("Application.InvalidStatus", message))
}

fn start(context: &mut Context<'_>, order: NewOrder) -> Result<Value, Refusal> {
    let order = context.world.start_order(order, context.now)?.id.clone();
    context.executed(&order);
    Ok(json!({ "ChangeOrderId": order }))
}

/// Checks every parameter before anything is looked up, and gives the application id.
fn check(params: &Params) -> Result<&str, Refusal> {
    let app = params::required(params, "AppId")?;
    params::only(
        params,
        &[
            "AppId",
            "MinReadyInstances",
            "MinReadyInstanceRatio",
            "AutoEnableApplicationScalingRule",
        ],
    )?;
    params::integer(params, "MinReadyInstances", -1..=i64::from(i32::MAX))?;
    params::integer(params, "MinReadyInstanceRatio", -1..=100)?;
    params::boolean(params, "AutoEnableApplicationScalingRule")?;
    Ok(app)
}
