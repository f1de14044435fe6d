//! No secret leaves the process (I5): not in logs at the level at which every library logs, not in
//! Events, status or metrics, whatever went wrong, and not in a core dump.

use std::os::unix::process::ExitStatusExt;

use cloudsim::{Canned, Fault, FaultRule};
use k8s_openapi::api::events::v1::Event;
use kube::{Api, api::ListParams};
use restart_operator::api::{ClusterCloudAccount, RestartRequest};
use rustix::process::Resource;
use serde_json::json;

use crate::{
    scene::{RESTART, Scene},
    support::{
        hold::Point,
        world::{phase_of, story},
    },
};

/// Everything that one may read of a run, by where it is.
async fn all_words(scene: &Scene, identity: &str) -> Vec<(&'static str, String)> {
    let (admin, namespace) = (scene.world.admin.clone(), &scene.world.namespace);
    let all = ListParams::default();
    let requests: Api<RestartRequest> = Api::namespaced(admin.clone(), namespace);
    let requests = requests.list(&all).await.unwrap();
    let accounts: Api<ClusterCloudAccount> = Api::all(admin.clone());
    let account = accounts.get(namespace).await.unwrap();
    let events: Api<Event> = Api::namespaced(admin, namespace);
    let events = events.list(&all).await.unwrap();
    assert!(!events.items.is_empty());
    vec![
        ("log", scene.log_of(identity)),
        ("requests", serde_json::to_string(&requests).unwrap()),
        ("account", serde_json::to_string(&account).unwrap()),
        ("events", serde_json::to_string(&events).unwrap()),
        ("metrics", scene.metrics(identity).await),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_in_logs_events_status_or_metrics_whatever_goes_wrong() {
    let scene = Scene::taught("i5").await;
    let sim = &scene.world.sim;
    let _operator = scene.host("pod").start();
    let faults = [
        Fault::DropAfter,
        Fault::AnswerInstead(Canned::code(403, "SignatureDoesNotMatch").message("string to sign")),
        Fault::StatusAfter(Canned::body(500, "<html>oops</html>")),
        Fault::BodyBytes {
            total: 64 << 20,
            chunk: 1 << 16,
            pause_ms: 0,
        },
        Fault::Hang { executed: true },
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        sim.inject(FaultRule::on(RESTART, fault));
        let name = format!("r{number}");
        scene.ask(&name).await;
        scene.world.until_finished(&name).await;
    }
    // A key that the cloud refuses, in the preflight.
    sim.remove_access_key(cloudsim::DEFAULT_KEY_ID);
    scene.ask("refused").await;
    scene
        .world
        .until("refused", "was told so", |object| {
            let told = object
                .status
                .as_ref()
                .is_some_and(|status| !status.conditions.is_empty());
            told && story(object).0 == "AccountNotReady"
        })
        .await;
    scene.world.edit("refused", json!({"cancel": true})).await;
    assert_eq!(
        phase_of(&scene.world.until_finished("refused").await),
        "Cancelled"
    );
    scene.judge().await;
    for (place, text) in all_words(&scene, "pod").await {
        assert!(!text.is_empty(), "{place} is empty");
        for secret in scene.secrets() {
            assert!(!text.contains(&secret), "a secret is in the {place}");
        }
    }
}

/// Whether a process that is not protected dumps its memory on this machine: the same signal under the
/// same limit.
fn a_core_can_be_dumped_here() -> bool {
    let folder = tempfile::tempdir().unwrap();
    let mut shell = std::process::Command::new("sh");
    shell
        .args(["-c", "ulimit -c 1048576; kill -ABRT $$"])
        .current_dir(folder.path());
    shell.status().unwrap().core_dumped()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_core_is_dumped_when_it_is_aborted_with_a_credential_in_use() {
    let scene = Scene::new("i5-core").await;
    let mut operator = scene.host("pod").hold(Point::BeforeSend).start();
    scene.ask("first").await;
    operator.until_holding(Point::BeforeSend).await;
    operator.limit(Resource::Core, Some(1 << 30));
    let status = operator.abort().await;
    assert_eq!(status.signal(), Some(6));
    assert!(!status.core_dumped(), "a core was dumped");
    if !a_core_can_be_dumped_here() {
        eprintln!("no process dumps a core on this machine, so that this test has shown nothing");
    }
    let _successor = scene.restarted();
    scene.end_of("first").await;
}
