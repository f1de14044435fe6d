//! What the cloud may say to the abort of an order, and what the request tells of it.

use std::time::Duration;

use cloudsim::{Canned, Fault, FaultRule, OrderPlan};
use serde_json::json;

use crate::{
    states::{ABORT, end, endless, world},
    support::world::{World, order_of, phase_of, story},
};

async fn cancelled_while_it_runs(prefix: &str, answer: Option<FaultRule>) -> World {
    let world = world(prefix, endless()).await;
    if let Some(rule) = answer {
        world.sim.inject(rule);
    }
    world
}

fn aborts(world: &World) -> usize {
    world.ledger().requests(ABORT).len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_aborted_order_says_how_far_it_came_and_is_asked_for_once() {
    let plan = OrderPlan::lasting(Duration::from_secs(15)).batches(3);
    let world = world("abortpart", plan).await;
    let _operator = world.operator().await;
    world.running("first", json!({})).await;
    world
        .until("first", "saw the first batch end", |object| {
            let progress = object.status.as_ref().and_then(|s| s.progress.as_ref());
            progress.is_some_and(|progress| progress.succeeded == 1)
        })
        .await;
    world.edit("first", json!({"cancel": true})).await;
    let object = world.until_finished("first").await;
    assert_eq!(end(&object), ("Cancelled", "CancelledInCloud".to_owned()));
    let status = object.status.as_ref().unwrap();
    let progress = status.progress.as_ref().unwrap();
    assert_eq!((progress.total, progress.succeeded), (3, 1));
    let order = status.change_order.as_ref().unwrap();
    assert!(order.abort_requested_at.is_some());
    assert_eq!((order.status, aborts(&world)), (Some(6), 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_abort_is_named_and_the_order_is_followed_to_its_real_end() {
    let refused = Canned::code(403, "Forbidden.RAM").message("no right to abort");
    let rule = FaultRule::on(ABORT, Fault::AnswerInstead(refused)).always();
    let world = cancelled_while_it_runs("abortno", Some(rule)).await;
    let _operator = world.operator().await;
    world.running("first", json!({})).await;
    world.edit("first", json!({"cancel": true})).await;
    let object = world
        .until("first", "named the refusal", |object| {
            phase_of(object) == "Running" && story(object).1.contains("Forbidden.RAM")
        })
        .await;
    assert_eq!(story(&object).0, "Cancelling");
    let order = object.status.as_ref().unwrap().change_order.as_ref();
    assert_eq!(order.unwrap().abort_requested_at, None);
    world.end_order_of("first", 2).await;
    let object = world.until_finished("first").await;
    assert_eq!(end(&object), ("Succeeded", "RestartSucceeded".to_owned()));
    assert_eq!(
        world.events("first", 4).await,
        ["Submitted", "CancelRequested", "CancelTooLate", "Succeeded"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abort_that_comes_too_late_changes_nothing_of_the_end() {
    for (status, expected) in [(2, "Succeeded"), (3, "Failed")] {
        let world = cancelled_while_it_runs("abortlate", None).await;
        let _operator = world.operator().await;
        let running = world.running("first", json!({})).await;
        // The order ends while the abort is on its way.
        world.sim.inject(FaultRule::on(ABORT, Fault::HoldBefore));
        world.edit("first", json!({"cancel": true})).await;
        let held = world.sim.wait_for_hold(Duration::from_secs(60)).await;
        held.expect("a held abort");
        assert!(world.sim.end_order(&order_of(&running), status));
        assert_eq!(world.sim.release(), 1);
        let object = world.until_finished("first").await;
        assert_eq!(phase_of(&object), expected);
        assert_eq!(aborts(&world), 1, "{:#?}", world.ledger().requests(ABORT));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abort_whose_answer_is_lost_is_asked_for_again_until_the_order_ends() {
    for (fault, least) in [(Fault::DropAfter, 1), (Fault::DropBefore, 2)] {
        let world = cancelled_while_it_runs("abortlost", Some(FaultRule::on(ABORT, fault))).await;
        let _operator = world.operator().await;
        world.running("first", json!({})).await;
        world.edit("first", json!({"cancel": true})).await;
        let object = world.until_finished("first").await;
        assert_eq!(end(&object), ("Cancelled", "CancelledInCloud".to_owned()));
        assert!(aborts(&world) >= least);
        assert_eq!((world.calls(), world.restarts()), (1, 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abort_that_the_cloud_accepts_and_does_not_follow_ends_at_the_active_deadline() {
    let accepted = Canned::body(
        200,
        r#"{"RequestId":"R","Success":true,"Code":"200","Data":{}}"#,
    );
    let rule = FaultRule::on(ABORT, Fault::AnswerInstead(accepted)).always();
    let world = cancelled_while_it_runs("abortidle", Some(rule)).await;
    let _operator = world.operator().await;
    world
        .running("first", json!({"activeDeadlineSeconds": 3}))
        .await;
    world.edit("first", json!({"cancel": true})).await;
    let object = world.until_finished("first").await;
    assert_eq!(
        end(&object),
        ("Failed", "ActiveDeadlineExceeded".to_owned())
    );
    assert!(story(&object).1.contains("may still run"));
    assert_eq!(aborts(&world), 1, "an accepted abort is not repeated");
}
