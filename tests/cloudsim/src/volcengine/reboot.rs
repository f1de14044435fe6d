//! ECS `RebootInstances`.

use serde_json::{Value, json};

use super::call::Context;
use super::errors::refusal;
use super::fleet::{RUNNING, later};
use super::tokens::{Entry, Question};
use super::{params, wire};
use crate::Refusal;
use crate::product::Params;

/// Most instances of one call.
const MOST: usize = 100;

/// Reboots each instance that can be rebooted, and answers `OperationDetails` with one element for
/// each id asked for, in the same order. HTTP 200 even if every one was refused.
pub(super) fn reboot_instances(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    params::only(params, &["InstanceIds.N", "ForceStop", "ClientToken"])?;
    let question = Question {
        ids: ids(params)?,
        force_stop: params::boolean(params, "ForceStop")?,
    };
    let Some(token) = token(params)? else {
        return Ok(execute(context, &question, None).0);
    };
    let key = (context.region().to_owned(), token.to_owned());
    let ledger = &*context.ledger;
    let is_open = |seq| {
        ledger
            .request(seq)
            .is_some_and(|first| first.verdict.is_none())
    };
    let tokens = &context.cloud.tokens;
    if let Some(first) = tokens.recall(&key, &question, context.now, is_open)? {
        return Ok(first);
    }
    let (result, accepted) = execute(context, &question, Some(token));
    if accepted > 0 || context.cloud.switches.replay_rejections {
        remember(context, key, question, result.clone());
    }
    Ok(result)
}

fn ids(params: &Params) -> Result<Vec<String>, Refusal> {
    let ids = params::list(params, "InstanceIds")?;
    if ids.is_empty() || ids.len() > MOST {
        let message = format!("InstanceIds has {} values, not 1 to {MOST}.", ids.len());
        return Err(refusal("InvalidCount.Malformed", message));
    }
    Ok(ids)
}

/// 1 to 64 characters of ASCII.
fn token(params: &Params) -> Result<Option<&str>, Refusal> {
    let Some(token) = params.get("ClientToken") else {
        return Ok(None);
    };
    if token.is_empty() || token.len() > 64 || !token.is_ascii() {
        let message = "ClientToken is not 1 to 64 characters of ASCII.";
        return Err(refusal("InvalidClientToken.Malformed", message));
    }
    Ok(Some(token))
}

/// The `Result` and how many instances were rebooted.
fn execute(context: &mut Context<'_>, question: &Question, token: Option<&str>) -> (Value, usize) {
    let mut accepted = 0;
    let mut details = Vec::new();
    for id in &question.ids {
        let obstacle = obstacle(context, id);
        if obstacle.is_none() {
            accepted += 1;
            reboot(context, id, token);
        }
        details.push(wire::operation(id, obstacle));
    }
    (json!({ "OperationDetails": details }), accepted)
}

/// Code and message of the reason for which an instance is not rebooted. An id that is repeated
/// meets the instance as the first one left it.
fn obstacle(context: &Context<'_>, id: &str) -> Option<(String, String)> {
    let because = |code: &str, message: String| Some((code.to_owned(), message));
    if id.is_empty() {
        return because("MissingParameter.InstanceId", "An id is empty.".to_owned());
    }
    let fleet = &context.cloud.fleet;
    let Some(resident) = fleet.visible(id, context.region(), context.now) else {
        return because(
            "InvalidInstance.NotFound",
            format!("There is no instance {id}."),
        );
    };
    if let Some(code) = &resident.instance.refuse_with {
        return because(code, format!("The instance {id} is not rebooted."));
    }
    let status = resident.status(context.now);
    if status == RUNNING {
        return None;
    }
    let message = format!("The instance {id} is {status}.");
    because("InvalidInstanceStatus", message)
}

fn reboot(context: &mut Context<'_>, id: &str, token: Option<&str>) {
    let event = context.ids.mint_id();
    context.cloud.fleet.reboot(id, event.clone(), context.now);
    context.executed(id, &event, token);
}

fn remember(context: &mut Context<'_>, key: (String, String), question: Question, result: Value) {
    let entry = Entry {
        question,
        result,
        request: context.request,
        until: later(context.now, context.cloud.switches.token_life_ms),
    };
    context.cloud.tokens.remember(key, entry, context.now);
}
