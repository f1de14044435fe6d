//! A real Prometheus and its promtool.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::support::{
    controlplane::{needs::leave_out, process::Group},
    failure::{Outcome, While},
    wait,
};

/// The folder of both programs.
pub(crate) struct Tools(PathBuf);

impl Tools {
    /// From the system's packages. Where there is none, `test` is left out, aloud.
    pub(crate) fn or_leave_out(test: &str) -> Outcome<Option<Self>> {
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/monitoring/prometheus.sh"
        );
        let said = Command::new(script)
            .output()
            .while_doing("run prometheus.sh")?;
        if !said.status.success() {
            let why = String::from_utf8_lossy(&said.stderr).trim().to_owned();
            return leave_out(test, &why).map(|()| None);
        }
        let printed = String::from_utf8_lossy(&said.stdout);
        Ok(printed.lines().last().map(|folder| Self(folder.into())))
    }

    /// Runs promtool in the root of the repository. It must be content.
    pub(crate) fn promtool(&self, arguments: &[&str]) {
        let mut promtool = Command::new(self.0.join("promtool"));
        promtool
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        let said = promtool.output().expect("promtool");
        let (out, complaint) = (said.stdout, said.stderr);
        assert!(
            said.status.success(),
            "promtool {arguments:?}\n{}{}",
            String::from_utf8_lossy(&out),
            String::from_utf8_lossy(&complaint)
        );
    }

    /// Starts Prometheus on a free port with this configuration, and waits until it is ready.
    pub(crate) async fn start(&self, configuration: &str) -> Prometheus {
        let home = tempfile::tempdir().expect("a folder");
        let file = home.path().join("prometheus.yml");
        fs::write(&file, configuration).expect("its configuration");
        let log = home.path().join("log");
        let group = Group::new().expect("a guard");
        let mut command = Command::new(self.0.join("prometheus"));
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                home.path().join("data").display()
            ))
            .args(["--web.listen-address=127.0.0.1:0", "--log.format=json"])
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log).expect("its log"));
        group.include(&mut command);
        let child = command.spawn().expect("prometheus");
        let mut address = None;
        wait::until("prometheus told its address", async || {
            address = address_in(&log);
            address.is_some()
        })
        .await;
        let started = Prometheus {
            child,
            address: address.expect("an address"),
            _group: group,
            _home: home,
        };
        wait::until("prometheus is ready", async || {
            started.get("/-/ready").await.is_some()
        })
        .await;
        started
    }
}

fn address_in(log: &Path) -> Option<String> {
    let text = fs::read_to_string(log).ok()?;
    let mut lines = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let told = |line: Value| {
        let listens = line["msg"] == "Listening on";
        listens.then(|| line["address"].as_str().unwrap_or_default().to_owned())
    };
    lines.find_map(told)
}

/// A running Prometheus. It ends with the test at the latest.
pub(crate) struct Prometheus {
    child: std::process::Child,
    address: String,
    _group: Group,
    _home: tempfile::TempDir,
}

impl Prometheus {
    async fn get(&self, path: &str) -> Option<String> {
        let answer = reqwest::get(format!("http://{}{path}", self.address))
            .await
            .ok()?;
        answer.status().is_success().then_some(())?;
        answer.text().await.ok()
    }

    /// The data of an answer of its API; null when it refused.
    pub(crate) async fn api(&self, path: &str) -> Value {
        let text = self
            .get(&format!("/api/v1/{path}"))
            .await
            .unwrap_or_default();
        let mut answer: Value = serde_json::from_str(&text).unwrap_or_default();
        answer["data"].take()
    }

    /// The result of an expression, now; `None` when Prometheus cannot evaluate it.
    pub(crate) async fn query(&self, expression: &str) -> Option<Vec<Value>> {
        let encoded = utf8_percent_encode(expression, NON_ALPHANUMERIC);
        let data = self.api(&format!("query?query={encoded}")).await;
        Some(data["result"].as_array()?.clone())
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // Before its folder goes.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
