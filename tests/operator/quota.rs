//! The call quota of an account: no refusal by our own pace, and restarts are never kept waiting by
//! polls.

use std::time::Duration;

use cloudsim::{Application, Config, OrderPlan};
use serde_json::json;

use crate::support::world::{World, phase_of};

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
