//! The status of an account, pure: what is known of its credential, in the words of kstatus.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::view::Account;
use crate::api::{
    AccountReason, Condition, ConditionStatus, ConditionType,
    account::{CloudAccountStatus, Creators, Identity},
    condition,
};
use crate::cloud::types::Product;

/// What was found out about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// Ready, or why not.
    pub reason: AccountReason,
    /// A sentence for people.
    pub message: String,
    /// Fingerprint of the credential, when there is one.
    pub credential: Option<String>,
}

/// The status after a finding. A new credential may belong to somebody else, so that what was
/// learned of the old one is forgotten.
#[must_use]
pub(super) fn after(account: &Account, finding: &Finding, now: Timestamp) -> CloudAccountStatus {
    let mut status = account.status.clone();
    if let Some(credential) = &finding.credential
        && status.credential.as_ref() != Some(credential)
    {
        status.credential = Some(credential.clone());
        status.identity = None;
    }
    status.observed_generation = account.generation;
    let ready = finding.reason == AccountReason::Ready;
    let waits = finding.reason == AccountReason::Checking;
    for (type_, truth) in [
        (ConditionType::Ready, ready),
        (ConditionType::Reconciling, waits),
        (ConditionType::Stalled, !ready && !waits),
    ] {
        condition::upsert(
            &mut status.conditions,
            Condition {
                type_: type_.as_str().to_owned(),
                status: ConditionStatus::from(truth),
                reason: finding.reason.as_str().to_owned(),
                message: finding.message.clone(),
                last_transition_time: Time(now),
                observed_generation: account.generation,
            },
        );
    }
    // The time of the check is told only with a change: a heartbeat would wake every watcher.
    if status != account.status {
        status.last_check_time = Some(Time(now));
    }
    status
}

/// The status after it was learned under which user id the cloud shows our orders.
#[must_use]
pub(super) fn with_creator(
    account: &Account,
    product: Product,
    credential: &str,
    creator: &str,
) -> CloudAccountStatus {
    let mut status = account.status.clone();
    status.credential = Some(credential.to_owned());
    let identity = status.identity.get_or_insert_with(Identity::default);
    let creators = identity.creators.get_or_insert_with(Creators::default);
    if let Some(field) = field(creators, product) {
        *field = Some(creator.to_owned());
    }
    status
}

/// The user ids under which orders of this credential are known to appear.
#[must_use]
pub(super) fn creators(
    status: &CloudAccountStatus,
    product: Product,
    credential: &str,
) -> Vec<String> {
    if status.credential.as_deref() != Some(credential) {
        return Vec::new();
    }
    let identity = status.identity.as_ref();
    let mut creators = identity
        .and_then(|i| i.creators.clone())
        .unwrap_or_default();
    field(&mut creators, product)
        .and_then(Option::take)
        .into_iter()
        .collect()
}

/// Where the creator of a product's orders is kept; a product without orders has none.
const fn field(creators: &mut Creators, product: Product) -> Option<&mut Option<String>> {
    match product {
        Product::Sae => Some(&mut creators.sae),
        Product::Edas => Some(&mut creators.edas),
        Product::Volcengine => None,
    }
}

/// Whether the status says Ready for the present spec.
#[must_use]
pub(super) fn is_settled(account: &Account) -> bool {
    account.status.observed_generation == account.generation
        && condition::find(&account.status.conditions, ConditionType::Ready)
            .is_some_and(|ready| ready.status == ConditionStatus::True)
}
