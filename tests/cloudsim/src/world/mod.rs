//! The world: applications and their change orders.
//!
//! Everything here is a pure function of its arguments: the time is always handed in, nothing
//! waits, nothing touches the network. A deterministic test may therefore use a [`World`] without a
//! simulator around it. What an API calls a field, and how it spells an error envelope, is not
//! known here.

mod application;
mod ids;
mod order;
mod plan;
mod progress;

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

pub use application::{Application, ApplicationPatch, ApplicationStatus};
pub use ids::IdMint;
pub use order::{NewOrder, Order, OrderSnapshot};
pub use plan::{FINAL_STATUSES, OrderPlan, is_final};
pub use progress::{PipelineProgress, Progress};

use crate::Refusal;

/// Applications and orders of one account in one region.
#[derive(Debug)]
pub struct World {
    applications: BTreeMap<String, Resident>,
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
            orders: HashMap::new(),
            ids: IdMint::new(seed),
            default_plan,
        }
    }

    /// A fresh id in the form of a UUID; never the same one twice.
    pub fn mint_id(&self) -> String {
        self.ids.next()
    }

    /// Forgets every application and order. Ids minted later still differ from all before.
    pub fn clear(&mut self) {
        self.applications.clear();
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

    /// When the application was first put.
    pub fn application_created(&self, id: &str) -> Option<Timestamp> {
        self.applications.get(id).map(|resident| resident.created)
    }

    /// The order of this id, whoever made it.
    pub fn order(&self, id: &str) -> Option<&Order> {
        self.orders.get(id)
    }

    /// Orders of an application, newest first.
    pub fn orders_of(&self, app: &str) -> impl DoubleEndedIterator<Item = &Order> {
        let ids = self
            .applications
            .get(app)
            .map_or(&[][..], |resident| &resident.orders);
        ids.iter().rev().filter_map(|id| self.orders.get(id))
    }

    /// The newest order of the application that has not ended at `now`.
    pub fn running_order(&self, app: &str, now: Timestamp) -> Option<&Order> {
        self.orders_of(app).find(|order| order.is_running(now))
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
        let order = Order::new(id.clone(), new, fallback, now);
        let orders = &self.orders;
        let place = resident.orders.partition_point(|other| {
            orders
                .get(other)
                .is_some_and(|o| o.created <= order.created)
        });
        resident.orders.insert(place, id.clone());
        Ok(self.orders.entry(id).or_insert(order))
    }

    /// Ends a running order now with status 6, as an abort does.
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
        Ok(())
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
