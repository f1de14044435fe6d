//! Control of namespaces and of the parent orders of their batches.

use super::Control;
use crate::world::{Namespace, OrderSnapshot};

/// Namespaces.
impl Control {
    /// Creates a namespace, or replaces its description and keeps its orders.
    pub fn put_namespace(&self, namespace: Namespace) {
        self.state
            .with(|parts, _| parts.world.put_namespace(namespace));
    }

    /// Forgets a namespace and its list of parent orders; `None` if it was neither put nor
    /// restarted.
    pub fn remove_namespace(&self, id: &str) -> Option<Namespace> {
        self.state.with(|parts, _| parts.world.remove_namespace(id))
    }

    /// The namespaces that were put or had a batch restart, by id.
    pub fn namespaces(&self) -> Vec<Namespace> {
        self.state
            .with(|parts, _| parts.world.namespaces().cloned().collect())
    }

    /// The parent orders of a namespace as they stand now, newest first.
    pub fn orders_of_namespace(&self, id: &str) -> Vec<OrderSnapshot> {
        self.state.with(|parts, now| {
            let orders = parts.world.orders_of_namespace(id);
            orders.map(|order| order.snapshot(now)).collect()
        })
    }
}
