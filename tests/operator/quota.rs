//! The call quota of an account: no refusal by our own pace, and restarts are never kept waiting by
//! polls.

use std::time::Duration;

use cloudsim::{Application, Config, Fault, FaultRule, OrderPlan};
use serde_json::json;

use crate::support::world::{APP, World, phase_of, story};

/// Applications, and requests for each of them.
const APPLICATIONS: usize = 40;
const REQUESTS: usize = 200;
/// Calls a minute. Twenty times the quota that SAE once documented, so that the test takes a minute and
/// not ten.
const QUOTA: u32 = 1200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_requests_over_forty_applications_keep_to_the_quota() {
    let id = |number: usize| format!("app-{}", number % APPLICATIONS);
    let world = World::with("quota", |config: &mut Config| {
        let plan = OrderPlan::lasting(Duration::from_millis(400)).batches(2);
        config.applications = (0..APPLICATIONS)
            .map(|number| Application::running(id(number)).with_plan(plan.clone()))
            .collect();
        config.calls_per_minute = Some(QUOTA);
    })
    .await;
    world.put_account(json!({"callsPerMinute": QUOTA})).await;
    let _operator = world.operator().await;
    for number in 0..REQUESTS {
        let target = json!({"saeApplication": {"appId": id(number)}});
        world
            .ask(&format!("r{number}"), json!({"target": target}))
            .await;
    }
    for number in 0..REQUESTS {
        let object = world.until_finished(&format!("r{number}")).await;
        assert_eq!(phase_of(&object), "Succeeded");
    }
    let ledger = world.ledger();
    let throttled = ledger.all_requests().iter().filter(|request| {
        request
            .refusal()
            .is_some_and(|code| code.contains("Throttling"))
    });
    assert_eq!(throttled.count(), 0, "refused for quota");
    assert_eq!(ledger.restarts().len(), REQUESTS);
    assert_eq!(ledger.requests("RestartApplication").len(), REQUESTS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throttled_for_a_minute_a_request_waits_as_long_and_then_restarts_once() {
    let world = World::new("throttled").await;
    let _operator = world.operator().await;
    let minute = Fault::Throttle {
        retry_after_ms: Some(60_000),
    };
    world
        .sim
        .inject(FaultRule::on("RestartApplication", minute));
    world.ask("first", json!({})).await;
    let object = world.until_phase("first", "Queued").await;
    let (reason, message) = story(&object);
    assert_eq!(reason, "Throttled");
    assert!(message.contains("Throttling"), "{message}");
    // The limit of a wait is a minute too, and this one is as long.
    world
        .until("first", "was checked again", |object| {
            story(object).0 != "Throttled"
        })
        .await;
    let object = world.until_finished("first").await;
    assert_eq!(phase_of(&object), "Succeeded");
    let ledger = world.ledger();
    assert_eq!(ledger.restarts_of(APP).len(), 1);
    let calls = ledger.requests("RestartApplication");
    let apart = calls[1].at.duration_since(calls[0].at);
    assert!(apart.as_secs() >= 59, "called again after {apart}");
}
