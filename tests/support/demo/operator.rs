//! The operator: the program that is shipped, as the service account that is installed for it. It runs
//! outside of the cluster, because no Pods run on this control plane.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::shell::{say_command, say_output};
use crate::support::{
    controlplane::{ControlPlane, process::Group, users::write_private},
    failure::{Failure, Outcome, While},
};

const NAME: &str = "restart-operator";
const NAMESPACE: &str = "restart-operator-system";
/// As a user would type them. A log for people: it is shown when something is wrong.
const ARGUMENTS: &str = "run --development-endpoints --bind 127.0.0.1:0 --log-format text";

/// A running operator. It ends when this is dropped, and with this process at the latest.
pub(super) struct Operator {
    group: Group,
    log: PathBuf,
}

impl Operator {
    pub(super) async fn start(plane: &ControlPlane) -> Outcome<Self> {
        let login = plane.service_account_token(NAMESPACE, NAME).await?;
        let mut command = Command::new(sibling(NAME)?);
        command.args(ARGUMENTS.split(' '));
        command
            .env("KUBECONFIG", &login.kubeconfig)
            .env("NO_COLOR", "1");
        let log = plane.folder().join(format!("{NAME}.log"));
        // There before its first line, for whoever follows it.
        write_private(&log, "")?;
        let mut group = Group::new()?;
        group.start(NAME, command, &log)?;
        say_command(&format!("{NAME} {ARGUMENTS} &"));
        say_output(&format!(
            "as service account {NAMESPACE}/{NAME}, with the roles of deploy/"
        ));
        Ok(Self { group, log })
    }

    /// Its name in the audit log.
    pub(super) fn user() -> String {
        format!("system:serviceaccount:{NAMESPACE}:{NAME}")
    }

    pub(super) fn log(&self) -> &Path {
        &self.log
    }

    /// The last lines of its log.
    pub(super) fn log_tail(&self) -> String {
        self.group.log_tail(NAME)
    }

    /// Where probes and metrics are. It took a free port, and its log says which one.
    pub(super) fn address(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let address = log
            .split_once("address=")
            .and_then(|(_, rest)| rest.split_whitespace().next());
        address.map_or_else(
            || "(see its log)".to_owned(),
            |address| format!("http://{address}"),
        )
    }
}

/// A program that was built together with this one, which is in the folder `examples` beside it.
pub(super) fn sibling(name: &str) -> Outcome<PathBuf> {
    let this = std::env::current_exe().while_doing("find this program")?;
    let profile = this
        .parent()
        .and_then(Path::parent)
        .unwrap_or(Path::new("."));
    let program = profile.join(name);
    if program.exists() {
        return Ok(program);
    }
    let program = program.display();
    Err(Failure::new(format!(
        "{program} is missing: `make demo` builds it"
    )))
}
