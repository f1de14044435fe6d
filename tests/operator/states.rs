//! Requests brought to each place of their life, for tests about what is asked of them there. Not a
//! test.

use std::time::Duration;

use cloudsim::{Application, Canned, Fault, FaultRule, NewOrder, OrderPlan};
use restart_operator::api::{Answer, RestartRequest};
use serde_json::{Value, json};

use crate::support::{
    wait,
    world::{APP, World, order_of, phase_of, story},
};

pub(crate) const RESTART: &str = "RestartApplication";
pub(crate) const ABORT: &str = "AbortChangeOrder";
pub(crate) const DESCRIBE: &str = "DescribeChangeOrder";

/// Longer than any test: such an order is ended by hand.
pub(crate) fn endless() -> OrderPlan {
    OrderPlan::lasting(Duration::from_secs(3600)).batches(3)
}

/// A world whose application restarts by this plan.
pub(crate) async fn world(prefix: &str, plan: OrderPlan) -> World {
    World::with(prefix, |config| {
        config.applications = vec![Application::running(APP).with_plan(plan)];
    })
    .await
}

/// Phase and reason.
pub(crate) fn end(object: &RestartRequest) -> (&'static str, String) {
    (phase_of(object), story(object).0)
}

/// The reason that is told now; empty before the first.
pub(crate) fn reason(object: &RestartRequest) -> String {
    let told = object.status.as_ref().and_then(|status| {
        let ready = status.conditions.iter().find(|c| c.type_ == "Ready")?;
        Some(ready.reason.clone())
    });
    told.unwrap_or_default()
}

impl World {
    pub(crate) async fn until_reason(&self, name: &str, wanted: &str) -> RestartRequest {
        self.until(name, &format!("said {wanted}"), |object| {
            reason(object) == wanted
        })
        .await
    }

    /// Until the operator has seen every edit that was made so far.
    pub(crate) async fn until_edit_is_seen(&self, name: &str) -> RestartRequest {
        let generation = self.get(name).await.metadata.generation;
        self.until(name, "saw the edit", |object| {
            object
                .status
                .as_ref()
                .map(|status| status.observed_generation)
                == generation
        })
        .await
    }

    /// The operator learns under which user the cloud shows its orders.
    pub(crate) async fn teach_by_hand(&self) {
        self.ask("teacher", json!({})).await;
        self.end_order_of("teacher", 2).await;
        self.until_phase("teacher", "Succeeded").await;
    }

    /// Waits for the first attempt to be rejected and its back-off to begin.
    pub(crate) async fn backing_off(&self, name: &str, spec: Value) {
        let upgrading = Fault::AnswerInstead(Canned::code(400, "System.Upgrading"));
        self.sim.inject(FaultRule::on(RESTART, upgrading));
        self.ask(name, spec).await;
        self.until_reason(name, "BackingOff").await;
    }

    /// The call has reached the cloud, which has not read it; it goes on by `sim.release()`.
    pub(crate) async fn in_flight(&self, name: &str, spec: Value) {
        self.sim.inject(FaultRule::on(RESTART, Fault::HoldBefore));
        self.ask(name, spec).await;
        let held = self.sim.wait_for_hold(Duration::from_secs(60)).await;
        held.expect("a held call");
        assert_eq!(phase_of(&self.get(name).await), "Submitting");
    }

    /// The answer is lost.
    pub(crate) async fn resolving(&self, name: &str, executed: bool, spec: Value) {
        self.sim
            .inject(FaultRule::on(RESTART, Fault::Hang { executed }));
        self.ask(name, spec).await;
        self.until(name, "lost its answer", |object| {
            let attempt = object.status.as_ref().and_then(|s| s.attempt.as_ref());
            attempt.is_some_and(|attempt| attempt.answer == Some(Answer::Ambiguous))
        })
        .await;
    }

    /// The answer is lost, and the creator of the order that is found was never learned.
    pub(crate) async fn unknown(&self, name: &str, spec: Value) -> RestartRequest {
        self.sim.inject(FaultRule::on(RESTART, Fault::DropAfter));
        self.ask(name, spec).await;
        self.until_phase(name, "Unknown").await
    }

    pub(crate) async fn running(&self, name: &str, spec: Value) -> RestartRequest {
        self.ask(name, spec).await;
        self.until_phase(name, "Running").await
    }

    /// Gives the order of a running request this status.
    pub(crate) async fn end_order_of(&self, name: &str, status: i64) {
        let object = self
            .until(name, "had an order", |object| !order_of(object).is_empty())
            .await;
        assert!(self.sim.end_order(&order_of(&object), status));
    }

    /// A restart order of the operator's own identity that no request has recorded.
    pub(crate) fn restart_without_a_record(&self, plan: OrderPlan) -> String {
        let order = NewOrder::by_api(APP, cloudsim::DEFAULT_CREATOR).with_plan(plan);
        self.sim.start_order(order).expect("an order")
    }

    /// Creation times have whole seconds, and so has the cloud's date: what is created from now on is
    /// newer than every order so far.
    pub(crate) async fn until_orders_are_old(&self) {
        let newest = self.sim.orders_of(APP).first().map(|order| order.created);
        let old = newest.unwrap_or_default() + Duration::from_secs(3);
        let past = async || jiff::Timestamp::now() > old;
        wait::until("the orders are old", past).await;
    }

    /// Restart calls that reached the cloud, the teacher's too.
    pub(crate) fn calls(&self) -> usize {
        self.sim.inspect(|ledger| ledger.requests(RESTART).len())
    }

    pub(crate) fn restarts(&self) -> usize {
        self.sim.inspect(|ledger| ledger.restarts().len())
    }
}
