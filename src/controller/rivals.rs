//! What other requests say about the orders of a target, by a live list: asked only when an order
//! may be adopted.

use kube::{api::ListParams, runtime::reflector::Store};

use super::{Context, act::local, error::deadline, view::View};
use crate::{
    api::RestartRequest,
    cloud::{
        error::{CloudError, Kind},
        types::{Look, OrderId, Submission},
    },
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

/// Whether any request that the cache shows has recorded this order. A cache that is behind only
/// costs a look.
pub(super) fn is_recorded(order: &OrderId, stores: &[Store<View>]) -> bool {
    let views = stores.iter().flat_map(Store::state);
    views
        .filter_map(|view| view.object.as_deref().ok().and_then(order_of))
        .any(|recorded| recorded == *order)
}

/// Without the list of requests nothing may be adopted, and it is tried again.
#[expect(clippy::needless_pass_by_value, reason = "the form that map_err calls")]
pub(super) fn unlisted(error: kube::Error) -> CloudError {
    tracing::warn!(
        error = &error as &dyn std::error::Error,
        "requests could not be listed"
    );
    let text = "other requests could not be listed".to_owned();
    local("rivals", Kind::Transient, text)
}

/// All other requests that share a target with this one, as they are stored now.
async fn others(on: &RestartRequest, ctx: &Context) -> Result<Vec<RestartRequest>, kube::Error> {
    let mine = target::keys(&on.spec.target);
    let mut found = Vec::new();
    for api in ctx.all_views() {
        let mut params = ListParams::default().limit(500);
        loop {
            let page = deadline(api.list(&params)).await?;
            // One that cannot be decoded cannot be followed by this version either, so it has no
            // order of ours.
            let decoded = page.items.into_iter().filter_map(|view| view.object.ok());
            found.extend(decoded.map(|other| *other).filter(|other| {
                other.metadata.uid != on.metadata.uid
                    && target::keys(&other.spec.target)
                        .iter()
                        .any(|key| mine.contains(key))
            }));
            match page.metadata.continue_ {
                Some(token) if !token.is_empty() => params = params.continue_token(&token),
                _ => break,
            }
        }
    }
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
