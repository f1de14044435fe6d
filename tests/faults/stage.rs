//! One test's world with a door to the API server and a recording of every status.

use std::{fs, time::Duration};

use cloudsim::Config;
use restart_operator::api::{Attribution, RestartRequest};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{
    controlplane::process::tail,
    gate::Gate,
    history::History,
    judge,
    process::Launch,
    wait,
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
    pub(crate) logs: TempDir,
}

impl Stage {
    pub(crate) async fn new(prefix: &str) -> Self {
        Self::with(prefix, |_| ()).await
    }

    /// The same with another cloud.
    pub(crate) async fn with(prefix: &str, change: impl FnOnce(&mut Config)) -> Self {
        Self::around(World::with(prefix, change).await).await
    }

    /// One in which the account's status tells under which user the cloud shows our orders. An
    /// operator of one namespace only reads that status, so one of the whole cluster writes it first.
    pub(crate) async fn taught(prefix: &str) -> Self {
        let world = World::new(prefix).await;
        let teacher = world.operator().await;
        world.teach_the_creator().await;
        teacher.stop().await;
        Self::around(world).await
    }

    /// Around a world that is there.
    pub(crate) async fn around(world: World) -> Self {
        let gate = Gate::to(&world.plane).await;
        let history = History::of(world.admin.clone(), &world.namespace).await;
        Self {
            world,
            gate,
            history,
            logs: tempfile::tempdir().expect("a folder"),
        }
    }

    /// The operator with short times as a process, behind the door.
    pub(crate) fn host(&self, identity: &str) -> Launch {
        Launch::host(&self.world, identity, self.logs.path()).through(&self.gate)
    }

    /// The program that is shipped, behind the door.
    pub(crate) fn shipped(&self, identity: &str) -> Launch {
        Launch::shipped(&self.world, identity, self.logs.path()).through(&self.gate)
    }

    /// What a process has logged so far.
    pub(crate) fn log_of(&self, identity: &str) -> String {
        fs::read_to_string(self.logs.path().join(format!("{identity}.log"))).unwrap_or_default()
    }

    /// What a process answers to a probe or a scrape.
    pub(crate) async fn probe(&self, identity: &str, path: &str) -> (u16, String) {
        let address = || {
            let log = self.log_of(identity);
            let (_, rest) = log.split_once("address=")?;
            Some(rest.split_whitespace().next()?.to_owned())
        };
        wait::until("it told its address", async || address().is_some()).await;
        let url = format!("http://{}{path}", address().expect("an address"));
        let answer = reqwest::get(url).await.expect("an answer");
        (
            answer.status().as_u16(),
            answer.text().await.expect("a text"),
        )
    }

    /// Until a process says that it is ready.
    pub(crate) async fn until_ready(&self, identity: &str) {
        wait::until(&format!("{identity} is ready"), async || {
            self.probe(identity, "/readyz").await.0 == 200
        })
        .await;
    }

    /// Until the operator behind the door has opened this many watches of a resource.
    pub(crate) async fn until_watched(&self, resource: &str, times: usize) {
        wait::until(
            &format!("{resource} is watched {times} times"),
            async || self.gate.opened(resource) >= times,
        )
        .await;
    }

    /// How many requests of this kind came to the door.
    pub(crate) fn asked_for(&self, kind: &str) -> usize {
        self.gate
            .log()
            .iter()
            .filter(|asked| asked.kind() == kind)
            .count()
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

impl Drop for Stage {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for entry in fs::read_dir(self.logs.path())
                .into_iter()
                .flatten()
                .flatten()
            {
                eprintln!("--- {}\n{}", entry.path().display(), tail(&entry.path()));
            }
        }
    }
}
