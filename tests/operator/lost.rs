//! The answer is lost: adopted, proved not executed, or left to a person; never sent again.

use cloudsim::{Canned, Fault, FaultRule, NewOrder};
use restart_operator::api::{Attribution, ConditionType};
use serde_json::json;

use crate::support::world::{APP, World, condition, phase_of, story};

fn attribution(object: &restart_operator::api::RestartRequest) -> Option<Attribution> {
    Some(object.status.as_ref()?.change_order.as_ref()?.attribution)
}

/// Injects a fault into the next restart call of a taught operator, and gives the request's end.
async fn after(fault: Fault, prefix: &str) -> (World, restart_operator::api::RestartRequest) {
    let world = World::new(prefix).await;
    let operator = world.operator().await;
    world.teach_the_creator().await;
    world.sim.inject(FaultRule::on("RestartApplication", fault));
    world.ask("second", json!({})).await;
    let object = world.until_finished("second").await;
    operator.stop().await;
    (world, object)
}

/// The teacher's call and the one that was lost: each was sent once.
fn assert_sent_once_each(world: &World) {
    assert_eq!(world.ledger().requests("RestartApplication").len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn executed_and_the_connection_dropped_is_adopted() {
    let (world, object) = after(Fault::DropAfter, "dropafter").await;
    assert_eq!(
        (phase_of(&object), attribution(&object)),
        ("Succeeded", Some(Attribution::Adopted))
    );
    assert_eq!(world.ledger().restarts_of(APP).len(), 2);
    assert_sent_once_each(&world);
    assert_eq!(
        world.events("second", 3).await,
        ["Resolving", "Adopted", "Succeeded"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn executed_and_answered_with_a_server_error_is_adopted() {
    let fault = Fault::StatusAfter(Canned::code(503, "ServiceUnavailable"));
    let (world, object) = after(fault, "late503").await;
    assert_eq!(
        (phase_of(&object), attribution(&object)),
        ("Succeeded", Some(Attribution::Adopted))
    );
    assert_eq!(world.ledger().restarts_of(APP).len(), 2);
    assert_sent_once_each(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn executed_and_never_answered_is_adopted() {
    let (world, object) = after(Fault::Hang { executed: true }, "hang").await;
    assert_eq!(
        (phase_of(&object), attribution(&object)),
        ("Succeeded", Some(Attribution::Adopted))
    );
    assert_sent_once_each(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_never_arrived_is_proved_not_executed() {
    let (world, object) = after(Fault::DropBefore, "dropbefore").await;
    assert_eq!(phase_of(&object), "NotExecuted");
    assert_eq!(world.ledger().restarts_of(APP).len(), 1, "the teacher's");
    assert_sent_once_each(&world);
    let attempt = object.status.clone().unwrap().attempt.unwrap();
    let ended = object.status.unwrap().completion_time.unwrap().0;
    assert!(
        ended >= attempt.not_after.0,
        "ended before the signature did"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_whose_creator_was_never_learned_is_left_to_a_person() {
    let world = World::new("unlearned").await;
    let _operator = world.operator().await;
    world
        .sim
        .inject(FaultRule::on("RestartApplication", Fault::DropAfter));
    world.ask("first", json!({})).await;
    let object = world.until_phase("first", "Unknown").await;
    let order = world.ledger().restarts()[0].order.clone();
    let (reason, message) = story(&object);
    assert_eq!(reason, "OutcomeUnknown");
    assert!(
        message.contains(&order) && message.contains("spec.resolution"),
        "{message}"
    );
    assert_eq!(
        condition(&object, ConditionType::Stalled).status.as_str(),
        "True"
    );

    // A person names the order.
    world
        .edit("first", json!({"resolution": {"adopt": order}}))
        .await;
    let object = world.until_finished("first").await;
    assert_eq!(
        (phase_of(&object), attribution(&object)),
        ("Succeeded", Some(Attribution::Adopted))
    );
    assert_eq!(world.ledger().requests("RestartApplication").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_in_the_console_is_not_taken_for_us() {
    let world = World::new("console").await;
    let _operator = world.operator().await;
    world.teach_the_creator().await;
    world
        .sim
        .inject(FaultRule::on("RestartApplication", Fault::DropBefore));
    world.ask("second", json!({})).await;
    world.until_phase("second", "Resolving").await;
    world.sim.start_order(NewOrder::by_hand(APP)).unwrap();
    let object = world.until_finished("second").await;
    assert_eq!(phase_of(&object), "NotExecuted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_the_list_shows_late_is_still_adopted() {
    let world = World::new("lag").await;
    let _operator = world.operator().await;
    world.teach_the_creator().await;
    world
        .sim
        .inject(FaultRule::on("RestartApplication", Fault::DropAfter));
    world
        .sim
        .inject(FaultRule::on("ListChangeOrders", Fault::ListLag { ms: 3_000 }).always());
    world.ask("second", json!({})).await;
    let object = world.until_finished("second").await;
    assert_eq!(
        (phase_of(&object), attribution(&object)),
        ("Succeeded", Some(Attribution::Adopted))
    );
    assert_eq!(world.ledger().restarts_of(APP).len(), 2);
}
