//! The simulated cloud: the program `cloudsim`, started for the demo, and its control API.

use std::{fs::File, path::Path, process::Stdio, time::Duration};

use cloudsim::{InstanceSnapshot, Ledger, OrderSnapshot};
use serde::de::DeserializeOwned;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use crate::support::{
    failure::{Failure, Outcome, While},
    tls,
};

/// Long enough to be watched, in batches.
const RESTARTS: [&str; 6] = [
    "--order-duration",
    "6s",
    "--batches",
    "3",
    "--reboot-duration",
    "8s",
];
/// Only against hanging: it starts in an instant.
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the simulator holds a question for news.
const NEWS_WAIT_MS: u32 = 30_000;

/// A running simulator. It ends when this is dropped, and with this process at the latest.
pub(super) struct Cloud {
    url: String,
    http: reqwest::Client,
    /// Has our end of its stdin.
    _program: Child,
}

impl Cloud {
    /// Starts it, with nothing to restart in it; `folder` gets its log.
    pub(super) async fn start(program: &Path, folder: &Path) -> Outcome<Self> {
        let doing = format!("start {}", program.display());
        let log = File::create(folder.join("cloudsim.log")).while_doing(&doing)?;
        let mut child = Command::new(program)
            .arg("--exit-with-parent")
            .args(RESTARTS)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            // Ctrl-C is for the demo, which then stops everything in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .while_doing(&doing)?;
        let stdout = child
            .stdout
            .take()
            .ok_or_else(|| Failure::new("cloudsim has no stdout"))?;
        let mut lines = BufReader::new(stdout).lines();
        let first = tokio::time::timeout(START_TIMEOUT, lines.next_line())
            .await
            .while_doing(&doing)?;
        let url = first
            .while_doing(&doing)?
            .ok_or_else(|| Failure::new("cloudsim ended at once"))?;
        tls::install();
        let http = reqwest::Client::builder()
            .no_proxy()
            .build()
            .while_doing("make an HTTP client")?;
        Ok(Self {
            url,
            http,
            _program: child,
        })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Everything received and executed so far.
    pub(super) async fn ledger(&self) -> Outcome<Ledger> {
        self.get("ledger").await
    }

    /// What is new after a version of the ledger, at once.
    pub(super) async fn since(&self, version: u64) -> Outcome<Ledger> {
        self.get(&format!("ledger?after={version}")).await
    }

    /// The same; waits until there is something new.
    pub(super) async fn news(&self, version: u64) -> Outcome<Ledger> {
        self.get(&format!("ledger?after={version}&wait_ms={NEWS_WAIT_MS}"))
            .await
    }

    /// Where a change order stands.
    pub(super) async fn order(&self, id: &str) -> Outcome<OrderSnapshot> {
        self.get(&format!("orders/{id}")).await
    }

    /// The status of a Volcengine instance.
    pub(super) async fn instance(&self, id: &str) -> Outcome<String> {
        let instance: InstanceSnapshot = self.get(&format!("instances/{id}")).await?;
        Ok(instance.status)
    }

    /// Makes an application or an instance.
    pub(super) async fn put(&self, path: &str, body: String) -> Outcome<String> {
        let url = format!("{}/_control/{path}", self.url);
        answer(self.http.put(url).body(body)).await
    }

    /// Puts a fault in force, and gives the answer.
    pub(super) async fn inject(&self, rule: String) -> Outcome<String> {
        let request = self
            .http
            .post(format!("{}/_control/faults", self.url))
            .body(rule);
        answer(request).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Outcome<T> {
        let text = answer(self.http.get(format!("{}/_control/{path}", self.url))).await?;
        serde_json::from_str(&text).while_doing(format_args!("understand the simulator's {path}"))
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Outcome<String> {
    let answer = request
        .send()
        .await
        .and_then(reqwest::Response::error_for_status);
    answer
        .while_doing("ask the simulator")?
        .text()
        .await
        .while_doing("ask the simulator")
}
