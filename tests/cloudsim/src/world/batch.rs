//! Namespaces and their batch restarts: one parent order and one ordinary order per member.

use jiff::Timestamp;

use super::plan::{RUNNING, SUCCEEDED};
use super::{ApplicationStatus, Namespace, NewOrder, Order, OrderPlan, World, is_final};
use crate::Refusal;

/// Order status 3.
const FAILED: i64 = 3;

/// A namespace with its parent orders.
#[derive(Debug, Default)]
pub(super) struct NamespaceResident {
    namespace: Namespace,
    /// Ids of its orders, oldest first.
    orders: Vec<String>,
}

/// What a batch restart made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Id of the parent order.
    pub parent: String,
    /// Ids of the members' own orders.
    pub members: Vec<String>,
}

/// Namespaces.
impl World {
    /// Creates the namespace, or replaces its description and keeps its orders.
    pub fn put_namespace(&mut self, namespace: Namespace) {
        let id = namespace.id.clone();
        self.namespaces.entry(id).or_default().namespace = namespace;
    }

    /// Forgets what was put; the namespace goes on with the defaults if an application is in it.
    pub fn remove_namespace(&mut self, id: &str) -> Option<Namespace> {
        let resident = self.namespaces.remove(id)?;
        Some(resident.namespace)
    }

    /// The namespaces that were put or had a batch restart, by id.
    pub fn namespaces(&self) -> impl Iterator<Item = &Namespace> {
        self.namespaces.values().map(|resident| &resident.namespace)
    }

    /// The namespace of this id, put or implied by an application in it.
    pub fn namespace(&self, id: &str) -> Option<Namespace> {
        let put = self.namespaces.get(id).map(|it| it.namespace.clone());
        let implied = || {
            let mut members = self.applications_of(id);
            members.next().map(|_| Namespace::new(id))
        };
        put.or_else(implied)
    }

    /// Parent orders of a namespace, newest first.
    pub fn orders_of_namespace(&self, id: &str) -> impl DoubleEndedIterator<Item = &Order> {
        let ids = self.namespaces.get(id).map_or(&[][..], |it| &it.orders);
        ids.iter().rev().filter_map(|id| self.orders.get(id))
    }
}

/// Batch restarts.
impl World {
    /// Starts a parent order for these applications and an order for each of them. A member that is
    /// busy or does not run gets none, since nothing documented refuses the batch for it.
    pub fn start_batch(
        &mut self,
        namespace: &Namespace,
        members: &[&str],
        creator: &str,
        now: Timestamp,
    ) -> Result<Batch, Refusal> {
        let parent = self.ids.next();
        let mut started = Vec::new();
        for app in members {
            if !self.takes_part(namespace, app, now) {
                continue;
            }
            let order = NewOrder {
                parent: Some(parent.clone()),
                delay_ms: namespace.late_ms.get(*app).copied().unwrap_or(0),
                ..NewOrder::by_api(*app, creator).of_type(&namespace.member_type)
            };
            started.push(self.force_order(order, now)?.id.clone());
        }
        let plan = namespace
            .parent_plan
            .clone()
            .unwrap_or_else(|| self.plan_of_all(&started, now));
        let order = NewOrder::by_api("", creator).of_type(&namespace.parent_type);
        let order = Order::of_namespace(parent.clone(), &namespace.id, order.with_plan(plan), now);
        self.orders.insert(parent.clone(), order);
        let resident = self.namespaces.entry(namespace.id.clone()).or_default();
        resident.namespace = namespace.clone();
        resident.orders.push(parent.clone());
        Ok(Batch {
            parent,
            members: started,
        })
    }

    fn takes_part(&self, namespace: &Namespace, app: &str, now: Timestamp) -> bool {
        let runs = self
            .application(app)
            .is_some_and(|application| application.status == ApplicationStatus::Running);
        runs && !namespace.without_order.contains(app) && self.running_order(app, now).is_none()
    }

    /// The plan of a parent order that ends with the last of its members.
    fn plan_of_all(&self, members: &[String], now: Timestamp) -> OrderPlan {
        let members: Vec<_> = members
            .iter()
            .filter_map(|id| self.orders.get(id))
            .collect();
        let ends = members.iter().map(|order| {
            let delay = order.created.duration_since(now).as_millis();
            u64::try_from(delay)
                .unwrap_or(0)
                .saturating_add(order.plan.duration_ms)
        });
        let all = |wanted: fn(i64) -> bool| members.iter().all(|o| wanted(o.plan.final_status));
        let final_status = if all(|status| status == SUCCEEDED) {
            SUCCEEDED
        } else if all(is_final) {
            FAILED
        } else {
            RUNNING
        };
        OrderPlan {
            duration_ms: ends.max().unwrap_or(0),
            batches: 1,
            final_status,
            ..OrderPlan::default()
        }
    }
}
