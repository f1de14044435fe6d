//! A door between one operator and the API server, where single requests can be stopped, lost,
//! repeated or answered with anything, and where the events of watches can be held, lost, repeated
//! and cut.
//!
//! A request that was let in goes on although the operator has died, as it does on a real network. The
//! door logs in as the operator, so the API server sees exactly its rights and its requests. It speaks
//! TLS with a certificate of its own, which its kubeconfig names.

pub mod asked;
pub mod fault;
mod server;
pub mod weather;

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use http::StatusCode;
use kube::Client;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    sync::oneshot::{Receiver, Sender, channel},
    task::JoinHandle,
};

use self::{
    asked::Asked,
    fault::Rule,
    server::Inner,
    weather::{Course, End, Events, Weather},
};
use super::controlplane::{ControlPlane, client, users::User};

/// Longest wait for a fact. It only ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which side of the API server a request is stopped on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It has left the operator and has not reached the server.
    Before,
    /// The server has answered, and the operator has not read it.
    After,
}

/// The door.
pub struct Gate {
    folder: TempDir,
    inner: Arc<Inner>,
    ids: AtomicU64,
    server: JoinHandle<()>,
}

/// One request to be stopped, once.
struct Hold {
    side: Side,
    matches: Box<dyn Fn(&Asked) -> bool + Send + Sync>,
    reached: Option<Sender<()>>,
    release: Receiver<()>,
    answered: Sender<StatusCode>,
}

impl Hold {
    async fn wait(&mut self) {
        if let Some(reached) = self.reached.take() {
            let _ = reached.send(());
        }
        if (&mut self.release).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    fn answered(self, status: StatusCode) {
        let _ = self.answered.send(status);
    }
}

/// A request that is, or will be, stopped. Dropped without a release, it is stopped for ever.
pub struct Stopped {
    reached: Receiver<()>,
    release: Sender<()>,
    answered: Receiver<StatusCode>,
}

impl Gate {
    /// A door to this control plane.
    pub async fn to(plane: &ControlPlane) -> Self {
        let upstream = plane.client(User::Operator).await.expect("a client");
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (acceptor, certificate) = server::tls();
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(kubeconfig_in(&folder), kubeconfig(&address, &certificate))
            .expect("a kubeconfig");
        let inner = Arc::new(Inner {
            upstream,
            holds: Mutex::default(),
            rules: Mutex::default(),
            log: Mutex::default(),
            opened: Mutex::default(),
            weather: tokio::sync::watch::Sender::default(),
        });
        let server = tokio::spawn(server::serve(listener, acceptor, inner.clone()));
        Self {
            folder,
            inner,
            ids: AtomicU64::default(),
            server,
        }
    }

    /// The kubeconfig that leads through this door.
    pub fn kubeconfig(&self) -> PathBuf {
        kubeconfig_in(&self.folder)
    }

    /// A client that leads through this door, without hidden retries.
    pub async fn client(&self) -> Client {
        client::from_file(&self.kubeconfig())
            .await
            .expect("a client")
    }

    /// Stops the first status write that gives request `name` this phase.
    pub fn stop(&self, side: Side, name: &str, phase: &'static str) -> Stopped {
        let name = name.to_owned();
        self.stop_that(side, move |asked| {
            asked.name == name && asked.phase == phase
        })
    }

    /// Stops the first list of requests.
    pub fn stop_list(&self, side: Side) -> Stopped {
        self.stop_that(side, |asked| asked.kind() == "list restartrequests")
    }

    /// Stops the first deletion of request `name`.
    pub fn stop_delete(&self, side: Side, name: &str) -> Stopped {
        let name = name.to_owned();
        self.stop_that(side, move |asked| {
            asked.name == name && asked.kind() == "delete restartrequests"
        })
    }

    fn stop_that(
        &self,
        side: Side,
        matches: impl Fn(&Asked) -> bool + Send + Sync + 'static,
    ) -> Stopped {
        let (reached, wait_reached) = channel();
        let (release, wait_release) = channel();
        let (answered, wait_answered) = channel();
        self.inner.holds.lock().expect("holds").push(Hold {
            side,
            matches: Box::new(matches),
            reached: Some(reached),
            release: wait_release,
            answered,
        });
        Stopped {
            reached: wait_reached,
            release,
            answered: wait_answered,
        }
    }

    /// Lets requests meet a fault; the number by which that ends.
    pub fn inject(&self, rule: Rule) -> u64 {
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        self.inner.rules.lock().expect("rules").push((id, rule));
        id
    }

    /// How many requests met the fault of a rule.
    pub fn met(&self, id: u64) -> usize {
        let rules = self.inner.rules.lock().expect("rules");
        let of = rules.iter().find(|(known, _)| *known == id);
        of.map_or(0, |(_, rule)| rule.met)
    }

    /// How many of those are over, at the API server too.
    pub fn answered(&self, id: u64) -> usize {
        let rules = self.inner.rules.lock().expect("rules");
        let of = rules.iter().find(|(known, _)| *known == id);
        of.map_or(0, |(_, rule)| rule.answered)
    }

    /// Ends a rule.
    pub fn remove(&self, id: u64) {
        self.inner
            .rules
            .lock()
            .expect("rules")
            .retain(|(known, _)| *known != id);
    }

    /// Every request that came, oldest first.
    pub fn log(&self) -> Vec<Asked> {
        self.inner.log.lock().expect("a log").clone()
    }

    /// How many watches of a resource were opened, that is answered.
    pub fn opened(&self, resource: &str) -> usize {
        let opened = self.inner.opened.lock().expect("counts");
        opened.get(resource).copied().unwrap_or_default()
    }

    /// Nothing moves any more, in either direction.
    pub fn freeze(&self) {
        self.inner
            .weather
            .send_modify(|weather| weather.frozen = true);
    }

    /// Everything that waits goes on.
    pub fn thaw(&self) {
        self.inner
            .weather
            .send_modify(|weather| weather.frozen = false);
    }

    /// What waited for an answer that never comes is reset.
    pub fn heal(&self) {
        self.inner.weather.send_modify(|weather| weather.heals += 1);
    }

    /// What becomes of the events of a resource from now on.
    pub fn events(&self, resource: &str, events: Events) {
        self.course(resource, |course| course.events = events);
    }

    /// Ends the open watches of a resource.
    pub fn cut(&self, resource: &str, end: End) {
        self.course(resource, |course| {
            course.cuts += 1;
            course.end = end;
        });
    }

    /// Sends an event into the open watches of a resource.
    pub fn send_event(&self, resource: &str, event: &Value) {
        self.course(resource, |course| {
            course.injected.push(weather::line(event));
        });
    }

    fn course(&self, resource: &str, change: impl FnOnce(&mut Course)) {
        let weather = &self.inner.weather;
        weather.send_modify(|weather: &mut Weather| {
            change(weather.courses.entry(resource.to_owned()).or_default());
        });
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Stopped {
    /// Waits until it has come to the door.
    pub async fn reached(&mut self) {
        let reached = tokio::time::timeout(PATIENCE, &mut self.reached).await;
        reached.expect("no such request came").expect("a door");
    }

    /// Lets it go on, and gives what the server answered to it.
    pub async fn release(self) -> StatusCode {
        self.release.send(()).expect("a stopped request");
        let answered = tokio::time::timeout(PATIENCE, self.answered).await;
        answered.expect("no answer came").expect("a door")
    }
}

fn kubeconfig_in(folder: &TempDir) -> PathBuf {
    folder.path().join("gate.kubeconfig")
}

fn kubeconfig(address: &str, certificate: &str) -> String {
    let authority = BASE64.encode(certificate);
    format!(
        "apiVersion: v1
kind: Config
clusters: [{{name: gate, cluster: {{server: \"https://{address}\", certificate-authority-data: {authority}}}}}]
users: [{{name: operator, user: {{token: the-door-has-the-real-one}}}}]
contexts: [{{name: gate, context: {{cluster: gate, user: operator}}}}]
current-context: gate
"
    )
}
