//! A tool that keeps requests in Git, as the API server sees one: its marks, its field manager, its way to apply. Not a test.

use std::{
    io::Write as _,
    process::{Output, Stdio},
    time::Duration,
};

use cloudsim::{Application, OrderPlan};
use kube::api::{DeleteParams, Patch, PatchParams};
use restart_operator::api::RestartRequest;
use serde_json::{Value, json};

use crate::{
    engines::{self, Verdict},
    support::{
        controlplane::users::User,
        wait,
        world::{APP, World},
    },
};

const PAGE: &str = include_str!("../../docs/how-to/gitops.md");

/// The page for users has to say exactly this, as a row of a table.
pub(crate) fn promised(what: &str, then: &str) {
    let row = format!("| {what} | {then} |");
    assert!(PAGE.contains(&row), "the page does not say: {row}");
}

/// A request as it is in Git, for the application that every world has.
pub(crate) fn in_git(world: &World, name: &str, spec: &Value) -> Value {
    let mut object = json!({
        "apiVersion": "restart-operator.dev/v1alpha1", "kind": "RestartRequest",
        "metadata": {"name": name, "namespace": world.namespace},
        "spec": {
            "accountRef": {"kind": "ClusterCloudAccount", "name": world.namespace},
            "target": {"saeApplication": {"appId": APP}},
        },
    });
    for (field, value) in spec.as_object().unwrap() {
        object["spec"][field] = value.clone();
    }
    object
}

/// The same file as Argo CD applies it: with its mark, by a client-side apply.
pub(crate) fn argo_cd(world: &World, file: &Value) {
    let name = file["metadata"]["name"].as_str().unwrap();
    let mut object = file.clone();
    let id = format!(
        "restarts:restart-operator.dev/RestartRequest:{}/{name}",
        world.namespace
    );
    object["metadata"]["annotations"] = json!({ "argocd.argoproj.io/tracking-id": id });
    let arguments = ["apply", "--field-manager=argocd-controller", "--filename=-"];
    succeeds(&kubectl(world, &arguments, &object.to_string()));
}

/// The same file as Flux applies it: with its marks, on the server, as kustomize-controller.
pub(crate) async fn flux(world: &World, file: &Value) -> kube::Result<RestartRequest> {
    let name = file["metadata"]["name"].as_str().unwrap();
    let mut object = file.clone();
    object["metadata"]["labels"] = json!({
        "kustomize.toolkit.fluxcd.io/name": "restarts",
        "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
    });
    let params = PatchParams::apply("kustomize-controller").force();
    world
        .requests()
        .patch(name, &params, &Patch::Apply(&object))
        .await
}

/// The object is gone when this returns: nothing holds it.
pub(crate) async fn delete(world: &World, name: &str) {
    world
        .requests()
        .delete(name, &DeleteParams::default())
        .await
        .expect("delete");
    assert!(world.requests().get_opt(name).await.unwrap().is_none());
}

/// What the tools say of the object as it is stored.
pub(crate) async fn verdict(world: &World, name: &str) -> Verdict {
    let object = serde_json::to_value(world.get(name).await).unwrap();
    engines::judge(&[object]).remove(0)
}

/// kstatus, Argo CD, and Flux with the optional expressions.
pub(crate) fn words(verdict: &Verdict) -> [&str; 3] {
    [&verdict.kstatus, verdict.argo(), &verdict.overridden]
}

/// Until this instant has passed.
pub(crate) async fn until_passed(instant: jiff::Timestamp) {
    let what = format!("{instant} has passed");
    wait::until(&what, async || jiff::Timestamp::now() > instant).await;
}

/// A time this many seconds from now, whole seconds as they are written in Git.
pub(crate) fn seconds_from_now(seconds: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(jiff::Timestamp::now().as_second() + seconds).unwrap()
}

/// kubectl as the administrator, from the root of the repository; input may be empty.
pub(crate) fn kubectl(world: &World, arguments: &[&str], input: &str) -> Output {
    let mut child = world
        .plane
        .kubectl(User::Admin)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("kubectl starts");
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).expect("kubectl reads");
    drop(stdin);
    child.wait_with_output().expect("kubectl ends")
}

/// What it printed.
pub(crate) fn succeeds(output: &Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// How often the cloud restarted the application.
pub(crate) fn restarts(world: &World) -> usize {
    world.ledger().restarts_of(APP).len()
}

/// A world whose orders take this long.
pub(crate) async fn lasting(prefix: &str, order: Duration) -> World {
    World::with(prefix, |config| {
        config.applications = vec![Application::running(APP).with_plan(OrderPlan::lasting(order))];
    })
    .await
}

/// Long enough that a slow machine restarts before it, short enough to wait for.
pub(crate) const SOON: i64 = 20;

/// First cells of the rows of the page that promise something.
pub(crate) fn promises() -> Vec<&'static str> {
    let tables = PAGE.split("| What happens | Then |\n|---|---|\n").skip(1);
    let rows = tables.flat_map(|table| table.lines().take_while(|line| line.starts_with("| ")));
    rows.map(|row| row.trim_start_matches("| ").split(" | ").next().unwrap())
        .collect()
}
