//! Dates, nonces and the rate of calls: what the gateway refuses by its clock and its memory.

use std::time::Duration;

use cloudsim::{Application, Config, Simulator};
use jiff::SignedDuration;

use crate::client::{DESCRIBE, Draft, RESTART, STATUS, call, date};

const APP: &str = "app-1";

async fn simulator(config: Config) -> Simulator {
    let sim = Simulator::start(config).await.unwrap();
    sim.put_application(Application::running(APP));
    sim
}

async fn plain() -> Simulator {
    simulator(Config::default()).await
}

fn restart(sim: &Simulator) -> Draft {
    Draft::new(sim, RESTART, &[("AppId", APP)])
}

/// Sends a request that must be refused, and checks that nothing was executed.
async fn refused(sim: &Simulator, draft: Draft, code: &str) {
    let reply = draft.send(sim).await;
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (Some(400), code),
        "{}",
        reply.json()
    );
    let ledger = sim.ledger();
    assert!(ledger.restarts().is_empty());
    assert_eq!(ledger.all_requests().last().unwrap().refusal(), Some(code));
}

#[tokio::test]
async fn a_date_is_accepted_up_to_the_signature_life_in_both_directions() {
    let sim = plain().await;
    sim.freeze_clock();
    for minutes in [-16, 16] {
        let at = sim
            .now()
            .checked_add(SignedDuration::from_mins(minutes))
            .unwrap();
        let draft = restart(&sim).set("x-acs-date", &date(at)).sign();
        refused(&sim, draft, "InvalidTimeStamp.Expired").await;
    }
    let draft = restart(&sim).set("x-acs-date", "yesterday").sign();
    refused(&sim, draft, "InvalidTimeStamp.Format").await;
    for minutes in [-14, 14] {
        let at = sim
            .now()
            .checked_add(SignedDuration::from_mins(minutes))
            .unwrap();
        let draft = Draft::new(&sim, STATUS, &[("AppId", APP)]).set("x-acs-date", &date(at));
        assert_eq!(draft.sign().send(&sim).await.status, Some(200));
    }
}

#[tokio::test]
async fn the_signature_life_can_be_shortened_and_runs_on_the_simulators_clock() {
    let life = Duration::from_secs(10);
    let sim = simulator(Config {
        signature_life: life,
        ..Config::default()
    })
    .await;
    let draft = restart(&sim).sign();
    sim.advance_clock(SignedDuration::from_secs(12));
    refused(&sim, draft, "InvalidTimeStamp.Expired").await;
}

#[tokio::test]
async fn a_nonce_is_accepted_once() {
    let sim = plain().await;
    let draft = Draft::new(&sim, STATUS, &[("AppId", APP)]).sign();
    assert_eq!(draft.send(&sim).await.status, Some(200));
    refused(&sim, draft.clone(), "SignatureNonceUsed").await;
    assert_eq!(sim.ledger().by_nonce(&draft.nonce()).len(), 2);
    let other = Draft::new(&sim, DESCRIBE, &[("ChangeOrderId", "x")]);
    let draft = other.set("x-acs-signature-nonce", &draft.nonce()).sign();
    refused(&sim, draft, "SignatureNonceUsed").await;
}

#[tokio::test]
async fn a_badly_signed_request_does_not_use_up_its_nonce() {
    let sim = plain().await;
    let draft = restart(&sim);
    let bad = Draft {
        secret: "wrong".to_owned(),
        ..draft.clone()
    }
    .sign();
    refused(&sim, bad, "SignatureDoesNotMatch").await;
    assert_eq!(draft.sign().send(&sim).await.status, Some(200));
}

#[tokio::test]
async fn a_nonce_is_forgotten_when_its_date_has_expired() {
    let sim = plain().await;
    let draft = Draft::new(&sim, STATUS, &[("AppId", APP)]);
    assert_eq!(draft.clone().sign().send(&sim).await.status, Some(200));
    sim.advance_clock(SignedDuration::from_mins(16));
    let now = date(sim.now());
    assert_eq!(
        draft.set("x-acs-date", &now).sign().send(&sim).await.status,
        Some(200)
    );
}

#[tokio::test]
async fn without_the_nonce_filter_a_copy_is_executed_again() {
    let sim = simulator(Config {
        nonce_filter: false,
        ..Config::default()
    })
    .await;
    let draft = restart(&sim).sign();
    let first = draft.send(&sim).await.order_id();
    assert!(sim.end_order(&first, 2));
    assert_ne!(draft.send(&sim).await.order_id(), first);
    assert_eq!(sim.ledger().restarts_by_nonce(&draft.nonce()).len(), 2);
}

#[tokio::test]
async fn calls_beyond_the_rate_are_throttled_and_not_executed() {
    let sim = simulator(Config {
        calls_per_minute: Some(1),
        ..Config::default()
    })
    .await;
    sim.freeze_clock();
    assert_eq!(
        call(&sim, STATUS, &[("AppId", APP)]).await.status,
        Some(200)
    );
    refused(&sim, restart(&sim).sign(), "Throttling.User").await;
    sim.advance_clock(SignedDuration::from_mins(1));
    assert_eq!(restart(&sim).sign().send(&sim).await.status, Some(200));
}

#[tokio::test]
async fn every_answer_has_the_date_of_the_simulators_clock() {
    let sim = simulator(Config {
        clock_offset_ms: -3_600_000,
        ..Config::default()
    })
    .await;
    sim.freeze_clock();
    let date = sim.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let good = restart(&sim).sign().send(&sim).await;
    assert_eq!(good.header("date"), Some(date.as_str()));
    let bad = restart(&sim).send(&sim).await;
    assert_eq!(bad.header("date"), Some(date.as_str()));
}
