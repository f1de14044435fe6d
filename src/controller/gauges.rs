//! The gauges that are read from the caches at each scrape: nothing is counted twice, and nothing
//! has to be kept in step.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use kube::runtime::reflector::Store;
use tokio::sync::watch;

use super::{accounts::Accounts, view::View};
use crate::{
    api::{Phase, RestartRequest},
    cloud::Clock,
    metrics::{ByPhase, ByProduct, ByReady, Snapshot},
    protocol::{state, target},
};

/// However long it takes, nothing is wrong with the operator: these have alerts of their own, or were
/// put aside on purpose.
const fn waits_for_a_person(phase: Phase) -> bool {
    matches!(phase, Phase::Suspended | Phase::Paused | Phase::Unknown)
}

/// Its creation, or the end of its last suspension.
fn begun(request: &RestartRequest) -> Timestamp {
    let status = request.status.as_ref();
    let resumed = status.and_then(|status| status.waiting_since.as_ref());
    resumed.map_or_else(|| state::created(request), |time| time.0)
}

/// What the caches show now.
pub(super) fn source(
    stores: Vec<Store<View>>,
    accounts: Arc<Accounts>,
    clock: Arc<dyn Clock>,
    leading: watch::Receiver<bool>,
) -> impl Fn() -> Snapshot + Send + Sync + 'static {
    move || {
        let mut requests: BTreeMap<(&'static str, &'static str), i64> = BTreeMap::new();
        let mut oldest: BTreeMap<&'static str, f64> = BTreeMap::new();
        let now = clock.wall();
        for view in stores.iter().flat_map(Store::state) {
            let Ok(request) = &view.object else { continue };
            let (product, _) = target::labels(&request.spec.target);
            let status = request.status.clone().unwrap_or_default();
            *requests
                .entry((product, status.phase.as_str()))
                .or_default() += 1;
            if status.completion_time.is_none() && !waits_for_a_person(status.phase) {
                let age = now.duration_since(begun(request)).as_secs_f64();
                let oldest = oldest.entry(product).or_default();
                *oldest = oldest.max(age);
            }
        }
        Snapshot {
            requests: requests
                .into_iter()
                .map(|((product, phase), count)| (ByPhase { product, phase }, count))
                .collect(),
            oldest: oldest
                .into_iter()
                .map(|(product, age)| (ByProduct { product }, age))
                .collect(),
            accounts: accounts
                .counts()
                .into_iter()
                .map(|((kind, ready), count)| (ByReady { kind, ready }, count))
                .collect(),
            leads: *leading.borrow(),
        }
    }
}
