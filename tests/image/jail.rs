//! A process in the root of the image and nowhere else, as a container runtime starts it: uid and gid
//! 65532 in a user namespace, the root mounted read-only, no capability; beside the image only what
//! every runtime adds: `/proc` and the first devices of the OCI runtime specification. Needs the kernel's
//! user namespaces and no root user.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use super::support::{controlplane::needs::leave_out, failure::Outcome};

/// The root is bound to itself to become a mount, which can be made read-only. What follows the second
/// `unshare` has lost every capability, since its user is no longer root.
const ENTER: &str = r#"set -e
root=$1; shift
mount --rbind "$root" "$root"
mount --rbind /proc "$root/proc"
for device in null random urandom; do mount --bind "/dev/$device" "$root/dev/$device"; done
mount -o remount,ro,bind "$root"
exec unshare --user --map-user=65532 --map-group=65532 --root="$root" --wd=/ "$@"
"#;

/// The command line of a program in `root`; what it should find there beside the image, such as files
/// that Kubernetes mounts, has to be there already.
pub fn command(root: &Path, environment: &[(String, String)], arguments: &[&str]) -> Command {
    for folder in ["proc", "dev"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    for device in ["null", "random", "urandom"] {
        fs::write(root.join("dev").join(device), "").unwrap();
    }
    let mut command = Command::new("unshare");
    command
        .args([
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            ENTER,
            "jail",
        ])
        .arg(root)
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .envs(environment.iter().cloned())
        .stdin(Stdio::null());
    command
}

/// Runs a program to its end.
pub fn run(root: &Path, environment: &[(String, String)], arguments: &[&str]) -> Output {
    command(root, environment, arguments)
        .output()
        .expect("unshare")
}

/// Whether this machine lets its users make namespaces; without them `test` is left out.
pub fn is_missing(test: &str) -> Outcome<bool> {
    let mut probe = Command::new("unshare");
    probe.args([
        "--user",
        "--map-root-user",
        "--mount",
        "mount",
        "--bind",
        "/tmp",
        "/tmp",
    ]);
    match probe.output() {
        Ok(output) if output.status.success() => Ok(false),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            leave_out(test, &format!("no user namespaces: {said}"))?;
            Ok(true)
        }
        Err(error) => {
            leave_out(test, &format!("unshare of util-linux: {error}"))?;
            Ok(true)
        }
    }
}
