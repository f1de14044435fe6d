//! SAE `RestartApplication`.

use serde_json::{Value, json};

use super::params;
use crate::Refusal;
use crate::product::{Context, Params};
use crate::world::{ApplicationStatus, NewOrder, no_application};

/// Restarts a running application in rolling fashion and answers `Data.ChangeOrderId`.
pub(super) fn restart_application(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let app = check(params)?;
    let application = context
        .world
        .application(app)
        .ok_or_else(|| no_application(app))?;
    if application.status != ApplicationStatus::Running {
        let message = format!("The application {app} is not in a status to be restarted.");
        return Err(Refusal::bad_request("Application.InvalidStatus", message));
    }
    let order = NewOrder::by_api(app, &context.caller.creator).of_type("CoRestartApplication");
    let order = context.world.start_order(order, context.now)?.id.clone();
    context.executed(app, &order);
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
