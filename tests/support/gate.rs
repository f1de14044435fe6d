//! A door between one operator and the API server, where one request can be stopped before it is
//! passed on, or after it was answered.
//!
//! A request that was let in goes on although the operator has died, as it does on a real network. The
//! door logs in as the operator, so the API server sees exactly its rights and its requests.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::State,
    response::{IntoResponse, Response},
};
use http::{Method, Request, StatusCode, header, request::Parts};
use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    sync::oneshot::{Receiver, Sender, channel},
    task::JoinHandle,
};

use super::controlplane::{ControlPlane, users::User};

/// Longest wait for a fact. It only ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// Far above every request that an operator makes.
const BODY_LIMIT: usize = 16 << 20;

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
    rules: Rules,
    server: JoinHandle<()>,
}

type Rules = Arc<Mutex<Vec<Rule>>>;

/// What is stopped.
enum What {
    /// The write of this phase into the status of this request.
    Phase(String, &'static str),
    /// A list of requests.
    List,
    /// The deletion of this request.
    Delete(String),
}

/// One request to be stopped, once.
struct Rule {
    side: Side,
    what: What,
    reached: Sender<()>,
    release: Receiver<()>,
    answered: Sender<StatusCode>,
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
        let address = listener.local_addr().expect("an address");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(kubeconfig_in(&folder), kubeconfig(&address.to_string()))
            .expect("a kubeconfig");
        let rules = Rules::default();
        let routes = Router::new()
            .fallback(pass)
            .with_state((upstream, rules.clone()));
        let server = tokio::spawn(async move {
            axum::serve(listener, routes).await.expect("a server");
        });
        Self {
            folder,
            rules,
            server,
        }
    }

    /// The kubeconfig that leads through this door.
    pub fn kubeconfig(&self) -> PathBuf {
        kubeconfig_in(&self.folder)
    }

    /// Stops the first status write that gives request `name` this phase.
    pub fn stop(&self, side: Side, name: &str, phase: &'static str) -> Stopped {
        self.stop_what(side, What::Phase(name.to_owned(), phase))
    }

    /// Stops the first list of requests.
    pub fn stop_list(&self, side: Side) -> Stopped {
        self.stop_what(side, What::List)
    }

    /// Stops the first deletion of request `name`.
    pub fn stop_delete(&self, side: Side, name: &str) -> Stopped {
        self.stop_what(side, What::Delete(name.to_owned()))
    }

    /// A client that goes through this door.
    pub async fn client(&self) -> Client {
        let kubeconfig = Kubeconfig::read_from(self.kubeconfig()).expect("a kubeconfig");
        let options = KubeConfigOptions::default();
        let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
        Client::try_from(config.expect("a configuration")).expect("a client")
    }

    fn stop_what(&self, side: Side, what: What) -> Stopped {
        let (reached, wait_reached) = channel();
        let (release, wait_release) = channel();
        let (answered, wait_answered) = channel();
        self.rules.lock().expect("rules").push(Rule {
            side,
            what,
            reached,
            release: wait_release,
            answered,
        });
        Stopped {
            reached: wait_reached,
            release,
            answered: wait_answered,
        }
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

fn kubeconfig(address: &str) -> String {
    format!(
        "apiVersion: v1
kind: Config
clusters: [{{name: gate, cluster: {{server: \"http://{address}\"}}}}]
users: [{{name: operator, user: {{token: the-door-has-the-real-one}}}}]
contexts: [{{name: gate, context: {{cluster: gate, user: operator}}}}]
current-context: gate
"
    )
}

async fn pass(
    State((upstream, rules)): State<(Client, Rules)>,
    request: Request<Body>,
) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let rule = take_rule(&rules, &head, &body);
    // A task of its own: it is not dropped with the connection.
    let passed = tokio::spawn(async move {
        match rule {
            None => forward(&upstream, head, body).await,
            Some(rule) => stopped(rule, &upstream, head, body).await,
        }
    });
    passed.await.expect("no panic")
}

async fn stopped(rule: Rule, upstream: &Client, head: Parts, body: Bytes) -> Response {
    let Rule {
        side,
        reached,
        release,
        answered,
        ..
    } = rule;
    let wait = async move {
        let _ = reached.send(());
        if release.await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    if side == Side::Before {
        wait.await;
        let response = forward(upstream, head, body).await;
        let _ = answered.send(response.status());
        response
    } else {
        let response = forward(upstream, head, body).await;
        wait.await;
        let _ = answered.send(response.status());
        response
    }
}

async fn forward(upstream: &Client, mut head: Parts, body: Bytes) -> Response {
    for name in [
        header::HOST,
        header::AUTHORIZATION,
        header::CONNECTION,
        header::CONTENT_LENGTH,
    ] {
        head.headers.remove(name);
    }
    let request = Request::from_parts(head, kube::client::Body::from(body.to_vec()));
    match upstream.send(request).await {
        Ok(response) => {
            let mut response = response.map(Body::new);
            response.headers_mut().remove(header::TRANSFER_ENCODING);
            response
        }
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

/// The rule for this request, which is used up by it.
fn take_rule(rules: &Rules, head: &Parts, body: &[u8]) -> Option<Rule> {
    let mut rules = rules.lock().expect("rules");
    let found = rules.iter().position(|rule| match &rule.what {
        What::Phase(name, phase) => {
            phase_written(head, body) == Some((name.clone(), (*phase).to_owned()))
        }
        What::List => is_list(head),
        What::Delete(name) => {
            head.method == Method::DELETE && Path::new(head.uri.path()).ends_with(name)
        }
    })?;
    Some(rules.remove(found))
}

/// Which request is given which phase, if this is a write of a status.
fn phase_written(head: &Parts, body: &[u8]) -> Option<(String, String)> {
    let path = Path::new(head.uri.path());
    if head.method != Method::PUT || !path.ends_with("status") {
        return None;
    }
    let name = path.parent()?.file_name()?.to_str()?;
    let status: Value = serde_json::from_slice(body).ok()?;
    let phase = status.pointer("/status/phase")?.as_str()?;
    Some((name.to_owned(), phase.to_owned()))
}

fn is_list(head: &Parts) -> bool {
    let watches = head
        .uri
        .query()
        .is_some_and(|query| query.contains("watch=true"));
    head.method == Method::GET && head.uri.path().ends_with("/restartrequests") && !watches
}
