//! Killed with a connection to the cloud in hand: before the first byte of the request, and with half
//! of it written (C4, C5).

use cloudsim::{Instance, RebootPlan, Tls};
use serde_json::json;

use crate::{
    scene::{End, Scene},
    support::{
        gate::Side,
        wire::{Part, Wire},
    },
};

/// The operator is killed when its restart call stands at this point of its connection. The connection
/// of a restart call is a new one, and it is the next one after the intent was stored.
async fn killed_at(
    scene: &Scene,
    wire: &Wire,
    part: Part,
    launch: crate::support::process::Launch,
) {
    let gate = scene.gate().await;
    let mut intent = gate.stop(Side::After, "first", "Submitting");
    let mut operator = launch.through(&gate).start();
    intent.reached().await;
    let mut call = wire.stop_next(part);
    intent.release().await;
    call.reached().await;
    operator.kill_dash_nine().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_handshake_of_the_call_nothing_is_executed() {
    let scene = Scene::with("c4", |config| config.tls = Some(Tls::default())).await;
    let wire = Wire::to(scene.world.sim.host()).await;
    let authority = scene.file("ca.pem", scene.world.sim.ca_pem().unwrap());
    let url = format!("https://{}", wire.address());
    scene
        .world
        .put_account(json!({"endpoints": {"sae": url, "edas": url}}))
        .await;
    scene.ask("first").await;
    let launch = || scene.host("pod").extra_ca(&authority);
    killed_at(&scene, &wire, Part::Nothing, launch()).await;
    let _successor = launch().start();
    assert_eq!(scene.end_of("first").await, End::NOT_EXECUTED);
    assert_eq!(scene.calls_of("first").await.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_with_half_of_the_call_written_nothing_is_executed() {
    let scene = Scene::new("c5").await;
    let wire = Wire::to(scene.world.sim.host()).await;
    let url = format!("http://{}", wire.address());
    scene
        .world
        .put_account(json!({"endpoints": {"sae": url, "edas": url}}))
        .await;
    scene.ask("first").await;
    killed_at(&scene, &wire, Part::Half, scene.host("pod")).await;
    let _successor = scene.restarted();
    assert_eq!(scene.end_of("first").await, End::NOT_EXECUTED);
    assert_eq!(scene.calls_of("first").await.len(), 0);
}

/// With a token the successor takes over and sends the same call. A machine that is too busy for that
/// gets another try.
async fn a_call_with_a_token(prefix: &str, part: Part) {
    for _ in 0..3 {
        if is_taken_over(prefix, part).await {
            return;
        }
    }
    panic!("never taken over in time");
}

async fn is_taken_over(prefix: &str, part: Part) -> bool {
    let scene = Scene::with(prefix, |config| {
        let plan = RebootPlan::lasting(std::time::Duration::from_millis(900));
        config.volcengine.instances = vec![Instance::running("i-a").with_plan(plan)];
    })
    .await;
    let wire = Wire::to(scene.world.sim.host()).await;
    let account = scene
        .world
        .put_volcengine_account_at(&format!("http://{}", wire.address()))
        .await;
    scene.reboot("first", &account).await;
    killed_at(&scene, &wire, part, scene.host("pod")).await;
    let _successor = scene.restarted();
    let in_time = scene.end_with_a_token("first").await;
    let attempt = scene
        .world
        .get("first")
        .await
        .status
        .unwrap()
        .attempt
        .unwrap();
    assert_eq!(attempt.owned, 1, "it was taken over");
    in_time
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_the_first_byte_of_a_call_with_a_token_it_is_taken_over() {
    a_call_with_a_token("c4-token", Part::Nothing).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_with_half_of_a_call_with_a_token_written_it_is_taken_over() {
    a_call_with_a_token("c5-token", Part::Half).await;
}
