//! The control plane that all other tests stand on: that it is what it seems to be, and that what is
//! counted on it is right. Nothing about the operator belongs here.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

#[path = "support/controlplane/choices_test.rs"]
mod choices;

use std::path::{Path, PathBuf};

use k8s_openapi::api::{
    coordination::v1::Lease,
    core::v1::{ConfigMap, Namespace, Secret, ServiceAccount},
};
use kube::{
    Api,
    api::{ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, PostParams},
};
use serde_json::json;

use support::{
    controlplane::{
        ControlPlane, assets, client, install,
        needs::{Need, left_out},
        users::User,
    },
    failure::{Outcome, While},
    wait::until,
};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/controlplane")
        .join(name)
}

fn widget(name: &str) -> (ApiResource, DynamicObject) {
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("fixture.test", "v1", "Widget"));
    let object = DynamicObject::new(name, &kind).data(json!({ "spec": { "size": 1 } }));
    (kind, object)
}

fn config_map(name: &str) -> ConfigMap {
    let mut object = ConfigMap::default();
    object.metadata.name = Some(name.into());
    object
}

#[tokio::test]
async fn server_and_kubectl_are_the_pinned_version() -> Outcome<()> {
    if assets::ready(&assets::process_environment)?.is_some()
        || left_out(
            "server_and_kubectl_are_the_pinned_version",
            &[Need::OwnServers],
        )?
    {
        // Programs of the user's own have the version that they have.
        return Ok(());
    }
    let plane = ControlPlane::shared_or_start().await?;
    let module = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/controlplane/go.mod"),
    );
    let module = module.while_doing("read go.mod")?;
    let pinned = module
        .lines()
        .find_map(|line| line.trim().strip_prefix("k8s.io/kubernetes "));
    let printed = install::run(plane.kubectl(User::Admin).arg("version"), None)?;
    for side in ["Client", "Server"] {
        let line = format!("{side} Version: {}", pinned.unwrap());
        assert!(printed.contains(&line), "{line} is not in\n{printed}");
    }
    Ok(())
}

#[tokio::test]
async fn a_user_without_a_role_is_refused() -> Outcome<()> {
    let plane = ControlPlane::shared_or_start().await?;
    let reader = plane.client(User::Reader).await?;
    let config_maps: Api<ConfigMap> = Api::namespaced(reader, "default");
    let refused = config_maps.list(&ListParams::default()).await.unwrap_err();
    assert_eq!(client::code(&refused), 403, "{refused}");
    Ok(())
}

#[tokio::test]
async fn a_stale_write_of_status_conflicts_and_every_request_is_counted() -> Outcome<()> {
    let test = "a_stale_write_of_status_conflicts_and_every_request_is_counted";
    if left_out(test, &[Need::AuditLog])? {
        return Ok(());
    }
    let plane = ControlPlane::shared_or_start().await?;
    let names = install::crds(&plane, &fixture("crd.yaml")).await?;
    assert_eq!(names, ["widgets.fixture.test"]);
    let namespace = plane.new_namespace("conflict").await?;

    let (kind, object) = widget("one");
    let admin = plane.client(User::Admin).await?;
    let widgets: Api<DynamicObject> = Api::namespaced_with(admin, &namespace, &kind);
    let doing = "use a widget";
    let created = widgets
        .create(&PostParams::default(), &object)
        .await
        .while_doing(doing)?;
    let mut base = created.clone();
    base.data["status"] = json!({ "seen": 1 });
    base.data["spec"] = json!({ "size": 2 });
    let put = PostParams::default();
    let stored = widgets
        .replace_status("one", &put, &base)
        .await
        .while_doing(doing)?;
    assert_eq!(stored.data["status"]["seen"], 1);
    assert_eq!(
        stored.data["spec"]["size"], 1,
        "a write of status must not touch spec"
    );
    let stale = widgets
        .replace_status("one", &put, &base)
        .await
        .unwrap_err();
    assert_eq!(client::code(&stale), 409, "{stale}");

    let audit = plane
        .audit()?
        .user("admin")
        .namespace(&namespace)
        .resource("widgets");
    let status_writes = audit
        .clone()
        .subresource("status")
        .verb("update")
        .name("one");
    assert_eq!(status_writes.clone().code(200).count(), 1);
    assert_eq!(status_writes.code(409).count(), 1);
    assert_eq!(
        audit
            .clone()
            .subresource("")
            .verb("create")
            .code(201)
            .count(),
        1
    );
    assert_eq!(audit.clone().reads().count(), 0);
    assert_eq!(audit.count(), 3);
    Ok(())
}

#[tokio::test]
async fn the_operator_gets_what_is_shipped_for_it_and_no_more() -> Outcome<()> {
    if left_out(
        "the_operator_gets_what_is_shipped_for_it_and_no_more",
        &[Need::OwnServers],
    )? {
        return Ok(());
    }
    let plane = ControlPlane::start_bare().await?;
    assert_eq!(
        install::roles(&plane, &fixture("deploy"))?,
        6,
        "the config map is no role"
    );
    let home = plane.new_namespace("operator").await?;
    let operator = plane.client(User::Operator).await?;
    let login = plane
        .service_account_token("fixture-system", "fixture")
        .await?;
    let account = client::from_file(&login.kubeconfig).await?;
    for client in [operator, account] {
        // Not found is the answer to one who may look.
        let leases: Api<Lease> = Api::namespaced(client.clone(), &home);
        assert!(
            leases
                .get_opt("absent")
                .await
                .while_doing("get a lease")?
                .is_none()
        );
        let config_maps: Api<ConfigMap> = Api::namespaced(client.clone(), "fixture-system");
        let absent = config_maps
            .get_opt("no-role")
            .await
            .while_doing("get a config map")?;
        assert!(absent.is_none(), "installed though it is no role");
        let refused = config_maps.list(&ListParams::default()).await.unwrap_err();
        assert_eq!(client::code(&refused), 403, "{refused}");
    }
    let refusals = plane.audit()?.code(403);
    for user in ["operator", "system:serviceaccount:fixture-system:fixture"] {
        assert_eq!(
            refusals.clone().user(user).verb("list").count(),
            1,
            "{user}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_login_ends_with_the_secret_it_is_bound_to_and_a_new_one_takes_its_place() -> Outcome<()>
{
    let test = "a_login_ends_with_the_secret_it_is_bound_to_and_a_new_one_takes_its_place";
    if left_out(test, &[Need::OwnServers])? {
        return Ok(());
    }
    let plane = ControlPlane::start_bare().await?;
    let admin = plane.client(User::Admin).await?;
    let post = PostParams::default();
    let mut account = ServiceAccount::default();
    account.metadata.name = Some("short".into());
    let accounts: Api<ServiceAccount> = Api::namespaced(admin.clone(), "default");
    accounts
        .create(&post, &account)
        .await
        .while_doing("create an account")?;
    let mut secret = Secret::default();
    secret.metadata.name = Some("bond".into());
    let secrets: Api<Secret> = Api::namespaced(admin, "default");
    secrets
        .create(&post, &secret)
        .await
        .while_doing("create a secret")?;

    let login = plane
        .service_account_token_bound_to("default", "short", "bond")
        .await?;
    let as_account = async || {
        let client = client::from_file(&login.kubeconfig).await.unwrap();
        let config_maps: Api<ConfigMap> = Api::namespaced(client, "default");
        client::code(&config_maps.list(&ListParams::default()).await.unwrap_err())
    };
    assert_eq!(as_account().await, 403, "known, and without a role");
    secrets
        .delete("bond", &DeleteParams::default())
        .await
        .while_doing("delete a secret")?;
    until("the token is refused", async || as_account().await == 401).await;
    let renewed = plane.service_account_token("default", "short").await?;
    assert_eq!(renewed.token_file, login.token_file);
    assert_eq!(as_account().await, 403);
    Ok(())
}

#[tokio::test]
async fn the_controller_manager_ends_namespaces_and_fills_aggregated_roles() -> Outcome<()> {
    let test = "the_controller_manager_ends_namespaces_and_fills_aggregated_roles";
    if left_out(test, &[Need::ControllerManager])? {
        return Ok(());
    }
    let plane = ControlPlane::shared_or_start().await?;
    let namespace = plane.new_namespace("short-lived").await?;
    let author = plane.client(User::Author).await?;
    let config_maps: Api<ConfigMap> = Api::namespaced(author, &namespace);
    // The role is filled soon after the first start of the controller.
    let (post, object) = (PostParams::default(), config_map("mine"));
    until("the author may write", async || {
        config_maps.create(&post, &object).await.is_ok()
    })
    .await;

    let admin = plane.client(User::Admin).await?;
    let namespaces: Api<Namespace> = Api::all(admin);
    let delete = namespaces
        .delete(&namespace, &DeleteParams::default())
        .await;
    delete.while_doing("delete a namespace")?;
    until("the namespace is gone", async || {
        namespaces
            .get_opt(&namespace)
            .await
            .is_ok_and(|found| found.is_none())
    })
    .await;
    Ok(())
}
