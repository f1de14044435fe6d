//! What other requests say about the orders of a target, by a live list: asked only when an order
//! may be adopted.

use jiff::Timestamp;
use kube::{api::ListParams, runtime::reflector::Store};

use super::{Context, error::deadline, members::Claim};
use crate::{
    api::{RestartRequest, TargetState},
    cloud::types::{Look, OrderId, Part, Submission},
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
    let window = (call.signed_at, call.not_after);
    let meets = |other: &RestartRequest| meets(other, window, ctx);
    let seen = |order: &OrderId| look.candidates.iter().any(|found| found.order == *order);
    // Which orders are its members' is what a batch found, not what it knows. While that may be this
    // very call's, it stands against adopting, and does not disprove.
    let guesses = |other: &RestartRequest| is_batch(other) && meets(other);
    let unresolved = others.iter().find(|other| {
        meets(other) && is_open(other) || guesses(other) && orders_of(other).any(|o| seen(&o))
    });
    Ok(Rivals {
        recorded: others
            .iter()
            .filter(|other| !guesses(other))
            .flat_map(orders_of)
            .collect(),
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
        .find(|other| certain_orders_of(other).any(|recorded| recorded == *order));
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

/// The orders that other requests of the target have recorded, by the caches.
pub(super) fn recorded_in_caches(on: &RestartRequest, ctx: &Context) -> Vec<OrderId> {
    let views = ctx.stores.iter().flat_map(Store::state);
    views
        .flat_map(|view| {
            let other = view.object.as_deref().ok().filter(|o| is_other(o, on));
            other.into_iter().flat_map(orders_of).collect::<Vec<_>>()
        })
        .collect()
}

fn is_other(other: &RestartRequest, on: &RestartRequest) -> bool {
    other.metadata.uid != on.metadata.uid && target::share(&other.spec.target, &on.spec.target)
}

/// What another request says about the order of a member of this batch.
pub(super) fn claim(
    other: &RestartRequest,
    part: &Part,
    on: &RestartRequest,
    ctx: &Context,
) -> Option<Claim> {
    let order = part.order.as_ref()?;
    if !target::names_sae(&other.spec.target, &part.id) {
        return None;
    }
    let recorded = orders_of(other).any(|recorded| recorded == *order);
    if recorded && !is_batch(other) {
        return Some(Claim::Its);
    }
    let attempt = on.status.as_ref()?.attempt.as_ref()?;
    let meets = meets(other, (attempt.signed_at.0, attempt.not_after.0), ctx);
    // A batch that has an order of this very member does not look for another one.
    let looks = is_open(other) && (!is_batch(other) || lacks_order_of(other, &part.id));
    (recorded || meets && looks).then_some(Claim::Open)
}

/// All other requests that share a target with this one, as they are stored now, and those that were
/// deleted while this process knew them: a call that was on its way arrives all the same.
pub(super) async fn others(
    on: &RestartRequest,
    ctx: &Context,
) -> Result<Vec<RestartRequest>, kube::Error> {
    let mut found: Vec<RestartRequest> = Vec::new();
    for api in ctx.all_views() {
        let mut params = ListParams::default().limit(500);
        loop {
            let page = deadline(api.list(&params)).await?;
            // One that cannot be decoded cannot be followed by this version either, so it has no
            // order of ours.
            let decoded = page.items.into_iter().filter_map(|view| view.object.ok());
            found.extend(
                decoded
                    .map(|other| *other)
                    .filter(|other| is_other(other, on)),
            );
            match page.metadata.continue_ {
                Some(token) if !token.is_empty() => params = params.continue_token(&token),
                _ => break,
            }
        }
    }
    let mut gone = ctx.memory.attempts(|other| is_other(other, on));
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

/// The same without those that a batch was left in doubt about.
fn certain_orders_of(request: &RestartRequest) -> impl Iterator<Item = OrderId> {
    let doubted: Vec<&String> = request
        .status
        .iter()
        .flat_map(|status| &status.targets)
        .filter(|part| part.state == TargetState::Unconfirmed)
        .filter_map(|part| part.order_id.as_ref())
        .collect();
    orders_of(request).filter(move |order| !doubted.contains(&&order.0))
}

const fn is_batch(request: &RestartRequest) -> bool {
    request.spec.target.sae_applications.is_some()
}

/// The request looks for an order, or for one of a member.
fn is_open(request: &RestartRequest) -> bool {
    match State::of(request) {
        State::Intent { .. }
        | State::Unknown {
            has_order: false, ..
        } => true,
        State::Unknown { .. } | State::Submitted { .. } | State::Finished => {
            lacks_an_order(request)
        }
        State::Waiting { .. } => false,
    }
}

/// A batch whose call was accepted, with a member whose order is not recorded yet: an order of that
/// application may be the member's.
fn lacks_an_order(request: &RestartRequest) -> bool {
    let batch = request.spec.target.sae_applications.as_ref();
    let accepted = request
        .status
        .as_ref()
        .is_some_and(|status| status.change_order.is_some());
    let members = batch.into_iter().flat_map(|batch| &batch.app_ids);
    accepted && members.into_iter().any(|id| lacks_order_of(request, id))
}

/// The batch has recorded no order of this member.
fn lacks_order_of(request: &RestartRequest, member: &str) -> bool {
    let parts = request.status.iter().flat_map(|status| &status.targets);
    !parts
        .into_iter()
        .any(|part| part.id == member && part.order_id.is_some())
}

/// The call of another request may have been executed in the same window as one that was signed and
/// ends at these times.
fn meets(other: &RestartRequest, ours: (Timestamp, Timestamp), ctx: &Context) -> bool {
    let window = |(from, to): (Timestamp, Timestamp)| {
        let margin = ctx.policy.skew;
        let from = from.saturating_sub(margin).unwrap_or(Timestamp::MIN);
        let to = to.saturating_add(margin + ctx.policy.settle);
        (from, to.unwrap_or(Timestamp::MAX))
    };
    let attempt = other.status.as_ref().and_then(|s| s.attempt.as_ref());
    attempt.is_some_and(|attempt| {
        let (from, to) = window((attempt.signed_at.0, attempt.not_after.0));
        let (our_from, our_to) = window(ours);
        from <= our_to && our_from <= to
    })
}
