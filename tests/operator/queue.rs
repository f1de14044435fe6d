//! One target, one order: who waits for whom, who is told what, and who comes next.

use std::time::Duration;

use cloudsim::{Application, OrderPlan};
use jiff::SignedDuration;
use restart_operator::{api::RestartRequest, protocol::policy::Policy};
use serde_json::json;

use crate::{
    states::reason,
    support::{
        policy,
        world::{APP, World, order_of, phase_of, story},
    },
};

/// Requests that wait look again by themselves only after the test has given up: whoever starts was
/// woken.
fn patient() -> Policy {
    Policy {
        recheck_busy: SignedDuration::from_secs(900),
        ..policy::short()
    }
}

async fn world(prefix: &str, length: Duration) -> World {
    World::with(prefix, |config| {
        let plan = OrderPlan::lasting(length).batches(3);
        config.applications = vec![Application::running(APP).with_plan(plan)];
    })
    .await
}

/// Orders that a test ends by hand.
const ENDLESS: Duration = Duration::from_secs(3600);

fn held(object: &RestartRequest) -> Option<(String, i32)> {
    let queue = object.status.as_ref()?.queue.clone()?;
    Some((queue.held_by?, queue.position?))
}

/// The names of two requests in the order of their line: within a second the UID decides.
fn in_line(one: RestartRequest, two: RestartRequest) -> [String; 2] {
    let mut both = [one, two].map(|object| {
        let meta = object.metadata;
        let created = meta.creation_timestamp.map(|time| time.0);
        (created, meta.uid, meta.name.unwrap_or_default())
    });
    both.sort();
    both.map(|(_, _, name)| name)
}

impl World {
    async fn until_held(&self, name: &str, by: &str, position: i32) -> RestartRequest {
        let place = Some((by.to_owned(), position));
        let what = format!("waited for {by} at {position}");
        self.until(name, &what, |object| held(object) == place)
            .await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_requests_of_one_application_drain_in_order_each_woken_by_the_one_before() {
    const REQUESTS: usize = 60;
    let world = world("drain", Duration::from_millis(200)).await;
    let _operator = world.operator_with(patient(), |provider| provider).await;
    let mut asked = Vec::new();
    for number in 0..REQUESTS {
        let object = world.ask(&format!("r{number}"), json!({})).await;
        let meta = object.metadata;
        asked.push((
            meta.creation_timestamp.map(|time| time.0),
            meta.uid,
            meta.name,
        ));
    }
    // Within a second the UID decides.
    asked.sort();
    let mut orders = Vec::new();
    for (_, _, name) in &asked {
        let object = world.until_finished(name.as_deref().unwrap()).await;
        assert_eq!(phase_of(&object), "Succeeded");
        orders.push(order_of(&object));
    }
    let ledger = world.ledger();
    assert_eq!(
        ledger.requests("RestartApplication").len(),
        REQUESTS,
        "none was refused as busy"
    );
    let executed: Vec<_> = ledger
        .restarts()
        .iter()
        .map(|restart| &restart.order)
        .collect();
    // A request may overtake while others are still being created, but nobody starves.
    let place = |order: &String| executed.iter().position(|other| *other == order);
    for (number, order) in orders.iter().enumerate() {
        let place = place(order).expect("each has an order of its own");
        assert!(place.abs_diff(number) <= 8, "{number} was number {place}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everyone_in_the_line_is_told_the_holder_and_the_place() {
    let world = world("places", ENDLESS).await;
    let _operator = world.operator().await;
    world.ask("first", json!({})).await;
    world.until_phase("first", "Running").await;
    let one = world.ask("one", json!({})).await;
    let instances = json!({"saeApplication": null,
        "saeInstances": {"appId": APP, "instanceIds": [format!("{APP}-1")]}});
    let two = world.ask("two", json!({"target": instances})).await;
    let [next, last] = in_line(one, two);
    world.until_held(&next, "first", 1).await;
    let object = world.until_held(&last, "first", 2).await;
    assert_eq!(
        (phase_of(&object), story(&object).0.as_str()),
        ("Queued", "TargetBusy")
    );
    assert!(story(&object).1.contains("first"));
    world.end_order_of("first", 2).await;
    let object = world.until_phase(&next, "Running").await;
    assert_eq!(object.status.unwrap().queue, None);
    world.until_held(&last, &next, 1).await;
    world.end_order_of(&next, 2).await;
    world.end_order_of(&last, 2).await;
    world.until_phase(&last, "Succeeded").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_leaves_the_line_holds_nobody() {
    let world = world("leavers", ENDLESS).await;
    let _operator = world.operator_with(patient(), |provider| provider).await;
    world.ask("first", json!({})).await;
    world.until_phase("first", "Running").await;
    for name in ["suspended", "cancelled", "deleted"] {
        world.ask(name, json!({})).await;
        world.until_phase(name, "Queued").await;
    }
    // Waiting time burns in the line.
    world.ask("late", json!({"startDeadlineSeconds": 2})).await;
    let late = world.until_finished("late").await;
    assert_eq!(
        (phase_of(&late), story(&late).0.as_str()),
        ("Expired", "StartDeadlineExceeded")
    );
    assert!(story(&late).1.contains("first"), "{}", story(&late).1);
    world.ask("last", json!({})).await;
    world.until_phase("last", "Queued").await;
    world.edit("suspended", json!({"suspend": true})).await;
    world.until_phase("suspended", "Suspended").await;
    world.edit("cancelled", json!({"cancel": true})).await;
    world.until_phase("cancelled", "Cancelled").await;
    world.delete("deleted").await.unwrap();
    world.until_gone("deleted").await;
    world.end_order_of("first", 2).await;
    world.end_order_of("last", 2).await;
    world.until_phase("last", "Succeeded").await;
    world.edit("suspended", json!({"suspend": false})).await;
    world.until_phase("suspended", "Running").await;
    assert_eq!(world.ledger().requests("RestartApplication").len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_starts_when_the_first_of_the_line_steps_aside() {
    let world = world("aside", ENDLESS).await;
    let _operator = world.operator_with(patient(), |provider| provider).await;
    world.ask("first", json!({})).await;
    world.until_phase("first", "Running").await;
    world.ask("second", json!({})).await;
    world.until_held("second", "first", 1).await;
    // The holder goes, and its order runs on in the cloud: that is what the next one waits for now.
    world.delete("first").await.unwrap();
    let second = world
        .until("second", "saw the order that runs on", |object| {
            reason(object) == "ForeignChangeOrder"
        })
        .await;
    let queue = second.status.unwrap().queue.unwrap();
    let running = world.ledger().restarts_of(APP)[0].order.clone();
    let shown = queue.change_order.unwrap();
    assert_eq!((shown.id, queue.held_by), (running, None));
    assert_eq!(world.ledger().requests("RestartApplication").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_order_of_a_deleted_holder_is_not_taken_for_a_forgotten_one() {
    let world = world("ghost", ENDLESS).await;
    let _operator = world.operator().await;
    world.ask("first", json!({})).await;
    let first = world.until_phase("first", "Running").await;
    world.ask("second", json!({})).await;
    world.until_held("second", "first", 1).await;
    world.delete("first").await.unwrap();
    world.until_gone("first").await;
    assert!(world.sim.end_order(&order_of(&first), 2));
    world.end_order_of("second", 2).await;
    world.until_phase("second", "Succeeded").await;
    assert_eq!(world.ledger().restarts_of(APP).len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_waits_for_something_else_holds_nobody() {
    let world = world("nobody", Duration::from_millis(300)).await;
    let _operator = world.operator_with(patient(), |provider| provider).await;
    let missing = json!({"accountRef": {"kind": "CloudAccount", "name": "no-such"}});
    world.ask("first", missing).await;
    world.until_reason("first", "AccountNotFound").await;
    world.ask("dry", json!({"dryRun": true})).await;
    world.ask("second", json!({})).await;
    world.until_phase("second", "Succeeded").await;
    world.until_reason("first", "AccountNotFound").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_another_namespace_the_uid_is_told_and_nothing_else() {
    let mut world = world("here", ENDLESS).await;
    let beside = world.plane.new_namespace("beside").await.unwrap();
    world.beside = Some(beside.clone());
    let names = json!({"names": [world.namespace, beside]});
    world.put_account(json!({"allowedNamespaces": names})).await;
    let _operator = world.operator_with(patient(), |provider| provider).await;
    let holder = world.ask_in(&beside, "secret-name", json!({})).await;
    world
        .sim
        .wait_for_restarts(1, Duration::from_secs(60))
        .await
        .unwrap();
    world.ask("first", json!({})).await;
    let uid = holder.metadata.uid.unwrap();
    let first = world.until_held("first", &uid, 1).await;
    let told = serde_json::to_string(&first.status).unwrap();
    assert!(
        !told.contains("secret-name") && !told.contains(&beside),
        "{told}"
    );
    // It is woken across the two caches.
    let order = world.ledger().restarts_of(APP)[0].order.clone();
    assert!(world.sim.end_order(&order, 2));
    world.end_order_of("first", 2).await;
    world.until_phase("first", "Succeeded").await;
}
