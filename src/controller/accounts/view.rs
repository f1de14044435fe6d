//! One form for the two kinds of accounts. Nothing is checked here.

use std::collections::HashMap;

use crate::{
    api::{
        CloudAccount, ClusterCloudAccount,
        account::{CloudAccountStatus, CloudProvider, Guards, SignatureAlgorithm},
        cluster_account::{self, AllowedNamespaces, AllowedTargets},
    },
    cloud::{Signature, types::Product},
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
    /// How calls are signed.
    pub signature: Signature,
    /// Calls per minute, credential and product, as the owner bounds them.
    pub calls_per_minute: Option<u32>,
    /// A field whose behaviour this version does not have.
    pub not_built: Option<&'static str>,
    /// What was written about it.
    pub status: CloudAccountStatus,
}

/// Addresses of a cluster account, as they were set.
#[derive(Clone, Debug, Default)]
pub struct Endpoints(HashMap<Product, String>);

impl Endpoints {
    /// The address of a product, if one was set.
    #[must_use]
    pub fn of(&self, product: Product) -> Option<&str> {
        self.0.get(&product).map(String::as_str)
    }
}

/// The field of `spec.endpoints` that a product's address comes from.
#[must_use]
pub const fn endpoint_field(product: Product) -> &'static str {
    match product {
        Product::Sae => "sae",
        Product::Edas => "edas",
        Product::Volcengine => "ecs",
    }
}

impl From<&cluster_account::Endpoints> for Endpoints {
    fn from(set: &cluster_account::Endpoints) -> Self {
        let cluster_account::Endpoints {
            sae,
            edas,
            ecs,
            sts: _,
        } = set; // sts: no credential is exchanged yet
        let all = [
            (Product::Sae, sae),
            (Product::Edas, edas),
            (Product::Volcengine, ecs),
        ];
        Self(
            all.into_iter()
                .filter_map(|(product, url)| Some((product, url.clone()?)))
                .collect(),
        )
    }
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
            signature: signature(spec.signature_algorithm),
            calls_per_minute: spec
                .calls_per_minute
                .and_then(|rate| u32::try_from(rate).ok()),
            allowed: None,
            not_built: not_built(spec.assume_role.is_some()),
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
            endpoints: spec
                .endpoints
                .as_ref()
                .map(Endpoints::from)
                .unwrap_or_default(),
            guards: spec.guards.clone().unwrap_or_default(),
            signature: signature(spec.signature_algorithm),
            calls_per_minute: spec
                .calls_per_minute
                .and_then(|rate| u32::try_from(rate).ok()),
            allowed: Some(Allowed {
                namespaces: spec.allowed_namespaces.clone(),
                targets: spec.allowed_targets.clone(),
            }),
            not_built: own_identity.or(not_built(spec.assume_role.is_some())),
            status: account.status.clone().unwrap_or_default(),
        }
    }
}

/// The first field that this version cannot serve. It is answered, never ignored.
fn not_built(assume_role: bool) -> Option<&'static str> {
    assume_role.then_some("assumeRole")
}

const fn signature(chosen: Option<SignatureAlgorithm>) -> Signature {
    match chosen {
        Some(SignatureAlgorithm::HmacSha1) => Signature::Roa,
        // Volcengine has one scheme, and does not ask.
        None | Some(SignatureAlgorithm::Acs3HmacSha256 | SignatureAlgorithm::HmacSha256) => {
            Signature::Acs3
        }
    }
}
