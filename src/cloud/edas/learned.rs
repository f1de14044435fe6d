//! The type code of a restart order, which is not documented: learned from orders that came in the
//! answer to a call of this very process. In memory alone, and never needed: without it an order is
//! told by everything else.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{orders::listed, wire::OrderItem};
use crate::cloud::types::{EdasApplication, OrderId};

/// What was learned. A restart of named instances may have another type than that of all, so each
/// of the two is learned by itself.
#[derive(Debug, Default)]
pub(super) struct Learned {
    of_all: Mutex<Kind>,
    of_named: Mutex<Kind>,
}

#[derive(Debug, Default)]
struct Kind {
    /// The last order of ours, until a list names its type.
    accepted: Option<OrderId>,
    code: Option<String>,
}

impl Learned {
    /// This order came in the answer to our call.
    pub(super) fn accepted(&self, app: &EdasApplication, order: &OrderId) {
        self.kind(app).accepted = Some(order.clone());
    }

    /// A list may name the type of the last order of ours.
    pub(super) fn look(&self, app: &EdasApplication, list: &[OrderItem]) {
        let mut kind = self.kind(app);
        let found = kind.accepted.as_ref().and_then(|order| listed(list, order));
        if let Some(item) = found.filter(|item| !item.co_type_code.is_empty()) {
            kind.code = Some(item.co_type_code.clone());
            kind.accepted = None;
        }
    }

    /// The type of such a restart, if it was learned.
    pub(super) fn code(&self, app: &EdasApplication) -> Option<String> {
        self.kind(app).code.clone()
    }

    fn kind(&self, app: &EdasApplication) -> MutexGuard<'_, Kind> {
        let kind = if app.ecc_ids.is_empty() {
            &self.of_all
        } else {
            &self.of_named
        };
        // Each change is complete before the lock is given back, even if a panic follows.
        kind.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_learned_from_our_own_order_and_for_its_kind_of_restart_alone() {
        let app = |eccs: &[&str]| EdasApplication {
            region: String::new(),
            app_id: "app-1".into(),
            ecc_ids: eccs.iter().map(|id| (*id).to_owned()).collect(),
        };
        let item = |id: &str, code: &str| OrderItem {
            change_order_id: id.into(),
            co_type_code: code.into(),
            ..OrderItem::default()
        };
        let learned = Learned::default();
        learned.look(&app(&[]), &[item("o-1", "CoDeploy")]);
        assert_eq!(learned.code(&app(&[])), None);
        learned.accepted(&app(&[]), &OrderId("o-2".into()));
        learned.look(&app(&[]), &[item("o-2", ""), item("o-1", "CoDeploy")]);
        assert_eq!(learned.code(&app(&[])), None, "unnamed");
        learned.look(
            &app(&[]),
            &[item("o-3", "CoDeploy"), item("o-2", "CoRestart")],
        );
        assert_eq!(learned.code(&app(&[])).as_deref(), Some("CoRestart"));
        assert_eq!(learned.code(&app(&["e-1"])), None);
    }
}
