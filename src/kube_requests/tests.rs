//! What the layer makes of requests, around services that answer, fail or say nothing.

use std::{convert::Infallible, time::Duration};

use futures::FutureExt;
use jiff::Timestamp;
use tower::{ServiceExt, service_fn};

use super::*;

struct Fixed(u64);

impl Clock for Fixed {
    fn wall(&self) -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    fn boot(&self) -> Duration {
        Duration::from_secs(self.0)
    }
}

const WATCH: &str = "/apis/restart-operator.dev/v1alpha1/restartrequests?&watch=true";
const SECRET: &str = "/api/v1/namespaces/team-a/secrets/keys";

fn layer() -> CountRequests {
    CountRequests::new(Arc::default(), Arc::default(), Arc::new(Fixed(0)))
}

fn request(target: &str) -> Request<()> {
    Request::get(target).body(()).unwrap()
}

async fn answer(layer: &CountRequests, target: &str, status: u16) {
    let service = service_fn(move |_: Request<()>| async move {
        Ok::<_, Infallible>(Response::builder().status(status).body(()).unwrap())
    });
    layer.layer(service).oneshot(request(target)).await.unwrap();
}

fn assert_counted(layer: &CountRequests, labels: &str) {
    let text = layer.metrics.encode();
    let line = format!("restart_operator_kube_requests_total{{{labels}}} 1");
    assert!(text.contains(&line), "no {line} in\n{text}");
}

#[tokio::test]
async fn an_answer_is_counted_by_its_code_and_never_by_a_name() {
    let layer = layer();
    answer(&layer, SECRET, 404).await;
    assert_counted(&layer, r#"verb="get",resource="secrets",code="404""#);
    assert!(!layer.metrics.encode().contains("team-a"));
}

#[tokio::test]
async fn a_request_without_an_answer_is_counted_too() {
    let layer = layer();
    let broken = service_fn(|_: Request<()>| async { Err::<Response<()>, _>("no connection") });
    layer
        .layer(broken)
        .oneshot(request(SECRET))
        .await
        .unwrap_err();
    assert_counted(&layer, r#"verb="get",resource="secrets",code="none""#);

    let silent = service_fn(|_: Request<()>| std::future::pending::<Result<Response<()>, ()>>());
    let mut waiting = layer.layer(silent).oneshot(request(SECRET)).boxed();
    assert!(futures::poll!(&mut waiting).is_pending());
    drop(waiting);
    assert_counted(&layer, r#"verb="get",resource="secrets",code="abandoned""#);
}

#[tokio::test]
async fn an_opened_watch_is_a_sign_of_life_and_a_refused_one_is_not() {
    let line = r#"watch_last_success_timestamp_seconds{kind="RestartRequest"} 1800000000"#;
    let layer = layer();
    answer(&layer, WATCH, 403).await;
    assert!(!layer.metrics.encode().contains(line));
    answer(&layer, WATCH, 200).await;
    assert!(layer.metrics.encode().contains(line));
}

#[tokio::test]
async fn not_ready_until_every_watch_is_opened_and_while_one_is_refused() {
    let layer = layer();
    for resource in WATCHED {
        let waiting = format!("{resource}: the first list has not come yet\n");
        assert!(layer.health.failing().contains(&waiting));
        let watch = format!("/apis/restart-operator.dev/v1alpha1/{resource}?watch=true");
        answer(&layer, &watch, 200).await;
    }
    assert_eq!(layer.health.failing(), "");
    answer(&layer, WATCH, 403).await;
    let refused = "restartrequests: the watch cannot be opened: 403\n";
    assert_eq!(layer.health.failing(), refused);
}

#[tokio::test]
async fn a_watch_that_is_only_refused_is_the_end_while_others_are_answered() {
    let verdict = async |watch: u16, other: u16| {
        let mut layer = layer();
        for second in (0..=605).step_by(5) {
            layer.clock = Arc::new(Fixed(second));
            answer(&layer, WATCH, watch).await;
            answer(&layer, SECRET, other).await;
        }
        layer.watchdog.verdict(Duration::from_secs(605))
    };
    assert_eq!(verdict(200, 200).await, None);
    assert!(verdict(410, 200).await.is_some());
    assert!(verdict(503, 404).await.is_some());
    assert_eq!(verdict(503, 503).await, None);
}
