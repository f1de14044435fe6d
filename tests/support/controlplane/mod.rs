//! A real control plane for tests, benches and the demo: found, built, started, used, stopped.
//!
//! [`ControlPlane`] is the way in. Its files, each with one idea:
//!
//! | File | Idea |
//! |---|---|
//! | `assets` | where the programs come from |
//! | `existing` | a cluster that the user already has |
//! | `data` | the folder of one control plane |
//! | `process` | children that never outlive us |
//! | `start` | flags, order, waiting until ready |
//! | `users`, `token`, `client` | who logs in, and how |
//! | `install` | CRDs and roles of this repository |
//! | `namespace` | a namespace for one test |
//! | `audit` | counting requests |
//! | `needs` | leaving out a test, and saying so |
//!
//! What the operator does on it belongs in tests.

pub mod assets;
pub mod audit;
pub mod client;
pub mod data;
pub mod duration;
pub mod existing;
pub mod install;
pub mod namespace;
pub mod needs;
pub mod process;
pub mod start;
pub mod token;
pub mod users;

use std::{
    fs::{File, TryLockError},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use kube::Client;
use rustix::process::Signal;
use tokio::sync::Mutex;

use self::{
    assets::process_environment,
    audit::Requests,
    data::Data,
    start::{Server, Servers},
    token::Login,
    users::User,
};
use crate::support::failure::{Failure, Outcome, While};

/// The folder of a control plane that was started around the whole run.
pub const SHARED: &str = "RESTART_OPERATOR_TEST_CONTROL_PLANE";
/// In that folder, once everything is installed.
const READY: &str = "ready";
/// Longer than any test may hold a private control plane.
const TURN_TIMEOUT: Duration = Duration::from_secs(15 * 60);
const TURN_POLL: Duration = Duration::from_millis(100);

/// A control plane to talk to. What was started for it ends, and its data goes, when it is dropped.
pub struct ControlPlane {
    folder: PathBuf,
    origin: Origin,
    /// Held by a private one: half a gigabyte each, so there is one at a time. Never read.
    turn: Option<File>,
}

enum Origin {
    /// Started by this process.
    Ours(Servers),
    /// Started around the run by `lab`.
    Shared,
    /// The user's; the folder with kubeconfigs is ours.
    Existing { _folder: Data },
}

impl ControlPlane {
    /// The one around this run, else one for this process: the tests that use it at the same time share
    /// it. Has the CRDs and roles of this repository. Tests must not change those.
    pub async fn shared_or_start() -> Outcome<Arc<Self>> {
        static HERE: Mutex<Weak<ControlPlane>> = Mutex::const_new(Weak::new());
        let mut here = HERE.lock().await;
        if let Some(plane) = here.upgrade() {
            return Ok(plane);
        }
        let plane = match process_environment(SHARED) {
            Some(folder) => Self::join(Path::new(&folder))?,
            None => Self::start().await?,
        };
        let plane = Arc::new(plane);
        *here = Arc::downgrade(&plane);
        Ok(plane)
    }

    /// One for this test alone, which it may break. Has the CRDs and roles of this repository. Waits until
    /// no other test has one, so a test must drop its first before it starts a second.
    pub async fn start_private() -> Outcome<Self> {
        let mut plane = Self::start_bare().await?;
        plane.install_shipped().await?;
        Ok(plane)
    }

    /// As [`start_private`](Self::start_private), with nothing installed and no controller manager.
    pub async fn start_bare() -> Outcome<Self> {
        if existing::is_wanted(&process_environment) {
            return Err(Failure::new(
                "USE_EXISTING_CLUSTER=true, and this needs a control plane of its own: the test must be left out",
            ));
        }
        let turn = turn().await?;
        let mut plane = Self::start_servers().await?;
        plane.turn = Some(turn);
        Ok(plane)
    }

    /// One for a whole run of several processes, which find it by [`SHARED`]. Has the CRDs and roles.
    pub async fn start() -> Outcome<Self> {
        let mut plane = if existing::is_wanted(&process_environment) {
            Self::attach()?
        } else {
            Self::start_servers().await?
        };
        plane.install_shipped().await?;
        users::write_private(&plane.folder.join(READY), "")?;
        Ok(plane)
    }

    async fn start_servers() -> Outcome<Self> {
        let assets = assets::find()?;
        let kubectl = assets.kubectl.clone();
        let servers = Servers::start(assets).await?;
        Self::new(
            servers.folder().to_owned(),
            Origin::Ours(servers),
            Some(&kubectl),
        )
    }

    fn attach() -> Outcome<Self> {
        let data = Data::new()?;
        existing::write_kubeconfigs(data.path())?;
        let kubectl = assets::find()?.kubectl;
        Self::new(
            data.path().to_owned(),
            Origin::Existing { _folder: data },
            Some(&kubectl),
        )
    }

    fn join(folder: &Path) -> Outcome<Self> {
        if !folder.join(READY).exists() {
            return Err(Failure::new(format!(
                "{SHARED}={} names no control plane that is ready: unset it to have one started",
                folder.display()
            )));
        }
        Self::new(folder.to_owned(), Origin::Shared, None)
    }

    /// Those who join find kubectl in the folder, and need not know where the programs came from.
    fn new(folder: PathBuf, origin: Origin, kubectl: Option<&Path>) -> Outcome<Self> {
        let plane = Self {
            folder,
            origin,
            turn: None,
        };
        if let Some(program) = kubectl {
            symlink(program, plane.kubectl_path()).while_doing("link kubectl")?;
        }
        Ok(plane)
    }

    /// What is in the repository now: CRDs, then roles, then the controller manager, which learns late of
    /// kinds that come after it.
    async fn install_shipped(&mut self) -> Outcome<()> {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
        let crds = repository.join("crds");
        if crds.exists() {
            install::crds(self, &crds).await?;
        }
        let deploy = repository.join("deploy");
        if deploy.join("kustomization.yaml").exists() {
            install::roles(self, &deploy)?;
        }
        match &mut self.origin {
            Origin::Ours(servers) if servers.has_controller_manager() => {
                servers.start_controller_manager()
            }
            // Tests that need one are left out by name.
            Origin::Ours(_) | Origin::Shared | Origin::Existing { .. } => Ok(()),
        }
    }

    /// The folder with kubeconfigs, logs and data.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a user's kubeconfig is.
    pub fn kubeconfig(&self, user: User) -> PathBuf {
        users::kubeconfig_path(&self.folder, user)
    }

    /// A new client of a user, without hidden retries.
    pub async fn client(&self, user: User) -> Outcome<Client> {
        client::from_file(&self.kubeconfig(user)).await
    }

    /// kubectl as a user, of the server's version and with nothing inherited. It blocks the thread: in a
    /// test whose operator runs in the same process, turn a long one into a `tokio::process::Command`.
    pub fn kubectl(&self, user: User) -> Command {
        let mut kubectl = Command::new(self.kubectl_path());
        kubectl.env_clear();
        // `diff` runs a program of that name, and a login of an existing cluster may run one as well.
        kubectl.envs(process_environment("PATH").map(|path| ("PATH", path)));
        let home = match self.origin {
            Origin::Existing { .. } => process_environment("HOME"),
            Origin::Ours(_) | Origin::Shared => None,
        };
        kubectl.env("HOME", home.unwrap_or_else(|| self.folder.clone().into()));
        kubectl.arg("--kubeconfig").arg(self.kubeconfig(user));
        kubectl
    }

    fn kubectl_path(&self) -> PathBuf {
        self.folder.join("kubectl")
    }

    /// What has been asked of the API server so far.
    pub fn audit(&self) -> Outcome<Requests> {
        Requests::read(&self.folder.join("audit.log"))
    }

    /// Logs in as a service account, or renews its token in the same files.
    pub async fn service_account_token(&self, namespace: &str, name: &str) -> Outcome<Login> {
        let admin = self.client(User::Admin).await?;
        token::log_in(admin, &self.folder, (namespace, name), None).await
    }

    /// The same, with a token that ends when the Secret is deleted.
    pub async fn service_account_token_bound_to(
        &self,
        namespace: &str,
        name: &str,
        secret: &str,
    ) -> Outcome<Login> {
        let admin = self.client(User::Admin).await?;
        token::log_in(admin, &self.folder, (namespace, name), Some(secret)).await
    }

    /// A namespace for one test. `author` may edit and `reader` may read in it, and `operator` has there
    /// what it is given in its own namespace.
    pub async fn new_namespace(&self, prefix: &str) -> Outcome<String> {
        namespace::create(self, prefix).await
    }

    /// The processes, if they are this process's own to stop and freeze.
    pub fn servers(&mut self) -> Outcome<&mut Servers> {
        match &mut self.origin {
            Origin::Ours(servers) => Ok(servers),
            Origin::Shared | Origin::Existing { .. } => Err(Failure::new(
                "only a private control plane may be stopped, restarted or frozen",
            )),
        }
    }

    /// Kills the API server with `kill -9` and starts it again with the same port, keys and data.
    pub async fn restart_apiserver(&mut self) -> Outcome<()> {
        self.servers()?.restart_apiserver().await
    }

    /// Freezes a server with SIGSTOP.
    pub fn freeze(&mut self, server: Server) -> Outcome<()> {
        self.servers()?.signal(server, Signal::STOP)
    }

    /// Wakes a frozen server.
    pub fn thaw(&mut self, server: Server) -> Outcome<()> {
        self.servers()?.signal(server, Signal::CONT)
    }

    /// Stops what was started for it and removes its data, as dropping it does.
    pub fn stop(self) {
        drop(self);
    }
}

/// Waits until this process may start a private control plane.
async fn turn() -> Outcome<File> {
    let file = assets::lock_file("private.lock")?;
    let deadline = Instant::now() + TURN_TIMEOUT;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                tokio::time::sleep(TURN_POLL).await;
            }
            Err(error) => {
                return Err(Failure::new(format!(
                    "no turn for a private control plane: {error}"
                )));
            }
        }
    }
}
