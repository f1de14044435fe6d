//! Every version of every request of a namespace, recorded by a watch of an administrator, and whether
//! it is a path of the allowed [`graph`].

pub mod graph;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use futures::TryStreamExt;
use kube::{
    Api, Client,
    api::{ListParams, WatchEvent, WatchParams},
};
use restart_operator::api::{ConditionType, RestartRequest, condition};
use tokio::task::JoinHandle;

use super::{wait, world::phase_of};

/// Versions of each request, by UID, oldest first.
type Versions = BTreeMap<String, Vec<RestartRequest>>;

/// A recording. It ends with the test at the latest.
pub struct History {
    api: Api<RestartRequest>,
    versions: Arc<Mutex<Versions>>,
    recorder: JoinHandle<()>,
}

impl History {
    /// Begins to record the requests of a namespace.
    pub async fn of(admin: Client, namespace: &str) -> Self {
        let api: Api<RestartRequest> = Api::namespaced(admin, namespace);
        let versions = Arc::<Mutex<Versions>>::default();
        let list = api.list(&ListParams::default()).await.expect("a list");
        for object in list.items {
            keep(&versions, object);
        }
        let from = list.metadata.resource_version.expect("a version");
        let recorder = tokio::spawn(record(api.clone(), from, versions.clone()));
        Self {
            api,
            versions,
            recorder,
        }
    }

    /// Checks all that was recorded, once it holds what is stored now.
    pub async fn judge(&self) {
        let stored = self.api.list(&ListParams::default()).await.expect("a list");
        wait::until("the recording holds what is stored", async || {
            let versions = self.versions.lock().expect("versions");
            let last = |object: &RestartRequest| {
                let uid = object.metadata.uid.clone().unwrap_or_default();
                versions.get(&uid).and_then(|all| all.last()).cloned()
            };
            stored.items.iter().all(|object| {
                last(object).is_some_and(|seen| {
                    seen.metadata.resource_version == object.metadata.resource_version
                })
            })
        })
        .await;
        assert!(!self.recorder.is_finished(), "the recording has ended");
        for path in self.versions.lock().expect("versions").values() {
            if let Err(why) = graph::check_path(path) {
                panic!("{why}\n{}", told(path));
            }
        }
    }

    /// Every version of a request that was recorded, oldest first.
    pub fn versions(&self, name: &str) -> Vec<RestartRequest> {
        let versions = self.versions.lock().expect("versions");
        let of = |path: &&Vec<RestartRequest>| {
            path.first()
                .and_then(|object| object.metadata.name.as_deref())
                == Some(name)
        };
        versions.values().filter(of).flatten().cloned().collect()
    }
}

impl Drop for History {
    fn drop(&mut self) {
        self.recorder.abort();
    }
}

async fn record(api: Api<RestartRequest>, mut from: String, versions: Arc<Mutex<Versions>>) {
    loop {
        let watch = api
            .watch(&WatchParams::default(), &from)
            .await
            .expect("a watch");
        let mut events = std::pin::pin!(watch);
        // A watch that ends is opened where it ended, so that no version is missed.
        while let Ok(Some(event)) = events.try_next().await {
            match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                    from = object.metadata.resource_version.clone().unwrap_or_default();
                    keep(&versions, object);
                }
                WatchEvent::Deleted(object) => {
                    from = object.metadata.resource_version.unwrap_or_default();
                }
                WatchEvent::Bookmark(mark) => from = mark.metadata.resource_version,
                WatchEvent::Error(error) => panic!("the recording broke: {error:?}"),
            }
        }
    }
}

fn keep(versions: &Mutex<Versions>, object: RestartRequest) {
    let uid = object.metadata.uid.clone().unwrap_or_default();
    versions
        .lock()
        .expect("versions")
        .entry(uid)
        .or_default()
        .push(object);
}

/// The path in words, for a test that fails.
fn told(path: &[RestartRequest]) -> String {
    let line = |object: &RestartRequest| {
        let status = object.status.clone().unwrap_or_default();
        let attempt = status.attempt.map(|a| (a.number, a.owned, a.answer));
        let reason = condition::find(&status.conditions, ConditionType::Ready);
        format!(
            "{} {:?} {attempt:?}\n",
            phase_of(object),
            reason.map(|c| c.reason.as_str())
        )
    };
    path.iter().map(line).collect()
}
