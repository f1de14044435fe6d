//! Commands, shown as a user would type them and then run, and the files that they are about.

use std::{
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::Command;

use super::cloud::Cloud;
use crate::support::{
    controlplane::{
        ControlPlane,
        assets::process_environment,
        users::{User, write_private},
    },
    failure::{Failure, Outcome, While},
};

/// Prints a line. Somebody who reads only the beginning is no reason to leave things half done.
pub(super) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints a command as a user would type it; bold for somebody who looks on.
pub(super) fn say_command(line: &str) {
    let plain = !std::io::stdout().is_terminal() || process_environment("NO_COLOR").is_some();
    let (bold, normal) = if plain {
        ("", "")
    } else {
        ("\x1b[1m", "\x1b[0m")
    };
    say(&format!("  $ {bold}{line}{normal}"));
}

/// Prints what a command printed.
pub(super) fn say_output(text: &str) {
    for line in text.lines() {
        say(&format!("    {line}"));
    }
}

/// Where commands are run: kubectl of the control plane, as admin, in a folder with the demo's files.
pub(super) struct Shell {
    kubectl: std::process::Command,
    folder: PathBuf,
}

impl Shell {
    pub(super) fn new(plane: &ControlPlane) -> Outcome<Self> {
        let folder = plane.folder().join("demo");
        std::fs::create_dir(&folder).while_doing(format_args!("create {}", folder.display()))?;
        Ok(Self {
            kubectl: plane.kubectl(User::Admin),
            folder,
        })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A file for a command.
    pub(super) fn write(&self, name: &str, text: &str) -> Outcome<()> {
        write_private(&self.folder.join(name), text)
    }

    /// Says `kubectl …` or `cat FILE`, runs it, and says what it printed.
    pub(super) async fn run(&self, line: &str) -> Outcome<()> {
        say_command(line);
        say_output(&self.output(line, &self.folder).await?);
        Ok(())
    }

    /// Installs what a user would install. The long output is counted, not shown.
    pub(super) async fn install(&self) -> Outcome<()> {
        let line = "kubectl apply -k deploy";
        say_command(line);
        let printed = self
            .output(line, Path::new(env!("CARGO_MANIFEST_DIR")))
            .await?;
        let (mut kinds, mut objects) = (Vec::new(), 0);
        for object in printed.lines() {
            let kind = object.split(['.', '/']).next().unwrap_or_default();
            objects += 1;
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        say_output(&wrapped(
            &format!("{objects} objects: {}", kinds.join(", ")),
            84,
        ));
        Ok(())
    }

    /// Lets the cloud lose its answer to the next restart of `app`, after that restart is executed.
    pub(super) async fn lose_the_answer(&self, cloud: &Cloud, app: &str) -> Outcome<()> {
        let rule = format!(
            r#"{{"action": "RestartApplication",
      "app": "{app}", "fault": {{"kind": "drop_after"}}}}"#
        );
        say_command(&format!("curl {}/_control/faults -d '{rule}'", cloud.url()));
        say_output(&cloud.inject(rule).await?);
        Ok(())
    }

    /// Gives the cloud an instance of bare metal.
    pub(super) async fn put_bare_metal(&self, cloud: &Cloud, id: &str) -> Outcome<()> {
        let body = r#"{"type_id": "ecs.ebmg1l.24xlarge"}"#;
        let path = format!("instances/{id}");
        say_command(&format!(
            "curl -X PUT {}/_control/{path} \\\n      -d '{body}'",
            cloud.url()
        ));
        say_output(&cloud.put(&path, body.to_owned()).await?);
        Ok(())
    }

    async fn output(&self, line: &str, folder: &Path) -> Outcome<String> {
        let mut words = line.split(' ');
        let mut command = match words.next() {
            Some("kubectl") => self.kubectl(),
            program => Command::new(program.unwrap_or_default()),
        };
        let run = command
            .args(words)
            .current_dir(folder)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = run.await.while_doing(format_args!("run {line}"))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        Err(Failure::new(format!(
            "could not run {line}: {}",
            complaint.trim()
        )))
    }

    fn kubectl(&self) -> Command {
        let mut command = Command::new(self.kubectl.get_program());
        let set = self
            .kubectl
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?)));
        command.env_clear().envs(set).args(self.kubectl.get_args());
        command
    }
}

/// The text in lines of at most `width` characters.
pub(super) fn wrapped(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}
