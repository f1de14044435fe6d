//! What a process needs runs out, or is changed under it: the disk of its log, file descriptors, the
//! processor, the cloud's certificate, its Secret (S2 to S6). Memory that runs out is a `kill -9`, which
//! every other file of this folder tries.

use std::{path::Path, time::Duration};

use cloudsim::{AccessKey, Config, DEFAULT_CREATOR, Simulator, Tls};
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, api::DeleteParams};
use restart_operator::api::RestartRequest;
use rustix::process::Resource;
use serde_json::json;

use crate::{
    scene::{End, RESTART, Scene},
    support::{
        gate::Side,
        hold::Point,
        judge,
        wire::Wire,
        world::{phase_of, story},
    },
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_full_disk_under_its_log_it_goes_on() {
    let scene = Scene::taught("s2").await;
    let _operator = scene.host("pod").log_to(Path::new("/dev/full")).start();
    scene.ask("second").await;
    let object = scene.world.until_finished("second").await;
    judge::judge(&scene.world).await;
    assert_eq!(End::of(&object), End::DIRECT);
}

fn is_told(object: &RestartRequest, reason: &str) -> bool {
    let told = object
        .status
        .as_ref()
        .is_some_and(|status| !status.conditions.is_empty());
    told && story(object).0 == reason
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_file_descriptor_for_the_call_nothing_is_sent_and_it_is_made_later() {
    let scene = Scene::new("s3").await;
    let gate = scene.gate().await;
    let mut intent = gate.stop(Side::After, "first", "Submitting");
    let operator = scene.host("pod").through(&gate).start();
    scene.ask("first").await;
    intent.reached().await;
    // Fewer than are open, so that no further one can be.
    operator.limit(Resource::Nofile, Some(3));
    intent.release().await;
    scene
        .world
        .until("first", "backed off", |object| {
            is_told(object, "BackingOff")
        })
        .await;
    assert_eq!(scene.world.ledger().requests(RESTART).len(), 0);
    operator.limit(Resource::Nofile, None);
    assert_eq!(scene.end_of("first").await, End::DIRECT);
    assert_eq!(scene.world.ledger().requests(RESTART).len(), 1);
}

/// A hundredth of a processor: it runs for 5 ms and is frozen for 495 ms, until the restart was
/// executed or the time is over. What came of it is found out at full speed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_hundredth_of_a_processor_it_is_slow_and_true() {
    let scene = Scene::taught("s4").await;
    let operator = scene.host("pod").start();
    scene.until_holder("pod").await;
    scene.ask("second").await;
    let starved = async {
        loop {
            operator.stop();
            tokio::time::sleep(Duration::from_millis(495)).await;
            operator.cont();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        () = starved => {}
        _ = scene.world.sim.wait_for_restarts(2, Duration::from_secs(15)) => {}
    }
    operator.cont();
    let object = scene
        .world
        .until("second", "ended, or is left to a person", |object| {
            object
                .status
                .as_ref()
                .is_some_and(|status| status.completion_time.is_some())
                || phase_of(object) == "Unknown"
        });
    let object = object.await;
    scene.judge().await;
    assert_ne!(phase_of(&object), "Unknown", "{}", story(&object).1);
}

/// The cloud shows a certificate of an authority that is not known here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_changes_between_intent_and_call_lets_nothing_out() {
    let tls = |config: &mut Config| config.tls = Some(Tls::default());
    let scene = Scene::with("s5", tls).await;
    let mut config = Config::default();
    tls(&mut config);
    let rotated = Simulator::start(config).await.unwrap();
    let wire = Wire::to(scene.world.sim.host()).await;
    let authority = scene.file("ca.pem", scene.world.sim.ca_pem().unwrap());
    let url = format!("https://{}", wire.address());
    scene
        .world
        .put_account(json!({"endpoints": {"sae": url, "edas": url}}))
        .await;
    let gate = scene.gate().await;
    let mut intent = gate.stop(Side::After, "first", "Submitting");
    let _operator = scene
        .host("pod")
        .extra_ca(&authority)
        .through(&gate)
        .start();
    scene.ask("first").await;
    intent.reached().await;
    wire.lead_to(rotated.host());
    intent.release().await;
    scene
        .world
        .until("first", "backed off", |object| {
            is_told(object, "BackingOff")
        })
        .await;
    assert_eq!(rotated.ledger().all_requests().len(), 0);
    wire.lead_to(scene.world.sim.host());
    assert_eq!(scene.end_of("first").await, End::DIRECT);
    assert_eq!(rotated.ledger().all_requests().len(), 0);
}

/// The key is replaced, in the cloud and in the Secret, when the intent is stored and nothing is sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_replaced_between_intent_and_call_restarts_nothing_falsely() {
    let scene = Scene::new("s6-rotated").await;
    let gate = scene.gate().await;
    let mut intent = gate.stop(Side::After, "first", "Submitting");
    let _operator = scene.host("pod").through(&gate).start();
    scene.ask("first").await;
    intent.reached().await;
    let new = ("another-key-id", "another-key-secret");
    scene
        .world
        .sim
        .put_access_key(AccessKey::new(new.0, new.1, DEFAULT_CREATOR));
    scene.world.sim.remove_access_key(cloudsim::DEFAULT_KEY_ID);
    let keys = json!({"accessKeyId": new.0, "accessKeySecret": new.1});
    scene.world.put_secret_with("keys", keys).await;
    intent.release().await;
    // The old key was refused before anything was executed, and that is what is told.
    let object = scene.world.until_finished("first").await;
    scene.judge().await;
    assert_eq!(
        (phase_of(&object), story(&object).0.as_str()),
        ("Failed", "PermissionDenied")
    );
    scene.ask("second").await;
    assert_eq!(scene.end_of("second").await, End::DIRECT);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_is_deleted_after_the_call_is_waited_for_and_the_order_adopted() {
    let scene = Scene::taught("s6-deleted").await;
    let mut operator = scene.host("pod").hold(Point::AfterAnswer).start();
    scene.ask("second").await;
    operator.until_holding(Point::AfterAnswer).await;
    operator.kill_dash_nine().await;
    let secrets: Api<Secret> = Api::namespaced(scene.world.admin.clone(), &scene.world.namespace);
    secrets
        .delete("keys", &DeleteParams::default())
        .await
        .unwrap();

    let _successor = scene.restarted();
    scene.world.until_phase("second", "Resolving").await;
    scene.world.put_secret("keys").await;
    assert_eq!(scene.end_of("second").await, End::ADOPTED);
    assert_eq!(scene.calls_of("second").await.len(), 1);
}
