//! What other requests say about the orders of a target, by a live list: asked only when an order
//! may be adopted.

use kube::api::ListParams;

use super::{Context, error::deadline};
use crate::{
    api::RestartRequest,
    cloud::types::{Look, OrderId, Submission},
    protocol::{absorb::Rivals, state::State, target},
};

/// What stands against adopting one of these orders. Nothing was seen: nothing is asked.
pub(super) async fn rivals(
    look: &Look,
    call: &Submission,
    on: &RestartRequest,
    ctx: &Context,
) -> Result<Rivals, kube::Error> {
    if look.candidates.is_empty() {
        return Ok(Rivals::default());
    }
    let others = others(on, ctx).await?;
    let unresolved = others.iter().find(|other| overlaps(other, call, ctx));
    Ok(Rivals {
        recorded: others.iter().filter_map(order_of).collect(),
        unresolved: unresolved.and_then(|other| other.metadata.uid.clone()),
    })
}

/// The request, if any, that has recorded this order as its own.
pub(super) async fn taken_by(
    order: &OrderId,
    on: &RestartRequest,
    ctx: &Context,
) -> Result<Option<String>, kube::Error> {
    let others = others(on, ctx).await?;
    let holder = others
        .into_iter()
        .find(|other| order_of(other).as_ref() == Some(order));
    Ok(holder.and_then(|other| other.metadata.uid))
}

/// All other requests that share a target with this one, as they are stored now, and those that were
/// deleted while this process knew them: a call that was on its way arrives all the same.
async fn others(on: &RestartRequest, ctx: &Context) -> Result<Vec<RestartRequest>, kube::Error> {
    let mine = target::keys(&on.spec.target);
    let shares = |other: &RestartRequest| {
        let keys = target::keys(&other.spec.target);
        other.metadata.uid != on.metadata.uid && keys.iter().any(|key| mine.contains(key))
    };
    let mut found: Vec<RestartRequest> = Vec::new();
    for api in ctx.all_views() {
        let mut params = ListParams::default().limit(500);
        loop {
            let page = deadline(api.list(&params)).await?;
            // One that cannot be decoded cannot be followed by this version either, so it has no
            // order of ours.
            let decoded = page.items.into_iter().filter_map(|view| view.object.ok());
            found.extend(decoded.map(|other| *other).filter(shares));
            match page.metadata.continue_ {
                Some(token) if !token.is_empty() => params = params.continue_token(&token),
                _ => break,
            }
        }
    }
    let mut gone = ctx.memory.attempts(shares);
    gone.retain(|known| {
        found
            .iter()
            .all(|other| other.metadata.uid != known.metadata.uid)
    });
    found.append(&mut gone);
    Ok(found)
}

fn order_of(request: &RestartRequest) -> Option<OrderId> {
    let order = request.status.as_ref()?.change_order.as_ref()?.id.clone()?;
    Some(OrderId(order))
}

/// The other request looks for an order too, and its call may have been executed in the same
/// window as ours.
fn overlaps(other: &RestartRequest, call: &Submission, ctx: &Context) -> bool {
    let window = |from: jiff::Timestamp, to: jiff::Timestamp| {
        let margin = ctx.policy.skew;
        let from = from.saturating_sub(margin).unwrap_or(jiff::Timestamp::MIN);
        let to = to
            .saturating_add(margin + ctx.policy.settle)
            .unwrap_or(jiff::Timestamp::MAX);
        (from, to)
    };
    let open = match State::of(other) {
        State::Intent { .. } => true,
        State::Unknown { .. } => order_of(other).is_none(),
        State::Waiting { .. } | State::Submitted { .. } | State::Finished => false,
    };
    let Some(attempt) = other
        .status
        .as_ref()
        .and_then(|status| status.attempt.as_ref())
    else {
        return false;
    };
    let (from, to) = window(attempt.signed_at.0, attempt.not_after.0);
    let (our_from, our_to) = window(call.signed_at, call.not_after);
    open && from <= our_to && our_from <= to
}
