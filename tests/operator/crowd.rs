//! Many requests at once (Q1, Q2, Q4, Q5): one order at a time for each application, everybody in
//! turn, nobody held up by the crowd of somebody else.

use std::{collections::BTreeMap, time::Duration};

use cloudsim::{AccessKey, Application, Config, DEFAULT_KEY_SECRET, OrderPlan};
use kube::{
    Api,
    api::{Patch, PatchParams, PostParams},
};
use restart_operator::api::RestartRequest;
use serde_json::{Value, json};

use crate::support::{
    policy,
    world::{APP, Operator, World, phase_of, story},
};

const SIGNATURE_LIFE: Duration = Duration::from_secs(60);

fn app(number: usize) -> String {
    format!("app-{number}")
}

/// A world with this many applications, whose orders are short.
async fn world(prefix: &str, applications: usize) -> World {
    World::with(prefix, |config: &mut Config| {
        config.applications = (0..applications)
            .map(|number| Application::running(app(number)))
            .collect();
        config.signature_life = SIGNATURE_LIFE;
        config.default_plan = OrderPlan::lasting(Duration::from_millis(300)).batches(2);
    })
    .await
}

/// An operator whose calls are not too late when a slow machine keeps them waiting.
async fn operator(world: &World) -> Operator {
    world
        .operator_with(policy::short_with(SIGNATURE_LIFE), |provider| provider)
        .await
}

/// Nothing was refused because an order ran, so there was one at a time.
fn never_two_at_once(world: &World) {
    let ledger = world.ledger();
    let mut calls = ledger.requests("RestartApplication").into_iter();
    let refused = calls.find(|call| call.refusal().is_some());
    assert_eq!(refused, None, "a call while another order ran");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_requests_over_a_hundred_applications_restart_each_twice_one_at_a_time() {
    const APPLICATIONS: usize = 100;
    let world = world("q1", APPLICATIONS).await;
    let _operator = operator(&world).await;
    let names: Vec<String> = (0..2 * APPLICATIONS).map(|n| format!("r{n}")).collect();
    for (number, name) in names.iter().enumerate() {
        let target = json!({"saeApplication": {"appId": app(number % APPLICATIONS)}});
        world.ask(name, json!({"target": target})).await;
    }
    for name in &names {
        let object = world.until_finished(name).await;
        assert_eq!(phase_of(&object), "Succeeded", "{}", story(&object).1);
    }
    let mut of_each = BTreeMap::<String, usize>::new();
    for restart in world.ledger().restarts() {
        *of_each.entry(restart.app.clone()).or_default() += 1;
    }
    assert_eq!(of_each.len(), APPLICATIONS);
    assert!(of_each.values().all(|count| *count == 2), "{of_each:?}");
    never_two_at_once(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_generated_names_on_one_application_is_served_in_turn() {
    const REQUESTS: usize = 20;
    let world = world("q4storm", 2).await;
    let request = |uid_of: &str| -> RestartRequest {
        serde_json::from_value(json!({
            "apiVersion": "restart-operator.dev/v1alpha1", "kind": "RestartRequest",
            "metadata": {"generateName": uid_of, "namespace": world.namespace},
            "spec": {
                "accountRef": {"kind": "ClusterCloudAccount", "name": world.namespace},
                "target": {"saeApplication": {"appId": APP}},
            },
        }))
        .unwrap()
    };
    let mut names = Vec::new();
    for _ in 0..REQUESTS {
        let api = world.requests();
        let made = api.create(&PostParams::default(), &request("storm-")).await;
        names.push(made.unwrap().metadata.name.unwrap());
    }
    let _operator = operator(&world).await;
    let mut orders = Vec::new();
    for name in &names {
        let object = world.until_finished(name).await;
        assert_eq!(phase_of(&object), "Succeeded");
        orders.push(object.status.unwrap().change_order.unwrap().id.unwrap());
    }
    let ledger = world.ledger();
    let executed: Vec<&String> = ledger.restarts().iter().map(|one| &one.order).collect();
    assert_eq!(executed.len(), REQUESTS, "one restart for each");
    assert!(orders.iter().all(|order| executed.contains(&order)));
    never_two_at_once(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_name_applied_a_hundred_times_restarts_once() {
    let world = world("q4apply", 2).await;
    let _operator = operator(&world).await;
    let request = json!({
        "apiVersion": "restart-operator.dev/v1alpha1", "kind": "RestartRequest",
        "metadata": {"name": "again"},
        "spec": {
            "accountRef": {"kind": "ClusterCloudAccount", "name": world.namespace},
            "target": {"saeApplication": {"appId": APP}},
        },
    });
    let apply = async || {
        let params = PatchParams::apply("test").force();
        let api: Api<RestartRequest> = world.requests();
        let applied = api.patch("again", &params, &Patch::Apply(&request)).await;
        applied.unwrap().metadata.uid
    };
    let first = apply().await;
    for _ in 0..50 {
        assert_eq!(apply().await, first, "another object");
    }
    let ended = world.until_finished("again").await;
    for _ in 0..49 {
        assert_eq!(apply().await, first, "another object");
    }
    let after = world.get("again").await;
    assert_eq!(
        (phase_of(&after), &after.status),
        ("Succeeded", &ended.status)
    );
    assert_eq!(world.ledger().requests("RestartApplication").len(), 1);
}

/// An account with a key of its own, which has its own quota; its name.
async fn another_account(world: &World) -> String {
    let key = AccessKey::new("another-key-id", DEFAULT_KEY_SECRET, "290000000000000002");
    world.sim.put_access_key(key);
    let id = json!({"accessKeyId": "another-key-id"});
    world.put_secret_with("another-keys", id).await;
    let name = format!("{}-other", world.namespace);
    let credentials = json!({"credentials": {"secretRef": {"name": "another-keys"}}});
    world.put_account_named(&name, credentials).await;
    name
}

/// Each account has its own quota. What one account may call is not shared out any further.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_one_account_holds_up_no_other_account() {
    const FLOOD: usize = 120;
    const OTHERS: usize = 5;
    let world = world("q5", FLOOD + OTHERS).await;
    world.put_account(json!({"callsPerMinute": 60})).await;
    let free = another_account(&world).await;
    let _operator = operator(&world).await;
    let ask = async |name: &str, number: usize, spec: Value| {
        let mut spec = spec;
        spec["target"] = json!({"saeApplication": {"appId": app(number)}});
        world.ask(name, spec).await;
    };
    for number in 0..FLOOD {
        ask(&format!("flood{number}"), number, json!({})).await;
    }
    let account = json!({"accountRef": {"kind": "ClusterCloudAccount", "name": free}});
    for number in 0..OTHERS {
        ask(&format!("other{number}"), FLOOD + number, account.clone()).await;
    }
    for number in 0..OTHERS {
        let object = world.until_finished(&format!("other{number}")).await;
        assert_eq!(phase_of(&object), "Succeeded");
    }
    // The flood may make 60 calls a minute, two at least for each restart: it is far from its end.
    let flooded = world.ledger().restarts().len() - OTHERS;
    assert!(flooded < FLOOD / 2, "{flooded} of the flood were served");
}
