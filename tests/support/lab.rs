//! `lab`: a control plane around something else, for `make test`, `make demo` and curious people.
//!
//! `lab exec -- COMMAND…` starts one, runs the command with `RESTART_OPERATOR_TEST_CONTROL_PLANE` set, stops
//! it and ends as the command did. `lab up` starts one for a person, and `lab demo` shows restarts on one.
//! Each subcommand that does more has a file of its own beside this one; here is only what they are called
//! and how they end.

mod demo;
#[path = "mod.rs"]
mod support;

use std::{
    ffi::OsString,
    io::Read,
    os::unix::process::ExitStatusExt,
    process::{ExitCode, ExitStatus},
    time::{Duration, Instant},
};

use clap::{Parser, Subcommand};
use rustix::process::{Pid, Signal, kill_process};
use tokio::signal::unix::{SignalKind, signal};

use self::demo::Stage;
use self::support::{
    controlplane::{ControlPlane, SHARED, assets, needs, users::User},
    failure::{Failure, Outcome, While},
};

/// A command that was asked to end has this long until it is killed.
const COMMAND_STOP_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Parser)]
#[command(about = "A real Kubernetes control plane around something else")]
struct Arguments {
    #[command(subcommand)]
    command: Lab,
}

#[derive(Subcommand)]
enum Lab {
    /// Run a command with a control plane, and end as it does.
    Exec {
        /// The command and its arguments.
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
    /// Start a control plane and keep it until Ctrl-C or until stdin closes.
    Up,
    /// Show restarts on a simulated cloud, and compare what was asked with what was executed.
    Demo {
        /// Leave everything running afterwards, until Ctrl-C or until stdin closes.
        #[arg(long)]
        keep: bool,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Lab::Exec { command } => exec(&command).await,
        Lab::Up => up().await,
        Lab::Demo { keep } => demo(keep).await,
    };
    result.unwrap_or_else(|failure| {
        eprintln!("lab: {failure}");
        ExitCode::FAILURE
    })
}

/// Runs `command` beside a control plane that is stopped afterwards, whatever happens.
async fn exec(command: &[OsString]) -> Outcome<ExitCode> {
    let mut interrupt = ready_to_start()?;
    let Some(plane) = interrupt.or(start()).await? else {
        return Ok(ExitCode::from(130));
    };
    let (program, arguments) = command
        .split_first()
        .ok_or_else(|| Failure::new("no command to run"))?;
    let mut child = tokio::process::Command::new(program)
        .args(arguments)
        .env(SHARED, plane.folder())
        .spawn()
        .while_doing(format_args!("run {}", program.display()))?;
    let pid = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
    let status = loop {
        let passed_on = tokio::select! {
            status = child.wait() => break status,
            passed_on = interrupt.next() => passed_on,
        };
        let Some(pid) = pid else { continue };
        let _ = kill_process(pid, passed_on);
        match tokio::time::timeout(COMMAND_STOP_TIMEOUT, child.wait()).await {
            Ok(status) => break status,
            Err(_) => child.kill().await.while_doing("kill the command")?,
        }
    };
    if let Some(summary) = needs::summary(plane.folder()) {
        eprint!("lab: {summary}");
    }
    plane.stop();
    Ok(ending(status.while_doing("wait for the command")?))
}

/// The exit code that a shell would give.
fn ending(status: ExitStatus) -> ExitCode {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(1);
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// Keeps a control plane for a person.
async fn up() -> Outcome<ExitCode> {
    let mut interrupt = ready_to_start()?;
    let Some(plane) = interrupt.or(start()).await? else {
        return Ok(ExitCode::from(130));
    };
    println!(
        "export KUBECONFIG={}",
        plane.kubeconfig(User::Admin).display()
    );
    println!("export {SHARED}={}", plane.folder().display());
    println!(
        "# kubectl of the same version: {}",
        plane.folder().join("kubectl").display()
    );
    println!("# Ctrl-C, or the end of stdin, stops it");
    tokio::select! {
        _ = interrupt.next() => {}
        () = stdin_closed() => {}
    }
    plane.stop();
    Ok(ExitCode::SUCCESS)
}

/// Shows restarts. It ends well if each was executed once and succeeded.
async fn demo(keep: bool) -> Outcome<ExitCode> {
    let mut interrupt = ready_to_start()?;
    let Some(stage) = interrupt.or(Stage::set()).await? else {
        return Ok(ExitCode::from(130));
    };
    let Some(good) = interrupt.or(stage.play()).await? else {
        return Ok(ExitCode::from(130));
    };
    if keep {
        stage.print_how_to_use_it();
        tokio::select! {
            _ = interrupt.next() => {}
            () = stdin_closed() => {}
        }
    }
    Ok(ExitCode::from(u8::from(!good)))
}

/// Has the programs at hand, then takes over the signals: a build of minutes is ended by them as usual.
fn ready_to_start() -> Outcome<Interrupt> {
    assets::find()?;
    Interrupt::listen()
}

async fn start() -> Outcome<ControlPlane> {
    let started = Instant::now();
    let plane = ControlPlane::start().await?;
    eprintln!(
        "lab: control plane ready after {:.1} s",
        started.elapsed().as_secs_f32()
    );
    Ok(plane)
}

/// Resolves when nobody can type any more. A thread of its own, because a pending read of stdin would
/// keep the runtime from ending.
async fn stdin_closed() {
    let (closed, wait) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 256];
        while std::io::stdin()
            .read(&mut buffer)
            .is_ok_and(|bytes| bytes > 0)
        {}
        let _ = closed.send(());
    });
    let _ = wait.await;
}

/// The signals that ask this program to end.
struct Interrupt {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Interrupt {
    fn listen() -> Outcome<Self> {
        let listen = |kind| signal(kind).while_doing("listen for signals");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// The next one.
    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
        }
    }

    /// The result of `work`; `None` when a signal came first, which drops what was done so far.
    async fn or<T>(&mut self, work: impl Future<Output = Outcome<T>>) -> Outcome<Option<T>> {
        tokio::select! {
            result = work => result.map(Some),
            _ = self.next() => Ok(None),
        }
    }
}
