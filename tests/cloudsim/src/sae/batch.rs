//! SAE `BatchRestartApplications`.
//!
//! Whether a busy member makes the real call fail is not documented; here it gets no order.

use serde_json::{Value, json};

use super::params;
use crate::Refusal;
use crate::product::{Context, Params};

/// Restarts several applications of one namespace and answers `Data.ChangeOrderId`, the parent.
pub(super) fn batch_restart_applications(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let id = params::required(params, "NamespaceId")?;
    let members = params::ids(params, "AppIds")?;
    params::only(params, &["NamespaceId", "AppIds"])?;
    let namespace = context
        .world
        .namespace(id)
        .ok_or_else(|| no_namespace(id))?;
    check_members(context, id, &members)?;
    let creator = context.caller.creator.clone();
    let batch = context
        .world
        .start_batch(&namespace, &members, &creator, context.now)?;
    for order in &batch.members {
        context.executed(order);
    }
    Ok(json!({ "ChangeOrderId": batch.parent }))
}

/// Every member must be in the namespace; an id nobody has is in none.
fn check_members(context: &Context<'_>, namespace: &str, members: &[&str]) -> Result<(), Refusal> {
    if context.world.applications_of(namespace).next().is_none() {
        let message = format!("The namespace {namespace} has no applications.");
        return Err(Refusal::bad_request(
            "Mamespace.Have.No.Applications",
            message,
        ));
    }
    let belongs = |app: &str| {
        let application = context.application(app);
        application.is_some_and(|application| application.namespace == namespace)
    };
    match members.iter().find(|app| !belongs(app)) {
        None => Ok(()),
        Some(stranger) => {
            let message = format!("The application {stranger} is not in {namespace}.");
            Err(Refusal::bad_request(
                "Invalid.App.List.Not.Same.Namespace",
                message,
            ))
        }
    }
}

/// SAE `InvalidNamespaceId.NotFound`, HTTP 404.
pub(super) fn no_namespace(id: &str) -> Refusal {
    let message = format!("The namespace {id} does not exist.");
    Refusal::new(404, "InvalidNamespaceId.NotFound", message)
}
