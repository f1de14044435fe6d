//! One form for the two kinds of accounts. Nothing is checked here.

use crate::api::{
    CloudAccount, ClusterCloudAccount,
    account::{CloudAccountStatus, CloudProvider, Guards, SignatureAlgorithm},
    cluster_account::{AllowedNamespaces, AllowedTargets},
};

/// An account of either kind.
#[derive(Clone, Debug)]
pub struct Account {
    /// `CloudAccount` or `ClusterCloudAccount`, for messages.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its namespace; none for a cluster account.
    pub namespace: Option<String>,
    /// Its UID: an account made anew shares nothing with its predecessor.
    pub uid: String,
    /// `metadata.generation`.
    pub generation: i64,
    /// The cloud.
    pub provider: CloudProvider,
    /// The region that calls go to.
    pub region: String,
    /// Name of the Secret; none when the credential comes from elsewhere.
    pub secret: Option<String>,
    /// The address to call instead of the cloud's own, by product.
    pub endpoints: Endpoints,
    /// What the owner forbids.
    pub guards: Guards,
    /// Who may use it; none for a namespaced account, which serves its own namespace.
    pub allowed: Option<Allowed>,
    /// A field whose behaviour this version does not have.
    pub not_built: Option<&'static str>,
    /// What was written about it.
    pub status: CloudAccountStatus,
}

/// Addresses of a cluster account.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    /// Of SAE.
    pub sae: Option<String>,
}

/// What a cluster account is opened to.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// Namespaces.
    pub namespaces: AllowedNamespaces,
    /// Targets.
    pub targets: Vec<AllowedTargets>,
}

impl Account {
    /// `CloudAccount shop/ali-prod`, for messages.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{} {namespace}/{}", self.kind, self.name),
            None => format!("{} {}", self.kind, self.name),
        }
    }
}

impl From<&CloudAccount> for Account {
    fn from(account: &CloudAccount) -> Self {
        let (meta, spec) = (&account.metadata, &account.spec);
        Self {
            kind: "CloudAccount",
            name: meta.name.clone().unwrap_or_default(),
            namespace: meta.namespace.clone(),
            uid: meta.uid.clone().unwrap_or_default(),
            generation: meta.generation.unwrap_or_default(),
            provider: spec.provider,
            region: spec.region.clone(),
            secret: Some(spec.credentials.secret_ref.name.clone()),
            endpoints: Endpoints::default(),
            guards: spec.guards.clone().unwrap_or_default(),
            allowed: None,
            not_built: not_built(
                spec.assume_role.is_some(),
                spec.signature_algorithm,
                spec.calls_per_minute.is_some(),
            ),
            status: account.status.clone().unwrap_or_default(),
        }
    }
}

impl From<&ClusterCloudAccount> for Account {
    fn from(account: &ClusterCloudAccount) -> Self {
        let (meta, spec) = (&account.metadata, &account.spec);
        let credentials = &spec.credentials;
        let own_identity = match (&credentials.oidc, &credentials.instance_role) {
            (Some(_), _) => Some("credentials.oidc"),
            (None, Some(_)) => Some("credentials.instanceRole"),
            (None, None) => None,
        };
        Self {
            kind: "ClusterCloudAccount",
            name: meta.name.clone().unwrap_or_default(),
            namespace: None,
            uid: meta.uid.clone().unwrap_or_default(),
            generation: meta.generation.unwrap_or_default(),
            provider: spec.provider,
            region: spec.region.clone(),
            secret: credentials
                .secret_ref
                .as_ref()
                .map(|secret| secret.name.clone()),
            endpoints: Endpoints {
                sae: spec.endpoints.as_ref().and_then(|e| e.sae.clone()),
            },
            guards: spec.guards.clone().unwrap_or_default(),
            allowed: Some(Allowed {
                namespaces: spec.allowed_namespaces.clone(),
                targets: spec.allowed_targets.clone(),
            }),
            not_built: own_identity.or(not_built(
                spec.assume_role.is_some(),
                spec.signature_algorithm,
                spec.calls_per_minute.is_some(),
            )),
            status: account.status.clone().unwrap_or_default(),
        }
    }
}

/// The first field that this version cannot serve. It is answered, never ignored.
fn not_built(
    assume_role: bool,
    signature: Option<SignatureAlgorithm>,
    calls_per_minute: bool,
) -> Option<&'static str> {
    match signature {
        _ if assume_role => Some("assumeRole"),
        Some(SignatureAlgorithm::HmacSha1) => Some("signatureAlgorithm: HMAC-SHA1"),
        _ if calls_per_minute => Some("callsPerMinute"),
        None | Some(SignatureAlgorithm::Acs3HmacSha256 | SignatureAlgorithm::HmacSha256) => None,
    }
}
