//! `DescribeSystemEvents`: the trail that a reboot leaves.

use std::time::Duration;

use cloudsim::{Instance, NewEvent, RebootPlan, Simulator};
use jiff::SignedDuration;
use serde_json::Value;

use super::client::{Draft, frozen, pass, read, reboot, refusal, result};

const EVENTS: &str = "DescribeSystemEvents";

fn plan() -> RebootPlan {
    RebootPlan::lasting(Duration::from_secs(10))
}

async fn rebooted(plan: RebootPlan) -> Simulator {
    let sim = frozen(vec![Instance::running("i-1").with_plan(plan)]).await;
    result(&reboot(&sim, &["i-1"], "token-1").await);
    sim
}

/// Events of one instance as a client looks for them.
async fn events(sim: &Simulator, more: &[(&str, &str)]) -> Vec<Value> {
    let mut params = vec![("ResourceIds.1", "i-1"), ("Types.1", "RebootInstance")];
    params.extend_from_slice(more);
    let found = read(sim, EVENTS, &params).await;
    found["SystemEvents"].as_array().unwrap().clone()
}

async fn statuses(sim: &Simulator) -> Vec<String> {
    let events = events(sim, &[]).await;
    let statuses = events.iter().map(|event| event["Status"].as_str().unwrap());
    statuses.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_reboot_leaves_an_event_that_executes_and_then_succeeds() {
    let sim = rebooted(plan()).await;
    let event = &events(&sim, &[]).await[0];
    assert_eq!(event["ResourceId"], "i-1");
    assert_eq!(event["Type"], "RebootInstance");
    assert_eq!(event["Status"], "Executing");
    assert_eq!(event["OperatedEndAt"], "");
    assert_eq!(event["Id"], sim.ledger().restarts()[0].order);
    let created: jiff::Timestamp = event["CreatedAt"].as_str().unwrap().parse().unwrap();
    assert_eq!(created.as_second(), sim.now().as_second());
    pass(&sim, 10);
    assert_eq!(statuses(&sim).await, ["Succeeded"]);
    let ended = &events(&sim, &[]).await[0];
    assert_eq!(ended["OperatedEndAt"], ended["UpdatedAt"]);
}

#[tokio::test]
async fn a_plan_decides_what_becomes_of_the_event() {
    for (plan, after, expected) in [
        (plan().ending("ERROR"), 10, &["Failed"][..]),
        (plan().event_ending("Failed"), 10, &["Failed"]),
        (plan().stuck(), 1_000, &["Executing"]),
        (plan().by_way_of("RUNNING"), 10, &["Succeeded"]),
        (plan().without_event(), 10, &[]),
        (plan().event_after(Duration::from_secs(30)), 29, &[]),
        (
            plan().event_after(Duration::from_secs(30)),
            30,
            &["Succeeded"],
        ),
    ] {
        let sim = rebooted(plan.clone()).await;
        pass(&sim, after);
        assert_eq!(statuses(&sim).await, expected, "{plan:?}");
    }
}

#[tokio::test]
async fn events_are_listed_newest_first_within_a_window_of_a_day() {
    let sim = rebooted(plan()).await;
    pass(&sim, 3_600);
    result(&reboot(&sim, &["i-1"], "token-2").await);
    assert_eq!(statuses(&sim).await, ["Executing", "Succeeded"]);
    let since = (sim.now() - SignedDuration::from_secs(60)).to_string();
    assert_eq!(events(&sim, &[("CreatedAtStart", &since)]).await.len(), 1);
    let until = since.replace('Z', "+00:00");
    assert_eq!(events(&sim, &[("CreatedAtEnd", &until)]).await.len(), 1);
    pass(&sim, 23 * 3_600 + 1);
    assert_eq!(statuses(&sim).await, ["Succeeded"]);
    let since = (sim.now() - SignedDuration::from_hours(48)).to_string();
    assert_eq!(events(&sim, &[("CreatedAtStart", &since)]).await.len(), 2);
}

#[tokio::test]
async fn events_are_filtered_by_instance_type_status_and_region() {
    let sim = rebooted(plan()).await;
    sim.put_instance(Instance::running("i-2"));
    let maintenance = NewEvent {
        kind: "SystemMaintenance_Redeploy".to_owned(),
        status: "Scheduled".to_owned(),
        age_ms: 5_000,
    };
    sim.write_event("i-2", maintenance);
    for (params, count) in [
        (&[][..], 2),
        (&[("ResourceIds.1", "i-2")], 1),
        (
            &[("ResourceIds.1", "i-2"), ("Types.1", "RebootInstance")],
            0,
        ),
        (&[("Types.1", "SystemMaintenance_Redeploy")], 1),
        (&[("Status.1", "Executing")], 1),
        (&[("Status.1", "Executing"), ("Status.2", "Scheduled")], 2),
    ] {
        let found = read(&sim, EVENTS, params).await;
        let events = found["SystemEvents"].as_array().unwrap();
        assert_eq!(events.len(), count, "{params:?}");
    }
    let mut elsewhere = Draft::get(&sim, EVENTS, &[]);
    elsewhere.region = "cn-shanghai".to_owned();
    let found = result(&elsewhere.sign().send(&sim).await);
    assert_eq!(found["SystemEvents"], Value::Array(Vec::new()));
}

#[tokio::test]
async fn a_reboot_by_hand_leaves_an_event_and_no_record() {
    let sim = frozen(vec![Instance::running("i-1")]).await;
    assert!(sim.reboot_by_hand("i-1"));
    assert!(!sim.reboot_by_hand("i-none"));
    assert_eq!(statuses(&sim).await, ["Executing"]);
    assert_eq!(sim.instance("i-1").unwrap().status, "REBOOTING");
    assert!(sim.ledger().restarts().is_empty());
}

#[tokio::test]
async fn a_moment_that_cannot_be_read_is_refused() {
    let sim = frozen(Vec::new()).await;
    let params = [("CreatedAtStart", "yesterday")];
    let reply = Draft::get(&sim, EVENTS, &params).sign().send(&sim).await;
    assert_eq!(refusal(&reply), (400, "InvalidArgument".to_owned()));
}
