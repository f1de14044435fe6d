//! Each kind of fault: what the client gets, and whether the restart was executed.

use std::time::{Duration, Instant};

use cloudsim::{Application, Canned, Config, Edit, Fault, FaultRule, Point, Simulator, Verdict};
use jiff::SignedDuration;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Draft, RESTART, Reply, call};

const APP: &str = "app-1";

async fn with(fault: Fault) -> Simulator {
    let sim = Simulator::start(Config::default()).await.unwrap();
    sim.put_application(Application::running(APP));
    sim.inject(FaultRule::on("RestartApplication", fault));
    sim
}

async fn restart(sim: &Simulator) -> Reply {
    call(sim, RESTART, &[("AppId", APP)]).await
}

/// Checks how many restarts were executed, and what the ledger says of the last request.
fn executed(sim: &Simulator, count: usize, fault: &str) {
    let ledger = sim.ledger();
    assert_eq!(ledger.restarts().len(), count);
    let last = ledger.all_requests().last().unwrap();
    assert_eq!(
        last.verdict,
        Some(Verdict::Faulted {
            fault: fault.to_owned(),
            refused: None
        })
    );
}

#[tokio::test]
async fn drop_before_closes_the_connection_and_executes_nothing() {
    let sim = with(Fault::DropBefore).await;
    let draft = Draft::new(&sim, RESTART, &[("AppId", APP)]).sign();
    assert_eq!(draft.send(&sim).await.status, None);
    executed(&sim, 0, "drop_before");
    assert_eq!(
        draft.send(&sim).await.status,
        Some(200),
        "the nonce is unused"
    );
}

#[tokio::test]
async fn drop_after_executes_and_closes_the_connection() {
    let sim = with(Fault::DropAfter).await;
    assert_eq!(restart(&sim).await.status, None);
    executed(&sim, 1, "drop_after");
    assert_eq!(
        restart(&sim).await.code(),
        "Application.ChangerOrderRunning"
    );
}

#[tokio::test]
async fn a_fault_after_execution_does_not_hide_a_refusal_from_the_ledger() {
    let sim = with(Fault::DropAfter).await;
    let draft = Draft::new(&sim, RESTART, &[("AppId", APP)]);
    let draft = Draft {
        secret: "wrong".to_owned(),
        ..draft
    }
    .sign();
    assert_eq!(draft.send(&sim).await.status, None);
    let ledger = sim.ledger();
    assert!(ledger.restarts().is_empty());
    assert_eq!(
        ledger.all_requests()[0].refusal(),
        Some("SignatureDoesNotMatch")
    );
}

#[tokio::test]
async fn status_after_executes_and_answers_something_else() {
    let sim = with(Fault::StatusAfter(
        Canned::code(500, "InternalError").message("oops"),
    ))
    .await;
    let reply = restart(&sim).await;
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (Some(500), "InternalError")
    );
    assert_eq!(reply.json()["Message"], "oops");
    executed(&sim, 1, "status_after");
}

#[tokio::test]
async fn a_refusal_may_be_a_lie() {
    let sim = with(Fault::StatusAfter(Canned::code(400, "System.Upgrading"))).await;
    assert_eq!(restart(&sim).await.code(), "System.Upgrading");
    executed(&sim, 1, "status_after");
}

#[tokio::test]
async fn answer_instead_executes_nothing_but_uses_up_the_nonce() {
    let sim = with(Fault::AnswerInstead(Canned::code(400, "System.Upgrading"))).await;
    let draft = Draft::new(&sim, RESTART, &[("AppId", APP)]).sign();
    let reply = draft.send(&sim).await;
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (Some(400), "System.Upgrading")
    );
    executed(&sim, 0, "answer_instead");
    assert_eq!(draft.send(&sim).await.code(), "SignatureNonceUsed");
}

#[tokio::test]
async fn answer_instead_does_not_hide_a_bad_signature() {
    let sim = with(Fault::AnswerInstead(Canned::code(400, "System.Upgrading"))).await;
    let draft = Draft::new(&sim, RESTART, &[("AppId", APP)]);
    let draft = Draft {
        secret: "wrong".to_owned(),
        ..draft
    }
    .sign();
    assert_eq!(draft.send(&sim).await.code(), "SignatureDoesNotMatch");
}

#[tokio::test]
async fn a_failure_can_be_told_inside_http_200() {
    let sim = with(Fault::AnswerInstead(Canned::code(200, "user.indebt"))).await;
    let reply = restart(&sim).await;
    assert_eq!(reply.status, Some(200));
    let body = reply.json();
    assert_eq!(
        (&body["Success"], &body["ErrorCode"]),
        (&json!(false), &json!("user.indebt"))
    );
    assert!(body.get("Data").is_none());
}

#[tokio::test]
async fn any_body_status_and_header_can_be_answered() {
    let canned = Canned::body(302, "<html>moved</html>")
        .header("Location", "http://127.0.0.1:9/")
        .header("Content-Type", "text/html");
    let sim = with(Fault::AnswerInstead(canned)).await;
    let reply = restart(&sim).await;
    assert_eq!(
        (reply.status, reply.body.as_slice()),
        (Some(302), &b"<html>moved</html>"[..])
    );
    assert_eq!(reply.header("location"), Some("http://127.0.0.1:9/"));
    assert_eq!(reply.header("content-type"), Some("text/html"));
    sim.inject(FaultRule::new(Fault::AnswerInstead(Canned::status(204))));
    let reply = restart(&sim).await;
    assert_eq!((reply.status, reply.body.len()), (Some(204), 0));
    let many = (0..10_000)
        .map(|number| (format!("x-{number}"), "1".to_owned()))
        .collect();
    let many = Canned {
        headers: many,
        ..Canned::body(200, "{}")
    };
    sim.inject(FaultRule::new(Fault::AnswerInstead(many)));
    assert!(restart(&sim).await.headers.len() > 10_000);
}

#[tokio::test]
async fn throttle_refuses_with_a_wait_hint() {
    let sim = with(Fault::Throttle {
        retry_after_ms: Some(1_500),
    })
    .await;
    let reply = restart(&sim).await;
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (Some(400), "Throttling.User")
    );
    assert_eq!(reply.header("x-acs-retry-after"), Some("1500"));
    executed(&sim, 0, "throttle");
}

#[tokio::test]
async fn mutate_changes_a_good_answer() {
    let edits = [
        Edit::set("/ErrorCode", "Null\n"),
        Edit::set("/Code", 200),
        Edit::remove("/Data/ChangeOrderId"),
    ];
    let sim = with(Fault::mutate(edits)).await;
    let body = restart(&sim).await.json();
    assert_eq!(
        (&body["ErrorCode"], &body["Code"]),
        (&json!("Null\n"), &json!(200))
    );
    assert_eq!(body["Data"], json!({}));
    executed(&sim, 1, "mutate");
    let edits = [Edit::set("/Message", "changed")];
    sim.inject(FaultRule::on("RestartApplication", Fault::mutate(edits)));
    assert_ne!(
        restart(&sim).await.json()["Message"],
        "changed",
        "a refusal is left alone"
    );
}

#[tokio::test]
async fn an_answer_with_the_order_id_can_come_with_another_status() {
    let edits = vec![Edit::set("/Success", false)];
    let sim = with(Fault::Mutate {
        http: Some(400),
        edits,
    })
    .await;
    let reply = restart(&sim).await;
    assert_eq!(reply.status, Some(400));
    assert_eq!(
        reply.json()["Data"]["ChangeOrderId"],
        sim.ledger().restarts()[0].order
    );
    executed(&sim, 1, "mutate");
}

#[tokio::test]
async fn a_delay_before_lets_the_signature_expire_on_the_way() {
    let sim = with(Fault::Delay {
        ms: 150,
        point: Point::Before,
    })
    .await;
    let draft = Draft::new(&sim, RESTART, &[("AppId", APP)]).sign();
    let sent = draft.send(&sim);
    let meanwhile = async {
        let wait = Duration::from_secs(10);
        sim.wait_for_requests("RestartApplication", 1, wait)
            .await
            .unwrap();
        sim.advance_clock(SignedDuration::from_mins(16));
    };
    let (reply, ()) = tokio::join!(sent, meanwhile);
    assert_eq!(reply.code(), "InvalidTimeStamp.Expired");
    assert!(sim.ledger().restarts().is_empty());
}

#[tokio::test]
async fn a_delay_after_executes_at_once_and_answers_late() {
    let sim = with(Fault::Delay {
        ms: 150,
        point: Point::After,
    })
    .await;
    let start = Instant::now();
    let reply = restart(&sim).await;
    assert!(start.elapsed() >= Duration::from_millis(150));
    let ledger = sim.ledger();
    let restart = &ledger.restarts()[0];
    assert_eq!(restart.order, reply.order_id());
    let concluded = ledger.request(restart.request).unwrap().concluded.unwrap();
    assert!(concluded.duration_since(restart.at) >= SignedDuration::from_millis(150));
    assert_eq!(ledger.all_requests()[0].faults, ["delay"]);
}

/// Sends a restart and checks that nothing comes while the connection stays open.
async fn hangs(sim: &Simulator) {
    let request = Draft::new(sim, RESTART, &[("AppId", APP)]).sign().bytes();
    let mut stream = TcpStream::connect(sim.host()).await.unwrap();
    stream.write_all(&request).await.unwrap();
    let concluded = |ledger: &cloudsim::Ledger| ledger.all_requests()[0].verdict.is_some();
    sim.wait_for(
        |ledger| ledger.version() > 0 && concluded(ledger),
        Duration::from_secs(10),
    )
    .await
    .unwrap();
    let read = tokio::time::timeout(Duration::from_millis(100), stream.read_u8()).await;
    assert!(read.is_err(), "neither a byte nor an end: {read:?}");
}

#[tokio::test]
async fn hang_never_answers_whether_executed_or_not() {
    let sim = with(Fault::Hang { executed: false }).await;
    hangs(&sim).await;
    executed(&sim, 0, "hang");
    let sim = with(Fault::Hang { executed: true }).await;
    hangs(&sim).await;
    executed(&sim, 1, "hang");
}

#[tokio::test]
async fn body_bytes_sends_a_long_slow_body() {
    let start = Instant::now();
    let sim = with(Fault::BodyBytes {
        total: 300_000,
        chunk: 100_000,
        pause_ms: 40,
    })
    .await;
    let reply = restart(&sim).await;
    assert!(reply.body.len() >= 300_000, "{}", reply.body.len());
    assert!(start.elapsed() >= Duration::from_millis(80));
    assert_eq!(reply.header("content-length"), None);
    executed(&sim, 1, "body_bytes");
}

#[tokio::test]
async fn cut_announces_the_whole_answer_and_breaks_off() {
    let sim = with(Fault::Cut { bytes: 20 }).await;
    let reply = restart(&sim).await;
    assert_eq!((reply.status, reply.body.len()), (Some(200), 20));
    assert!(
        reply
            .header("content-length")
            .unwrap()
            .parse::<usize>()
            .unwrap()
            > 20
    );
    executed(&sim, 1, "cut");
}
