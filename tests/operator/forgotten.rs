//! The guard against a status that was rolled back: a restart of ours that nobody has recorded is
//! never followed by a second one.

use std::time::Duration;

use cloudsim::{Application, Fault, FaultRule, NewOrder, OrderPlan};
use serde_json::json;

use crate::{
    states::{end, endless, reason, world},
    support::world::{APP, World, order_of, phase_of, story},
};

fn done() -> OrderPlan {
    OrderPlan {
        duration_ms: 0,
        ..OrderPlan::default()
    }
}

/// A request that waits while a restart of ours is made that it does not know of.
async fn rolled_back(prefix: &str, taught: bool) -> (World, String) {
    let world = World::new(prefix).await;
    let _operator = world.operator().await;
    if taught {
        world.teach_the_creator().await;
    }
    world.ask("first", json!({"suspend": true})).await;
    world.until_phase("first", "Suspended").await;
    let order = world.restart_without_a_record(done());
    world.edit("first", json!({"suspend": false})).await;
    let object = world.until_phase("first", "Unknown").await;
    assert_eq!(reason(&object), "OutcomeUnknown");
    let message = story(&object).1;
    for word in [
        order.as_str(),
        "spec.resolution.adopt",
        "spec.resolution.notExecuted",
    ] {
        assert!(message.contains(word), "{message}");
    }
    assert_eq!(object.status.unwrap().attempt, None);
    assert_eq!(world.calls(), usize::from(taught));
    (world, order)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_ours_without_a_record_is_adopted_by_a_person_and_not_repeated() {
    let (world, order) = rolled_back("rolled", true).await;
    let _operator = world.operator().await;
    world
        .edit("first", json!({"resolution": {"adopt": order}}))
        .await;
    let object = world.until_finished("first").await;
    assert_eq!(end(&object), ("Succeeded", "RestartSucceeded".to_owned()));
    assert_eq!((order_of(&object), world.calls()), (order, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_identity_that_was_never_learned_may_be_ours() {
    let (world, _) = rolled_back("unlearned", false).await;
    let _operator = world.operator().await;
    world
        .edit("first", json!({"resolution": {"notExecuted": true}}))
        .await;
    let object = world.until_finished("first").await;
    assert_eq!(
        end(&object),
        ("NotExecuted", "ResolvedNotExecuted".to_owned())
    );
    // The order is older than a request that comes now.
    world.until_orders_are_old().await;
    world.ask("second", json!({})).await;
    world.until_phase("second", "Succeeded").await;
    assert_eq!(world.restarts(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_of_others_and_older_ones_are_no_reason_to_stop() {
    let world = World::new("innocent").await;
    let _operator = world.operator().await;
    world.teach_the_creator().await;
    world.restart_without_a_record(done());
    let ours = NewOrder::by_api(APP, cloudsim::DEFAULT_CREATOR).with_plan(done());
    world.until_orders_are_old().await;
    world.ask("waits", json!({"suspend": true})).await;
    world.until_phase("waits", "Suspended").await;
    // A person in the console, another user, a deployment of our own: newer, and no restart of ours.
    for other in [
        ours.of_type("CoDeploy"),
        NewOrder::by_api(APP, "290000000000000777").with_plan(done()),
        NewOrder::by_hand(APP).with_plan(done()),
    ] {
        world.sim.start_order(other).unwrap();
    }
    world.edit("waits", json!({"suspend": false})).await;
    let object = world.until_finished("waits").await;
    assert_eq!(phase_of(&object), "Succeeded");
    assert_eq!(world.restarts(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_of_an_older_request_costs_no_call_and_no_read() {
    let world = World::new("cheap").await;
    let _operator = world.operator().await;
    for name in ["first", "second", "third"] {
        world.ask(name, json!({})).await;
        world.until_phase(name, "Succeeded").await;
    }
    let ledger = world.ledger();
    // The list was read for the creator of the first order, and before it for lack of one.
    let lists = ledger.requests("ListChangeOrders").len();
    assert_eq!(lists, 2, "{:#?}", ledger.requests("ListChangeOrders"));
    assert_eq!(ledger.requests("DescribeApplicationStatus").len(), 3);
    let asked = || world.asked().resource("restartrequests").name("third");
    let writes = asked().subresource("status").count();
    assert_eq!((writes, asked().reads().count()), (3, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_order_of_a_newer_request_hides_none_of_ours_from_before_it() {
    let world = World::new("hidden").await;
    let _operator = world.operator().await;
    world.teach_the_creator().await;
    world.ask("first", json!({"suspend": true})).await;
    world.until_phase("first", "Suspended").await;
    let order = world.restart_without_a_record(done());
    world.until_orders_are_old().await;
    world.ask("second", json!({})).await;
    world.until_phase("second", "Succeeded").await;
    world.edit("first", json!({"suspend": false})).await;
    let object = world.until_phase("first", "Unknown").await;
    assert!(story(&object).1.contains(&order), "{}", story(&object).1);
    assert_eq!(world.calls(), 2, "of the teacher and of the second");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_operator_does_not_know_the_order_of_a_deleted_request_and_asks() {
    let world = world("newcomer", endless()).await;
    let operator = world.operator().await;
    world.teach_by_hand().await;
    world.running("first", json!({})).await;
    world.ask("second", json!({})).await;
    world.until_phase("second", "Queued").await;
    let order = order_of(&world.get("first").await);
    operator.stop().await;
    world.delete("first").await.unwrap();
    assert!(world.sim.end_order(&order, 2));
    let _operator = world.operator().await;
    let object = world.until_phase("second", "Unknown").await;
    assert!(story(&object).1.contains(&order), "{}", story(&object).1);
    // One that is created now is newer than that order.
    world.until_orders_are_old().await;
    world.ask("third", json!({})).await;
    world.end_order_of("third", 2).await;
    world.until_phase("third", "Succeeded").await;
    assert_eq!(world.calls(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_cannot_be_read_lets_nothing_through() {
    let world = World::new("nolist").await;
    let _operator = world.operator().await;
    world.teach_the_creator().await;
    world.restart_without_a_record(done());
    world.until_orders_are_old().await;
    let away = Fault::AnswerInstead(cloudsim::Canned::code(503, "ServiceUnavailable"));
    let fault = world
        .sim
        .inject(FaultRule::on("ListChangeOrders", away).always());
    world.ask("first", json!({})).await;
    world.until_reason("first", "CloudUnavailable").await;
    assert_eq!(world.calls(), 1);
    assert!(world.sim.remove_fault(fault));
    let object = world.until_finished("first").await;
    assert_eq!(phase_of(&object), "Succeeded");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edas_is_guarded_too() {
    let edas =
        || Application::edas("edas-1").with_plan(OrderPlan::lasting(Duration::from_millis(400)));
    let world = World::with("edasguard", |config| config.applications = vec![edas()]).await;
    let _operator = world.operator().await;
    let target = json!({"saeApplication": null, "edasApplication": {"appId": "edas-1"}});
    world.ask("teacher", json!({"target": target})).await;
    world.until_phase("teacher", "Succeeded").await;
    world
        .ask("first", json!({"target": target, "suspend": true}))
        .await;
    world.until_phase("first", "Suspended").await;
    let ours = NewOrder::by_api("edas-1", cloudsim::DEFAULT_CREATOR).with_plan(done());
    let order = world.sim.start_order(ours).unwrap();
    world.edit("first", json!({"suspend": false})).await;
    let object = world.until_phase("first", "Unknown").await;
    assert!(story(&object).1.contains(&order), "{}", story(&object).1);
    assert_eq!(world.restarts(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_was_executed_and_answered_with_a_refusal_is_not_followed_by_a_second() {
    let world = World::new("lying").await;
    let _operator = world.operator().await;
    world.teach_the_creator().await;
    let lie = Fault::StatusAfter(cloudsim::Canned::code(400, "System.Upgrading"));
    world.sim.inject(FaultRule::on("RestartApplication", lie));
    world.ask("first", json!({})).await;
    let object = world.until_phase("first", "Unknown").await;
    let order = world.ledger().restarts()[1].order.clone();
    assert!(story(&object).1.contains(&order), "{}", story(&object).1);
    world
        .edit("first", json!({"resolution": {"adopt": order}}))
        .await;
    let object = world.until_finished("first").await;
    assert_eq!(end(&object), ("Succeeded", "RestartSucceeded".to_owned()));
    assert_eq!(
        (world.calls(), world.restarts()),
        (2, 2),
        "the teacher's is one"
    );
}
