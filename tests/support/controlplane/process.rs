//! Child processes that end with the process that started them, whatever ends it.
//!
//! All servers of one control plane share a process group. Its leader is a small shell, the guard,
//! that waits on a pipe from us: when we are gone, even by `kill -9`, the kernel closes the pipe and
//! the guard ends the group. It is there before the first server, so no moment is left in which
//! a server could outlive us. What the servers are is not known here.

use std::{
    fs::File,
    io::Read,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::{assets::process_environment, duration};
use crate::support::failure::{Failure, Outcome, While};

/// How many lines of a log are shown when its process has failed.
const TAIL_LINES: usize = 50;
/// How long a server may take to end before it is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// A look at a child costs one system call.
const POLL: Duration = Duration::from_millis(20);
/// The guard must outlive its own first signal to send the second. `dash` takes the signal only in
/// this form.
const GUARD: &str =
    "trap '' TERM INT HUP; read -r _; kill -s TERM -- -$$; sleep 1; kill -s KILL -- -$$";

/// Processes that live and end together.
pub struct Group {
    guard: Child,
    /// In the order of their start; they are stopped in the opposite one.
    members: Vec<Member>,
}

struct Member {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Group {
    /// A group without members.
    pub fn new() -> Outcome<Self> {
        let guard = Command::new("/bin/sh")
            .args(["-c", GUARD])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .while_doing("start the guard of the control plane")?;
        Ok(Self {
            guard,
            members: Vec::new(),
        })
    }

    /// Makes a process that is started by somebody else end with this group.
    pub fn include(&self, command: &mut Command) {
        command.process_group(Pid::from_child(&self.guard).as_raw_nonzero().get());
    }

    /// Starts a process, or starts it again in its old place.
    pub fn start(&mut self, name: &'static str, command: Command, log: &Path) -> Outcome<()> {
        let child = self.spawn(name, command, log)?;
        match self.members.iter_mut().find(|member| member.name == name) {
            Some(member) => member.child = child,
            None => self.members.push(Member {
                name,
                child,
                log: log.to_owned(),
            }),
        }
        Ok(())
    }

    fn spawn(&self, name: &str, mut command: Command, log: &Path) -> Outcome<Child> {
        let attached = process_environment("KUBEBUILDER_ATTACH_CONTROL_PLANE_OUTPUT");
        let (out, err) = if attached.is_some_and(|value| value == "true") {
            // Stdout belongs to what is run beside the control plane.
            (Stdio::null(), Stdio::inherit())
        } else {
            let file = File::options().create(true).append(true).open(log);
            let file = file.while_doing(format_args!("open {}", log.display()))?;
            let copy = file.try_clone().while_doing("share a log file")?;
            (Stdio::from(file), Stdio::from(copy))
        };
        // Nothing is inherited; what the caller set stays.
        let set = command.get_envs();
        let set: Vec<_> = set
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
            .collect();
        command
            .env_clear()
            .envs(set)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .process_group(Pid::from_child(&self.guard).as_raw_nonzero().get())
            .spawn()
            .while_doing(format_args!("start {name}"))
    }

    /// Fails, with the end of its log, if a member is no longer running.
    pub fn all_running(&mut self) -> Outcome<()> {
        for member in &mut self.members {
            if let Ok(Some(status)) = member.child.try_wait() {
                return Err(member.ended(status));
            }
        }
        Ok(())
    }

    /// The process id of a member.
    pub fn pid(&self, name: &str) -> Option<u32> {
        self.member(name).map(|member| member.child.id())
    }

    /// The end of a member's log.
    pub fn log_tail(&self, name: &str) -> String {
        self.member(name)
            .map(|member| tail(&member.log))
            .unwrap_or_default()
    }

    fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    /// Sends a signal to one member.
    pub fn signal(&self, name: &str, signal: Signal) -> Outcome<()> {
        let Some(member) = self.member(name) else {
            return Err(Failure::new(format!("{name} was not started here")));
        };
        kill_process(Pid::from_child(&member.child), signal)
            .while_doing(format_args!("signal {name}"))
    }

    /// Kills one member with `kill -9`. It can be started again.
    pub fn kill(&mut self, name: &str) -> Outcome<()> {
        let Some(member) = self.members.iter_mut().find(|member| member.name == name) else {
            return Err(Failure::new(format!("{name} was not started here")));
        };
        member
            .child
            .kill()
            .while_doing(format_args!("kill {name}"))?;
        member
            .child
            .wait()
            .while_doing(format_args!("wait for {name}"))?;
        Ok(())
    }

    /// Ends all members, the last started first, and the guard.
    pub fn stop(&mut self) {
        let limit =
            duration::from_environment("KUBEBUILDER_CONTROLPLANE_STOP_TIMEOUT", STOP_TIMEOUT);
        for mut member in self.members.drain(..).rev() {
            member.stop(limit);
        }
        // The guard is our child and not waited for yet, so this number is still its group's.
        let _ = kill_process_group(Pid::from_child(&self.guard), Signal::KILL);
        let _ = self.guard.wait();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Member {
    fn ended(&self, status: ExitStatus) -> Failure {
        Failure::new(format!(
            "{} ended by itself ({status}). The end of {}:\n{}",
            self.name,
            self.log.display(),
            tail(&self.log)
        ))
    }

    fn stop(&mut self, limit: Duration) {
        let pid = Pid::from_child(&self.child);
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        let _ = kill_process(pid, Signal::TERM);
        // A test may have frozen it, and a frozen process does not see the first signal.
        let _ = kill_process(pid, Signal::CONT);
        let deadline = Instant::now() + limit;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(POLL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The last lines of a file.
pub fn tail(path: &Path) -> String {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|mut file| file.read_to_end(&mut bytes));
    if let Err(error) = read {
        return format!("({} cannot be read: {error})", path.display());
    }
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}
