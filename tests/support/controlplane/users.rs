//! Who may be on the test cluster, how they prove it, and the kubeconfig of each.

use std::{
    fs::File,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use kube::config::{AuthInfo, Kubeconfig};

use crate::support::failure::{Outcome, While};

/// Bits enough that nobody guesses one within the life of a test cluster.
const TOKEN_BYTES: usize = size_of::<u128>();

/// The users of a control plane that we start; on an existing cluster they are impersonated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// May do everything: set-up and looking, nothing that is under test.
    Admin,
    /// The operator under test, bound to what `deploy/` ships and nothing else.
    Operator,
    /// Writes requests in a namespace of its own: the aggregated edit role.
    Author,
    /// Reads in a namespace: the aggregated view role.
    Reader,
}

impl User {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Operator, Self::Author, Self::Reader];

    /// The user name in RBAC and in the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Author => "author",
            Self::Reader => "reader",
        }
    }

    const fn groups(self) -> &'static str {
        match self {
            Self::Admin => "system:masters",
            Self::Operator | Self::Author | Self::Reader => "",
        }
    }
}

/// A token for each user, new with each control plane.
pub struct Tokens([String; User::ALL.len()]);

impl Tokens {
    /// Random ones.
    pub fn random() -> Outcome<Self> {
        let mut tokens: [String; User::ALL.len()] = Default::default();
        for token in &mut tokens {
            let mut bytes = [0; TOKEN_BYTES];
            getrandom::fill(&mut bytes).while_doing("get random bytes")?;
            *token = format!("{:032x}", u128::from_ne_bytes(bytes));
        }
        Ok(Self(tokens))
    }

    /// The file that the API server reads at its start.
    pub fn write_csv(&self, to: &Path) -> Outcome<()> {
        let line = |(user, token): (&User, &String)| {
            let (name, groups) = (user.name(), user.groups());
            format!("{token},{name},{name},\"{groups}\"\n")
        };
        let text = User::ALL
            .iter()
            .zip(&self.0)
            .map(line)
            .collect::<Vec<_>>()
            .concat();
        write_private(to, &text)
    }

    /// Writes one kubeconfig per user into `folder`.
    pub fn write_kubeconfigs(&self, folder: &Path, cluster: &Cluster) -> Outcome<()> {
        for (user, token) in User::ALL.iter().zip(&self.0) {
            let text = cluster.kubeconfig(user.name(), token);
            write_private(&kubeconfig_path(folder, *user), &text)?;
        }
        Ok(())
    }
}

/// How to reach an API server, and how to know it.
pub struct Cluster {
    pub server: String,
    /// PEM of the certificates to trust.
    pub authority: Vec<u8>,
}

impl Cluster {
    fn kubeconfig(&self, user: &str, token: &str) -> String {
        format!(
            "apiVersion: v1
kind: Config
clusters:
- name: test
  cluster:
    server: {server}
    certificate-authority-data: {authority}
users:
- name: {user}
  user:
    token: {token}
contexts:
- name: test
  context: {{cluster: test, user: {user}}}
current-context: test
",
            server = self.server,
            authority = BASE64.encode(&self.authority),
        )
    }
}

/// Writes a kubeconfig for the cluster of another one, with a different way to log in.
pub fn derive_kubeconfig(
    from: &Kubeconfig,
    to: &Path,
    log_in: impl Fn(&mut AuthInfo),
) -> Outcome<()> {
    let mut derived = from.clone();
    for user in &mut derived.auth_infos {
        log_in(user.auth_info.get_or_insert_default());
    }
    let text = serde_json::to_string_pretty(&derived).while_doing("write a kubeconfig")?;
    write_private(to, &text)
}

/// Where a user's kubeconfig is.
pub fn kubeconfig_path(folder: &Path, user: User) -> PathBuf {
    folder.join(format!("{}.kubeconfig", user.name()))
}

/// Writes a file that only this user can read.
pub fn write_private(path: &Path, text: &str) -> Outcome<()> {
    File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .while_doing(format_args!("write {}", path.display()))
}
