//! What the order may say, and what becomes of the request.

use std::time::Duration;

use cloudsim::{Application, OrderPlan};
use serde_json::json;

use crate::support::world::{APP, World, phase_of, story};

fn plan() -> OrderPlan {
    OrderPlan::lasting(Duration::from_millis(400)).batches(2)
}

async fn world_with(prefix: &str, plan: OrderPlan) -> World {
    World::with(prefix, |config| {
        config.applications = vec![Application::running(APP).with_plan(plan)];
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_ends_badly_fails_the_request_with_its_status() {
    for (status, reason) in [
        (3, "RestartFailed"),
        (6, "OrderAborted"),
        (10, "RestartFailed"),
    ] {
        let world = world_with("ends", plan().ending(status)).await;
        let _operator = world.operator().await;
        world.ask("first", json!({})).await;
        let object = world.until_finished("first").await;
        assert_eq!(
            (phase_of(&object), story(&object).0.as_str()),
            ("Failed", reason),
            "{status}"
        );
        let order = object.status.unwrap().change_order.unwrap();
        assert_eq!(order.status, Some(i32::try_from(status).unwrap()));
        assert_eq!(world.ledger().restarts_of(APP).len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_nobody_documents_is_under_way_until_the_deadline_and_never_a_success() {
    let world = world_with("unknown", plan().ending(77)).await;
    let _operator = world.operator().await;
    world
        .ask("first", json!({"activeDeadlineSeconds": 3}))
        .await;
    let is_77 = |object: &restart_operator::api::RestartRequest| {
        let order = object
            .status
            .as_ref()
            .and_then(|status| status.change_order.as_ref());
        order.is_some_and(|order| order.status == Some(77))
    };
    let object = world.until("first", "saw status 77", is_77).await;
    assert_eq!(phase_of(&object), "Running");
    let object = world.until_finished("first").await;
    let (reason, message) = story(&object);
    assert_eq!(
        (phase_of(&object), reason.as_str()),
        ("Failed", "ActiveDeadlineExceeded")
    );
    assert!(
        message.contains("77") && message.contains("may still run"),
        "{message}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_stands_still_is_paused_until_somebody_ends_it() {
    let world = world_with("stuck", plan().stuck()).await;
    let _operator = world.operator().await;
    world.ask("first", json!({})).await;
    let object = world.until_phase("first", "Paused").await;
    assert_eq!(story(&object).0, "OrderNeedsAttention");
    let order = object.status.unwrap().change_order.unwrap();
    assert_eq!((order.status, order.sub_status), (Some(1), Some(1)));
    assert!(world.sim.end_order(&order.id.unwrap(), 2));
    world.until_phase("first", "Succeeded").await;
    assert_eq!(
        world.events("first", 3).await,
        ["Submitted", "PausedInCloud", "Succeeded"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_waits_for_a_person_says_what_to_do() {
    for (status, reason) in [(8, "BatchConfirmationRequired"), (11, "ApprovalRequired")] {
        let world = world_with("paused", plan().ending(status)).await;
        let _operator = world.operator().await;
        world.ask("first", json!({})).await;
        let object = world.until_phase("first", "Paused").await;
        let (told, message) = story(&object);
        assert_eq!(told, reason);
        assert!(message.contains("console"), "{message}");
    }
}
