//! Before an intent: has the target a restart of ours that no request has recorded? Then the status
//! may have been rolled back, and the restart may be the very one that is asked for.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use super::{
    Context,
    accounts::Ready,
    act::local,
    budget::note_refusal,
    rivals::{orders_of, recorded_now},
};
use crate::{
    api::RestartRequest,
    cloud::{
        Provider,
        error::Kind,
        types::{Check, OrderId},
    },
    protocol::{absorb::Hindrance, state, target},
    telemetry::Chain,
};

/// Orders that are remembered beyond the life of the request that recorded them.
const REMEMBERED: usize = 10_000;

/// Which request recorded an order, as far as this process saw it. It outlives the request: one that
/// is deleted does not turn its order into a forgotten one for those that wait behind it.
#[derive(Debug, Default)]
pub(super) struct Records {
    seen: Mutex<Seen>,
}

/// The request that recorded an order.
#[derive(Clone, Debug)]
struct Recorder {
    uid: String,
    created: Timestamp,
}

#[derive(Debug, Default)]
struct Seen {
    by_order: HashMap<OrderId, Recorder>,
    oldest_first: VecDeque<OrderId>,
}

impl Records {
    /// Keeps the orders of a request as it is stored.
    pub(super) fn note(&self, request: &RestartRequest) {
        let recorder = Recorder {
            uid: request.metadata.uid.clone().unwrap_or_default(),
            created: state::created(request),
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for order in orders_of(request) {
            if seen
                .by_order
                .insert(order.clone(), recorder.clone())
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

    /// When the request that recorded the order was created, if that is another than this one. Its own
    /// record counts for nothing: it may have been rolled back since.
    fn of_another(&self, order: &OrderId, request: &RestartRequest) -> Option<Timestamp> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let by = seen.by_order.get(order)?;
        (Some(&by.uid) != request.metadata.uid.as_ref()).then_some(by.created)
    }
}

/// Lets a request through whose target shows no such order. Nothing is asked while the last order of
/// the target is one that an older request has recorded, as it is when all goes well: that request was
/// let through by the same look, and it reached back further. The order of a newer request may hide one
/// of ours from before it.
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
    let created = state::created(on);
    if !asks || recorder(last, on, ctx).is_some_and(|older| older <= created) {
        return Ok(());
    }
    // The order's times are by the cloud's clock, the request's creation is by ours; the difference of
    // the two is known to a second.
    let since = created
        .saturating_add(check.clock_offset - SignedDuration::from_secs(1))
        .unwrap_or(created);
    let listed = provider
        .forgotten(&ready.access, &ready.target, since, &[])
        .await;
    note_refusal(listed.as_ref().err(), ready, ctx).await;
    let mut orders = listed.map_err(Hindrance::Cloud)?;
    orders.retain(|candidate| recorder(&candidate.order, on, ctx).is_none());
    if orders.is_empty() {
        return Ok(());
    }
    let recorded = recorded_now(on, ctx).await.map_err(|error| {
        tracing::warn!(error = %Chain(&error), "requests could not be listed");
        let text = "other requests could not be listed".to_owned();
        Hindrance::Cloud(local("check", Kind::Transient, text))
    })?;
    orders.retain(|candidate| !recorded.contains(&candidate.order));
    if orders.is_empty() {
        Ok(())
    } else {
        Err(Hindrance::Forgotten(orders))
    }
}

/// When the other request that has recorded the order was created, by the cache or by what this process
/// saw.
fn recorder(order: &OrderId, on: &RestartRequest, ctx: &Context) -> Option<Timestamp> {
    let cached = || {
        ctx.stores.iter().find_map(|store| {
            let found = store.find(|view| {
                view.object.as_deref().is_ok_and(|other| {
                    other.metadata.uid != on.metadata.uid
                        && orders_of(other).any(|recorded| recorded == *order)
                })
            })?;
            found.object.as_deref().ok().map(state::created)
        })
    };
    ctx.records.of_another(order, on).or_else(cached)
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
            assert!(records.of_another(&order, &other).is_some());
            assert!(records.of_another(&order, &holder).is_none());
        }
        let unknown = OrderId("o-3".into());
        assert!(records.of_another(&unknown, &other).is_none());
    }
}
