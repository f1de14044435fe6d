//! The wire: connections, TLS, deadlines, size limits, redirects, addresses.

use std::time::Duration;

use cloudsim::{Application, Canned, Config, Fault, FaultRule, Simulator, Tls};
use restart_operator::cloud::{
    error::{Delivery, Kind},
    http::{BODY_CAP, Http, HttpSettings, HttpSetupError},
    types::Answer,
};

use crate::fixture::{
    APP, Caller, Cloud, RESTART, RawServer, ambiguous, following, impatient, intent, ok, quick,
    rejected, target,
};

#[tokio::test]
async fn a_refused_connection_is_not_sent() {
    let Cloud { sim, caller } = Cloud::start().await;
    sim.stop().await;
    let error = rejected(caller.submit(&intent()).await);
    assert_eq!(
        (error.delivery, error.kind),
        (Delivery::NotSent, Kind::Transient)
    );
    let error = caller
        .provider
        .check(&caller.access, &target())
        .await
        .unwrap_err();
    assert_eq!(
        (error.delivery, error.kind),
        (Delivery::NotSent, Kind::Transient)
    );
}

#[tokio::test]
async fn a_stalled_handshake_is_not_sent() {
    let silent = RawServer::start(None).await;
    let caller = Caller::new(&format!("https://{}", silent.address), &impatient());
    let error = rejected(caller.submit(&intent()).await);
    assert_eq!(error.delivery, Delivery::NotSent);
    assert_eq!(silent.connections(), 1);
}

#[tokio::test]
async fn a_silent_server_is_ambiguous() {
    let silent = RawServer::start(None).await;
    let caller = Caller::new(&format!("http://{}", silent.address), &impatient());
    ambiguous(caller.submit(&intent()).await);
    assert_eq!(silent.connections(), 1);
}

#[tokio::test]
async fn each_restart_call_has_a_fresh_connection_and_reads_share_one() {
    let body = r#"{"Code":"200","Data":{"ChangeOrderId":"o-1","AppId":"a"}}"#;
    let server = RawServer::start(Some(ok(body))).await;
    let caller = Caller::new(&format!("http://{}", server.address), &quick());
    for sent in 1..=3 {
        assert!(matches!(
            caller.submit(&intent()).await,
            Answer::Accepted(_)
        ));
        assert_eq!(server.connections(), sent);
    }
    for _ in 0..3 {
        let order = restart_operator::cloud::types::OrderId("o-1".into());
        let followed = following(&order, &intent());
        caller.abort(&target(), &followed).await.unwrap();
    }
    assert_eq!(server.connections(), 4);
}

async fn tls_cloud(names: &[&str], trust: bool) -> (Simulator, Caller) {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    let sim = Simulator::start(Config {
        tls: Some(Tls { names }),
        ..Config::default()
    })
    .await
    .unwrap();
    sim.put_application(Application::running(APP));
    let extra_roots_pem = if trust {
        sim.ca_pem().unwrap().into()
    } else {
        Vec::new()
    };
    let caller = Caller::new(
        sim.base_url(),
        &HttpSettings {
            extra_roots_pem,
            ..quick()
        },
    );
    (sim, caller)
}

#[tokio::test]
async fn tls_with_an_extra_root_works() {
    let (sim, caller) = tls_cloud(&["127.0.0.1"], true).await;
    caller.restart(&intent()).await;
    assert_eq!(sim.ledger().restarts().len(), 1);
}

#[tokio::test]
async fn a_certificate_of_another_authority_or_name_is_not_sent() {
    let (other, _) = tls_cloud(&["127.0.0.1"], true).await;
    for (names, trust, roots) in [
        (&["127.0.0.1"][..], false, None),
        (&["127.0.0.1"], false, other.ca_pem()),
        (&["sae.cn-hangzhou.aliyuncs.com"], true, None),
    ] {
        let (sim, mut caller) = tls_cloud(names, trust).await;
        if let Some(roots) = roots {
            let settings = HttpSettings {
                extra_roots_pem: roots.into(),
                ..quick()
            };
            caller = Caller::new(sim.base_url(), &settings);
        }
        let error = rejected(caller.submit(&intent()).await);
        assert_eq!(error.delivery, Delivery::NotSent, "{names:?} {trust}");
        assert_eq!(sim.ledger().all_requests().len(), 0);
    }
}

#[tokio::test]
async fn loopback_and_addresses_are_out_of_reach_without_the_development_switch() {
    let (sim, _) = tls_cloud(&["localhost", "127.0.0.1"], true).await;
    let port = sim.host().rsplit_once(':').unwrap().1.to_owned();
    let settings = HttpSettings {
        development_endpoints: false,
        extra_roots_pem: sim.ca_pem().unwrap().into(),
        ..quick()
    };
    for (endpoint, message) in [
        (
            format!("https://localhost:{port}"),
            "address that is not allowed",
        ),
        (
            format!("https://127.0.0.1:{port}"),
            "not a host name with https",
        ),
        (
            format!("http://localhost:{port}"),
            "not a host name with https",
        ),
        (
            "https://100.100.100.200".into(),
            "not a host name with https",
        ),
        ("https://[::1]".into(), "not a host name with https"),
    ] {
        let error = rejected(Caller::new(&endpoint, &settings).submit(&intent()).await);
        assert_eq!(error.delivery, Delivery::NotSent, "{endpoint}");
        assert!(
            error.message.contains(message),
            "{endpoint}: {}",
            error.message
        );
    }
    assert_eq!(sim.ledger().all_requests().len(), 0);
}

#[tokio::test]
async fn an_unknown_host_name_is_not_sent() {
    let caller = Caller::new("http://no-such-host.invalid", &quick());
    assert_eq!(
        rejected(caller.submit(&intent()).await).delivery,
        Delivery::NotSent
    );
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let canary = Cloud::start().await;
    for status in [301, 302, 303, 307, 308] {
        for host in ["same", "other"] {
            let cloud = Cloud::start().await;
            let home = if host == "same" {
                cloud.sim.base_url()
            } else {
                canary.sim.base_url()
            };
            let to = format!("{home}/pop/v1/sam/app/restartApplication?AppId={APP}");
            let redirect = Fault::AnswerInstead(Canned::status(status).header("location", to));
            cloud.sim.inject(FaultRule::new(redirect).always());
            ambiguous(cloud.caller.submit(&intent()).await);
            let caller = &cloud.caller;
            let error = caller
                .provider
                .check(&caller.access, &target())
                .await
                .unwrap_err();
            assert_eq!(error.kind, Kind::Unexpected);
            assert_eq!(
                cloud.sim.ledger().all_requests().len(),
                2,
                "{status} {host}"
            );
        }
    }
    assert_eq!(canary.sim.ledger().all_requests().len(), 0);
}

#[tokio::test]
async fn a_body_above_the_cap_is_not_read_to_its_end() {
    let cloud = Cloud::start().await;
    let huge = Fault::BodyBytes {
        total: 200 << 20,
        chunk: 64 << 10,
        pause_ms: 0,
    };
    cloud.sim.inject(FaultRule::new(huge).always());
    let error = ambiguous(cloud.caller.submit(&intent()).await);
    assert!(
        error.message.contains(&BODY_CAP.to_string()),
        "{}",
        error.message
    );
    let caller = &cloud.caller;
    let error = caller
        .provider
        .check(&caller.access, &target())
        .await
        .unwrap_err();
    assert_eq!(error.kind, Kind::Unexpected);
}

#[tokio::test]
async fn a_body_that_drips_is_cut_off_by_the_deadline() {
    let cloud = Cloud::with(Config::default(), &impatient()).await;
    let drip = Fault::BodyBytes {
        total: 1 << 20,
        chunk: 1,
        pause_ms: 20,
    };
    cloud.sim.inject(FaultRule::on(RESTART, drip));
    let started = std::time::Instant::now();
    let error = ambiguous(cloud.caller.submit(&intent()).await);
    assert_eq!(error.kind, Kind::Transient);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn ten_thousand_headers_are_no_answer() {
    let cloud = Cloud::start().await;
    let mut answer = Canned::body(200, r#"{"Code":"200","Data":{"ChangeOrderId":"o-1"}}"#);
    for number in 0..10_000 {
        answer = answer.header(format!("x-{number}"), "y");
    }
    cloud
        .sim
        .inject(FaultRule::on(RESTART, Fault::StatusAfter(answer)));
    ambiguous(cloud.caller.submit(&intent()).await);
    assert_eq!((cloud.calls(), cloud.restarts()), (1, 1));
}

#[tokio::test]
async fn an_encoded_body_is_unreadable_and_so_ambiguous() {
    let cloud = Cloud::start().await;
    let answer = Canned::body(200, "\u{1f}\u{8b}\u{8}\0\0\0").header("content-encoding", "gzip");
    cloud
        .sim
        .inject(FaultRule::on(RESTART, Fault::StatusAfter(answer)));
    ambiguous(cloud.caller.submit(&intent()).await);
    assert_eq!(cloud.calls(), 1);
}

#[test]
fn the_connect_deadline_must_be_the_shorter_one() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let deadlines = |connect, total| {
        Http::new(&HttpSettings {
            connect: Duration::from_secs(connect),
            total: Duration::from_secs(total),
            ..HttpSettings::default()
        })
    };
    assert!(deadlines(5, 20).is_ok());
    for (connect, total) in [(20, 20), (21, 20), (0, 20)] {
        assert!(matches!(
            deadlines(connect, total),
            Err(HttpSetupError::Deadlines)
        ));
    }
    let broken = HttpSettings {
        extra_roots_pem: b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec(),
        ..HttpSettings::default()
    };
    assert!(Http::new(&broken).is_err());
}

#[tokio::test]
async fn an_error_shows_neither_url_nor_key() {
    let Cloud { sim, caller } = Cloud::start().await;
    sim.stop().await;
    let error = rejected(caller.submit(&intent()).await);
    let shown = format!("{error} {error:?}");
    for secret in [
        APP,
        cloudsim::DEFAULT_KEY_ID,
        cloudsim::DEFAULT_KEY_SECRET,
        "/pop/",
        "http://",
    ] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
