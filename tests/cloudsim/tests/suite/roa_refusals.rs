//! What the gateway refuses of calls in the older signature scheme.

use std::time::Duration;

use cloudsim::{AccessKey, Application, Config, Simulator, Verdict};
use jiff::SignedDuration;

use crate::calls::BATCH;
use crate::client::{Draft, RESTART, STATUS};
use crate::roa::date;

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
    Draft::roa(sim, RESTART, &[("AppId", APP), ("MinReadyInstances", "1")])
}

/// Sends a request that must be refused, and checks that nothing was executed.
async fn refused(sim: &Simulator, draft: Draft, http: u16, code: &str) {
    let reply = draft.send(sim).await;
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (Some(http), code),
        "{}",
        reply.json()
    );
    let ledger = sim.ledger();
    assert!(ledger.restarts().is_empty());
    let code = code.to_owned();
    assert_eq!(
        ledger.all_requests().last().unwrap().verdict,
        Some(Verdict::Refused { http, code })
    );
}

#[tokio::test]
async fn a_well_signed_restart_is_accepted_and_recorded_with_key_and_date() {
    let sim = plain().await;
    let draft = restart(&sim).sign_roa();
    assert_eq!(draft.send(&sim).await.status, Some(200));
    let ledger = sim.ledger();
    assert_eq!(ledger.restarts_by_nonce(&draft.nonce()).len(), 1);
    let request = &ledger.all_requests()[0];
    assert_eq!(
        request.access_key_id.as_deref(),
        Some(cloudsim::DEFAULT_KEY_ID)
    );
    assert!(request.signed_at.as_ref().unwrap().ends_with(" GMT"));
}

#[tokio::test]
async fn values_are_signed_decoded() {
    let sim = plain().await;
    let namespace = "cn-hangzhou:测试 a+b";
    for app in ["x", "y"] {
        sim.put_application(Application::running(app).in_namespace(namespace));
    }
    let params = [("NamespaceId", namespace), ("AppIds", "x,y")];
    let reply = Draft::roa(&sim, BATCH, &params).sign_roa().send(&sim).await;
    assert_eq!(reply.status, Some(200), "{}", reply.json());
}

#[tokio::test]
async fn each_required_header_must_be_sent_once() {
    let sim = plain().await;
    for name in [
        "host",
        "accept",
        "date",
        "x-acs-action",
        "x-acs-version",
        "x-acs-signature-nonce",
        "x-acs-signature-method",
        "x-acs-signature-version",
    ] {
        let draft = restart(&sim).without(name).sign_roa();
        refused(&sim, draft, 400, "IncompleteSignature").await;
        let mut twice = restart(&sim).sign_roa();
        twice.headers.push((name.to_owned(), "x".to_owned()));
        refused(&sim, twice, 400, "IncompleteSignature").await;
    }
    for name in ["content-type", "content-md5", "x-acs-extra"] {
        let mut twice = restart(&sim).set(name, "x").sign_roa();
        twice.headers.push((name.to_owned(), "x".to_owned()));
        refused(&sim, twice, 400, "IncompleteSignature").await;
    }
}

#[tokio::test]
async fn another_method_or_version_of_the_signature_is_refused() {
    let sim = plain().await;
    for (name, value) in [
        ("x-acs-signature-method", "HMAC-SHA256"),
        ("x-acs-signature-version", "2.0"),
    ] {
        let draft = restart(&sim).set(name, value).sign_roa();
        refused(&sim, draft, 400, "IncompleteSignature").await;
    }
}

#[tokio::test]
async fn whatever_is_changed_after_signing_breaks_the_signature() {
    let sim = plain().await;
    let other_query = |mut draft: Draft| {
        draft.query = format!("AppId={APP}&MinReadyInstances=0");
        draft
    };
    let wrong_secret = Draft {
        secret: "wrong".to_owned(),
        ..restart(&sim)
    };
    let later = sim
        .now()
        .checked_add(SignedDuration::from_secs(60))
        .unwrap();
    for draft in [
        wrong_secret.sign_roa(),
        other_query(restart(&sim).sign_roa()),
        restart(&sim).sign_roa().set("date", &date(later)),
        restart(&sim).sign_roa().set("accept", "text/html"),
        restart(&sim)
            .sign_roa()
            .set("x-acs-signature-nonce", "another"),
        restart(&sim).sign_roa().set("x-acs-extra", "1"),
        restart(&sim)
            .sign_roa()
            .set("content-type", "application/json"),
    ] {
        refused(&sim, draft, 400, "SignatureDoesNotMatch").await;
    }
}

#[tokio::test]
async fn an_empty_value_is_signed_as_the_name_alone() {
    let sim = plain().await;
    let mut draft = Draft::roa(&sim, RESTART, &[]);
    draft.query = format!("AppId={APP}&MinReadyInstances=");
    refused(&sim, draft.clone().sign_roa(), 400, "SignatureDoesNotMatch").await;
    let sent = draft.query.clone();
    draft.query = format!("AppId={APP}&MinReadyInstances");
    let mut signed = draft.sign_roa();
    signed.query = sent;
    assert_eq!(signed.send(&sim).await.status, Some(200));
}

#[tokio::test]
async fn action_and_version_must_belong_to_the_path() {
    let sim = plain().await;
    let draft = restart(&sim).set("x-acs-action", "RestartInstances");
    refused(&sim, draft.sign_roa(), 404, "InvalidApi.NotFound").await;
    let draft = restart(&sim).set("x-acs-version", "2017-08-01");
    refused(&sim, draft.sign_roa(), 400, "InvalidVersion").await;
}

#[tokio::test]
async fn a_date_is_accepted_within_the_signature_life_and_in_one_form() {
    let sim = simulator(Config {
        signature_life: Duration::from_mins(1),
        ..Config::default()
    })
    .await;
    sim.freeze_clock();
    for seconds in [-62, 62] {
        let at = sim
            .now()
            .checked_add(SignedDuration::from_secs(seconds))
            .unwrap();
        let draft = restart(&sim).set("date", &date(at)).sign_roa();
        refused(&sim, draft, 400, "InvalidTimeStamp.Expired").await;
    }
    let iso = sim.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let draft = restart(&sim).set("date", &iso).sign_roa();
    refused(&sim, draft, 400, "InvalidTimeStamp.Format").await;
    let signed = restart(&sim).sign_roa();
    sim.advance_clock(SignedDuration::from_secs(59));
    assert_eq!(signed.send(&sim).await.status, Some(200));
}

#[tokio::test]
async fn a_nonce_is_accepted_once_whatever_the_scheme() {
    let sim = plain().await;
    let draft = Draft::roa(&sim, STATUS, &[("AppId", APP)]).sign_roa();
    assert_eq!(draft.send(&sim).await.status, Some(200));
    refused(&sim, draft.clone(), 400, "SignatureNonceUsed").await;
    let other = Draft::new(&sim, RESTART, &[("AppId", APP)]);
    let other = other.set("x-acs-signature-nonce", &draft.nonce()).sign();
    refused(&sim, other, 400, "SignatureNonceUsed").await;
}

#[tokio::test]
async fn a_temporary_key_needs_its_own_token() {
    let sim = plain().await;
    sim.put_access_key(AccessKey::new("STS.id", "secret", "7").with_token("token", None));
    let temporary = || Draft {
        key_id: "STS.id".into(),
        secret: "secret".into(),
        ..restart(&sim)
    };
    refused(&sim, temporary().sign_roa(), 400, "MissingSecurityToken").await;
    let stolen = temporary().set("x-acs-security-token", "stolen").sign_roa();
    refused(
        &sim,
        stolen,
        400,
        "InvalidSecurityToken.MismatchWithAccessKey",
    )
    .await;
    let draft = temporary().set("x-acs-security-token", "token").sign_roa();
    assert_eq!(draft.send(&sim).await.status, Some(200));
    let draft = Draft {
        key_id: "nobody".into(),
        ..restart(&sim)
    };
    let reply = draft.sign_roa().send(&sim).await;
    assert_eq!(reply.code(), "InvalidAccessKeyId.NotFound");
}
