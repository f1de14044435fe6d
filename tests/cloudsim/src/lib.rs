//! A simulator of the cloud APIs that restart-operator calls.
//!
//! It verifies signatures strictly, runs change orders on a clock that tests can move, breaks
//! answers on request, and keeps a ledger of every request received and every restart really
//! executed. It shares no code with the operator, so that both cannot make the same mistake.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use std::time::Duration;
//!
//! use cloudsim::{Application, Config, Fault, FaultRule, Simulator};
//!
//! let sim = Simulator::start(Config::default()).await?;
//! sim.put_application(Application::running("app-1"));
//! sim.inject(FaultRule::on("RestartApplication", Fault::DropAfter));
//! // … let the operator under test call sim.base_url() …
//! let ledger = sim.wait_for_restarts(1, Duration::from_secs(10)).await;
//! # Ok(())
//! # }
//! ```

#![expect(
    clippy::must_use_candidate,
    reason = "most methods act; their answer may be ignored"
)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a panic is how a test fails")
)]

mod answer;
mod clock;
mod config;
mod control;
mod edas;
mod faults;
mod gateway;
mod incoming;
mod inside;
mod journey;
mod ledger;
mod local_time;
mod product;
mod query;
mod refusal;
mod reply;
mod sae;
mod server;
mod simulator;
mod state;
pub mod volcengine;
pub mod world;

pub use clock::ClockSetting;
pub use config::{AccessKey, Config, DEFAULT_CREATOR, DEFAULT_KEY_ID, DEFAULT_KEY_SECRET, Tls};
pub use control::{Control, TimedOut};
pub use faults::{Canned, Edit, Fault, FaultId, FaultRule, FaultState};
pub use gateway::{acs3, roa};
pub use inside::Inside;
pub use ledger::{Ledger, Point, RequestRecord, RestartRecord, Verdict};
pub use refusal::Refusal;
pub use simulator::Simulator;
pub use volcengine::{
    Instance, InstanceSnapshot, NewEvent, RebootPlan, VolcengineConfig, VolcengineSwitches,
};
pub use world::{
    Application, ApplicationPatch, ApplicationStatus, Namespace, NewOrder, OrderPlan,
    OrderSnapshot, ProductKind,
};

use incoming::Incoming;
