//! `DescribeInstances`, and how a reboot shows in it.

use std::time::Duration;

use cloudsim::volcengine::{GONE, LocalVolume};
use cloudsim::{Fault, FaultRule, Instance, RebootPlan, Simulator};
use serde_json::{Value, json};

use super::client::{Draft, frozen, pass, read, reboot, refusal, result, status};

const DESCRIBE: &str = "DescribeInstances";

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn ids(found: &Value) -> Vec<&str> {
    let instances = found["Instances"].as_array().unwrap().iter();
    instances
        .map(|one| one["InstanceId"].as_str().unwrap())
        .collect()
}

async fn many(count: usize) -> Simulator {
    let instances = (1..=count).map(|n| Instance::running(format!("i-{n:03}")));
    frozen(instances.collect()).await
}

/// The statuses of an instance with this plan, rebooted now and looked at after so many seconds.
async fn looks(plan: RebootPlan, at: &[i64]) -> Vec<String> {
    let sim = frozen(vec![Instance::running("i-1").with_plan(plan)]).await;
    result(&reboot(&sim, &["i-1"], "token-1").await);
    let (mut seen, mut passed) = (Vec::new(), 0);
    for at in at {
        pass(&sim, at - passed);
        passed = *at;
        seen.push(status(&sim, "i-1").await.unwrap_or("gone".to_owned()));
    }
    assert_eq!(sim.ledger().restarts().len(), 1);
    seen
}

#[tokio::test]
async fn a_page_has_ten_instances_even_if_more_ids_are_asked_for() {
    let sim = many(12).await;
    let names: Vec<_> = (1..=12)
        .map(|n| (format!("InstanceIds.{n}"), format!("i-{n:03}")))
        .collect();
    let mut params: Vec<_> = names
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let first = read(&sim, DESCRIBE, &params).await;
    assert_eq!((ids(&first).len(), &first["TotalCount"]), (10, &json!(12)));
    let next = first["NextToken"].as_str().unwrap().to_owned();
    let rest = {
        let mut params = params.clone();
        params.push(("NextToken", &next));
        read(&sim, DESCRIBE, &params).await
    };
    assert_eq!(
        (ids(&rest), &rest["NextToken"]),
        (vec!["i-011", "i-012"], &json!(""))
    );
    params.push(("MaxResults", "100"));
    let all = read(&sim, DESCRIBE, &params).await;
    assert_eq!((ids(&all).len(), &all["NextToken"]), (12, &json!("")));
}

#[tokio::test]
async fn a_full_last_page_has_no_next_one() {
    let sim = many(10).await;
    let all = read(&sim, DESCRIBE, &[]).await;
    assert_eq!((ids(&all).len(), &all["NextToken"]), (10, &json!("")));
}

#[tokio::test]
async fn unknown_and_foreign_ids_are_left_out_without_an_error() {
    let sim = frozen(vec![
        Instance::running("i-1"),
        Instance::running("i-2").in_region("cn-shanghai"),
        Instance::running("i-3").with_status(GONE),
    ])
    .await;
    let asked = ["i-1", "i-2", "i-3", "i-4"];
    let names: Vec<_> = (1..=4).map(|n| format!("InstanceIds.{n}")).collect();
    let params: Vec<_> = names.iter().map(String::as_str).zip(asked).collect();
    assert_eq!(ids(&read(&sim, DESCRIBE, &params).await), ["i-1"]);
    let mut elsewhere = Draft::get(&sim, DESCRIBE, &[]);
    elsewhere.region = "cn-shanghai".to_owned();
    let found = result(&elsewhere.sign().send(&sim).await);
    assert_eq!(ids(&found), ["i-2"]);
}

#[tokio::test]
async fn instances_are_filtered_by_status_and_type() {
    let sim = frozen(vec![
        Instance::running("i-1"),
        Instance::running("i-2").with_status("STOPPED"),
        Instance::running("i-3").of_type("ecs.ebmhpcpni2l.32xlarge"),
    ])
    .await;
    let stopped = read(&sim, DESCRIBE, &[("Status", "STOPPED")]).await;
    assert_eq!(ids(&stopped), ["i-2"]);
    let metal = [("InstanceTypeIds.1", "ecs.ebmhpcpni2l.32xlarge")];
    assert_eq!(ids(&read(&sim, DESCRIBE, &metal).await), ["i-3"]);
}

#[tokio::test]
async fn an_instance_has_the_fields_of_the_api() {
    let volume = LocalVolume {
        volume_type: "LOCAL_SSD".to_owned(),
        count: 2,
        size: 894,
    };
    let sim = frozen(vec![Instance {
        local_volumes: vec![volume],
        ..Instance::running("i-1")
    }])
    .await;
    let found = read(&sim, DESCRIBE, &[]).await;
    let one = &found["Instances"][0];
    assert_eq!(one["InstanceName"], "name-of-i-1");
    assert_eq!(one["InstanceTypeId"], "ecs.g3i.large");
    assert_eq!(
        one["LocalVolumes"],
        json!([{ "VolumeType": "LOCAL_SSD", "Count": 2, "Size": 894 }])
    );
    assert!(one["Placement"]["DedicatedHostId"].is_string());
    assert!(one["CreatedAt"].as_str().unwrap().ends_with("+08:00"));
    let made: jiff::Timestamp = one["CreatedAt"].as_str().unwrap().parse().unwrap();
    assert!(made <= sim.now() && made.as_second() + 60 > sim.now().as_second());
}

#[tokio::test]
async fn arguments_that_are_not_acceptable_are_refused() {
    let sim = many(1).await;
    let names: Vec<_> = (1..=101).map(|n| format!("InstanceIds.{n}")).collect();
    let too_many: Vec<_> = names.iter().map(|name| (name.as_str(), "i-001")).collect();
    for (params, code) in [
        (&[("MaxResults", "0")][..], "InvalidArgument"),
        (&[("MaxResults", "101")], "InvalidArgument"),
        (&[("MaxResults", "ten")], "InvalidArgument"),
        (&[("NextToken", "2")], "InvalidArgument"),
        (&[("InstanceId", "i-001")], "InvalidArgument"),
        (&too_many, "InvalidCount.Malformed"),
    ] {
        let reply = Draft::get(&sim, DESCRIBE, params).sign().send(&sim).await;
        assert_eq!(refusal(&reply), (400, code.to_owned()));
    }
}

#[tokio::test]
async fn a_plan_decides_how_a_reboot_looks() {
    let plan = || RebootPlan::lasting(seconds(10));
    for (plan, at, seen) in [
        (
            plan().by_way_of("RUNNING"),
            &[0, 5, 10][..],
            &["RUNNING", "RUNNING", "RUNNING"][..],
        ),
        (
            plan().by_way_of("MAINTAINING"),
            &[0, 10],
            &["MAINTAINING", "RUNNING"],
        ),
        (
            plan().showing_after(seconds(3)),
            &[0, 3, 10],
            &["RUNNING", "REBOOTING", "RUNNING"],
        ),
        (
            plan().stuck(),
            &[0, 10, 100_000],
            &["REBOOTING", "REBOOTING", "REBOOTING"],
        ),
        (
            plan().ending("STOPPED"),
            &[0, 10, 100],
            &["REBOOTING", "STOPPED", "STOPPED"],
        ),
        (plan().ending("ERROR"), &[0, 10], &["REBOOTING", "ERROR"]),
        (plan().ending(GONE), &[0, 10], &["REBOOTING", "gone"]),
        (
            plan().ending("STOPPED").then(seconds(15), "RUNNING"),
            &[0, 10, 15],
            &["REBOOTING", "STOPPED", "RUNNING"],
        ),
    ] {
        assert_eq!(looks(plan.clone(), at).await, seen, "{plan:?}");
    }
}

#[tokio::test]
async fn a_reboot_starts_from_the_status_in_which_the_one_before_ended() {
    let plan = RebootPlan::lasting(seconds(10)).showing_after(seconds(3));
    let plan = plan.ending("STOPPED");
    let sim = frozen(vec![Instance::running("i-1").with_plan(plan)]).await;
    sim.reboot_by_hand("i-1");
    pass(&sim, 10);
    sim.reboot_by_hand("i-1");
    assert_eq!(status(&sim, "i-1").await.as_deref(), Some("STOPPED"));
    pass(&sim, 3);
    assert_eq!(status(&sim, "i-1").await.as_deref(), Some("REBOOTING"));
}

#[tokio::test]
async fn reads_can_be_made_to_lag() {
    let sim = many(1).await;
    sim.inject(FaultRule::on(DESCRIBE, Fault::ListLag { ms: 5_000 }).always());
    pass(&sim, 60);
    result(&reboot(&sim, &["i-001"], "token-1").await);
    pass(&sim, 4);
    assert_eq!(status(&sim, "i-001").await.as_deref(), Some("RUNNING"));
    pass(&sim, 1);
    assert_eq!(status(&sim, "i-001").await.as_deref(), Some("REBOOTING"));
    pass(&sim, 10);
    assert_eq!(status(&sim, "i-001").await.as_deref(), Some("RUNNING"));
}
