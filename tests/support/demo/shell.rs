//! Commands, shown as a user would type them and then run, and the files that they are about.

use std::{
    fmt::Write as _,
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use cloudsim::{Fault, FaultRule};
use tokio::process::Command;

use super::cloud::Cloud;
use crate::support::{
    controlplane::{ControlPlane, users::User, users::write_private},
    failure::{Failure, Outcome, While},
};

/// Prints a line. Somebody who reads only the beginning is no reason to leave things half done.
pub(super) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints a command as a user would type it.
pub(super) fn say_command(line: &str) {
    say(&format!("  $ {line}"));
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
        say_output(&wrapped(&format!(
            "{objects} objects: {}",
            kinds.join(", ")
        )));
        Ok(())
    }

    /// Lets the cloud lose its answer to the next restart of `app`, after that restart is executed.
    pub(super) async fn lose_the_answer(&self, cloud: &Cloud, app: &str) -> Outcome<()> {
        let rule = FaultRule::on("RestartApplication", Fault::DropAfter).app(app);
        let text = format!(
            r#"{{"action":"RestartApplication","app":"{app}","fault":{{"kind":"drop_after"}}}}"#
        );
        say_command(&format!(
            "curl {}/_control/faults -d '\n      {text}'",
            cloud.url()
        ));
        // What is shown must be what is done.
        let shown: FaultRule = serde_json::from_str(&text).while_doing("read the fault")?;
        if shown != rule {
            return Err(Failure::new(format!(
                "{text} is another fault than {rule:?}"
            )));
        }
        say_output(&cloud.inject(text).await?);
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

/// The text in lines of at most 90 characters.
fn wrapped(text: &str) -> String {
    let (mut all, mut width) = (String::new(), 0);
    for word in text.split(' ') {
        let gap = if width == 0 {
            ""
        } else if width + word.len() > 90 {
            "\n"
        } else {
            " "
        };
        width = if gap == "\n" { 0 } else { width } + word.len() + 1;
        let _ = write!(all, "{gap}{word}");
    }
    all
}
