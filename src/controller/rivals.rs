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
        recorded: others.iter().flat_map(orders_of).collect(),
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
        .find(|other| orders_of(other).any(|recorded| recorded == *order));
    Ok(holder.and_then(|other| other.metadata.uid))
}

/// The orders that other requests of the target have recorded.
pub(super) async fn recorded_now(
    on: &RestartRequest,
    ctx: &Context,
) -> Result<Vec<OrderId>, kube::Error> {
    let others = others(on, ctx).await?;
    Ok(others.iter().flat_map(orders_of).collect())
}

/// All other requests that share a target with this one, as they are stored now, and those that were
/// deleted while this process knew them: a call that was on its way arrives all the same.
async fn others(on: &RestartRequest, ctx: &Context) -> Result<Vec<RestartRequest>, kube::Error> {
    let shares = |other: &RestartRequest| {
        other.metadata.uid != on.metadata.uid && target::share(&other.spec.target, &on.spec.target)
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

/// The orders that a request has recorded as its own: of the call, and of each part of a batch.
pub(super) fn orders_of(request: &RestartRequest) -> impl Iterator<Item = OrderId> {
    let status = request.status.as_ref();
    let whole = status.and_then(|status| status.change_order.as_ref()?.id.as_ref());
    let parts = status
        .into_iter()
        .flat_map(|status| &status.targets)
        .filter_map(|part| part.order_id.as_ref());
    whole.into_iter().chain(parts).cloned().map(OrderId)
}

/// A batch whose call was accepted, with a member whose order is not recorded yet: an order of that
/// application may be the member's.
fn lacks_an_order(request: &RestartRequest) -> bool {
    let is_batch = request.spec.target.sae_applications.is_some();
    let status = request.status.as_ref();
    status.is_some_and(|status| {
        let all_known = status.targets.iter().all(|part| part.order_id.is_some());
        is_batch && status.change_order.is_some() && (status.targets.is_empty() || !all_known)
    })
}

/// The other request looks for an order too, or for one of a member, and its call may have been
/// executed in the same window as ours.
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
        State::Intent { .. }
        | State::Unknown {
            has_order: false, ..
        } => true,
        State::Unknown { .. } | State::Submitted { .. } | State::Finished => lacks_an_order(other),
        State::Waiting { .. } => false,
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
