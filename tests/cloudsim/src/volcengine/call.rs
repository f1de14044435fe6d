//! The calls of ECS that are simulated, and what they may use while they are done.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::gateway::Admitted;
use super::{Volcengine, describe, events, reboot};
use crate::Refusal;
use crate::ledger::{Ledger, RestartRecord};
use crate::product::Params;
use crate::world::World;

/// Service name of ECS in a credential scope.
pub(super) const SERVICE: &str = "ecs";

/// `Version` of the calls.
pub(super) const VERSION: &str = "2020-04-01";

/// One call of ECS.
#[derive(Debug)]
pub(super) struct Call {
    /// What the query must name as `Action`.
    pub(super) action: &'static str,
    /// Does it, and gives the `Result`.
    pub(super) run: fn(&mut Context<'_>, &Params) -> Result<Value, Refusal>,
}

static CALLS: [Call; 3] = [
    Call {
        action: "RebootInstances",
        run: reboot::reboot_instances,
    },
    Call {
        action: "DescribeInstances",
        run: describe::describe_instances,
    },
    Call {
        action: "DescribeSystemEvents",
        run: events::describe_system_events,
    },
];

impl Call {
    pub(super) fn find(action: &str) -> Option<&'static Self> {
        CALLS.iter().find(|call| call.action == action)
    }
}

/// What a call may use while it is done.
pub(super) struct Context<'a> {
    pub(super) cloud: &'a mut Volcengine,
    pub(super) ids: &'a World,
    pub(super) ledger: &'a mut Ledger,
    pub(super) admitted: &'a Admitted,
    pub(super) now: Timestamp,
    /// By how much reads are behind.
    pub(super) lag: Duration,
    /// Sequence number of the request.
    pub(super) request: u64,
}

impl Context<'_> {
    /// The moment that reads show, given their lag.
    pub(super) fn read_at(&self) -> Timestamp {
        let lag = SignedDuration::try_from(self.lag).unwrap_or(SignedDuration::MAX);
        self.now.checked_sub(lag).unwrap_or(Timestamp::MIN)
    }

    /// Region of the call.
    pub(super) fn region(&self) -> &str {
        &self.admitted.scope.region
    }

    /// Writes a reboot that was executed into the ledger, in the same instant.
    pub(super) fn executed(&mut self, instance: &str, event: &str, token: Option<&str>) {
        let caller = &self.admitted.caller;
        self.ledger.execute(RestartRecord {
            seq: 0,
            request: self.request,
            at: self.now,
            app: instance.to_owned(),
            order: event.to_owned(),
            nonce: None,
            client_token: token.map(str::to_owned),
            signed_at: Some(self.admitted.x_date.clone()),
            access_key_id: caller.access_key_id.clone(),
            creator: caller.creator.clone(),
            product: super::PRODUCT.to_owned(),
            parts: Vec::new(),
            parent: None,
        });
    }
}
