//! Events of requests that come late, in the wrong order, twice or not at all, and views of the past.
//! The swap on the stored version decides; what an operator sees only saves it work.

use http::StatusCode;
use restart_operator::api::{Attribution, RestartRequest};
use serde_json::{Value, json};

use crate::{
    stage::{RESTART, Stage},
    support::{
        gate::{
            Side,
            fault::{Canned, Fault, Passes, Reply, Rule},
            weather::{End, Events},
        },
        wait,
        world::phase_of,
    },
};

const REQUESTS: &str = "restartrequests";
const DIRECT: (&str, Option<Attribution>) = ("Succeeded", Some(Attribution::Direct));

/// A life in which events of requests travel so, from the moment at which the intent is stored, and
/// then normally again; then another life.
async fn a_life_and_another(prefix: &str, events: Events) {
    let stage = Stage::new(prefix).await;
    let _operator = stage.operator().await;
    let mut intent = stage.gate.stop(Side::After, "first", "Submitting");
    stage.ask("first").await;
    intent.reached().await;
    stage.gate.events(REQUESTS, events);
    assert_eq!(intent.release().await, StatusCode::OK);
    assert_eq!(stage.end_of("first").await, DIRECT);
    let ended = stage.world.get("first").await;

    stage.gate.events(REQUESTS, Events::Pass);
    stage.ask("second").await;
    assert_eq!(stage.end_of("second").await, DIRECT);
    assert_eq!(stage.world.get("first").await, ended);
    assert_eq!(stage.world.ledger().requests(RESTART).len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_are_held_change_nothing_and_come_too_late_for_anything() {
    a_life_and_another("w1", Events::Held).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_come_twice_change_nothing() {
    a_life_and_another("w3", Events::Twice).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_are_lost_change_nothing() {
    a_life_and_another("w4", Events::Lost).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_bookmarks_only_timers_bring_a_request_to_its_end() {
    a_life_and_another("w7", Events::Bookmarks).await;
}

fn event(kind: &str, object: &RestartRequest) -> Value {
    json!({"type": kind, "object": object})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_events_after_a_new_list_start_nothing_again() {
    let stage = Stage::new("w2").await;
    let operator = stage.operator().await;
    stage.ask("first").await;
    assert_eq!(stage.end_of("first").await, DIRECT);
    let past = stage.history.versions("first");
    let ended = stage.world.get("first").await;
    assert!(past.len() > 3, "{} versions", past.len());
    operator.stop().await;

    // Another process, which remembers nothing, lists the end and then sees the past, backwards too.
    let _successor = stage.operator().await;
    stage.until_watched(REQUESTS, 2).await;
    stage.gate.cut(REQUESTS, End::Gone);
    stage.until_watched(REQUESTS, 3).await;
    for old in past.iter().chain(past.iter().rev().skip(1)) {
        stage.gate.send_event(REQUESTS, &event("MODIFIED", old));
    }
    stage.ask("second").await;
    assert_eq!(stage.end_of("second").await, DIRECT);
    assert_eq!(stage.world.get("first").await, ended);
    assert_eq!(stage.world.ledger().requests(RESTART).len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_that_is_opened_at_an_older_server_starts_nothing_again() {
    let stage = Stage::new("w5").await;
    let before = stage.world.ask("marker", json!({"suspend": true})).await;
    let version = before.metadata.resource_version.unwrap();
    let operator = stage.operator().await;
    stage.ask("first").await;
    stage.world.until_finished("first").await;
    let ended = stage.world.get("first").await;
    operator.stop().await;

    let back = Fault::new(Passes::From(version), Reply::Real);
    let old = Rule::new(back, |asked| asked.watches(REQUESTS));
    let rule = stage.gate.inject(old.times(2));
    let _successor = stage.operator().await;
    wait::until("it was shown the past", async || stage.gate.met(rule) >= 1).await;
    stage.gate.cut(REQUESTS, End::Reset);
    wait::until("it was shown the past again", async || {
        stage.gate.met(rule) == 2
    })
    .await;
    stage.ask("second").await;
    stage.world.until_phase("second", "Succeeded").await;
    assert_eq!(stage.world.get("first").await, ended);
    stage.world.edit("marker", json!({"cancel": true})).await;
    stage.world.until_finished("marker").await;
    stage.judge().await;
    assert_eq!(stage.world.ledger().requests(RESTART).len(), 2);
}

/// The list of requests as the API server answers it now.
async fn list(stage: &Stage) -> Value {
    let path = format!(
        "/apis/restart-operator.dev/v1alpha1/namespaces/{}/{REQUESTS}",
        stage.world.namespace
    );
    let request = http::Request::get(path).body(Vec::new()).unwrap();
    stage.world.admin.request(request).await.unwrap()
}

/// An operator that lists the past, in which the request was in this phase, and sees nothing newer.
async fn lives_in_the_past(prefix: &str, phase: &'static str) {
    let stage = Stage::new(prefix).await;
    let other = stage.world.operator().await;
    stage.ask("first").await;
    assert_eq!(stage.end_of("first").await, DIRECT);
    other.stop().await;
    let ended = stage.world.get("first").await;
    let past = stage.history.versions("first");
    let old = past
        .iter()
        .find(|object| phase_of(object) == phase)
        .unwrap();
    let mut travelled = list(&stage).await;
    travelled["items"] = json!([old]);
    travelled["metadata"]["resourceVersion"] = json!(old.metadata.resource_version);

    let answer = Fault::new(Passes::No, Reply::Canned(Canned::ok(&travelled)));
    stage.gate.inject(Rule::new(answer, |asked| {
        asked.kind() == "list restartrequests"
    }));
    stage.gate.events(REQUESTS, Events::Held);
    let _operator = stage.operator().await;
    wait::until(
        "it acted on the past, and read what is stored",
        async || stage.asked_for("get restartrequests") > 0,
    )
    .await;
    stage.gate.events(REQUESTS, Events::Pass);
    stage.ask("second").await;
    assert_eq!(stage.end_of("second").await, DIRECT);
    assert_eq!(stage.world.get("first").await, ended);
    assert_eq!(stage.world.ledger().requests(RESTART).len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_from_before_the_intent_lets_nobody_send_again() {
    lives_in_the_past("w6-fresh", "Pending").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_from_the_time_of_the_intent_lets_nobody_send_again() {
    lives_in_the_past("w6-intent", "Submitting").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_from_the_time_of_the_order_ends_nothing_twice() {
    lives_in_the_past("w6-order", "Running").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_object_that_cannot_be_decoded_stops_no_other() {
    let stage = Stage::new("w11").await;
    let stored = stage.world.ask("odd", json!({"suspend": true})).await;
    let mut odd = serde_json::to_value(&stored).unwrap();
    odd["spec"]["target"] = json!(7);
    let mut listed = list(&stage).await;
    listed["items"] = json!([odd]);
    let answer = Fault::new(Passes::No, Reply::Canned(Canned::ok(&listed)));
    stage.gate.inject(Rule::new(answer, |asked| {
        asked.kind() == "list restartrequests"
    }));
    let _operator = stage.operator().await;
    stage.until_watched(REQUESTS, 1).await;
    stage.ask("first").await;
    stage.world.until_phase("first", "Succeeded").await;
    // By an event, too.
    stage
        .gate
        .send_event(REQUESTS, &json!({"type": "MODIFIED", "object": odd}));
    stage.ask("second").await;
    stage.world.until_phase("second", "Succeeded").await;
    let status = stage.world.get("odd").await.status.unwrap_or_default();
    assert!(status.conditions.is_empty(), "it was handled: {status:#?}");

    // Decodable again, it goes on.
    stage.world.edit("odd", json!({"suspend": false})).await;
    assert_eq!(stage.end_of("odd").await, DIRECT);
}
