//! Tests that cannot run on every kind of control plane, and how they are left out: never in silence.

use std::{fs::File, io::Write, path::Path};

use super::{SHARED, assets, existing};
use crate::support::failure::{Failure, Outcome, While};

/// What was left out, a line per test, in the folder of a shared control plane.
const LEFT_OUT: &str = "left-out";

/// What a test may need that not every control plane has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Collection of garbage, the end of namespaces, aggregated roles.
    ControllerManager,
    /// The right to stop, restart and freeze servers: a private control plane.
    OwnServers,
    /// The audit log.
    AuditLog,
}

impl Need {
    fn missing(self) -> Outcome<Option<&'static str>> {
        let environment = &assets::process_environment;
        if existing::is_wanted(environment) {
            return Ok(match self {
                Self::ControllerManager => None,
                Self::OwnServers => Some("an existing cluster is never stopped or restarted"),
                Self::AuditLog => Some("the audit log of an existing cluster cannot be read"),
            });
        }
        let ready = assets::ready(environment)?;
        let without = ready.is_some_and(|assets| assets.controller_manager.is_none());
        Ok((self == Self::ControllerManager && without)
            .then_some("these binaries have no kube-controller-manager"))
    }
}

/// Whether `test` has to be left out, which is then printed and counted. With `CI=true` it fails.
///
/// ```text
/// if left_out("the_operator_survives_a_restart_of_the_api_server", &[Need::OwnServers])? {
///     return Ok(());
/// }
/// ```
pub fn left_out(test: &str, needs: &[Need]) -> Outcome<bool> {
    for need in needs {
        let Some(why) = need.missing()? else { continue };
        leave_out(test, why)?;
        return Ok(true);
    }
    Ok(false)
}

/// Says that `test` is left out and why, and counts it. With `CI=true` that is a failure.
pub fn leave_out(test: &str, why: &str) -> Outcome<()> {
    let line = format!("left out: {test}: {why}");
    if assets::process_environment("CI").is_some_and(|ci| ci == "true") {
        return Err(Failure::new(format!("{line}. CI=true, so it may not be")));
    }
    // Not `eprintln!`: that is captured, and shown of failed tests only.
    let _ = writeln!(std::io::stderr(), "{line}");
    match assets::process_environment(SHARED) {
        Some(folder) => note(Path::new(&folder), &line),
        None => Ok(()),
    }
}

fn note(folder: &Path, line: &str) -> Outcome<()> {
    File::options()
        .create(true)
        .append(true)
        .open(folder.join(LEFT_OUT))
        // One write: several test processes append to the same file.
        .and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()))
        .while_doing("note a test that was left out")
}

/// What has been left out of the run around this control plane.
pub fn summary(folder: &Path) -> Option<String> {
    let lines = std::fs::read_to_string(folder.join(LEFT_OUT)).ok()?;
    Some(format!(
        "tests that were left out: {}\n{lines}",
        lines.lines().count()
    ))
}
