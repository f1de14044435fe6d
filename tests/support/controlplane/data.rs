//! The folder that holds the data of one control plane: where it is, and who removes it when.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::{
    fs::statvfs,
    process::{Pid, test_kill_process},
};
use tempfile::TempDir;

use super::assets::{process_environment, target_folder};
use crate::support::failure::{Failure, Outcome, While};

/// All folders start so, and nothing else may.
const PREFIX: &str = "restart-operator-";
/// etcd's write-ahead log and snapshots, the audit log and the logs of a long run.
const ROOM_BYTES: u64 = 512 << 20;
/// The name of a Unix socket may have 107 bytes on Linux and 103 on macOS.
const SOCKET_PATH_BYTES: usize = 103;
/// A younger folder without an owner may be one whose owner was killed and is being looked into.
const STALE_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
/// In the folder: the process id of who made it.
const OWNER: &str = "owner";

/// A folder that goes away with this value, unless `KEEP=1`.
pub struct Data(Option<TempDir>, PathBuf);

impl Data {
    /// A new folder that only this user can read, in memory if there is room.
    pub fn new() -> Outcome<Self> {
        let base = base()?;
        remove_stale(&base);
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(&base)
            .while_doing(format_args!("create a folder in {}", base.display()))?;
        let path = folder.path().to_owned();
        fs::write(path.join(OWNER), std::process::id().to_string())
            .while_doing(format_args!("write into {}", path.display()))?;
        Ok(Self(Some(folder), path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.1
    }

    /// The socket that etcd listens on: no port to choose and none to lose.
    pub fn etcd_socket(&self) -> PathBuf {
        socket(&self.1)
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        let Some(folder) = self.0.take() else { return };
        if process_environment("KEEP").is_some_and(|keep| keep == "1") {
            let path = folder.keep();
            let kubeconfig = path.join("admin.kubeconfig");
            eprintln!(
                "control plane: KEEP=1, data and logs stay beside {}",
                kubeconfig.display()
            );
        }
    }
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("etcd.sock")
}

/// The first place with room, and with a short enough name for a socket in it.
fn base() -> Outcome<PathBuf> {
    let memory = process_environment("XDG_RUNTIME_DIR").map(PathBuf::from);
    let mut places: Vec<PathBuf> = memory
        .into_iter()
        .chain([PathBuf::from("/dev/shm")])
        .collect();
    places.retain(|place| has_room(place));
    places.extend([target_folder()?, std::env::temp_dir()]);
    let fits = |place: &PathBuf| {
        socket(&place.join(format!("{PREFIX}123456")))
            .as_os_str()
            .len()
            <= SOCKET_PATH_BYTES
    };
    places.into_iter().find(fits).ok_or_else(|| {
        Failure::new(
            "no folder with a name short enough for a Unix socket: set TMPDIR to a short one",
        )
    })
}

fn has_room(place: &Path) -> bool {
    statvfs(place).is_ok_and(|system| system.f_bavail.saturating_mul(system.f_frsize) >= ROOM_BYTES)
}

/// Removes what runs have left that could not clean up after themselves.
fn remove_stale(base: &Path) {
    let Ok(entries) = fs::read_dir(base) else {
        return;
    };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if ours && is_stale(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Old, and made by a process that is no more.
pub fn is_stale(folder: &Path) -> bool {
    let owner = folder.join(OWNER);
    let age = fs::metadata(&owner)
        .and_then(|file| file.modified())
        .ok()
        .and_then(|t| t.elapsed().ok());
    let pid = fs::read_to_string(&owner)
        .ok()
        .and_then(|pid| Pid::from_raw(pid.trim().parse().ok()?));
    match (age, pid) {
        (Some(age), Some(pid)) => age > STALE_AFTER && test_kill_process(pid).is_err(),
        // Without an owner file nothing tells that it is ours.
        _ => false,
    }
}
