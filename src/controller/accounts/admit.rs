//! May this request use this account for this target? Pure, and asked right before each intent,
//! before any Secret is read.

use std::collections::BTreeMap;

use super::view::Account;
use crate::{
    api::{Reason, RestartRequest, account::CloudProvider, cluster_account::AllowedNamespaces},
    cloud::types::{Cloud, Target},
    protocol::target,
};

/// A refusal: the reason of `Accepted=False`, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reason.
    pub reason: Reason,
    /// Why, and what to do.
    pub message: String,
}

/// Labels of the request's namespace: needed only when the account selects by them.
#[must_use]
pub fn needs_namespace_labels(account: &Account) -> bool {
    account
        .allowed
        .as_ref()
        .is_some_and(|allowed| allowed.namespaces.selector.is_some())
}

/// The canonical target, if everything agrees with the request.
pub fn admit(
    request: &RestartRequest,
    account: &Account,
    namespace_labels: &BTreeMap<String, String>,
) -> Result<Target, Refusal> {
    let namespace = request.metadata.namespace.as_deref().unwrap_or_default();
    if let Some(allowed) = &account.allowed
        && !admits_namespace(&allowed.namespaces, namespace, namespace_labels)
    {
        return refuse(
            Reason::AccountNotAllowed,
            format!(
                "{} does not serve namespace {namespace}; its administrator opens it in \
                 spec.allowedNamespaces",
                account.title()
            ),
        );
    }
    let Some(target) = target::canonical(&request.spec.target, &account.region) else {
        return Err(not_implemented("spec.target without a known member"));
    };
    if let Some(field) = account.not_built {
        return Err(not_implemented(&format!(
            "{}: spec.{field}",
            account.title()
        )));
    }
    fits_provider(account, &target)?;
    allowed_target(account, &target)?;
    guarded(account, &target)?;
    Ok(target)
}

fn refuse<T>(reason: Reason, message: String) -> Result<T, Refusal> {
    Err(Refusal { reason, message })
}

fn not_implemented(field: &str) -> Refusal {
    Refusal {
        reason: Reason::NotImplemented,
        message: format!(
            "{field} is not served by this version of restart-operator, so nothing was called; \
             upgrade the operator, then create a new request"
        ),
    }
}

fn admits_namespace(
    allowed: &AllowedNamespaces,
    namespace: &str,
    labels: &BTreeMap<String, String>,
) -> bool {
    let AllowedNamespaces {
        names,
        selector,
        all,
    } = allowed;
    let named = names
        .as_ref()
        .is_some_and(|names| names.iter().any(|name| name == namespace));
    let selected = selector.as_ref().is_some_and(|selector| {
        selector
            .match_labels
            .iter()
            .all(|(key, value)| labels.get(key) == Some(value))
    });
    *all == Some(true) || named || selected
}

fn fits_provider(account: &Account, target: &Target) -> Result<(), Refusal> {
    let wanted = match target.product().cloud() {
        Cloud::Alibaba => CloudProvider::AlibabaCloud,
        Cloud::Volcengine => CloudProvider::Volcengine,
    };
    if account.provider == wanted {
        return Ok(());
    }
    refuse(
        Reason::TargetMismatch,
        format!(
            "{} is of provider {}, and spec.target is of {}; name an account of that provider",
            account.title(),
            account.provider.as_str(),
            wanted.as_str(),
        ),
    )
}

fn allowed_target(account: &Account, wanted: &Target) -> Result<(), Refusal> {
    let Some(allowed) = &account.allowed else {
        return Ok(());
    };
    let kind = target::kind(wanted);
    let listed = |id: &str| {
        let of_kind = allowed
            .targets
            .iter()
            .filter(|targets| targets.kind == kind);
        of_kind
            .flat_map(|targets| &targets.ids)
            .any(|pattern| matches(pattern, id))
    };
    match wanted.listed_ids().into_iter().find(|id| !listed(id)) {
        None => Ok(()),
        Some(id) => refuse(
            Reason::TargetNotAllowed,
            format!(
                "{} does not serve {} {id}; its administrator opens it in spec.allowedTargets",
                account.title(),
                kind.as_str(),
            ),
        ),
    }
}

/// `pattern` is an id, or the beginning of one followed by `*`.
fn matches(pattern: &str, id: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => id.starts_with(beginning),
        None => pattern == id,
    }
}

fn guarded(account: &Account, target: &Target) -> Result<(), Refusal> {
    let guards = &account.guards;
    let count = target::parts(target).len().max(1);
    if guards
        .max_targets_per_request
        .is_some_and(|max| count > usize::try_from(max).unwrap_or(0))
    {
        return refuse(
            Reason::GuardDenied,
            format!(
                "{} allows at most {} targets in one request (guards.maxTargetsPerRequest), and this \
                 one names {count}",
                account.title(),
                guards.max_targets_per_request.unwrap_or_default(),
            ),
        );
    }
    if guards.deny_min_ready_zero && target::leaves_none_ready(target) {
        return refuse(
            Reason::GuardDenied,
            format!(
                "{} forbids a restart with no ready instance (guards.denyMinReadyZero); set \
                 minReadyInstances to 1 or more, or leave it out",
                account.title()
            ),
        );
    }
    if guards.deny_force_stop && target::stops_by_force(target) {
        return refuse(
            Reason::GuardDenied,
            format!(
                "{} forbids forceStop (guards.denyForceStop); leave it out",
                account.title()
            ),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ClusterCloudAccount;

    fn account(spec: &str) -> Account {
        let text = format!(
            r#"{{"apiVersion": "restart-operator.dev/v1alpha1", "kind": "ClusterCloudAccount",
            "metadata": {{"name": "ali"}}, "spec": {{"provider": "AlibabaCloud",
            "region": "cn-hangzhou", "credentials": {{"secretRef": {{"name": "keys"}}}}, {spec}}}}}"#
        );
        let account: ClusterCloudAccount = serde_json::from_str(&text).unwrap();
        Account::from(&account)
    }

    fn request(target: &str) -> RestartRequest {
        let text = format!(
            r#"{{"apiVersion": "restart-operator.dev/v1alpha1", "kind": "RestartRequest",
            "metadata": {{"name": "x", "namespace": "shop"}},
            "spec": {{"accountRef": {{"name": "ali"}}, "target": {target}}}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    const APP: &str = r#"{"saeApplication": {"appId": "0099b7be-5f5b"}}"#;
    const OPEN: &str = r#""allowedNamespaces": {"all": true},
        "allowedTargets": [{"kind": "saeApplication", "ids": ["*"]}]"#;

    fn refused(account: &Account, target: &str) -> Option<Reason> {
        admit(&request(target), account, &BTreeMap::new())
            .err()
            .map(|refusal| refusal.reason)
    }

    #[test]
    fn an_account_serves_the_namespaces_it_names() {
        let names = |names: &str| {
            account(&OPEN.replace(r#"{"all": true}"#, &format!(r#"{{"names": [{names}]}}"#)))
        };
        assert_eq!(refused(&names(r#""shop""#), APP), None);
        assert_eq!(
            refused(&names(r#""bank""#), APP),
            Some(Reason::AccountNotAllowed)
        );
    }

    #[test]
    fn an_account_serves_the_namespaces_it_selects() {
        let selects = r#"{"selector": {"matchLabels": {"team": "shop"}}}"#;
        let account = account(&OPEN.replace(r#"{"all": true}"#, selects));
        assert!(needs_namespace_labels(&account));
        let labels = |team: &str| BTreeMap::from([("team".to_owned(), team.to_owned())]);
        assert!(admit(&request(APP), &account, &labels("shop")).is_ok());
        assert!(admit(&request(APP), &account, &labels("bank")).is_err());
    }

    #[test]
    fn a_target_that_is_not_listed_is_refused() {
        let ids = |ids: &str| account(&OPEN.replace(r#"["*"]"#, ids));
        assert_eq!(refused(&ids(r#"["0099b7be-5f5b"]"#), APP), None);
        assert_eq!(refused(&ids(r#"["0099*"]"#), APP), None);
        assert_eq!(
            refused(&ids(r#"["0099"]"#), APP),
            Some(Reason::TargetNotAllowed)
        );
        let other_kind = account(&OPEN.replace("saeApplication", "saeInstances"));
        assert_eq!(refused(&other_kind, APP), Some(Reason::TargetNotAllowed));
    }

    #[test]
    fn guards_forbid_an_outage_on_purpose() {
        let guarded = account(&format!(
            r#"{OPEN}, "guards": {{"denyMinReadyZero": true}}"#
        ));
        let with = |fields: &str| APP.replace(r#""appId""#, &format!(r#"{fields}, "appId""#));
        assert_eq!(refused(&guarded, APP), None);
        assert_eq!(
            refused(&guarded, &with(r#""minReadyInstances": 0"#)),
            Some(Reason::GuardDenied)
        );
        // The ratio wins over the number.
        let both = r#""minReadyInstances": 0, "minReadyInstanceRatio": 50"#;
        assert_eq!(refused(&guarded, &with(both)), None);
        assert_eq!(
            refused(&guarded, &with(r#""minReadyInstanceRatio": 0"#)),
            Some(Reason::GuardDenied)
        );
    }

    #[test]
    fn what_is_not_built_is_answered() {
        let open = account(OPEN);
        let role = r#""assumeRole": {"role": "acs:ram::1:role/x"}"#;
        let assuming = account(&format!("{OPEN}, {role}"));
        assert_eq!(refused(&assuming, APP), Some(Reason::NotImplemented));
        // Another cloud's target is no missing feature.
        let ecs = r#"{"volcengineInstances": {"instanceIds": ["i-1"]}}"#;
        assert_eq!(refused(&open, ecs), Some(Reason::TargetMismatch));
    }
}
