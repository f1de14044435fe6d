//! Dates of Volcengine requests: how long a signature is good.

use cloudsim::{Instance, Simulator, VolcengineSwitches};
use jiff::SignedDuration;

use super::client::{Draft, frozen, rebooting, refused, result};

async fn simulator() -> Simulator {
    frozen(vec![Instance::running("i-1")]).await
}

fn draft(sim: &Simulator) -> Draft {
    rebooting(sim, &["i-1"], &[("ClientToken", "token-1")])
}

fn moved(sim: &Simulator, draft: Draft, seconds: i64) -> Draft {
    let at = sim.now() + SignedDuration::from_secs(seconds);
    draft.dated(at)
}

#[tokio::test]
async fn a_date_is_accepted_up_to_fifteen_minutes_in_both_directions() {
    let sim = simulator().await;
    for seconds in [-902, 902] {
        let draft = moved(&sim, draft(&sim), seconds).sign();
        refused(&sim, draft, 400, "InvalidTimestamp", Some(100_006)).await;
    }
    let draft_of = draft(&sim).set("x-date", "2024-01-15T08:30:00Z").sign();
    refused(&sim, draft_of, 400, "InvalidTimestamp", Some(100_006)).await;
    let absent = draft(&sim).sign().without("x-date");
    refused(&sim, absent, 400, "MissingRequestInfo", Some(100_004)).await;
    for seconds in [-898, 898] {
        let draft = Draft::get(&sim, "DescribeInstances", &[]);
        result(&moved(&sim, draft, seconds).sign().send(&sim).await);
    }
}

#[tokio::test]
async fn x_expires_ends_a_signature_earlier_or_later() {
    let sim = simulator().await;
    let expiring = |seconds: &str| draft(&sim).with_query("X-Expires", seconds);
    let early = moved(&sim, expiring("120"), -122).sign();
    refused(&sim, early, 400, "InvalidTimestamp", Some(100_006)).await;
    let junk = expiring("soon").sign();
    refused(&sim, junk, 400, "InvalidTimestamp", Some(100_006)).await;
    let future = moved(&sim, expiring("3600"), 902).sign();
    refused(&sim, future, 400, "InvalidTimestamp", Some(100_006)).await;
    let late = Draft::get(&sim, "DescribeInstances", &[("X-Expires", "3600")]);
    result(&moved(&sim, late, -3_598).sign().send(&sim).await);
    result(&moved(&sim, expiring("120"), -118).sign().send(&sim).await);
}

#[tokio::test]
async fn x_expires_can_be_made_to_mean_nothing() {
    let sim = simulator().await;
    sim.set_volcengine_switches(VolcengineSwitches {
        expires_counts: false,
        ..VolcengineSwitches::default()
    });
    let expiring = |seconds| draft(&sim).with_query("X-Expires", seconds);
    let late = moved(&sim, expiring("3600"), -902).sign();
    refused(&sim, late, 400, "InvalidTimestamp", Some(100_006)).await;
    result(&moved(&sim, expiring("120"), -898).sign().send(&sim).await);
}

#[tokio::test]
async fn the_scope_must_be_of_the_day_of_the_date() {
    let sim = simulator().await;
    let signed = draft(&sim).sign();
    let day = signed.x_date()[..8].to_owned();
    let authorization = signed.headers.last().unwrap().1.replace(&day, "20200101");
    let draft = signed.set("authorization", &authorization);
    refused(&sim, draft, 401, "SignatureDoesNotMatch", Some(100_010)).await;
}
