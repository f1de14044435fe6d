//! Where the programs of the control plane come from: the user's own, or our build of them.
//!
//! The names and their order are those that setup-envtest and controller-runtime use, so what is
//! installed for other projects serves here too. What is done with the programs is not decided here.

use std::{
    ffi::OsString,
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::support::failure::{Failure, Outcome, While};

/// The oldest minor version of Kubernetes 1 whose binaries are taken from the store of setup-envtest.
const OLDEST_MINOR: u32 = 33;

/// The environment that a look-up reads: the process's own, or that of a test.
pub type Environment<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

/// The programs of one control plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assets {
    pub etcd: PathBuf,
    pub apiserver: PathBuf,
    pub kubectl: PathBuf,
    /// Missing from envtest's binaries.
    pub controller_manager: Option<PathBuf>,
}

/// The environment of this process.
pub fn process_environment(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The programs to use; builds them when nothing else is at hand.
pub fn find() -> Outcome<Assets> {
    match ready(&process_environment)? {
        Some(assets) => Ok(assets),
        None => from_folder(&build()?, &process_environment),
    }
}

/// Programs that are there already; `None` means that ours have to be built.
pub fn ready(environment: &Environment<'_>) -> Outcome<Option<Assets>> {
    let named = [
        "TEST_ASSET_ETCD",
        "TEST_ASSET_KUBE_APISERVER",
        "TEST_ASSET_KUBECTL",
    ];
    if named.iter().all(|name| environment(name).is_some()) {
        return from_folder(Path::new(""), environment).map(Some);
    }
    let folder = match environment("KUBEBUILDER_ASSETS") {
        Some(folder) => Some(PathBuf::from(folder)),
        None => newest_in_store(environment).or_else(default_folder),
    };
    folder
        .map(|folder| from_folder(&folder, environment))
        .transpose()
}

fn default_folder() -> Option<PathBuf> {
    let folder = PathBuf::from("/usr/local/kubebuilder/bin");
    folder.join("kube-apiserver").exists().then_some(folder)
}

/// All programs of `folder`, except those that have a variable of their own.
fn from_folder(folder: &Path, environment: &Environment<'_>) -> Outcome<Assets> {
    let program = |name: &str| one(folder, name, environment);
    let required = |name: &str| {
        program(name)?.ok_or_else(|| {
            Failure::new(format!(
                "no {name} in {}: {}",
                folder.display(),
                "set KUBEBUILDER_ASSETS to a folder that has etcd, kube-apiserver and kubectl, or unset it to \
                 have them built (Go is needed), or set USE_EXISTING_CLUSTER=true"
            ))
        })
    };
    Ok(Assets {
        etcd: required("etcd")?,
        apiserver: required("kube-apiserver")?,
        kubectl: required("kubectl")?,
        controller_manager: program("kube-controller-manager")?,
    })
}

/// One program: by its own variable, else from the folder if it is there.
fn one(folder: &Path, name: &str, environment: &Environment<'_>) -> Outcome<Option<PathBuf>> {
    let variable = format!("TEST_ASSET_{}", name.to_uppercase().replace('-', "_"));
    if let Some(path) = environment(&variable).map(PathBuf::from) {
        // envtest takes the value as it is, and the error comes later, from somewhere else.
        return if is_executable(&path) {
            Ok(Some(path))
        } else {
            Err(Failure::new(format!(
                "{variable}={} is no executable file",
                path.display()
            )))
        };
    }
    let path = folder.join(name);
    Ok(is_executable(&path).then_some(path))
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// The newest version that setup-envtest has unpacked for this machine.
fn newest_in_store(environment: &Environment<'_>) -> Option<PathBuf> {
    let home = environment("HOME").map(PathBuf::from);
    let store = if cfg!(target_os = "macos") {
        home?.join("Library/Application Support/io.kubebuilder.envtest/k8s")
    } else {
        environment("XDG_DATA_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(home?.join(".local/share")))?
            .join("kubebuilder-envtest/k8s")
    };
    let names = fs::read_dir(&store)
        .ok()?
        .flatten()
        .filter_map(|e| e.file_name().into_string().ok());
    let newest = names
        .filter_map(|name| Some((version(&name)?, name)))
        .max()?;
    Some(store.join(newest.1))
}

/// `1.36.2-linux-amd64` as numbers, if it is for this machine and new enough.
fn version(name: &str) -> Option<(u32, u32)> {
    let (version, machine) = name.split_once('-')?;
    if machine != self::machine() {
        return None;
    }
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    let (major, minor, patch) = (parts.next()??, parts.next()??, parts.next()??);
    (major == 1 && minor >= OLDEST_MINOR).then_some((minor, patch))
}

/// This machine in the words of Go, as the store's folders are named.
pub fn machine() -> String {
    let os = if cfg!(target_os = "macos") {
        "darwin"
    } else {
        std::env::consts::OS
    };
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{os}-{arch}")
}

/// Builds our own programs, or finds the ones that were built before; minutes, or an instant.
fn build() -> Outcome<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/controlplane/build.sh");
    let build = Command::new(&script)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .while_doing(format_args!("run {}", script.display()))?;
    if !build.status.success() {
        return Err(Failure::new(
            "the control plane could not be built (see above). Three ways to get one: install Go; or set \
             KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and kubectl; or set USE_EXISTING_CLUSTER=true",
        ));
    }
    let printed = String::from_utf8_lossy(&build.stdout);
    let folder = printed.lines().last().unwrap_or_default();
    Ok(PathBuf::from(folder))
}

/// The folder for what is built or started here; Cargo's own.
pub fn target_folder() -> Outcome<PathBuf> {
    let target = process_environment("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target"),
        PathBuf::from,
    );
    let folder = target.join("controlplane");
    fs::create_dir_all(&folder).while_doing(format_args!("create {}", folder.display()))?;
    Ok(folder)
}

/// Opens a file that is used as a lock between test processes.
pub fn lock_file(name: &str) -> Outcome<File> {
    let path = target_folder()?.join(name);
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .while_doing(format_args!("open {}", path.display()))
}
