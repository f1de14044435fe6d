//! The world: applications, namespaces and their change orders.
//!
//! Everything here is a pure function of its arguments: the time is always handed in, nothing
//! waits, nothing touches the network. A deterministic test may therefore use a [`World`] without a
//! simulator around it. What an API calls a field, and how it spells an error envelope, is not
//! known here.

mod application;
mod batch;
mod ids;
mod namespace;
mod order;
mod plan;
mod product;
mod progress;

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

pub use application::{Application, ApplicationPatch, ApplicationStatus, ECS_CLUSTER};
pub use batch::Batch;
pub use ids::IdMint;
pub use namespace::Namespace;
pub use order::{NewOrder, Order, OrderSnapshot};
pub use plan::{FINAL_STATUSES, OrderPlan, is_final};
pub use product::ProductKind;
pub use progress::{PipelineProgress, Progress};

use crate::Refusal;
use batch::NamespaceResident;

/// Applications and orders of one account in one region.
#[derive(Debug)]
pub struct World {
    applications: BTreeMap<String, Resident>,
    namespaces: BTreeMap<String, NamespaceResident>,
    orders: HashMap<String, Order>,
    ids: IdMint,
    default_plan: OrderPlan,
}

/// An application with its orders.
#[derive(Debug)]
struct Resident {
    application: Application,
    created: Timestamp,
    /// Ids of its orders, oldest first by creation time.
    orders: Vec<String>,
}

impl World {
    /// An empty world. `seed` makes the order ids of two worlds differ.
    pub fn new(seed: u64, default_plan: OrderPlan) -> Self {
        Self {
            applications: BTreeMap::new(),
            namespaces: BTreeMap::new(),
            orders: HashMap::new(),
            ids: IdMint::new(seed),
            default_plan,
        }
    }

    /// A fresh id in the form of a UUID; never the same one twice.
    pub fn mint_id(&self) -> String {
        self.ids.next()
    }

    /// Forgets every application, namespace and order. Ids minted later still differ from all before.
    pub fn clear(&mut self) {
        self.applications.clear();
        self.namespaces.clear();
        self.orders.clear();
    }

    /// Creates the application, or replaces its description and keeps its orders.
    pub fn put_application(&mut self, application: Application, now: Timestamp) {
        if let Some(resident) = self.applications.get_mut(&application.id) {
            resident.application = application;
        } else {
            let id = application.id.clone();
            let resident = Resident {
                application,
                created: now,
                orders: Vec::new(),
            };
            self.applications.insert(id, resident);
        }
    }

    /// Changes the named fields of an application; `None` if there is none of this id.
    pub fn patch_application(&mut self, id: &str, patch: ApplicationPatch) -> Option<&Application> {
        let application = &mut self.applications.get_mut(id)?.application;
        patch.apply(application);
        Some(application)
    }

    /// Forgets an application; its orders stay readable by id.
    pub fn remove_application(&mut self, id: &str) -> Option<Application> {
        self.applications
            .remove(id)
            .map(|resident| resident.application)
    }

    /// The application of this id.
    pub fn application(&self, id: &str) -> Option<&Application> {
        self.applications
            .get(id)
            .map(|resident| &resident.application)
    }

    /// Every application, by id.
    pub fn applications(&self) -> impl Iterator<Item = &Application> {
        self.applications
            .values()
            .map(|resident| &resident.application)
    }

    /// The application of this id, if it belongs to this product.
    pub fn application_in(&self, product: ProductKind, id: &str) -> Option<&Application> {
        self.application(id).filter(|it| it.product == product)
    }

    /// The SAE applications of a namespace, by id.
    pub fn applications_of(&self, namespace: &str) -> impl Iterator<Item = &Application> {
        self.applications()
            .filter(move |it| it.product == ProductKind::Sae && it.namespace == namespace)
    }

    /// When the application was first put.
    pub fn application_created(&self, id: &str) -> Option<Timestamp> {
        self.applications.get(id).map(|resident| resident.created)
    }

    /// The order of this id, whoever made it.
    pub fn order(&self, id: &str) -> Option<&Order> {
        self.orders.get(id)
    }

    /// The order a pipeline belongs to, and the place of the pipeline in it.
    pub fn pipeline(&self, id: &str) -> Option<(&Order, usize)> {
        let (order, place) = id.rsplit_once('-')?;
        let order = self.orders.get(order)?;
        let place = place.parse().ok()?;
        let batches = usize::try_from(order.plan.batches.max(1)).unwrap_or(usize::MAX);
        (place < batches && order.pipeline_id(place) == id).then_some((order, place))
    }

    /// Orders of an application, newest first. Some of them may not have appeared yet.
    pub fn orders_of(&self, app: &str) -> impl DoubleEndedIterator<Item = &Order> {
        let ids = self
            .applications
            .get(app)
            .map_or(&[][..], |resident| &resident.orders);
        ids.iter().rev().filter_map(|id| self.orders.get(id))
    }

    /// The newest order of the application that has appeared and not ended at `now`.
    pub fn running_order(&self, app: &str, now: Timestamp) -> Option<&Order> {
        self.orders_of(app)
            .find(|order| order.has_appeared(now) && order.is_running(now))
    }

    /// Starts an order unless another one runs: an application has one running order at a time
    /// (SAE `Application.ChangerOrderRunning`).
    pub fn start_order(&mut self, new: NewOrder, now: Timestamp) -> Result<&Order, Refusal> {
        if let Some(running) = self.running_order(&new.app, now) {
            let message = format!(
                "The change order {} of the application is running.",
                running.id
            );
            return Err(Refusal::bad_request(
                "Application.ChangerOrderRunning",
                message,
            ));
        }
        self.force_order(new, now)
    }

    /// Starts an order even beside a running one, which the real cloud never does.
    pub fn force_order(&mut self, new: NewOrder, now: Timestamp) -> Result<&Order, Refusal> {
        let default_plan = self.default_plan.clone();
        let id = self.ids.next();
        let resident = self
            .applications
            .get_mut(&new.app)
            .ok_or_else(|| no_application(&new.app))?;
        let fallback = resident.application.plan.clone().unwrap_or(default_plan);
        let product = resident.application.product;
        let order = Order::new(id.clone(), product, new, fallback, now);
        let orders = &self.orders;
        let place = resident.orders.partition_point(|other| {
            orders
                .get(other)
                .is_some_and(|o| o.created <= order.created)
        });
        resident.orders.insert(place, id.clone());
        Ok(self.orders.entry(id).or_insert(order))
    }

    /// Ends a running order now with status 6, as an abort does. The abort of a parent order reaches
    /// its members if the namespace says so.
    pub fn abort_order(&mut self, id: &str, now: Timestamp) -> Result<(), Refusal> {
        let order = self.orders.get_mut(id).ok_or_else(|| no_order(id))?;
        if !order.is_running(now) {
            let message = format!("The change order {id} is not running.");
            return Err(Refusal::bad_request(
                "Application.ChangerOrder.Not.Running",
                message,
            ));
        }
        order.end(now, plan::ABORTED);
        let namespace = order.namespace.clone().and_then(|id| self.namespace(&id));
        if namespace.is_some_and(|namespace| namespace.abort_reaches_members) {
            let members = self.orders.values_mut().filter(|order| {
                order.parent.as_deref() == Some(id)
                    && order.has_appeared(now)
                    && order.is_running(now)
            });
            members.for_each(|order| order.end(now, plan::ABORTED));
        }
        Ok(())
    }

    /// Confirms an order that waits for it (status 8): what is left of it succeeds at once. `false`
    /// if it does not wait.
    pub fn confirm_order(&mut self, id: &str, now: Timestamp) -> bool {
        let waits = self
            .orders
            .get_mut(id)
            .filter(|order| order.progress(now).status == plan::WAITS_FOR_CONFIRMATION);
        waits.map(|order| order.end(now, plan::SUCCEEDED)).is_some()
    }

    /// Gives an order the status `status` from now on; `false` if there is no such order.
    pub fn end_order(&mut self, id: &str, status: i64, now: Timestamp) -> bool {
        self.orders
            .get_mut(id)
            .map(|order| order.end(now, status))
            .is_some()
    }
}

/// SAE `InvalidApplication.NotFound`, HTTP 400.
pub(crate) fn no_application(id: &str) -> Refusal {
    let message = format!("The current application {id} does not exist.");
    Refusal::bad_request("InvalidApplication.NotFound", message)
}

/// SAE `InvalidChangeOrder.NotFound`, HTTP 400.
pub(crate) fn no_order(id: &str) -> Refusal {
    let message = format!("The change order {id} does not exist.");
    Refusal::bad_request("InvalidChangeOrder.NotFound", message)
}
