//! Installs what this repository ships onto a control plane: CRDs from `crds/`, roles from `deploy/`.
//!
//! The pinned kubectl does it, as a user's would. What is in the files is read when it is needed and
//! known here only by its kind.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api, Client,
    api::{ApiResource, DynamicObject, GroupVersionKind, ListParams},
};
use serde_json::{Value, json};

use super::{ControlPlane, namespace, users::User};
use crate::support::failure::{Failure, Outcome, While};

/// A new kind is served within a second or two; only against hanging.
const SERVED_TIMEOUT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);
/// What decides what the operator may do, and the accounts that it is decided for. No Pods run here, and
/// admission policies are the business of the tests that are about them.
const INSTALLED: [&str; 6] = [
    "Namespace",
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
];

/// Applies a file or folder of CRDs and waits until their objects can be listed. Gives their names.
pub async fn crds(plane: &ControlPlane, from: &Path) -> Outcome<Vec<String>> {
    let mut apply = plane.kubectl(User::Admin);
    apply
        .args(["apply", "--output=name", "--filename"])
        .arg(from);
    let printed = run(&mut apply, None)?;
    let client = plane.client(User::Admin).await?;
    let mut names = Vec::new();
    for line in printed.lines() {
        let Some(name) = line.strip_prefix("customresourcedefinition.apiextensions.k8s.io/") else {
            return Err(Failure::new(format!(
                "{} holds {line}, which is no CRD",
                from.display()
            )));
        };
        until_served(&client, name).await?;
        names.push(name.to_owned());
    }
    Ok(names)
}

/// Waits until a kind is established and each of its versions has answered a list. The first requests
/// after a CRD is established may be refused while its storage is set up.
async fn until_served(client: &Client, name: &str) -> Outcome<()> {
    let crds: Api<CustomResourceDefinition> = Api::all(client.clone());
    let deadline = Instant::now() + SERVED_TIMEOUT;
    let mut last = String::new();
    while Instant::now() < deadline {
        match crds.get(name).await {
            Ok(crd) if is_established(&crd) => match list_all_versions(client, &crd).await {
                Ok(()) => return Ok(()),
                Err(error) => last = error.to_string(),
            },
            Ok(crd) => last = format!("{:?}", crd.status),
            Err(error) => last = error.to_string(),
        }
        tokio::time::sleep(POLL).await;
    }
    Err(Failure::new(format!(
        "{name} is not served; the last that was seen: {last}"
    )))
}

fn is_established(crd: &CustomResourceDefinition) -> bool {
    let conditions = crd
        .status
        .iter()
        .flat_map(|status| status.conditions.iter().flatten());
    conditions
        .into_iter()
        .any(|is| is.type_ == "Established" && is.status == "True")
}

async fn list_all_versions(client: &Client, crd: &CustomResourceDefinition) -> kube::Result<()> {
    for version in crd.spec.versions.iter().filter(|version| version.served) {
        let kind = GroupVersionKind::gvk(&crd.spec.group, &version.name, &crd.spec.names.kind);
        let resource = ApiResource::from_gvk_with_plural(&kind, &crd.spec.names.plural);
        let objects: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
        objects.list(&ListParams::default().limit(1)).await?;
    }
    Ok(())
}

/// Applies the accounts and roles of a kustomization, and gives our user `operator` what is given to the
/// operator's service account. Returns how many objects there were.
pub fn roles(plane: &ControlPlane, kustomization: &Path) -> Outcome<usize> {
    let mut render = plane.kubectl(User::Admin);
    render.arg("kustomize").arg(kustomization);
    let rendered = run(&mut render, None)?;
    let mut objects: Vec<Value> = serde_saphyr::from_multiple(&rendered).while_doing(
        format_args!("read what {} renders to", kustomization.display()),
    )?;
    objects.retain(|object| INSTALLED.contains(&kind(object)));
    let shipped = objects.len();

    let (in_namespace, cluster_wide): (Vec<_>, Vec<_>) = objects
        .iter()
        .filter(|object| ["Role", "RoleBinding", "ClusterRoleBinding"].contains(&kind(object)))
        .cloned()
        .partition(|object| kind(object) != "ClusterRoleBinding");
    objects.extend(cluster_wide.into_iter().map(for_test_user));
    let list = json!({ "apiVersion": "v1", "kind": "List", "items": objects }).to_string();
    run(
        plane.kubectl(User::Admin).args(["apply", "--filename=-"]),
        Some(&list),
    )?;

    namespace::keep_roles(plane, &in_namespace)?;
    Ok(shipped)
}

/// The kind of an object in a manifest.
pub fn kind(object: &Value) -> &str {
    object["kind"].as_str().unwrap_or_default()
}

/// The same binding for the user `operator`, beside the shipped one.
fn for_test_user(mut binding: Value) -> Value {
    let name = binding["metadata"]["name"].as_str().unwrap_or_default();
    binding["metadata"]["name"] = json!(format!("{name}-test-user"));
    binding["subjects"] = json!([namespace::subject(User::Operator)]);
    binding
}

/// Runs a short kubectl command and gives what it printed; a failure holds what it complained of.
pub fn run(command: &mut Command, input: Option<&str>) -> Outcome<String> {
    let doing = format!("run {command:?}");
    let stdin = if input.is_some() {
        Stdio::piped()
    } else {
        Stdio::null()
    };
    let mut child = command
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .while_doing(&doing)?;
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        stdin.write_all(input.as_bytes()).while_doing(&doing)?;
    }
    let output = child.wait_with_output().while_doing(&doing)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(Failure::new(format!(
        "could not {doing}: {}",
        complaint.trim()
    )))
}
