//! Starts etcd, the API server and the controller manager, and waits until they can be used.
//!
//! The flags are those of the stock programs, so envtest's binaries start in the same way. Nothing is
//! known here of CRDs, roles or tests.

use std::{
    ffi::OsString,
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use rustix::process::Signal;
use socket2::{Domain, Socket, Type};

use super::{
    assets::Assets,
    client,
    data::Data,
    duration,
    process::Group,
    users::{Cluster, Tokens, User, kubeconfig_path, write_private},
};
use crate::support::failure::{Failure, Outcome, While};

/// Envtest's 20 s are short on two busy cores. Only against hanging: a start takes 4 s.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// How often a server that starts is asked whether it is ready.
const POLL: Duration = Duration::from_millis(50);
/// One question to a server that may not answer.
const ASK: Duration = Duration::from_secs(2);
/// Reads are written down too, and nothing before its answer is known. The default mode writes the line
/// before the answer goes out, so whoever has an answer can count it.
const AUDIT_POLICY: &str = "apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
";

/// A process of the control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    Etcd,
    Apiserver,
    ControllerManager,
}

impl Server {
    const fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::Apiserver => "kube-apiserver",
            Self::ControllerManager => "kube-controller-manager",
        }
    }
}

/// The running processes of one control plane and what they stand on. Dropping it ends them, then
/// removes their data.
pub struct Servers {
    group: Group,
    assets: Assets,
    /// Bound and never listening: it holds the port for the API server, across its restarts too.
    port: Socket,
    data: Data,
}

impl Servers {
    /// Starts etcd and the API server. What was started is stopped again if the rest fails.
    pub async fn start(assets: Assets) -> Outcome<Self> {
        let mut servers = Self {
            group: Group::new()?,
            assets,
            port: reserve_port()?,
            data: Data::new()?,
        };
        let tokens = Tokens::random()?;
        servers.write_files(&tokens)?;
        servers.spawn(
            Server::Etcd,
            &servers.assets.etcd.clone(),
            servers.etcd_flags(),
        )?;
        servers.spawn_apiserver()?;
        let deadline = deadline();
        servers.write_kubeconfigs(&tokens, deadline).await?;
        servers.until_ready(deadline).await?;
        Ok(servers)
    }

    /// Starts the controller manager. To be called after the CRDs are there: the garbage collector
    /// learns of later ones only every 30 s.
    pub fn start_controller_manager(&mut self) -> Outcome<()> {
        let Some(program) = self.assets.controller_manager.clone() else {
            return Err(Failure::new(
                "these binaries have no kube-controller-manager: nothing would collect garbage, end namespaces or \
                 fill aggregated roles",
            ));
        };
        let flags = self.controller_manager_flags();
        self.spawn(Server::ControllerManager, &program, flags)
    }

    /// Whether these programs include one.
    pub fn has_controller_manager(&self) -> bool {
        self.assets.controller_manager.is_some()
    }

    /// Kills the API server with `kill -9`, starts it with the same port, keys and etcd, and waits.
    pub async fn restart_apiserver(&mut self) -> Outcome<()> {
        self.group.kill(Server::Apiserver.name())?;
        self.spawn_apiserver()?;
        self.until_ready(deadline()).await
    }

    /// A copy of what etcd has stored, as a snapshot of its disk would be.
    pub fn snapshot(&self) -> Outcome<Snapshot> {
        let copy = tempfile::tempdir_in(self.folder()).while_doing("make room for a copy")?;
        self.signal(Server::Etcd, Signal::STOP)?;
        let copied = copy_folder(&self.folder().join("etcd"), copy.path());
        self.signal(Server::Etcd, Signal::CONT)?;
        copied.while_doing("copy the data of etcd")?;
        Ok(Snapshot(copy))
    }

    /// Puts etcd back to where it was: what was stored since then is gone. The API server is started
    /// anew with it.
    pub async fn restore(&mut self, snapshot: &Snapshot) -> Outcome<()> {
        self.group.kill(Server::Apiserver.name())?;
        self.group.kill(Server::Etcd.name())?;
        let data = self.folder().join("etcd");
        fs::remove_dir_all(&data).while_doing("remove the data of etcd")?;
        copy_folder(snapshot.0.path(), &data).while_doing("put the copy back")?;
        // Left behind by a process that was killed.
        let _ = fs::remove_file(self.data.etcd_socket());
        self.spawn(Server::Etcd, &self.assets.etcd.clone(), self.etcd_flags())?;
        self.spawn_apiserver()?;
        self.until_ready(deadline()).await
    }

    /// Freezes (`SIGSTOP`) or wakes (`SIGCONT`) a server.
    pub fn signal(&self, server: Server, signal: Signal) -> Outcome<()> {
        self.group.signal(server.name(), signal)
    }

    /// The process id of a server, if it was started.
    pub fn pid(&self, server: Server) -> Option<u32> {
        self.group.pid(server.name())
    }

    /// The folder with kubeconfigs, logs and data.
    pub fn folder(&self) -> &Path {
        self.data.path()
    }

    fn spawn_apiserver(&mut self) -> Outcome<()> {
        let program = self.assets.apiserver.clone();
        let flags = self.apiserver_flags()?;
        self.spawn(Server::Apiserver, &program, flags)
    }

    fn spawn(&mut self, server: Server, program: &Path, flags: Vec<OsString>) -> Outcome<()> {
        let log = self.folder().join(format!("{}.log", server.name()));
        let mut command = Command::new(program);
        command.args(flags);
        self.group.start(server.name(), command, &log)
    }

    /// What the API server reads at its start. All of it outlives a restart, or its clients would not.
    fn write_files(&self, tokens: &Tokens) -> Outcome<()> {
        let folder = self.folder();
        tokens.write_csv(&folder.join("tokens.csv"))?;
        write_private(&folder.join("audit.yaml"), AUDIT_POLICY)?;
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)
            .while_doing("make the key that signs service account tokens")?;
        write_private(&folder.join("sa.key"), &key.serialize_pem())?;
        write_private(&folder.join("sa.pub"), &key.public_key_pem())
    }

    fn etcd_flags(&self) -> Vec<OsString> {
        vec![
            flag("--data-dir=", self.folder().join("etcd")),
            flag("--listen-client-urls=unix://", self.data.etcd_socket()),
            // Nobody reads this one, but etcd refuses a socket here.
            "--advertise-client-urls=http://127.0.0.111:0".into(),
            "--listen-peer-urls=http://127.0.0.1:0".into(),
            "--unsafe-no-fsync".into(),
            "--log-level=warn".into(),
        ]
    }

    fn apiserver_flags(&self) -> Outcome<Vec<OsString>> {
        let folder = self.folder();
        let port = self.address()?.port();
        Ok(vec![
            flag("--etcd-servers=unix://", self.data.etcd_socket()),
            "--bind-address=127.0.0.1".into(),
            format!("--secure-port={port}").into(),
            "--permit-port-sharing".into(),
            // Else the host's default route is looked for, and there may be none.
            "--advertise-address=127.0.0.1".into(),
            "--endpoint-reconciler-type=none".into(),
            flag("--cert-dir=", folder.join("certs")),
            "--service-cluster-ip-range=10.0.0.0/24".into(),
            "--service-account-issuer=https://kubernetes.default.svc".into(),
            flag("--service-account-key-file=", folder.join("sa.pub")),
            flag("--service-account-signing-key-file=", folder.join("sa.key")),
            flag("--token-auth-file=", folder.join("tokens.csv")),
            "--authorization-mode=RBAC".into(),
            // No kubelet runs here, and the default account of a namespace may not exist.
            "--disable-admission-plugins=ServiceAccount".into(),
            flag("--audit-policy-file=", folder.join("audit.yaml")),
            flag("--audit-log-path=", folder.join("audit.log")),
            // Counting needs the whole run in one file; the default cuts it at 100 MB.
            "--audit-log-maxsize=10240".into(),
        ])
    }

    fn controller_manager_flags(&self) -> Vec<OsString> {
        vec![
            flag("--kubeconfig=", kubeconfig_path(self.folder(), User::Admin)),
            "--controllers=garbage-collector-controller,namespace-controller,clusterrole-aggregation-controller"
                .into(),
            // Admission policies exempt the namespace controller by its own user name.
            "--use-service-account-credentials".into(),
            "--leader-elect=false".into(),
            "--secure-port=0".into(),
        ]
    }

    fn address(&self) -> Outcome<SocketAddr> {
        let bound = self
            .port
            .local_addr()
            .while_doing("read the port of the API server")?;
        bound
            .as_socket()
            .ok_or_else(|| Failure::new("the API server's port has no number"))
    }

    /// Waits for the certificate that the API server makes at its first start, and hands it out.
    async fn write_kubeconfigs(&mut self, tokens: &Tokens, deadline: Instant) -> Outcome<()> {
        let certificate = self.folder().join("certs/apiserver.crt");
        let authority = loop {
            self.group.all_running()?;
            match fs::read(&certificate) {
                // The file holds the certificate and, behind it, the authority that signed it.
                Ok(pem) if pem.ends_with(b"-----END CERTIFICATE-----\n") => break pem,
                Ok(_) | Err(_) => self.pause(deadline, "make its certificate").await?,
            }
        };
        let server = format!("https://{}", self.address()?);
        tokens.write_kubeconfigs(self.folder(), &Cluster { server, authority })
    }

    /// Waits until the API server says that it is ready, to a user that RBAC must know already.
    async fn until_ready(&mut self, deadline: Instant) -> Outcome<()> {
        let client = client::from_file(&kubeconfig_path(self.folder(), User::Admin)).await?;
        for path in ["/readyz", "/api/v1/namespaces/default"] {
            loop {
                self.group.all_running()?;
                let request = http::Request::get(path).body(Vec::new());
                let request = request.while_doing("ask the API server")?;
                let answer = tokio::time::timeout(ASK, client.request_text(request)).await;
                if matches!(answer, Ok(Ok(_))) {
                    break;
                }
                self.pause(deadline, &format!("answer {path}")).await?;
            }
        }
        Ok(())
    }

    async fn pause(&self, deadline: Instant, awaited: &str) -> Outcome<()> {
        if Instant::now() > deadline {
            return Err(Failure::new(format!(
                "the API server did not {awaited} in time (KUBEBUILDER_CONTROLPLANE_START_TIMEOUT). \
                 The end of its log:\n{}",
                self.group.log_tail(Server::Apiserver.name())
            )));
        }
        tokio::time::sleep(POLL).await;
        Ok(())
    }
}

/// What etcd had stored at one moment.
pub struct Snapshot(tempfile::TempDir);

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

impl Drop for Servers {
    fn drop(&mut self) {
        // Before the fields go: a server that is still writing would leave files behind.
        self.group.stop();
    }
}

fn deadline() -> Instant {
    Instant::now()
        + duration::from_environment("KUBEBUILDER_CONTROLPLANE_START_TIMEOUT", START_TIMEOUT)
}

fn flag(name: &str, value: impl Into<OsString>) -> OsString {
    let mut flag = OsString::from(name);
    flag.push(value.into());
    flag
}

/// A port that nobody else can get while the socket is open. The API server may share it, and being
/// the only one that listens, it gets all connections.
fn reserve_port() -> Outcome<Socket> {
    let reserve = || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_reuse_port(true)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        Ok::<_, std::io::Error>(socket)
    };
    reserve().while_doing("reserve a port for the API server")
}
