//! The real Helm, built once by `.ci/go-tools`.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::LazyLock,
};

use super::{
    manifests::{chart, printed, root},
    support::controlplane::assets::process_environment,
};

static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let mut build = Command::new(root().join(".ci/go-tools/build.sh"));
    build.arg("helm").stderr(Stdio::inherit());
    PathBuf::from(printed(&mut build).trim_end())
});

/// Helm with nothing inherited: no plugin, no repository, no setting of the person who runs it.
pub fn helm(home: &Path) -> Command {
    let mut helm = Command::new(&*PROGRAM);
    helm.env_clear().env("HOME", home).current_dir(home);
    helm.envs(process_environment("PATH").map(|path| ("PATH", path)));
    for part in ["CACHE", "CONFIG", "DATA"] {
        helm.env(format!("HELM_{part}_HOME"), home.join(part));
    }
    helm
}

/// What the chart renders to as release `restart-operator` in `restart-operator-system`, by which names
/// it is like `deploy/`.
pub fn template(home: &Path, arguments: &[&str]) -> Command {
    let mut helm = helm(home);
    helm.args(["template", "restart-operator"]).arg(chart());
    helm.args(["--namespace", "restart-operator-system"]);
    helm.args(arguments);
    helm
}
