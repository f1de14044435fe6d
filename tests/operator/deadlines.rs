//! The time limits at each place of a request's life: which of them cut, and which never do.

use std::time::Duration;

use cloudsim::OrderPlan;
use jiff::{SignedDuration, Timestamp};
use restart_operator::protocol::policy::Policy;
use serde_json::{Value, json};

use crate::{
    states::{DESCRIBE, end, endless, reason, world},
    support::{
        gate::{Gate, Side},
        policy, wait,
        world::{World, order_of, phase_of, story},
    },
};

fn expired(why: &str) -> (&'static str, String) {
    ("Expired", why.to_owned())
}

fn before(seconds: i64) -> Value {
    let now = Timestamp::now().as_second();
    json!(Timestamp::from_second(now + seconds).unwrap().to_string())
}

async fn until_past(limit: Timestamp) {
    wait::until("the limit has passed", async || Timestamp::now() > limit).await;
}

fn slow_back_off() -> Policy {
    Policy {
        backoff: SignedDuration::from_secs(60),
        backoff_max: SignedDuration::from_secs(60),
        ..policy::short()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_waiting_time_ends_whatever_is_waited_for() {
    let world = world("startwait", endless()).await;
    let _operator = world
        .operator_with(slow_back_off(), |provider| provider)
        .await;
    let missing = json!({"kind": "CloudAccount", "name": "no-such"});
    world
        .ask(
            "account",
            json!({"startDeadlineSeconds": 2, "accountRef": missing}),
        )
        .await;
    world
        .backing_off("rejected", json!({"startDeadlineSeconds": 4}))
        .await;
    world.running("holder", json!({})).await;
    world.ask("queued", json!({"startBefore": before(3)})).await;
    world.until_phase("queued", "Queued").await;
    world
        .ask(
            "suspended",
            json!({"startBefore": before(2), "suspend": true}),
        )
        .await;
    for (name, why) in [
        ("account", "StartDeadlineExceeded"),
        ("rejected", "StartDeadlineExceeded"),
        ("queued", "StartBeforePassed"),
        ("suspended", "StartBeforePassed"),
    ] {
        let object = world.until_finished(name).await;
        assert_eq!(end(&object), expired(why), "{name}");
    }
    let account = story(&world.get("account").await).1;
    assert!(
        account.contains("no-such"),
        "it says what it waited for: {account}"
    );
    assert_eq!((world.calls(), world.restarts()), (2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_time_to_start_cuts_a_call_that_was_sent_or_an_order_that_runs() {
    let world = world("startsent", endless()).await;
    let _operator = world.operator().await;
    world.teach_by_hand().await;
    let limits = || json!({"startDeadlineSeconds": 1, "startBefore": before(2)});
    world.resolving("lost", true, limits()).await;
    world.until_phase("lost", "Running").await;
    // The call took its whole time-out, so both limits are over.
    let running = world.get("lost").await;
    let limit = running.spec.start_before.as_ref().unwrap().0;
    until_past(limit).await;
    world.end_order_of("lost", 2).await;
    let object = world.until_finished("lost").await;
    assert_eq!(phase_of(&object), "Succeeded");

    world.resolving("never", false, limits()).await;
    let object = world.until_finished("never").await;
    assert_eq!(end(&object), ("NotExecuted", "NotExecuted".to_owned()));
    assert_eq!((world.calls(), world.restarts()), (3, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn start_before_that_passes_between_intent_and_send_lets_nothing_be_sent() {
    let world = world("startgap", endless()).await;
    let gate = Gate::to(&world.plane).await;
    let mut intent = gate.stop(Side::After, "first", "Submitting");
    let _operator = world.operator_through(&gate).await;
    world.ask("first", json!({"startBefore": before(3)})).await;
    intent.reached().await;
    let limit = world.get("first").await.spec.start_before.unwrap().0;
    until_past(limit).await;
    assert_eq!(intent.release().await, http::StatusCode::OK);
    let object = world.until_finished("first").await;
    assert_eq!(end(&object), expired("StartBeforePassed"));
    assert_eq!((world.calls(), world.restarts()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_never_ends_is_given_up_and_never_called_about_again_and_the_next_waits_for_it()
 {
    let world = world("never", endless()).await;
    let _operator = world.operator().await;
    world
        .ask("first", json!({"activeDeadlineSeconds": 2}))
        .await;
    let first = world.until_finished("first").await;
    assert_eq!(end(&first), ("Failed", "ActiveDeadlineExceeded".to_owned()));
    let order = order_of(&first);
    let message = story(&first).1;
    assert!(
        message.contains(&order) && message.contains("may still run"),
        "{message}"
    );
    let polls = || {
        let ledger = world.ledger();
        let polls = ledger.requests(DESCRIBE);
        let of_order =
            |poll: &&&cloudsim::RequestRecord| poll.params.get("ChangeOrderId") == Some(&order);
        polls.iter().filter(of_order).count()
    };
    let before = polls();
    world.ask("second", json!({})).await;
    let second = world.until_reason("second", "ForeignChangeOrder").await;
    let shown = second.status.unwrap().queue.unwrap().change_order.unwrap();
    assert_eq!(shown.id, order);
    assert!(world.sim.end_order(&order, 2));
    world.end_order_of("second", 2).await;
    world.until_phase("second", "Succeeded").await;
    assert_eq!(polls(), before);
    assert_eq!(phase_of(&world.get("first").await), "Failed");
    assert_eq!(world.restarts(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_order_is_given_up_too() {
    let world = world("neverpaused", endless()).await;
    let _operator = world.operator().await;
    world
        .ask("first", json!({"activeDeadlineSeconds": 3}))
        .await;
    world.end_order_of("first", 11).await;
    world.until_reason("first", "ApprovalRequired").await;
    let object = world.until_finished("first").await;
    assert_eq!(
        end(&object),
        ("Failed", "ActiveDeadlineExceeded".to_owned())
    );
    assert!(story(&object).1.contains("11"), "{}", story(&object).1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_look_at_the_active_deadline_counts() {
    let world = world("lastlook", OrderPlan::lasting(Duration::from_secs(1))).await;
    let rare = Policy {
        poll_min: SignedDuration::from_secs(600),
        poll_max: SignedDuration::from_secs(600),
        ..policy::short()
    };
    let _operator = world.operator_with(rare, |provider| provider).await;
    world
        .ask("first", json!({"activeDeadlineSeconds": 3}))
        .await;
    let object = world.until_finished("first").await;
    assert_eq!(phase_of(&object), "Succeeded");
    assert_eq!(world.ledger().requests(DESCRIBE).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn suspended_for_ever_no_waiting_time_ends() {
    let world = World::new("suspforever").await;
    let _operator = world.operator().await;
    world
        .ask("first", json!({"suspend": true, "startDeadlineSeconds": 1}))
        .await;
    let object = world.until_phase("first", "Suspended").await;
    let created = object.metadata.creation_timestamp.unwrap().0;
    world.ask("second", json!({})).await;
    let second = world.until_finished("second").await;
    let ended = second.status.unwrap().completion_time.unwrap().0;
    until_past(ended.max(created + Duration::from_secs(2))).await;
    assert_eq!(reason(&world.get("first").await), "Suspended");
}
