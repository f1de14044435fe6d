//! EDAS `RestartApplication`, which is for ECS clusters only.

use serde_json::{Value, json};

use super::{params, wire};
use crate::Refusal;
use crate::product::{Context, Params};
use crate::world::{ApplicationStatus, ECS_CLUSTER, NewOrder};

/// Restarts the ECCs named in `EccInfo`, or every one, and answers a flat `ChangeOrderId`. The
/// order's targets are always the ECCs.
pub(super) fn restart_application(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let app = params::required(params, "AppId")?;
    let wanted = params::ids(params, "EccInfo")?;
    params::only(params, &["AppId", "EccInfo"])?;
    let targets = targets(context, app, wanted)?;
    // EDAS documents no code for this; what is sure is that one order runs at a time.
    if context.world.running_order(app, context.now).is_some() {
        let message = "Edas.errorcode.ChangeOrderRunning.message";
        return Err(wire::business(message));
    }
    let order = NewOrder::by_api(app, &context.caller.creator).of_type("CoRestartApplication");
    let order = order.for_targets(targets);
    let order = context.world.start_order(order, context.now)?.id.clone();
    context.executed(&order);
    Ok(json!({ "ChangeOrderId": order }))
}

/// The ECCs to restart, all of them of this application.
fn targets(
    context: &Context<'_>,
    app: &str,
    wanted: Option<Vec<&str>>,
) -> Result<Vec<String>, Refusal> {
    let application = context
        .application(app)
        .ok_or_else(|| wire::no_application(app))?;
    if application.cluster_type != ECS_CLUSTER {
        let message = "Edas.errorcode.ClusterTypeNotSupported.message";
        return Err(wire::business(message));
    }
    if application.status != ApplicationStatus::Running {
        return Err(wire::business(
            "Edas.errorcode.ApplicationNotRunning.message",
        ));
    }
    let known = application.instance_ids();
    let targets = match wanted {
        None => known,
        Some(wanted) => {
            if let Some(stranger) = wanted.iter().find(|id| !known.iter().any(|it| it == *id)) {
                let message = format!("Edas.errorcode.EccNotFound.message {stranger}");
                return Err(wire::business(message));
            }
            wanted.into_iter().map(str::to_owned).collect()
        }
    };
    if targets.is_empty() {
        return Err(wire::business("ex.app.deploy.group.empty"));
    }
    Ok(targets)
}
