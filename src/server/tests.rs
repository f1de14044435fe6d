//! Over real HTTP on the loopback interface, with bytes written by hand.

use std::sync::Mutex;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};

use super::*;

struct Running {
    address: SocketAddr,
    health: Arc<Health>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<std::io::Result<()>>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "`stop` waits for the end of the task"
)]
async fn start(names: &[&'static str]) -> Running {
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let health = Arc::new(Health::default());
    for name in names {
        health.set(name, Err("not known yet".to_owned()));
    }
    let metrics = Arc::new(Metrics::new());
    let (stop, stopped) = oneshot::channel();
    let serving = serve(listener, health.clone(), metrics, stopped.map(|_| ()));
    let ended = tokio::spawn(serving);
    Running {
        address,
        health,
        stop,
        ended,
    }
}

impl Running {
    async fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.ended.await.unwrap().unwrap();
    }
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

#[tokio::test]
async fn port_0_becomes_a_real_port() {
    let server = start(&[]).await;
    assert_ne!(server.address.port(), 0);
    server.stop().await;
}

#[tokio::test]
async fn ready_needs_every_named_condition_and_says_what_is_missing() {
    let server = start(&["watch", "clock"]).await;
    let answer = server.get("/readyz").await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert_eq!(
        body(&answer),
        "clock: not known yet\nwatch: not known yet\n"
    );

    server.health.set("watch", Ok(()));
    server
        .health
        .set("clock", Err("61 s off\r\nwatch: fine".into()));
    assert_eq!(
        body(&server.get("/readyz").await),
        "clock: 61 s off  watch: fine\n"
    );

    server.health.set("clock", Ok(()));
    let answer = server.get("/readyz").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(body(&answer), "ok\n");
    server.stop().await;
}

#[tokio::test]
async fn a_process_that_is_not_ready_is_alive_until_its_judge_says_otherwise() {
    let server = start(&["watch"]).await;
    assert!(server.get("/healthz").await.starts_with("HTTP/1.1 200 "));

    let verdict: Arc<Mutex<Option<String>>> = Arc::default();
    let judge = verdict.clone();
    server
        .health
        .judge_by(move || judge.lock().unwrap().clone());
    assert!(server.get("/healthz").await.starts_with("HTTP/1.1 200 "));

    *verdict.lock().unwrap() = Some("no watch for 10 minutes".into());
    let answer = server.get("/healthz").await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert_eq!(body(&answer), "no watch for 10 minutes\n");
    server.stop().await;
}

#[tokio::test]
async fn metrics_have_the_content_type_that_prometheus_accepts() {
    let server = start(&[]).await;
    let answer = server.get("/metrics").await;
    let line = "content-type: application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert!(answer.lines().any(|found| found == line), "{answer}");
    assert_eq!(
        answer.to_lowercase().matches("content-type:").count(),
        1,
        "{answer}"
    );
    assert!(answer.ends_with("# EOF\n"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn there_is_nothing_else_to_see() {
    let server = start(&[]).await;
    for path in ["/", "/debug/pprof", "/metrics/x"] {
        assert!(
            server.get(path).await.starts_with("HTTP/1.1 404 "),
            "{path}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn half_a_request_does_not_hold_up_the_shutdown() {
    let server = start(&[]).await;
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    slow.write_all(b"GET /metrics HTTP/1.1\r\n").await.unwrap();
    // The answer to a later connection shows that the slow one was accepted.
    server.get("/healthz").await;
    server.stop().await;
}
