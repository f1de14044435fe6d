//! One test's world with a door to the API server and a recording of every status.

use std::time::Duration;

use cloudsim::Config;
use restart_operator::api::{Attribution, RestartRequest};
use serde_json::json;

use crate::support::{
    gate::Gate,
    history::History,
    judge,
    world::{Operator, World, phase_of},
};

/// Longest wait for a fact. It only ends a test that hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The call that must not be made twice.
pub(crate) const RESTART: &str = "RestartApplication";

/// See the module.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) gate: Gate,
    pub(crate) history: History,
}

impl Stage {
    pub(crate) async fn new(prefix: &str) -> Self {
        Self::with(prefix, |_| ()).await
    }

    /// The same with another cloud.
    pub(crate) async fn with(prefix: &str, change: impl FnOnce(&mut Config)) -> Self {
        let world = World::with(prefix, change).await;
        let gate = Gate::to(&world.plane).await;
        let history = History::of(world.admin.clone(), &world.namespace).await;
        Self {
            world,
            gate,
            history,
        }
    }

    /// An operator in this process, behind the door.
    pub(crate) async fn operator(&self) -> Operator {
        self.world.operator_through(&self.gate).await
    }

    pub(crate) async fn ask(&self, name: &str) -> RestartRequest {
        self.world.ask(name, json!({})).await
    }

    /// Until the request has ended; then everything is judged.
    pub(crate) async fn end_of(&self, name: &str) -> (&'static str, Option<Attribution>) {
        let object = self.world.until_finished(name).await;
        self.judge().await;
        let order = object
            .status
            .as_ref()
            .and_then(|status| status.change_order.as_ref());
        (phase_of(&object), order.map(|order| order.attribution))
    }

    /// What was executed, and every status on the way.
    pub(crate) async fn judge(&self) {
        judge::judge(&self.world).await;
        self.history.judge().await;
    }
}
