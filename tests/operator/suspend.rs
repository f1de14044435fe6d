//! `spec.suspend` at each place of a request's life: it holds before an intent and nowhere else.

use restart_operator::protocol::policy::Policy;
use serde_json::json;

use crate::{
    states::{end, endless, reason, world},
    support::{
        policy, wait,
        world::{World, phase_of},
    },
};

async fn suspend(world: &World, name: &str, suspend: bool) {
    world.edit(name, json!({"suspend": suspend})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_line_and_after_a_rejection_it_holds_and_the_resumed_time_counts_anew() {
    let world = world("suspwait", endless()).await;
    let minute = Policy {
        backoff: jiff::SignedDuration::from_secs(60),
        backoff_max: jiff::SignedDuration::from_secs(60),
        ..policy::short()
    };
    let _operator = world.operator_with(minute, |provider| provider).await;
    world.backing_off("rejected", json!({})).await;
    suspend(&world, "rejected", true).await;
    world.until_phase("rejected", "Suspended").await;
    assert_eq!((world.calls(), world.restarts()), (1, 0));
    world.running("holder", json!({})).await;
    // It would have expired in the line, were suspended time waiting time.
    world
        .ask("queued", json!({"startDeadlineSeconds": 3}))
        .await;
    world.until_phase("queued", "Queued").await;
    suspend(&world, "queued", true).await;
    let queued = world.until_phase("queued", "Suspended").await;
    assert_eq!(queued.status.as_ref().unwrap().queue, None);
    world.end_order_of("holder", 2).await;
    world.until_phase("holder", "Succeeded").await;
    let created = queued.metadata.creation_timestamp.unwrap().0;
    let limit = created + std::time::Duration::from_secs(4);
    let past = async || jiff::Timestamp::now() > limit;
    wait::until("its waiting time would be over", past).await;
    assert_eq!(phase_of(&world.get("queued").await), "Suspended");
    suspend(&world, "queued", false).await;
    let queued = world.until_phase("queued", "Running").await;
    assert!(queued.status.unwrap().waiting_since.is_some());
    assert_eq!(world.restarts(), 2);
    assert_eq!(
        world.events("queued", 4).await,
        ["Queued", "Suspended", "Resumed", "Submitted"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_the_call_is_on_its_way_it_is_ignored_and_told_so() {
    let world = world("suspflight", endless()).await;
    let _operator = world.operator().await;
    world.in_flight("flight", json!({})).await;
    suspend(&world, "flight", true).await;
    assert_eq!(world.sim.release(), 1);
    world.until_phase("flight", "Running").await;
    assert!(has_event(&world, "flight", "SuspendIgnored").await);
    world.end_order_of("flight", 2).await;
    let object = world.until_finished("flight").await;
    assert_eq!(phase_of(&object), "Succeeded");

    world.resolving("lost", true, json!({})).await;
    suspend(&world, "lost", true).await;
    world.until_phase("lost", "Running").await;
    suspend(&world, "lost", false).await;
    world.until_edit_is_seen("lost").await;
    suspend(&world, "lost", true).await;
    world.until_edit_is_seen("lost").await;
    assert!(has_event(&world, "lost", "SuspendIgnored").await);
    world.end_order_of("lost", 2).await;
    let object = world.until_finished("lost").await;
    assert_eq!(phase_of(&object), "Succeeded");
    assert_eq!((world.calls(), world.restarts()), (2, 2));
}

/// The next Events of a request name this one within its first few.
async fn has_event(world: &World, name: &str, reason: &str) -> bool {
    let mut count = 1;
    loop {
        let events = world.events(name, count).await;
        if events.iter().any(|event| event == reason) {
            return true;
        }
        count = events.len() + 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancel_beats_suspend_and_unknown_stays_unknown() {
    let world = world("suspcancel", endless()).await;
    let _operator = world.operator().await;
    world
        .ask("both", json!({"suspend": true, "cancel": true}))
        .await;
    let object = world.until_finished("both").await;
    assert_eq!(
        end(&object),
        ("Cancelled", "CancelledBeforeSubmission".to_owned())
    );
    world.unknown("unknown", json!({})).await;
    suspend(&world, "unknown", true).await;
    let object = world.until_edit_is_seen("unknown").await;
    assert_eq!(
        (phase_of(&object), reason(&object).as_str()),
        ("Unknown", "OutcomeUnknown")
    );
}
