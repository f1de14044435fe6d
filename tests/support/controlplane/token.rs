//! Service accounts: a token by `TokenRequest`, in a file that a kubeconfig points to.

use std::path::{Path, PathBuf};

use k8s_openapi::api::{
    authentication::v1::{BoundObjectReference, TokenRequest, TokenRequestSpec},
    core::v1::ServiceAccount,
};
use kube::{
    Api, Client,
    api::PostParams,
    config::{AuthInfo, Kubeconfig},
};

use super::users::{User, derive_kubeconfig, kubeconfig_path, write_private};
use crate::support::failure::{Failure, Outcome, While};

/// A login as a service account. Clients read the token file again while they run, as they do in a Pod.
#[derive(Clone, Debug)]
pub struct Login {
    /// Names the token file, so it stays right when the token is renewed.
    pub kubeconfig: PathBuf,
    /// Holds the token and nothing else.
    pub token_file: PathBuf,
}

/// Logs in, or renews the token of an earlier login in its place. With `bound_to` the token ends with
/// that Secret, which is the only quick way to have a token refused.
pub async fn log_in(
    admin: Client,
    folder: &Path,
    account: (&str, &str),
    bound_to: Option<&str>,
) -> Outcome<Login> {
    let (namespace, name) = account;
    let token = request(admin, account, bound_to).await?;
    let user = format!("serviceaccount-{namespace}-{name}");
    let login = Login {
        kubeconfig: folder.join(format!("{user}.kubeconfig")),
        token_file: folder.join(format!("{user}.token")),
    };
    replace(&login.token_file, &token)?;
    let admin_file = kubeconfig_path(folder, User::Admin);
    let admin = Kubeconfig::read_from(&admin_file)
        .while_doing(format_args!("read {}", admin_file.display()))?;
    derive_kubeconfig(&admin, &login.kubeconfig, |login_as| {
        let token_file = Some(login.token_file.display().to_string());
        *login_as = AuthInfo {
            token_file,
            ..AuthInfo::default()
        };
    })?;
    Ok(login)
}

async fn request(admin: Client, account: (&str, &str), bound_to: Option<&str>) -> Outcome<String> {
    let (namespace, name) = account;
    let bound = bound_to.map(|secret| BoundObjectReference {
        api_version: Some("v1".into()),
        kind: Some("Secret".into()),
        name: Some(secret.into()),
        uid: None,
    });
    let spec = TokenRequestSpec {
        bound_object_ref: bound,
        ..TokenRequestSpec::default()
    };
    let request = TokenRequest {
        spec: Some(spec),
        ..TokenRequest::default()
    };
    let answer = Api::<ServiceAccount>::namespaced(admin, namespace)
        .create_token_request(name, &PostParams::default(), &request)
        .await
        .while_doing(format_args!("get a token for {namespace}/{name}"))?;
    let token = answer.status.and_then(|status| status.token);
    token.ok_or_else(|| Failure::new("a token request was answered without a token"))
}

/// A reader sees the old token or the new one, never half of one.
fn replace(file: &Path, token: &str) -> Outcome<()> {
    let new = file.with_extension("token.new");
    write_private(&new, token)?;
    std::fs::rename(&new, file).while_doing(format_args!("replace {}", file.display()))
}
