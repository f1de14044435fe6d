//! The load: requests are created, cancelled, resumed, deleted and created again, by people who know
//! nothing of each other; a bounded number is under way at a time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use fastrand::Rng;
use futures::StreamExt;
use kube::{
    Api, Client,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams, Preconditions},
    runtime::{
        WatchStreamExt,
        watcher::{self, Event, watcher},
    },
};
use restart_operator::api::{Phase, RestartRequest};
use serde_json::json;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    judge::Subject,
    plan::{self, Ask, Steering, Targets},
    support::failure::{Failure, Outcome, While},
};

/// Requests under way at a time.
const UNDER_WAY: usize = 100;
/// A look at a count in memory.
const LOOK: Duration = Duration::from_millis(50);
/// By this label everything of one soak is found.
const LABEL: &str = "soak";

/// Where requests are made, and what became of them.
#[derive(Clone)]
pub(crate) struct Load {
    admin: Client,
    /// Where they are made; the first is the operator's own.
    pub(crate) namespaces: Vec<String>,
    /// Name of the Alibaba account, then of the Volcengine account.
    accounts: [String; 2],
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    created: usize,
    /// Whether each has come to rest, by UID, as last seen by the watch.
    at_rest: HashMap<String, bool>,
    deleted: Vec<Subject>,
}

/// Finished, or left to a person: nothing more comes by itself.
pub(crate) fn is_at_rest(object: &RestartRequest) -> bool {
    object
        .status
        .as_ref()
        .is_some_and(|status| status.completion_time.is_some() || status.phase == Phase::Unknown)
}

impl Load {
    pub(crate) fn new(admin: Client, namespaces: Vec<String>, accounts: [String; 2]) -> Self {
        Self {
            admin,
            namespaces,
            accounts,
            seen: Arc::default(),
        }
    }

    /// Creates `count` requests, at most one each `pace`, and does to them what is planned.
    pub(crate) async fn run(
        &self,
        mut rng: Rng,
        count: usize,
        pace: Duration,
        targets: Targets,
    ) -> Outcome<()> {
        let mut people = JoinSet::new();
        let mut ticks = tokio::time::interval(pace);
        for number in 0.. {
            ticks.tick().await;
            while self.under_way() >= UNDER_WAY {
                sleep(LOOK).await;
            }
            if self.created() >= count {
                break;
            }
            let mut ask = plan::ask(&mut rng, number, self.namespaces.len(), targets);
            if matches!(ask.steering, Steering::Recreate(_)) && self.created() + 2 > count {
                ask.steering = Steering::Nothing;
            }
            let recreated = matches!(ask.steering, Steering::Recreate(_));
            self.seen().created += 1 + usize::from(recreated);
            let object = self.create(&ask).await?;
            let load = self.clone();
            people.spawn(async move { load.steer(&ask, &object).await });
        }
        while let Some(person) = people.join_next().await {
            person.while_doing("wait for a person")??;
        }
        Ok(())
    }

    async fn create(&self, ask: &Ask) -> Outcome<RestartRequest> {
        let mut spec = ask.spec.clone();
        let account = &self.accounts[usize::from(ask.volcengine)];
        spec["accountRef"] = json!({"kind": "ClusterCloudAccount", "name": account});
        let request = json!({
            "apiVersion": "restart-operator.dev/v1alpha1", "kind": "RestartRequest",
            "metadata": {"name": ask.name, "labels": {LABEL: self.label()}}, "spec": spec,
        });
        let doing = format!("create {}", ask.name);
        let request = serde_json::from_value(request).while_doing(&doing)?;
        let (api, params) = (self.requests(ask), PostParams::default());
        let created: RestartRequest = api.create(&params, &request).await.while_doing(&doing)?;
        let uid = created.metadata.uid.clone().unwrap_or_default();
        self.seen().at_rest.entry(uid).or_insert(false);
        Ok(created)
    }

    async fn steer(&self, ask: &Ask, object: &RestartRequest) -> Outcome<()> {
        match ask.steering {
            Steering::Nothing => Ok(()),
            Steering::Cancel(after) => {
                sleep(after).await;
                self.edit(ask, json!({"cancel": true})).await
            }
            Steering::Resume(after) => {
                sleep(after).await;
                self.edit(ask, json!({"suspend": false})).await
            }
            Steering::Recreate(after) => {
                sleep(after).await;
                self.delete(ask, object).await?;
                self.create(ask).await.map(drop)
            }
        }
    }

    async fn edit(&self, ask: &Ask, spec: serde_json::Value) -> Outcome<()> {
        let patch = Patch::Merge(json!({ "spec": spec }));
        let (api, params) = (self.requests(ask), PatchParams::default());
        let edited = api.patch(&ask.name, &params, &patch).await;
        edited
            .map(drop)
            .while_doing(format_args!("edit {}", ask.name))
    }

    /// Deletes exactly what was read, so that its last status is known.
    async fn delete(&self, ask: &Ask, object: &RestartRequest) -> Outcome<()> {
        let api = self.requests(ask);
        let doing = format!("delete {}", ask.name);
        loop {
            let last = api.get(&ask.name).await.while_doing(&doing)?;
            let preconditions = Preconditions {
                resource_version: last.metadata.resource_version.clone(),
                uid: object.metadata.uid.clone(),
            };
            let params = DeleteParams::default().preconditions(preconditions);
            match api.delete(&ask.name, &params).await {
                Ok(_) => {
                    let (object, deleted) = (last, true);
                    self.seen().deleted.push(Subject { object, deleted });
                    return Ok(());
                }
                Err(kube::Error::Api(status)) if status.code == 409 => {}
                Err(error) => return Err(error).while_doing(&doing),
            }
        }
    }

    /// Keeps count of what has come to rest, for as long as it is polled.
    pub(crate) async fn watch(&self) {
        let config = watcher::Config::default().labels(&format!("{LABEL}={}", self.label()));
        let api: Api<RestartRequest> = Api::all(self.admin.clone());
        let mut events = watcher(api, config).default_backoff().boxed();
        while let Some(event) = events.next().await {
            match event {
                Ok(Event::Apply(object) | Event::InitApply(object)) => {
                    let uid = object.metadata.uid.clone().unwrap_or_default();
                    self.seen().at_rest.insert(uid, is_at_rest(&object));
                }
                Ok(Event::Delete(object)) => {
                    let uid = object.metadata.uid.unwrap_or_default();
                    self.seen().at_rest.insert(uid, true);
                }
                // An error is followed by a new list.
                Ok(Event::Init | Event::InitDone) | Err(_) => {}
            }
        }
    }

    /// Waits until everything has come to rest, at most this long.
    pub(crate) async fn settle(&self, bound: Duration) {
        let rest = async {
            while self.under_way() > 0 {
                sleep(LOOK).await;
            }
        };
        // Too late: the judge names what is stuck.
        let _ = tokio::time::timeout(bound, rest).await;
    }

    /// Every request, as it is stored now or was when it was deleted.
    pub(crate) async fn subjects(&self) -> Outcome<Vec<Subject>> {
        let mut all = self.seen().deleted.clone();
        let selector = format!("{LABEL}={}", self.label());
        for namespace in &self.namespaces {
            let api: Api<RestartRequest> = Api::namespaced(self.admin.clone(), namespace);
            let list = api.list(&ListParams::default().labels(&selector)).await;
            let list = list.while_doing("list the requests")?;
            let stored = list.items.into_iter().map(|object| Subject {
                object,
                deleted: false,
            });
            all.extend(stored);
        }
        if all.len() == self.created() {
            return Ok(all);
        }
        Err(Failure::new(format!(
            "{} requests were created, {} can be judged",
            self.created(),
            all.len()
        )))
    }

    pub(crate) fn created(&self) -> usize {
        self.seen().created
    }

    pub(crate) fn under_way(&self) -> usize {
        let seen = self.seen();
        seen.at_rest.values().filter(|at_rest| !**at_rest).count()
    }

    fn label(&self) -> &str {
        &self.namespaces[0]
    }

    fn requests(&self, ask: &Ask) -> Api<RestartRequest> {
        Api::namespaced(self.admin.clone(), &self.namespaces[ask.namespace])
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
