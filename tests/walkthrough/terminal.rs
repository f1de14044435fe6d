//! A terminal with kubectl of the control plane. The pages speak of the namespace `shop` and the account
//! `ali-shared`; here these are the namespace and the account of the test.

use tempfile::TempDir;
use tokio::process::Command;

use crate::support::{controlplane::users::User, world::World};

pub(crate) struct Terminal {
    folder: TempDir,
    kubectl: String,
    namespace: String,
}

impl Terminal {
    pub(crate) fn new(world: &World) -> Self {
        let kubectl = world.plane.kubectl(User::Admin);
        let words = std::iter::once(kubectl.get_program()).chain(kubectl.get_args());
        let words = words.map(|word| format!("'{}'", word.to_str().expect("UTF-8")));
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            kubectl: words.collect::<Vec<_>>().join(" "),
            namespace: world.namespace.clone(),
        }
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), self.here(text)).expect("a file");
    }

    /// Runs the line in a shell: whether it succeeded, and what it printed, in the words of the page.
    pub(crate) async fn run(&self, line: &str) -> (bool, String) {
        let script = format!(
            "kubectl() {{ {} \"$@\"; }}\n{}",
            self.kubectl,
            self.here(line)
        );
        let output = Command::new("sh")
            .args(["-c", &script])
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .output()
            .await
            .expect("a shell");
        let mut text = String::from_utf8(output.stdout).expect("UTF-8");
        text += &String::from_utf8(output.stderr).expect("UTF-8");
        (
            output.status.success(),
            text.replace(&self.namespace, "shop"),
        )
    }

    fn here(&self, text: &str) -> String {
        text.replace("-n shop", &format!("-n {}", self.namespace))
            .replace("namespace: shop", &format!("namespace: {}", self.namespace))
            .replace("ali-shared", &self.namespace)
    }
}

/// The same command, trying a change instead of making it.
pub(crate) fn harmless(line: &str) -> String {
    let changes = ["patch", "delete", "apply", "create", "annotate", "label"];
    let verb = line.split_whitespace().find(|word| changes.contains(word));
    match verb {
        Some(_) => format!("{line} --dry-run=server"),
        None => line.to_owned(),
    }
}
