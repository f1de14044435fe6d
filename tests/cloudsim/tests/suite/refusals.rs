//! What the gateway refuses, and that a refused request executes nothing.

use cloudsim::{AccessKey, Application, Config, DEFAULT_KEY_ID, Simulator, Verdict};
use jiff::SignedDuration;

use crate::client::{Draft, RESTART, Reply, date, hash};

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
    Draft::new(sim, RESTART, &[("AppId", APP), ("MinReadyInstances", "1")])
}

/// Sends a request that must be refused, and checks that nothing was executed and that the ledger
/// has the same verdict as the client.
async fn refused(sim: &Simulator, draft: Draft, http: u16, code: &str) -> Reply {
    let reply = draft.send(sim).await;
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (Some(http), code),
        "{}",
        reply.json()
    );
    let ledger = sim.ledger();
    assert!(ledger.restarts().is_empty());
    let last = ledger.all_requests().last().unwrap();
    assert_eq!(
        last.verdict,
        Some(Verdict::Refused {
            http,
            code: code.to_owned()
        })
    );
    reply
}

#[tokio::test]
async fn a_well_signed_restart_is_accepted() {
    let sim = plain().await;
    assert_eq!(restart(&sim).sign().send(&sim).await.status, Some(200));
    assert_eq!(sim.ledger().restarts().len(), 1);
}

#[tokio::test]
async fn each_required_header_must_be_sent() {
    let sim = plain().await;
    for name in [
        "host",
        "x-acs-action",
        "x-acs-version",
        "x-acs-date",
        "x-acs-signature-nonce",
        "x-acs-content-sha256",
    ] {
        let draft = restart(&sim).without(name).sign();
        let reply = refused(&sim, draft, 400, "IncompleteSignature").await;
        assert!(reply.json()["Message"].as_str().unwrap().contains(name));
    }
    refused(&sim, restart(&sim), 400, "IncompleteSignature").await;
}

#[tokio::test]
async fn each_required_header_must_be_signed() {
    let sim = plain().await;
    let draft = restart(&sim)
        .set("x-acs-extra", "1")
        .set("content-type", "application/json");
    let names: Vec<String> = draft.headers.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names.len(), 8);
    for left_out in &names {
        let signed: Vec<String> = names
            .iter()
            .filter(|name| *name != left_out)
            .cloned()
            .collect();
        let draft = draft.clone().sign_only(&signed);
        refused(&sim, draft, 400, "IncompleteSignature").await;
    }
}

#[tokio::test]
async fn a_header_sent_twice_or_signed_but_not_sent_is_refused() {
    let sim = plain().await;
    let mut twice = restart(&sim).sign();
    twice
        .headers
        .push(("x-acs-date".to_owned(), date(sim.now())));
    refused(&sim, twice, 400, "IncompleteSignature").await;
    let absent = restart(&sim)
        .set("x-acs-extra", "1")
        .sign()
        .without("x-acs-extra");
    refused(&sim, absent, 400, "IncompleteSignature").await;
}

#[tokio::test]
async fn whatever_is_changed_after_signing_breaks_the_signature() {
    let sim = plain().await;
    let other_query = |mut draft: Draft| {
        draft.query = format!("AppId={APP}&MinReadyInstances=0");
        draft
    };
    let other_body = |mut draft: Draft| {
        draft.body = "{}".to_owned();
        draft
    };
    let wrong_secret = Draft {
        secret: "wrong".to_owned(),
        ..restart(&sim)
    }
    .sign();
    let later = date(
        sim.now()
            .checked_add(SignedDuration::from_secs(60))
            .unwrap(),
    );
    for draft in [
        wrong_secret,
        other_query(restart(&sim).sign()),
        other_body(restart(&sim).sign()),
        restart(&sim).sign().set("x-acs-date", &later),
        restart(&sim).sign().set("x-acs-signature-nonce", "another"),
        restart(&sim).sign().set("host", "sae.example"),
        restart(&sim)
            .set("x-acs-content-sha256", &hash(b"other"))
            .sign(),
    ] {
        refused(&sim, draft, 400, "SignatureDoesNotMatch").await;
    }
}

#[tokio::test]
async fn action_version_path_and_method_must_belong_together() {
    let sim = plain().await;
    let draft = restart(&sim).set("x-acs-action", "RestartInstances").sign();
    refused(&sim, draft, 404, "InvalidApi.NotFound").await;
    let draft = restart(&sim).set("x-acs-version", "2017-08-01").sign();
    refused(&sim, draft, 400, "InvalidVersion").await;
    let (action, _, path) = RESTART;
    let draft = Draft::new(&sim, (action, "GET", path), &[("AppId", APP)]).sign();
    refused(&sim, draft, 400, "UnsupportedHTTPMethod").await;
    let wrong_case = (action, "PUT", "/pop/v1/sam/app/RestartApplication");
    let draft = Draft::new(&sim, wrong_case, &[("AppId", APP)]).sign();
    refused(&sim, draft, 404, "InvalidApi.NotFound").await;
}

#[tokio::test]
async fn unknown_and_disabled_keys_are_refused_with_their_own_codes() {
    let sim = plain().await;
    let draft = Draft {
        key_id: "nobody".to_owned(),
        ..restart(&sim)
    }
    .sign();
    refused(&sim, draft, 404, "InvalidAccessKeyId.NotFound").await;
    let key = AccessKey::new("off", "secret", "1");
    sim.put_access_key(AccessKey {
        disabled: true,
        ..key
    });
    let draft = Draft {
        key_id: "off".into(),
        secret: "secret".into(),
        ..restart(&sim)
    }
    .sign();
    refused(&sim, draft, 400, "InvalidAccessKeyId.Inactive").await;
    assert!(sim.remove_access_key(DEFAULT_KEY_ID));
    refused(
        &sim,
        restart(&sim).sign(),
        404,
        "InvalidAccessKeyId.NotFound",
    )
    .await;
}

#[tokio::test]
async fn a_temporary_key_needs_its_own_unexpired_token() {
    let sim = plain().await;
    let expires = sim.now().checked_add(SignedDuration::from_mins(5)).unwrap();
    let key = AccessKey::new("STS.id", "secret", "7").with_token("token", Some(expires));
    sim.put_access_key(key);
    let temporary = || Draft {
        key_id: "STS.id".into(),
        secret: "secret".into(),
        ..restart(&sim)
    };
    refused(&sim, temporary().sign(), 400, "MissingSecurityToken").await;
    let draft = temporary().set("x-acs-security-token", "stolen").sign();
    refused(
        &sim,
        draft,
        400,
        "InvalidSecurityToken.MismatchWithAccessKey",
    )
    .await;
    let draft = restart(&sim).set("x-acs-security-token", "token").sign();
    refused(
        &sim,
        draft,
        400,
        "InvalidSecurityToken.MismatchWithAccessKey",
    )
    .await;
    let draft = temporary().set("x-acs-security-token", "token");
    sim.advance_clock(SignedDuration::from_mins(6));
    refused(
        &sim,
        draft.clone().sign(),
        400,
        "InvalidSecurityToken.Expired",
    )
    .await;
    sim.advance_clock(SignedDuration::from_mins(-6));
    assert_eq!(draft.sign().send(&sim).await.status, Some(200));
    assert_eq!(sim.ledger().restarts()[0].creator, "7");
}
