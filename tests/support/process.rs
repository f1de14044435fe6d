//! An operator as a process of its own: started, killed, frozen, asked to end. It ends with the test
//! at the latest.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::{
    controlplane::{process::Group, users::User},
    gate::Gate,
    hold::Point,
    world::World,
};

/// Longest wait for a fact. It only ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is to be started: an operator for the namespace of one world.
pub struct Launch {
    program: PathBuf,
    kubeconfig: PathBuf,
    identity: String,
    arguments: Vec<String>,
    logs: PathBuf,
    level: &'static str,
    /// Where it logs instead.
    log: Option<PathBuf>,
}

impl Launch {
    /// The operator with short times. `identity` is also the name of its log in `logs`.
    pub fn host(world: &World, identity: &str, logs: &Path) -> Self {
        Self::program("examples/host", world, identity, logs)
    }

    /// The program that is shipped.
    pub fn shipped(world: &World, identity: &str, logs: &Path) -> Self {
        Self::program("restart-operator", world, identity, logs)
    }

    fn program(name: &str, world: &World, identity: &str, logs: &Path) -> Self {
        let namespace = &world.namespace;
        let arguments = [
            "--watch-namespace",
            namespace,
            "--operator-namespace",
            namespace,
            "--identity",
            identity,
            "--bind",
            "127.0.0.1:0",
            "--development-endpoints",
        ];
        Self {
            program: built(name),
            kubeconfig: world.plane.kubeconfig(User::Operator),
            identity: identity.to_owned(),
            arguments: arguments.map(str::to_owned).to_vec(),
            logs: logs.to_owned(),
            // At this level a secret that is logged anywhere, in any library, shows.
            level: "trace",
            log: None,
        }
    }

    /// With the log that is shipped: one JSON object per event, of the events that are worth one.
    pub fn shipped_log(mut self) -> Self {
        self.level = "info";
        self
    }

    /// With a Lease of its own, so that it leads beside others.
    pub fn lease(self, name: &str) -> Self {
        self.with(["--lease-name", name])
    }

    /// It handles these namespaces too.
    pub fn and_namespaces(mut self, namespaces: &[String]) -> Self {
        for namespace in namespaces {
            self = self.with(["--watch-namespace", namespace]);
        }
        self
    }

    /// Its signatures live this long. Only for the host.
    pub fn signature_life(self, life: Duration) -> Self {
        self.with(["--signature-life", &life.as_secs().to_string()])
    }

    /// Passes of each namespace at once.
    pub fn concurrency(self, passes: u16) -> Self {
        self.with(["--concurrency", &passes.to_string()])
    }

    /// It logs warnings only: for runs whose full log would fill the disk.
    pub fn quiet(mut self) -> Self {
        self.level = "warn";
        self
    }

    /// Its first restart call stops at this point. Only for the host.
    pub fn hold(self, at: Point) -> Self {
        self.with(["--hold", at.as_str()])
    }

    /// What it wrote to its log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// The address that it serves probes and metrics on, from its log.
    pub async fn address(&self) -> String {
        let mut found = None;
        super::wait::until("the operator told its address", async || {
            let log = self.log();
            let told = log.split_once("address=").map(|(_, rest)| rest.to_owned());
            found = told.and_then(|rest| Some(rest.split_whitespace().next()?.to_owned()));
            found.is_some()
        })
        .await;
        found.expect("an address")
    }

    fn log_file(&self) -> PathBuf {
        let usual = || self.logs.join(format!("{}.log", self.identity));
        self.log.clone().unwrap_or_else(usual)
    }

    fn with(mut self, arguments: [&str; 2]) -> Self {
        self.arguments.extend(arguments.map(str::to_owned));
        self
    }

    /// As it runs in production: no endpoint of a test is allowed.
    pub fn without_development_endpoints(mut self) -> Self {
        self.arguments
            .retain(|argument| argument != "--development-endpoints");
        self
    }

    /// It logs to this file.
    pub fn log_to(self, file: &Path) -> Self {
        Self {
            log: Some(file.to_owned()),
            ..self
        }
    }

    /// It trusts this authority when it calls the cloud, too.
    pub fn extra_ca(self, file: &Path) -> Self {
        self.with(["--extra-ca", file.to_str().expect("a path in UTF-8")])
    }

    /// It reaches the API server through this door only.
    pub fn through(mut self, gate: &Gate) -> Self {
        gate.kubeconfig().clone_into(&mut self.kubeconfig);
        self
    }

    /// Starts it. A further process of the same identity goes on in the same log, as a restarted
    /// container does.
    pub fn start(&self) -> OperatorProcess {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_file())
            .expect("a log file");
        let group = Group::new().expect("a guard");
        let mut command = std::process::Command::new(&self.program);
        command
            .args(&self.arguments)
            .args([
                "--log-format",
                if self.level == "trace" {
                    "text"
                } else {
                    "json"
                },
            ])
            .env_clear()
            .env("KUBECONFIG", &self.kubeconfig)
            .env("RUST_LOG", self.level)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log);
        group.include(&mut command);
        let mut child = Command::from(command).spawn().expect("an operator process");
        OperatorProcess {
            stdin: child.stdin.take().expect("stdin"),
            stdout: BufReader::new(child.stdout.take().expect("stdout")).lines(),
            child,
            _group: group,
        }
    }
}

/// A program of this build: beside the folder of the test binary.
fn built(name: &str) -> PathBuf {
    let here = std::env::current_exe().expect("the path of this test");
    let profile = here.ancestors().nth(2).expect("target/<profile>/deps");
    let program = profile.join(name);
    assert!(
        program.exists(),
        "{} is not built; `cargo build --workspace --bins --examples` does that",
        program.display()
    );
    program
}

/// A running operator, or one that has ended.
pub struct OperatorProcess {
    child: Child,
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    /// Kills it when the test is gone, however it went.
    _group: Group,
}

impl OperatorProcess {
    /// Waits until it holds at its point.
    pub async fn until_holding(&mut self, at: Point) {
        let wanted = format!("holding {}", at.as_str());
        let line = tokio::time::timeout(PATIENCE, self.stdout.next_line()).await;
        let line = line.expect("it never held").expect("its stdout");
        assert_eq!(line.as_deref(), Some(wanted.as_str()));
    }

    /// Lets it go on from its point.
    pub async fn release(&mut self) {
        self.stdin.write_all(b"\n").await.expect("its stdin");
    }

    /// Whether it runs, or is frozen.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// `kill -9`, and waits until it is gone.
    pub async fn kill_dash_nine(&mut self) {
        self.child.kill().await.expect("kill -9");
    }

    /// Freezes it.
    pub fn stop(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets a frozen one go on.
    pub fn cont(&self) {
        self.signal(Signal::CONT);
    }

    /// Waits until SIGTERM does not simply kill it. Only a program that has just been started is not
    /// so far yet.
    pub async fn until_it_listens(&self) {
        let status = format!("/proc/{}/status", self.pid());
        super::wait::until("the operator listens for SIGTERM", async || {
            let status = std::fs::read_to_string(&status).unwrap_or_default();
            let caught = status
                .split_once("SigCgt:")
                .map(|(_, rest)| rest.trim_start());
            let caught = caught.and_then(|rest| rest.lines().next());
            let caught = caught.and_then(|mask| u64::from_str_radix(mask, 16).ok());
            caught.is_some_and(|mask| mask >> (Signal::TERM.as_raw() - 1) & 1 == 1)
        })
        .await;
    }

    /// SIGTERM: it is asked to end.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Waits until it has ended by itself, and gives its exit code.
    pub async fn ended(&mut self) -> Option<i32> {
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        status.expect("it never ended").expect("its status").code()
    }

    /// SIGABRT, as after a failed assertion, and how it ended.
    pub async fn abort(&mut self) -> std::process::ExitStatus {
        self.signal(Signal::ABORT);
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        status.expect("it never ended").expect("its status")
    }

    /// Limits a resource of the running process; `None`: not more than this test is limited.
    pub fn limit(&self, resource: Resource, to: Option<u64>) {
        let own = getrlimit(resource);
        let new = Rlimit {
            current: to.or(own.current),
            ..own
        };
        prlimit(Some(self.pid()), resource, new).expect("a limit");
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("a signal");
    }

    fn pid(&self) -> Pid {
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok());
        pid.and_then(Pid::from_raw).expect("a process that runs")
    }
}
