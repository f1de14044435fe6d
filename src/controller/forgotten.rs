//! Before an intent: has the target a restart of ours that no request has recorded? Then the status
//! may have been rolled back, and the restart may be the very one that is asked for.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use jiff::SignedDuration;

use super::{
    Context,
    accounts::Ready,
    act::unlisted,
    budget::note_refusal,
    rivals::{orders_of, recorded_now},
};
use crate::{
    api::RestartRequest,
    cloud::{
        Provider,
        types::{Check, OrderId},
    },
    protocol::{absorb::Hindrance, state, target},
};

/// Orders that are remembered beyond the life of the request that recorded them.
const REMEMBERED: usize = 10_000;

/// Which request recorded an order, as far as this process saw it. It outlives the request: one that
/// is deleted does not turn its order into a forgotten one for those that wait behind it.
#[derive(Debug, Default)]
pub(super) struct Records {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    by_order: HashMap<OrderId, String>,
    oldest_first: VecDeque<OrderId>,
}

impl Records {
    /// Keeps the orders of a request as it is stored.
    pub(super) fn note(&self, request: &RestartRequest) {
        let uid = request.metadata.uid.as_deref().unwrap_or_default();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for order in orders_of(request) {
            if seen
                .by_order
                .insert(order.clone(), uid.to_owned())
                .is_none()
            {
                seen.oldest_first.push_back(order);
            }
        }
        while seen.oldest_first.len() > REMEMBERED {
            if let Some(oldest) = seen.oldest_first.pop_front() {
                seen.by_order.remove(&oldest);
            }
        }
    }

    /// The orders that other requests than this one recorded.
    pub(super) fn others(&self, request: &RestartRequest) -> Vec<OrderId> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let others = seen.by_order.iter();
        others
            .filter(|(_, by)| Some(*by) != request.metadata.uid.as_ref())
            .map(|(order, _)| order.clone())
            .collect()
    }

    /// Another request than this one recorded the order. Its own record counts for nothing: it may
    /// have been rolled back since.
    fn is_anothers(&self, order: &OrderId, request: &RestartRequest) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let by = seen.by_order.get(order);
        by.is_some_and(|by| Some(by) != request.metadata.uid.as_ref())
    }
}

/// Lets a request through whose target shows no such order. Nothing is asked while the last order of
/// the target is one that another request has recorded, as it is when all goes well.
pub(super) async fn none(
    check: &Check,
    provider: &dyn Provider,
    ready: &Ready,
    on: &RestartRequest,
    ctx: &Context,
) -> Result<(), Hindrance> {
    let Some(last) = check.baseline.first() else {
        return Ok(());
    };
    let asks =
        !on.spec.dry_run && check.running.is_none() && target::is_resolvable(&on.spec.target);
    if !asks || is_recorded(last, on, ctx) {
        return Ok(());
    }
    // The order's times are by the cloud's clock, the request's creation is by ours; the difference of
    // the two is known to a second.
    let created = state::created(on);
    let since = created
        .saturating_add(check.clock_offset - SignedDuration::from_secs(1))
        .unwrap_or(created);
    let listed = provider
        .forgotten(&ready.access, &ready.target, since, &[])
        .await;
    note_refusal(listed.as_ref().err(), ready, ctx).await;
    let mut orders = listed.map_err(Hindrance::Cloud)?;
    orders.retain(|candidate| !is_recorded(&candidate.order, on, ctx));
    if orders.is_empty() {
        return Ok(());
    }
    let recorded = recorded_now(on, ctx)
        .await
        .map_err(|error| Hindrance::Cloud(unlisted("check", &error)))?;
    orders.retain(|candidate| !recorded.contains(&candidate.order));
    if orders.is_empty() {
        Ok(())
    } else {
        Err(Hindrance::Forgotten(orders))
    }
}

/// Another request has recorded the order, by the cache or by what this process saw.
fn is_recorded(order: &OrderId, on: &RestartRequest, ctx: &Context) -> bool {
    ctx.records.is_anothers(order, on)
        || ctx.stores.iter().any(|store| {
            store
                .find(|view| {
                    view.object.as_deref().is_ok_and(|other| {
                        other.metadata.uid != on.metadata.uid
                            && orders_of(other).any(|recorded| recorded == *order)
                    })
                })
                .is_some()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uid: &str, status: &str) -> RestartRequest {
        let text = format!(
            r#"{{"apiVersion": "restart-operator.dev/v1alpha1", "kind": "RestartRequest",
            "metadata": {{"name": "x", "namespace": "n", "uid": "{uid}"}},
            "spec": {{"accountRef": {{"name": "a"}}, "target": {{}}}}, "status": {status}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    const ORDER: &str = r#"{"observedGeneration": 1, "phase": "Running", "conditions": [],
        "changeOrder": {"id": "o-1", "attribution": "Direct"},
        "targets": [{"id": "app-1", "state": "Running", "orderId": "o-2"}]}"#;

    #[test]
    fn an_order_is_known_as_anothers_and_never_as_ones_own() {
        let records = Records::default();
        let holder = request("one", ORDER);
        records.note(&holder);
        let other = request("two", r#"{"observedGeneration": 1, "phase": "Pending"}"#);
        for order in ["o-1", "o-2"] {
            let order = OrderId(order.into());
            assert!(records.is_anothers(&order, &other));
            assert!(!records.is_anothers(&order, &holder));
        }
        assert!(!records.is_anothers(&OrderId("o-3".into()), &other));
    }
}
