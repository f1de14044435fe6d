//! The recipes of `docs/how-to/gitops`: what is ours is sent to the API server, or run; what belongs to Argo CD
//! and Flux, whose kinds are not there, is read and checked for what the page says of it.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{
    engines,
    support::{
        controlplane::users::User,
        world::{APP, World, phase_of},
    },
    tool::{kubectl, succeeds},
};

const FOLDER: &str = "docs/how-to/gitops";

fn path(name: &str) -> String {
    format!("{FOLDER}/{name}")
}

fn read(name: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path(name));
    serde_saphyr::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// The namespace that the files name. Other tests create it too.
async fn shop() -> World {
    let world = World::new("recipes").await;
    let shop = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
    kubectl(&world, &["apply", "--filename=-"], &shop.to_string());
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_request_of_a_recipe_is_valid() {
    let world = shop().await;
    let one = path("one-file-per-restart.yaml");
    succeeds(&kubectl(
        &world,
        &["apply", "--dry-run=server", "--filename", &one],
        "",
    ));
    let hook = path("argocd-hook/request.yaml");
    succeeds(&kubectl(
        &world,
        &["create", "--dry-run=server", "--filename", &hook],
        "",
    ));
    let release = path("name-from-the-release");
    let made = kubectl(
        &world,
        &["apply", "--dry-run=server", "--output=name", "-k", &release],
        "",
    );
    assert_eq!(
        succeeds(&made).trim(),
        "restartrequest.restart-operator.dev/checkout-4f2a9c1"
    );
    // What is kept in Git has its guard; the hook has none on purpose.
    for guarded in [
        "one-file-per-restart.yaml",
        "name-from-the-release/request.yaml",
    ] {
        assert!(
            read(guarded)["spec"]["startBefore"].is_string(),
            "{guarded}"
        );
    }
    let hook = read("argocd-hook/request.yaml");
    assert!(hook["spec"]["startBefore"].is_null());
    assert_eq!(
        hook["metadata"]["annotations"]["argocd.argoproj.io/hook"],
        "PostSync"
    );
}

#[test]
fn the_application_of_the_hook_never_retries() {
    let application = read("argocd-hook/application.yaml");
    assert_eq!(application["kind"], "Application");
    assert_eq!(
        application["spec"]["syncPolicy"]["retry"],
        json!({"limit": 0})
    );
}

#[test]
fn the_step_of_flux_waits_keeps_the_record_and_never_forces() {
    // Flux's own type has all of its fields.
    engines::ask(&["flux-file", &path("flux-step.yaml")], "");
    let step = read("flux-step.yaml");
    let spec = &step["spec"];
    assert_eq!(
        (&spec["wait"], &spec["prune"]),
        (&json!(true), &json!(false))
    );
    assert!(spec["force"].is_null() && spec["healthCheckExprs"].is_null());
    assert!(spec["dependsOn"][0]["name"].is_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_script_for_ci_restarts_and_tells_how_it_ended() {
    let world = World::new("ci").await;
    let _operator = world.operator().await;
    let printed = run_script(&world, APP).await;
    assert!(printed.status.success(), "{printed:?}");
    assert_eq!(world.ledger().restarts_of(APP).len(), 1);
    // It ends badly when the restart does.
    let printed = run_script(&world, "not-there").await;
    assert!(!printed.status.success(), "{printed:?}");
    let requests = world
        .requests()
        .list(&kube::api::ListParams::default())
        .await
        .unwrap();
    let mut phases: Vec<&str> = requests.iter().map(phase_of).collect();
    phases.sort_unstable();
    assert_eq!(phases, ["Failed", "Succeeded"]);
    assert!(
        requests
            .iter()
            .all(|request| request.spec.start_before.is_some())
    );
}

/// As a pipeline runs it: with kubectl on the path, as somebody who may edit the namespace.
async fn run_script(world: &World, app: &str) -> std::process::Output {
    let programs = format!("{}:/usr/bin:/bin", world.plane.folder().display());
    tokio::process::Command::new("sh")
        .arg(path("restart-from-ci.sh"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .env("PATH", programs)
        // Where kubectl keeps what it learned of the server.
        .env("HOME", world.plane.folder())
        .env("KUBECONFIG", world.plane.kubeconfig(User::Author))
        .env("NAMESPACE", &world.namespace)
        .env("ACCOUNT_KIND", "ClusterCloudAccount")
        .env("ACCOUNT", &world.namespace)
        .env("APP", app)
        .kill_on_drop(true)
        .output()
        .await
        .expect("the script runs")
}
