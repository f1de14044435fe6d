//! The cloud of a run: the simulator of the project, called directly, with two SAE applications, one
//! EDAS application and two Volcengine instances, and what others do there.

use std::time::Duration;

use bytes::Bytes;
use cloudsim::{
    Application, Config, DEFAULT_CREATOR, Inside, Instance, NewOrder, OrderPlan, RebootPlan,
    VolcengineConfig, VolcengineSwitches,
};
use http::{Request, Response};

use crate::{
    plan::{CloudPlan, Ending},
    time::{Ms, at},
};

/// SAE applications.
pub const SAE: [&str; 2] = ["app-1", "app-2"];
/// The EDAS application.
pub const EDAS: &str = "edas-1";
/// Volcengine instances.
pub const INSTANCES: [&str; 2] = ["i-a1", "i-a2"];
/// User ids of other people.
pub const STRANGERS: [&str; 2] = ["290000000000000999", "290000000000000777"];

/// The cloud.
#[derive(Debug)]
pub struct Cloud(pub Inside);

/// What somebody else does to an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// A restart in the console.
    Console,
    /// A restart through the API, by another user.
    Stranger,
    /// A deployment through the API, by our own user.
    OwnDeploy,
    /// A restart through the API, by our own user: another tool with our key.
    OwnRestart,
}

impl Cloud {
    /// The world of a plan.
    #[must_use]
    pub fn new(plan: &CloudPlan, seed: u64) -> Self {
        let application = |id: &str, make: fn(String) -> Application| Application {
            plan: Some(order_plan(plan)),
            ..make(id.to_owned()).with_instances([format!("{id}-a"), format!("{id}-b")])
        };
        let config = Config {
            applications: vec![
                application(SAE[0], Application::running),
                application(SAE[1], Application::running),
                application(EDAS, Application::edas),
            ],
            nonce_filter: plan.nonce_filter,
            volcengine: VolcengineConfig {
                instances: INSTANCES.iter().map(|id| Instance::running(*id)).collect(),
                default_plan: reboot_plan(plan),
                switches: VolcengineSwitches {
                    token_life_ms: plan.token_life,
                    ..VolcengineSwitches::default()
                },
            },
            ..Config::default()
        };
        Self(Inside::new(config, seed, at(0)))
    }

    /// Handles a call now.
    pub fn deliver(&self, request: &Request<Bytes>, now: Ms) -> Option<Response<Bytes>> {
        self.0.set_time(at(now));
        self.0.deliver(request)
    }

    /// What somebody else does; nothing while an order runs there.
    pub fn act(&self, foreign: Foreign, app: &str, lasts: Ms, now: Ms) -> bool {
        self.0.set_time(at(now));
        let order = match foreign {
            Foreign::Console => NewOrder::by_hand(app),
            Foreign::Stranger => NewOrder::by_api(app, STRANGERS[1]),
            Foreign::OwnDeploy => NewOrder::by_api(app, DEFAULT_CREATOR).of_type("CoDeploy"),
            Foreign::OwnRestart => NewOrder::by_api(app, DEFAULT_CREATOR),
        };
        let plan = OrderPlan::lasting(Duration::from_millis(lasts));
        self.0.start_order(order.with_plan(plan)).is_ok()
    }
}

fn order_plan(plan: &CloudPlan) -> OrderPlan {
    let lasting = OrderPlan::lasting(Duration::from_millis(plan.lasts))
        .preparing(Duration::from_millis(plan.prepares));
    match plan.ending {
        Ending::Good => lasting,
        Ending::Failed => lasting.ending(3),
        Ending::Aborted => lasting.ending(6),
        Ending::Partial => lasting.ending(7),
        Ending::Waits => lasting.ending(8),
        Ending::Stuck => lasting.stuck(),
    }
}

fn reboot_plan(plan: &CloudPlan) -> RebootPlan {
    let lasting = RebootPlan::lasting(Duration::from_millis(plan.lasts));
    match plan.ending {
        Ending::Good | Ending::Partial => lasting,
        Ending::Failed => lasting.ending("ERROR"),
        Ending::Aborted => lasting.ending("STOPPED"),
        Ending::Waits => lasting.by_way_of("RUNNING").without_event(),
        Ending::Stuck => lasting.stuck(),
    }
}
