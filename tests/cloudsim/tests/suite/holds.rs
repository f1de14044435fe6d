//! Hold points: a request stands still before or after execution until it is released.

use std::time::Duration;

use cloudsim::{Application, Config, Fault, FaultRule, Ledger, Point, Simulator, Verdict};
use jiff::SignedDuration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::client::{Draft, RESTART, STATUS, call, exchange};

const APP: &str = "app-1";
const WAIT: Duration = Duration::from_secs(10);

async fn holding(fault: Fault) -> Simulator {
    let sim = Simulator::start(Config::default()).await.unwrap();
    sim.put_application(Application::running(APP));
    sim.inject(FaultRule::on("RestartApplication", fault));
    sim
}

/// Sends a restart whose client dies as soon as the request is held.
async fn send_and_die(sim: &Simulator) -> Ledger {
    let request = Draft::new(sim, RESTART, &[("AppId", APP)]).sign().bytes();
    let mut stream = TcpStream::connect(sim.host()).await.unwrap();
    stream.write_all(&request).await.unwrap();
    sim.wait_for_hold(WAIT).await.unwrap()
}

fn concluded(ledger: &Ledger) -> bool {
    ledger
        .all_requests()
        .iter()
        .all(|request| request.verdict.is_some())
}

#[tokio::test]
async fn a_request_held_before_is_executed_after_its_client_has_died() {
    let sim = holding(Fault::HoldBefore).await;
    let ledger = send_and_die(&sim).await;
    assert_eq!(ledger.held()[0].held, Some(Point::Before));
    assert!(ledger.restarts().is_empty());
    // Answering another client makes sure that the server has noticed the end of this one.
    call(&sim, STATUS, &[("AppId", APP)]).await.data();
    assert_eq!(sim.release(), 1);
    let ledger = sim.wait_for(concluded, WAIT).await.unwrap();
    assert_eq!((ledger.restarts().len(), ledger.held().len()), (1, 0));
}

#[tokio::test]
async fn a_request_held_before_past_its_expiry_is_refused() {
    let sim = holding(Fault::HoldBefore).await;
    send_and_die(&sim).await;
    sim.advance_clock(SignedDuration::from_mins(16));
    sim.release();
    let ledger = sim.wait_for(concluded, WAIT).await.unwrap();
    assert_eq!(
        ledger.all_requests()[0].refusal(),
        Some("InvalidTimeStamp.Expired")
    );
    assert!(ledger.restarts().is_empty());
}

#[tokio::test]
async fn a_request_held_after_is_executed_and_answered_when_released() {
    let sim = holding(Fault::HoldAfter).await;
    let request = Draft::new(&sim, RESTART, &[("AppId", APP)]).sign().bytes();
    let stream = TcpStream::connect(sim.host()).await.unwrap();
    let reply = exchange(stream, &request);
    let release = async {
        let ledger = sim.wait_for_hold(WAIT).await.unwrap();
        let held = ledger.held()[0];
        assert_eq!((held.held, &held.verdict), (Some(Point::After), &None));
        assert_eq!(ledger.restarts().len(), 1);
        assert!(sim.release_request(held.seq));
        assert!(!sim.release_request(held.seq));
    };
    let (reply, ()) = tokio::join!(reply, release);
    let ledger = sim.ledger();
    assert_eq!(reply.order_id(), ledger.restarts()[0].order);
    assert_eq!(ledger.all_requests()[0].verdict, Some(Verdict::Served));
}

#[tokio::test]
async fn other_requests_go_on_while_one_is_held() {
    let sim = holding(Fault::HoldAfter).await;
    sim.put_application(Application::running("app-2"));
    send_and_die(&sim).await;
    call(&sim, RESTART, &[("AppId", "app-2")]).await.order_id();
    assert_eq!(sim.ledger().restarts().len(), 2);
}

#[tokio::test]
async fn a_reset_drops_held_requests_and_forgets_what_happened() {
    let sim = holding(Fault::HoldBefore).await;
    let before = send_and_die(&sim).await;
    sim.reset();
    let ledger = sim.ledger();
    assert!(ledger.all_requests().is_empty() && ledger.restarts().is_empty());
    assert!(ledger.version() > before.version());
    assert!(sim.applications().is_empty() && sim.faults().is_empty());
    assert_eq!(sim.release(), 0);
}

#[tokio::test]
async fn waiting_in_vain_ends_with_the_ledger() {
    let sim = holding(Fault::HoldBefore).await;
    let timed_out = sim
        .wait_for_restarts(1, Duration::from_millis(30))
        .await
        .unwrap_err();
    assert!(timed_out.ledger.restarts().is_empty());
    assert!(timed_out.to_string().contains("0 restarts"));
}
