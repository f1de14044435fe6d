//! What the cloud may say to a restart call, and what becomes of the request.

use cloudsim::{Canned, Edit, Fault, FaultRule, NewOrder, OrderPlan};
use restart_operator::api::ConditionType;
use serde_json::json;
use std::time::Duration;

use crate::support::world::{APP, World, condition, phase_of, story};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_application_fails_with_the_clouds_code_and_advice() {
    let world = World::new("notfound").await;
    let _operator = world.operator().await;
    world
        .ask(
            "first",
            json!({"target": {"saeApplication": {"appId": "nobody"}}}),
        )
        .await;
    let object = world.until_finished("first").await;
    let (reason, message) = story(&object);
    assert_eq!(
        (phase_of(&object), reason.as_str()),
        ("Failed", "TargetNotFound")
    );
    assert!(message.contains("InvalidApplication.NotFound"), "{message}");
    assert!(message.contains("request id"), "{message}");
    assert_eq!(
        condition(&object, ConditionType::Accepted).status.as_str(),
        "False"
    );
    assert_eq!(world.ledger().requests("RestartApplication").len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_permanent_rejection_of_the_call_itself_fails_with_code_request_id_and_advice() {
    let world = World::new("gone").await;
    let _operator = world.operator().await;
    let gone = Canned::code(400, "InvalidApplication.NotFound").message("no such application");
    world.sim.inject(FaultRule::on(
        "RestartApplication",
        Fault::AnswerInstead(gone),
    ));
    world.ask("first", json!({})).await;
    let object = world.until_finished("first").await;
    let (reason, message) = story(&object);
    assert_eq!(
        (phase_of(&object), reason.as_str()),
        ("Failed", "TargetNotFound")
    );
    let error = object.status.unwrap().attempt.unwrap().error.unwrap();
    assert_eq!(error.code, "InvalidApplication.NotFound");
    let request_id = error.request_id.expect("a request id");
    assert!(
        message.contains(&request_id) && message.contains("no such application"),
        "{message}"
    );
    assert_eq!(world.ledger().restarts().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_upgrade_is_waited_for_and_tried_again_as_a_new_attempt() {
    let world = World::new("upgrading").await;
    let _operator = world.operator().await;
    let upgrading = Fault::AnswerInstead(Canned::code(400, "System.Upgrading"));
    world
        .sim
        .inject(FaultRule::on("RestartApplication", upgrading).times(2));
    world.ask("first", json!({})).await;
    let object = world
        .until("first", "backed off", |object| {
            object
                .status
                .as_ref()
                .is_some_and(|s| !s.conditions.is_empty())
                && story(object).0 == "BackingOff"
        })
        .await;
    assert!(story(&object).1.contains("System.Upgrading"));
    let object = world.until_finished("first").await;
    assert_eq!(phase_of(&object), "Succeeded");
    assert_eq!(object.status.unwrap().attempt.unwrap().number, 3);
    let ledger = world.ledger();
    let sent = ledger.requests("RestartApplication");
    let nonces: std::collections::BTreeSet<_> = sent.iter().map(|r| r.nonce.clone()).collect();
    assert_eq!(
        (sent.len(), nonces.len()),
        (3, 3),
        "each attempt has a nonce of its own"
    );
    assert_eq!(world.ledger().restarts_of(APP).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attempts_that_are_rejected_again_and_again_end_at_the_limit() {
    let world = World::new("limit").await;
    let _operator = world.operator().await;
    let upgrading = Fault::AnswerInstead(Canned::code(400, "System.Upgrading"));
    world
        .sim
        .inject(FaultRule::on("RestartApplication", upgrading).always());
    world.ask("first", json!({"backoffLimit": 1})).await;
    let object = world.until_finished("first").await;
    assert_eq!(story(&object).0, "BackoffLimitExceeded");
    assert_eq!(world.ledger().requests("RestartApplication").len(), 2);
    assert_eq!(world.ledger().restarts().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_of_a_person_is_shown_and_waited_for() {
    let world = World::new("foreign").await;
    let _operator = world.operator().await;
    let deploy = NewOrder::by_hand(APP)
        .of_type("CoDeploy")
        .with_plan(OrderPlan::lasting(Duration::from_secs(600)));
    let order = world.sim.start_order(deploy).unwrap();
    world.ask("first", json!({})).await;
    let object = world.until_phase("first", "Queued").await;
    let shown = object
        .status
        .clone()
        .unwrap()
        .queue
        .unwrap()
        .change_order
        .unwrap();
    assert_eq!(
        (shown.id.as_str(), shown.type_.as_deref()),
        (order.as_str(), Some("CoDeploy"))
    );
    assert!(shown.created_by.is_some() && shown.since.is_some());
    assert!(story(&object).1.contains(&order));
    assert!(world.sim.end_order(&order, 2));
    let object = world.until_finished("first").await;
    assert_eq!(phase_of(&object), "Succeeded");
    assert_eq!(world.ledger().restarts_of(APP).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_starts_between_check_and_call_is_waited_for() {
    let world = World::new("busy").await;
    let _operator = world.operator().await;
    let busy = Fault::AnswerInstead(Canned::code(400, "Application.ChangerOrderRunning"));
    world.sim.inject(FaultRule::on("RestartApplication", busy));
    world.ask("first", json!({})).await;
    let object = world.until_phase("first", "Queued").await;
    assert_eq!(story(&object).0, "ForeignChangeOrder");
    let object = world.until_finished("first").await;
    assert_eq!(
        (phase_of(&object), world.ledger().restarts_of(APP).len()),
        ("Succeeded", 1)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_inside_http_200_is_a_refusal_if_its_code_is_listed() {
    let world = World::new("listed").await;
    let _operator = world.operator().await;
    let body = json!({"RequestId": "R-1", "Success": false, "Code": "400",
        "ErrorCode": "user.indebt", "Message": "overdue payment"});
    let answer = Canned::body(200, body.to_string());
    world.sim.inject(FaultRule::on(
        "RestartApplication",
        Fault::AnswerInstead(answer),
    ));
    world.ask("first", json!({})).await;
    let object = world.until_finished("first").await;
    assert_eq!(
        (phase_of(&object), story(&object).0.as_str()),
        ("Failed", "Rejected")
    );
    assert_eq!(
        object.status.unwrap().attempt.unwrap().error.unwrap().code,
        "user.indebt"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_inside_http_200_with_an_unlisted_code_proves_nothing() {
    let world = World::new("unlisted").await;
    let _operator = world.operator().await;
    world.teach_the_creator().await;
    let edits = [
        Edit::set("/Success", json!(false)),
        Edit::set("/ErrorCode", json!("Something.New")),
        Edit::set("/Code", json!("500")),
        Edit::remove("/Data/ChangeOrderId"),
    ];
    world
        .sim
        .inject(FaultRule::on("RestartApplication", Fault::mutate(edits)));
    world.ask("second", json!({})).await;
    world.until_phase("second", "Resolving").await;
    let object = world.until_finished("second").await;
    assert_eq!(
        phase_of(&object),
        "Succeeded",
        "it was executed, and its order was found"
    );
    assert_eq!(world.ledger().restarts_of(APP).len(), 2);
    assert_eq!(world.ledger().requests("RestartApplication").len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn junk_in_the_error_code_of_a_success_is_ignored() {
    for junk in ["Null\n", "null", "success", "System.Upgrading"] {
        let world = World::new("junk").await;
        let _operator = world.operator().await;
        let edits = [Edit::set("/ErrorCode", json!(junk))];
        world
            .sim
            .inject(FaultRule::on("RestartApplication", Fault::mutate(edits)));
        world.ask("first", json!({})).await;
        let object = world.until_finished("first").await;
        assert_eq!(phase_of(&object), "Succeeded", "{junk:?}");
        assert_eq!(world.ledger().requests("RestartApplication").len(), 1);
        assert_eq!(world.events("first", 2).await, ["Submitted", "Succeeded"]);
    }
}
