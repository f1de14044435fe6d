//! Accounts: who may use them, their credentials, their status. The caches of both kinds are
//! filled by [`watch`]; whether an account is ready for a request is decided here and now, never
//! read from its status.

pub mod admit;
mod secret;
mod status;
pub mod view;
pub mod watch;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api, Client, Resource,
    api::PostParams,
    runtime::reflector::{ObjectRef, Store},
};
use serde::{Serialize, de::DeserializeOwned};

use self::{secret::NoCredential, status::Finding, view::Account};
use super::deadline;
use crate::{
    api::{
        AccountKind, AccountReason, CloudAccount, ClusterCloudAccount, Reason, RestartRequest,
        account::CloudAccountStatus,
    },
    cloud::{
        Access, Clock,
        credential::Credential,
        endpoint::{check_endpoint, default_endpoint},
        types::{Product, Target},
    },
    protocol::absorb::Hindrance,
    telemetry::Chain,
};

/// How long a credential is kept before its Secret is read again.
const CREDENTIAL_LIFE: Duration = Duration::from_mins(5);

/// How accounts are used in this installation.
#[derive(Clone, Debug, Default)]
pub struct AccountSettings {
    /// Home of the Secrets of cluster accounts.
    pub operator_namespace: String,
    /// `http`, loopback and any host may be called.
    pub development_endpoints: bool,
    /// Domains of private clouds.
    pub private_suffixes: Vec<String>,
    /// This installation writes the status of cluster accounts.
    pub writes_cluster_status: bool,
}

/// All accounts that this process sees.
pub struct Accounts {
    client: Client,
    settings: AccountSettings,
    clock: Arc<dyn Clock>,
    namespaced: Vec<Store<CloudAccount>>,
    cluster: Store<ClusterCloudAccount>,
    epoch: AtomicU64,
    credentials: Mutex<HashMap<String, Kept>>,
    creators: Mutex<HashMap<(String, Product, String), String>>,
}

struct Kept {
    credential: Arc<Credential>,
    read_at: Duration,
    generation: i64,
}

/// Everything that a request needs to call the cloud.
pub struct Ready {
    /// The account.
    pub account: Account,
    /// The canonical target.
    pub target: Target,
    /// Credential, endpoint, known creators.
    pub access: Access,
}

impl Accounts {
    /// Accounts over filled or filling caches.
    #[must_use]
    pub fn new(
        client: Client,
        settings: AccountSettings,
        clock: Arc<dyn Clock>,
        namespaced: Vec<Store<CloudAccount>>,
        cluster: Store<ClusterCloudAccount>,
    ) -> Self {
        Self {
            client,
            settings,
            clock,
            namespaced,
            cluster,
            epoch: AtomicU64::new(0),
            credentials: Mutex::default(),
            creators: Mutex::default(),
        }
    }

    /// Grows with every change of an account's spec, so that a request that waits for one looks
    /// at once.
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Relaxed)
    }

    /// Wall clock in seconds since the epoch, for a metric.
    #[allow(
        clippy::cast_precision_loss,
        reason = "seconds fit for the next million years"
    )]
    fn now_seconds(&self) -> f64 {
        self.clock.wall().as_second() as f64
    }

    fn changed(&self) {
        self.epoch.fetch_add(1, Ordering::Relaxed);
    }

    /// The account of a request, if it exists. A `CloudAccount` is looked up in the request's own
    /// namespace only.
    fn find(&self, request: &RestartRequest) -> Option<Account> {
        let name = &request.spec.account_ref.name;
        match request.spec.account_ref.kind {
            AccountKind::CloudAccount => {
                let namespace = request.metadata.namespace.as_deref().unwrap_or_default();
                let key = ObjectRef::new(name).within(namespace);
                self.namespaced
                    .iter()
                    .find_map(|store| store.get(&key))
                    .map(|a| Account::from(&*a))
            }
            AccountKind::ClusterCloudAccount => self
                .cluster
                .get(&ObjectRef::new(name))
                .map(|a| Account::from(&*a)),
        }
    }

    /// Account, permission, target and credential of a request, in this order: nothing secret is
    /// read for a request that may not be made.
    pub async fn ready(&self, request: &RestartRequest) -> Result<Ready, Hindrance> {
        let account = self.find(request).ok_or_else(|| missing(request))?;
        let labels = self.namespace_labels(request, &account).await?;
        let target =
            admit::admit(request, &account, &labels).map_err(|refusal| Hindrance::Refused {
                reason: refusal.reason,
                message: refusal.message,
            })?;
        let endpoint = self
            .endpoint(&account, target.product())
            .map_err(not_ready(&account))?;
        let credential = self
            .credential(&account)
            .await
            .map_err(not_ready(&account))?;
        let creators = self.creators(&account, target.product(), &credential.fingerprint());
        let signature = account.signature;
        Ok(Ready {
            account,
            target,
            access: Access {
                credential,
                endpoint,
                creators,
                signature,
            },
        })
    }

    async fn namespace_labels(
        &self,
        request: &RestartRequest,
        account: &Account,
    ) -> Result<BTreeMap<String, String>, Hindrance> {
        if !admit::needs_namespace_labels(account) {
            return Ok(BTreeMap::new());
        }
        let name = request.metadata.namespace.as_deref().unwrap_or_default();
        let api: Api<Namespace> = Api::all(self.client.clone());
        let namespace = deadline(api.get(name)).await.map_err(|error| {
            tracing::warn!(
                error = %Chain(&error),
                name,
                "a namespace could not be read"
            );
            Hindrance::Waiting {
                reason: Reason::AccountNotReady,
                message: format!(
                    "the labels of namespace {name} cannot be read now; it is tried again"
                ),
            }
        })?;
        Ok(namespace.metadata.labels.unwrap_or_default())
    }

    fn endpoint(&self, account: &Account, product: Product) -> Result<String, NoCredential> {
        let own = account.endpoints.of(product);
        let AccountSettings {
            development_endpoints,
            private_suffixes,
            ..
        } = &self.settings;
        let checked = match own {
            Some(url) => check_endpoint(url, *development_endpoints, private_suffixes),
            None => default_endpoint(product, &account.region),
        };
        checked.map_err(|why| NoCredential {
            reason: AccountReason::EndpointNotAllowed,
            message: format!("spec.endpoints.{}: {why}", view::endpoint_field(product)),
        })
    }

    /// The credential, from memory or from its Secret. A change of what is known goes into the
    /// account's status.
    async fn credential(&self, account: &Account) -> Result<Arc<Credential>, NoCredential> {
        if let Some(kept) = self.kept(account) {
            return Ok(kept);
        }
        let namespace = account
            .namespace
            .as_deref()
            .unwrap_or(&self.settings.operator_namespace);
        // An account without a Secret was answered by `admit` before this.
        let name = account.secret.as_deref().unwrap_or_default();
        let read = secret::read(&self.client, namespace, name)
            .await
            .map(Arc::new);
        self.publish(account, &finding(&read)).await;
        let credential = read?;
        self.credentials
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(
                account.uid.clone(),
                Kept {
                    credential: credential.clone(),
                    read_at: self.clock.boot(),
                    generation: account.generation,
                },
            );
        Ok(credential)
    }

    fn kept(&self, account: &Account) -> Option<Arc<Credential>> {
        let credentials = self
            .credentials
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let kept = credentials.get(&account.uid)?;
        let fresh = self.clock.boot().saturating_sub(kept.read_at) < CREDENTIAL_LIFE;
        (fresh && kept.generation == account.generation).then(|| kept.credential.clone())
    }

    /// The cloud refused the credential: it is read again at the next need.
    pub async fn refused(&self, account: &Account, message: &str) {
        self.credentials
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&account.uid);
        let message = format!("the cloud refused the credential: {message}");
        let reason = AccountReason::CredentialsRejected;
        self.publish(
            account,
            &Finding {
                reason,
                message,
                credential: None,
            },
        )
        .await;
    }

    /// The user ids under which the cloud shows orders of this credential.
    fn creators(&self, account: &Account, product: Product, credential: &str) -> Vec<String> {
        let known = self.creators.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(&(account.uid.clone(), product, credential.to_owned())) {
            Some(creator) => vec![creator.clone()],
            None => status::creators(&account.status, product, credential),
        }
    }

    /// Remembers the user id of an order that is certainly ours.
    pub async fn learn(
        &self,
        account: &Account,
        product: Product,
        credential: &str,
        creator: &str,
    ) {
        let key = (account.uid.clone(), product, credential.to_owned());
        self.creators
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, creator.to_owned());
        self.write(account, |current| {
            status::with_creator(current, product, credential, creator)
        })
        .await;
    }

    /// Looks at an account by itself, so that its status tells before any request uses it.
    async fn examine(&self, account: &Account) {
        if account.not_built.is_some() {
            return self.publish(account, &not_built(account)).await;
        }
        for product in Product::ALL {
            if account.endpoints.of(product).is_some()
                && let Err(NoCredential { reason, message }) = self.endpoint(account, product)
            {
                let credential = None;
                let finding = Finding {
                    reason,
                    message,
                    credential,
                };
                return self.publish(account, &finding).await;
            }
        }
        // The answer is in the status; requests ask for themselves.
        let _ = self.credential(account).await;
    }

    async fn publish(&self, account: &Account, finding: &Finding) {
        let now = self.clock.wall();
        let now = jiff::Timestamp::from_second(now.as_second()).unwrap_or(now);
        self.write(account, |current| status::after(current, finding, now))
            .await;
    }

    async fn write(&self, account: &Account, change: impl Fn(&Account) -> CloudAccountStatus) {
        if change(account) == account.status {
            return;
        }
        let written = match &account.namespace {
            Some(namespace) => {
                let api = Api::<CloudAccount>::namespaced(self.client.clone(), namespace);
                replace(&api, account, &change, |object| &mut object.status).await
            }
            None if !self.settings.writes_cluster_status => return,
            None => {
                let api = Api::<ClusterCloudAccount>::all(self.client.clone());
                replace(&api, account, &change, |object| &mut object.status).await
            }
        };
        if let Err(error) = written {
            // Best effort: the next look at the account tries again.
            tracing::warn!(
                error = %Chain(&error),
                account = account.title(),
                "the status of an account could not be written"
            );
        }
    }
}

/// One read and one conditional write: accounts change rarely and other processes may have told
/// the same already.
async fn replace<K>(
    api: &Api<K>,
    account: &Account,
    change: &impl Fn(&Account) -> CloudAccountStatus,
    status: fn(&mut K) -> &mut Option<CloudAccountStatus>,
) -> Result<(), kube::Error>
where
    K: Resource<DynamicType = ()> + Clone + std::fmt::Debug + DeserializeOwned + Serialize,
    for<'a> Account: From<&'a K>,
{
    let mut object = deadline(api.get(&account.name)).await?;
    let current = Account::from(&object);
    let next = change(&current);
    if current.uid != account.uid || next == current.status {
        return Ok(());
    }
    *status(&mut object) = Some(next);
    deadline(api.replace_status(&account.name, &PostParams::default(), &object))
        .await
        .map(drop)
}

fn missing(request: &RestartRequest) -> Hindrance {
    let reference = &request.spec.account_ref;
    let namespace = request.metadata.namespace.as_deref().unwrap_or_default();
    let what = match reference.kind {
        AccountKind::CloudAccount => format!("CloudAccount {namespace}/{}", reference.name),
        AccountKind::ClusterCloudAccount => format!("ClusterCloudAccount {}", reference.name),
    };
    Hindrance::Waiting {
        reason: Reason::AccountNotFound,
        message: format!(
            "{what} does not exist; create it, or create a new request that names another account"
        ),
    }
}

fn not_ready(account: &Account) -> impl FnOnce(NoCredential) -> Hindrance {
    let title = account.title();
    move |why| Hindrance::Waiting {
        reason: Reason::AccountNotReady,
        message: format!(
            "{title} is not ready ({}): {}",
            why.reason.as_str(),
            why.message
        ),
    }
}

fn finding(read: &Result<Arc<Credential>, NoCredential>) -> Finding {
    match read {
        Ok(credential) => Finding {
            reason: AccountReason::Ready,
            message: "the credential is present; it is tried out by the first request".to_owned(),
            credential: Some(credential.fingerprint()),
        },
        Err(NoCredential { reason, message }) => Finding {
            reason: *reason,
            message: message.clone(),
            credential: None,
        },
    }
}

fn not_built(account: &Account) -> Finding {
    let field = account.not_built.unwrap_or_default();
    Finding {
        reason: AccountReason::Checking,
        message: format!("spec.{field} is not served by this version of restart-operator"),
        credential: None,
    }
}
