//! A cluster that the user already has, in the place of one that we start.
//!
//! It may be anybody's, so it is refused unless it is on this machine or the user names it.

use std::path::Path;

use kube::config::Kubeconfig;

use super::{
    assets::{Environment, process_environment},
    users::{User, derive_kubeconfig, kubeconfig_path},
};
use crate::support::failure::{Failure, Outcome, While};

/// Whether the user asked for it.
pub fn is_wanted(environment: &Environment<'_>) -> bool {
    environment("USE_EXISTING_CLUSTER").is_some_and(|value| value == "true")
}

/// Writes a kubeconfig per user into `folder`. They log in as the user of the current context does, and
/// then act as one of ours; only `admin` stays who it is.
pub fn write_kubeconfigs(folder: &Path) -> Outcome<()> {
    let whole =
        Kubeconfig::read().while_doing("read the kubeconfig that USE_EXISTING_CLUSTER asks for")?;
    let current = current_context(whole)?;
    permit(&current, &process_environment)?;
    for user in User::ALL {
        derive_kubeconfig(&current, &kubeconfig_path(folder, user), |log_in| {
            if user != User::Admin {
                log_in.impersonate = Some(user.name().into());
            }
        })?;
    }
    Ok(())
}

/// Only the current context, with its cluster and its user.
pub fn current_context(mut config: Kubeconfig) -> Outcome<Kubeconfig> {
    let missing =
        || Failure::new("USE_EXISTING_CLUSTER=true, but the kubeconfig has no current context");
    let name = config.current_context.clone().ok_or_else(missing)?;
    config.contexts.retain(|context| context.name == name);
    let context = config
        .contexts
        .first()
        .and_then(|named| named.context.clone())
        .ok_or_else(missing)?;
    config
        .clusters
        .retain(|cluster| cluster.name == context.cluster);
    config
        .auth_infos
        .retain(|user| Some(&user.name) == context.user.as_ref());
    Ok(config)
}

/// Refuses a cluster on which the user may not have meant to run tests.
pub fn permit(config: &Kubeconfig, environment: &Environment<'_>) -> Outcome<()> {
    let context = config.current_context.as_deref().unwrap_or_default();
    let server = config
        .clusters
        .first()
        .and_then(|named| named.cluster.as_ref()?.server.as_deref());
    let server = server.unwrap_or("(no server)");
    match environment("TEST_CLUSTER_CONTEXT") {
        Some(named) if named == context => Ok(()),
        Some(named) => Err(Failure::new(format!(
            "TEST_CLUSTER_CONTEXT names {}, but the current context is {context}",
            named.display()
        ))),
        None if is_loopback(server) => Ok(()),
        None => Err(Failure::new(format!(
            "USE_EXISTING_CLUSTER=true, but {server} is not on this machine. Tests create and delete objects and \
             install CRDs there: if that is meant, set TEST_CLUSTER_CONTEXT={context}"
        ))),
    }
}

fn is_loopback(server: &str) -> bool {
    let Ok(uri) = server.parse::<http::Uri>() else {
        return false;
    };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}
