//! The happy path and what it costs.

use restart_operator::api::ConditionType;
use serde_json::json;

use crate::support::world::{APP, World, condition, phase_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_request_is_one_restart_three_writes_and_no_read() {
    let world = World::new("happy").await;
    let _operator = world.operator().await;
    world
        .ask(
            "first",
            json!({"target": {"saeApplication": {"minReadyInstances": 1}}}),
        )
        .await;
    let object = world.until_finished("first").await;
    assert_eq!(phase_of(&object), "Succeeded");
    let ledger = world.ledger();
    assert_eq!(ledger.restarts_of(APP).len(), 1);
    let sent = &ledger.requests("RestartApplication")[0];
    assert_eq!(
        sent.params.get("MinReadyInstances").map(String::as_str),
        Some("1")
    );
    let status = object.status.clone().unwrap();
    assert_eq!(sent.nonce, status.attempt.unwrap().nonce);
    assert_eq!(
        status.change_order.unwrap().id.as_deref(),
        Some(&*ledger.restarts()[0].order)
    );

    // An annotation wakes the operator; it has nothing to write.
    let patch = kube::api::Patch::Merge(json!({"metadata": {"annotations": {"note": "seen"}}}));
    let edited = world
        .requests()
        .patch("first", &kube::api::PatchParams::default(), &patch)
        .await
        .unwrap();
    world.ask("second", json!({})).await;
    world.until_finished("second").await;
    let now = world.get("first").await;
    assert_eq!(
        now.metadata.resource_version,
        edited.metadata.resource_version
    );

    let asked = || world.asked().resource("restartrequests").name("first");
    let writes = asked().subresource("status");
    assert_eq!(
        (writes.count(), asked().reads().count()),
        (3, 0),
        "{:#?}",
        asked().list()
    );
    assert_eq!(world.events("first", 2).await, ["Submitted", "Succeeded"]);
    let calls = ledger.all_requests().len();
    assert!(
        calls <= 10,
        "{calls} calls for one restart of half a second: {ledger:#?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shipped_role_is_enough() {
    let world = World::new("role").await;
    let operator = world.operator().await;
    world.ask("first", json!({})).await;
    world.until_phase("first", "Succeeded").await;
    operator.stop().await;
    // Other tests give their operators leases that the role does not name.
    let here = [world.namespace.as_str(), ""];
    let refused = world.plane.audit().unwrap().user("operator").code(403);
    let refused = refused.keep(|request| here.contains(&request.namespace.as_str()));
    assert_eq!(refused.list(), [], "the operator was refused something");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_condition_is_there_and_of_the_present_generation() {
    let world = World::new("conditions").await;
    let _operator = world.operator().await;
    world.ask("first", json!({})).await;
    let object = world.until_phase("first", "Succeeded").await;
    for type_ in ConditionType::ALL {
        assert_eq!(condition(&object, *type_).observed_generation, 1);
    }
    world.edit("first", json!({"suspend": true})).await;
    let seen = |object: &restart_operator::api::RestartRequest| {
        object
            .status
            .as_ref()
            .is_some_and(|status| status.observed_generation == 2)
    };
    let object = world.until("first", "saw the edit", seen).await;
    for type_ in ConditionType::ALL {
        assert_eq!(condition(&object, *type_).observed_generation, 2);
    }
    assert_eq!(phase_of(&object), "Succeeded");
}
