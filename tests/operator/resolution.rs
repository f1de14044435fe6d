//! A person's answer to Unknown: followed, refused, taken back, too early.

use cloudsim::{Application, NewOrder};
use serde_json::json;

use crate::{
    states::{DESCRIBE, end, endless, world},
    support::world::{APP, World, order_of, phase_of},
};

async fn adopt(world: &World, name: &str, order: &str) {
    world
        .edit(name, json!({"resolution": {"adopt": order}}))
        .await;
}

/// Until the answer was refused. Events of one reason are counted together, so only the first is
/// looked for by its Event.
async fn until_refused(world: &World, name: &str) {
    let object = world.until_edit_is_seen(name).await;
    assert_eq!(phase_of(&object), "Unknown");
    let mut count = 1;
    loop {
        let events = world.events(name, count).await;
        if events.iter().any(|event| event == "ResolutionRefused") {
            return;
        }
        count = events.len() + 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_order_is_refused_and_the_right_one_is_followed() {
    let world = world("resolve", endless()).await;
    world.sim.put_application(Application::running("app-2"));
    let _operator = world.operator().await;
    world.unknown("first", json!({})).await;
    let right = world.ledger().restarts()[0].order.clone();
    assert_eq!(
        world.ledger().requests(DESCRIBE).len(),
        1,
        "Unknown calls nothing"
    );

    let elsewhere = world.sim.start_order(NewOrder::by_hand("app-2")).unwrap();
    adopt(&world, "first", &elsewhere).await;
    until_refused(&world, "first").await;

    // Taken back: nothing is named, and nothing is called.
    world.edit("first", json!({"resolution": null})).await;
    world.until_edit_is_seen("first").await;
    let calls = world.ledger().requests(DESCRIBE).len();
    world.edit("first", json!({"suspend": true})).await;
    let object = world.until_edit_is_seen("first").await;
    assert_eq!(phase_of(&object), "Unknown");
    assert_eq!(world.ledger().requests(DESCRIBE).len(), calls);

    adopt(&world, "first", &right).await;
    world.until_phase("first", "Running").await;
    assert!(world.sim.end_order(&right, 2));
    let object = world.until_finished("first").await;
    assert_eq!(end(&object), ("Succeeded", "RestartSucceeded".to_owned()));
    assert_eq!((order_of(&object), world.restarts()), (right, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_is_another_requests_or_no_restart_or_nowhere_is_refused() {
    let world = world("resolveother", endless()).await;
    let _operator = world.operator().await;
    world.unknown("first", json!({})).await;
    let unrecorded = world.ledger().restarts()[0].order.clone();
    assert!(world.sim.end_order(&unrecorded, 2));
    let deploy = NewOrder::by_hand(APP).of_type("CoDeploy");
    let deploy = world.sim.start_order(deploy).unwrap();
    assert!(world.sim.end_order(&deploy, 2));
    world.until_orders_are_old().await;
    let second = world.running("second", json!({})).await;
    let wrong = [order_of(&second), deploy, "no-such-order".to_owned()];
    for order in &wrong {
        adopt(&world, "first", order).await;
        until_refused(&world, "first").await;
    }
    world.end_order_of("second", 2).await;
    let second = world.until_finished("second").await;
    assert_eq!(phase_of(&second), "Succeeded");
    assert_eq!(world.restarts(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn not_executed_counts_when_the_signature_has_expired_and_not_before() {
    let world = world("resolvenot", endless()).await;
    let _operator = world.operator().await;
    let object = world.unknown("first", json!({})).await;
    let not_after = object.status.unwrap().attempt.unwrap().not_after.0;
    world
        .edit("first", json!({"resolution": {"notExecuted": true}}))
        .await;
    until_refused(&world, "first").await;
    let object = world.until_finished("first").await;
    assert_eq!(
        end(&object),
        ("NotExecuted", "ResolvedNotExecuted".to_owned())
    );
    let ended = object.status.unwrap().completion_time.unwrap().0;
    assert!(ended > not_after, "{ended} {not_after}");
    assert_eq!((world.calls(), world.restarts()), (1, 1));
}
