//! Each way to install, from an empty cluster to its end: taken without a warning where Pods must be
//! `restricted`, and what it installs is enough for a restart of each kind and no longer there afterwards.

use std::{fs, path::Path, process::Command};

use serde_json::json;

use super::{
    helm::helm,
    manifests::{chart, printed, root},
    scene::{Scene, WATCHED},
    support::{
        controlplane::{
            needs::{Need, left_out},
            users::User,
        },
        failure::Outcome,
    },
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_one_file_for_the_whole_cluster() -> Outcome<()> {
    if left_out("the_one_file_for_the_whole_cluster", &[Need::OwnServers])? {
        return Ok(());
    }
    let scene = Scene::new("restart-operator-system", "restart-operator").await?;
    let file = ["apply", "--server-side", "-f", "deploy/install.yaml"];
    // Definitions and objects of other kinds come together; the namespace comes with its labels.
    scene.clean(&file, "");
    scene.clean(&file, "");
    scene.accounts().await?;
    let operator = scene.operator().await?;
    scene.restart_each_kind(1).await?;
    scene.nothing_was_forbidden()?;
    drop(operator);
    // `kubectl wait` is for the end of a namespace, which nobody collects here.
    scene.clean(&["delete", "-k", "deploy/cluster-wide", "--wait=false"], "");
    scene.clean(
        &[
            "-n",
            "restart-operator-system",
            "delete",
            "deployment",
            "--all",
        ],
        "",
    );
    scene.only_the_records_are_left().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_namespace_by_roles() -> Outcome<()> {
    if left_out("one_namespace_by_roles", &[Need::OwnServers])? {
        return Ok(());
    }
    let scene = Scene::new(WATCHED, "restart-operator").await?;
    scene.restricted(WATCHED);
    scene.clean(&["apply", "--server-side", "-k", "crds"], "");
    // As the overlay's comment says: a kustomization of one's own, with another namespace.
    let own = tempfile::tempdir_in(root().join("deploy")).unwrap();
    let text = "resources: [../one-namespace]\nnamespace: shop\n";
    fs::write(own.path().join("kustomization.yaml"), text).unwrap();
    let own = own.path().to_str().unwrap().to_owned();
    scene.clean(&["apply", "-k", &own], "");
    scene.accounts().await?;
    let operator = scene.operator().await?;
    scene.restart_each_kind(1).await?;
    scene.nothing_was_forbidden()?;
    drop(operator);
    scene.clean(&["delete", "-k", &own], "");
    scene.only_the_records_are_left().await
}

/// A release, as its user calls Helm. Never with `--wait`: no Pods run here.
struct Release<'a> {
    home: &'a Path,
    kubeconfig: &'a Path,
}

impl Release<'_> {
    fn helm(&self, arguments: &[&str]) -> Command {
        let mut helm = helm(self.home);
        helm.args(arguments)
            .args(["--namespace", "ops", "--kubeconfig"]);
        helm.arg(self.kubeconfig);
        helm
    }

    /// Gives what it printed; a warning is a failure.
    fn run(&self, arguments: &[&str]) -> String {
        let mut helm = self.helm(arguments);
        let output = super::manifests::run(&mut helm);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && said.is_empty(),
            "{helm:?}: {said}"
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_chart_from_install_to_uninstall() -> Outcome<()> {
    if left_out("the_chart_from_install_to_uninstall", &[Need::OwnServers])? {
        return Ok(());
    }
    let scene = Scene::new("ops", "blue-restart-operator").await?;
    let (home, kubeconfig) = (
        tempfile::tempdir().unwrap(),
        scene.plane.kubeconfig(User::Admin),
    );
    let release = Release {
        home: home.path(),
        kubeconfig: &kubeconfig,
    };
    // What is installed is the package, not the folder.
    printed(release.helm(&["package"]).arg(chart()));
    let package = format!("restart-operator-{}.tgz", env!("CARGO_PKG_VERSION"));
    scene.restricted("ops");
    let said = release.run(&["install", "blue", &package, "--set", "leaseName=another"]);
    assert!(said.contains("watches all namespaces"), "{said}");
    scene.accounts().await?;
    let operator = scene.operator().await?;
    scene.restart_each_kind(1).await?;
    scene.lease_is_there("another");
    drop(operator);

    // From the whole cluster to one namespace: the same requests, ended already, by other rights.
    let only = "watchNamespaces={shop},secretAccess.shop={ali-prod-keys},replicas=3";
    release.run(&["upgrade", "blue", &package, "--reuse-values", "--set", only]);
    assert_eq!(scene.deployment()["spec"]["replicas"], 3);
    let roles = scene.clean(&["get", "clusterrole", "-o", "name"], "");
    assert!(
        !roles
            .lines()
            .any(|role| role.ends_with("/blue-restart-operator")),
        "{roles}"
    );
    scene.clean(&["-n", WATCHED, "delete", "restartrequest", "--all"], "");
    let operator = scene.operator().await?;
    scene.restart_each_kind(2).await?;
    scene.nothing_was_forbidden()?;
    drop(operator);

    let said = release.run(&["uninstall", "blue"]);
    assert!(said.contains("kept due to the resource policy"), "{said}");
    scene.only_the_records_are_left().await?;
    // What was kept is taken over by the next release of that name.
    release.run(&["install", "blue", &package]);
    let definitions = scene.clean(&["get", "crd", "-o", "json"], "");
    let definitions: serde_json::Value = serde_json::from_str(&definitions).unwrap();
    assert_eq!(
        definitions["items"][0]["metadata"]["annotations"]["meta.helm.sh/release-name"],
        json!("blue")
    );
    Ok(())
}
