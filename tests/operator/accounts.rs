//! Accounts: missing ones are named and waited for, and what an account does not allow is refused
//! before any call.

use cloudsim::{AccessKey, DEFAULT_CREATOR, DEFAULT_KEY_ID, DEFAULT_KEY_SECRET};
use restart_operator::api::ConditionType;
use serde_json::json;

use crate::support::world::{World, condition, phase_of, story};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_account_is_named_and_the_request_recovers_when_it_appears() {
    let world = World::new("noaccount").await;
    let _operator = world.operator().await;
    world
        .ask(
            "first",
            json!({"accountRef": {"kind": "CloudAccount", "name": "later"}}),
        )
        .await;
    let object = world
        .until("first", "named the account", |object| {
            object
                .status
                .as_ref()
                .is_some_and(|status| !status.conditions.is_empty())
        })
        .await;
    let accepted = condition(&object, ConditionType::Accepted);
    assert_eq!(
        (accepted.status.as_str(), accepted.reason.as_str()),
        ("False", "AccountNotFound")
    );
    let wanted = format!("CloudAccount {}/later", world.namespace);
    assert!(accepted.message.contains(&wanted), "{}", accepted.message);

    // The account appears, its Secret does not.
    world.put_cloud_account("later", "later-keys").await;
    let object = world
        .until("first", "named the Secret", |object| {
            story(object).0 == "AccountNotReady"
        })
        .await;
    let wanted = format!("Secret {}/later-keys", world.namespace);
    assert!(story(&object).1.contains(&wanted), "{}", story(&object).1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_secret_is_named_and_the_request_recovers_when_it_appears() {
    let world = World::new("nosecret").await;
    let _operator = world.operator().await;
    world
        .put_account(json!({"credentials": {"secretRef": {"name": "later"}}}))
        .await;
    world.ask("first", json!({})).await;
    let object = world
        .until("first", "named the Secret", |object| {
            object
                .status
                .as_ref()
                .is_some_and(|status| !status.conditions.is_empty())
        })
        .await;
    let (reason, message) = story(&object);
    assert_eq!(reason, "AccountNotReady");
    assert!(
        message.contains(&format!("Secret {}/later does not exist", world.namespace)),
        "{message}"
    );
    world.put_secret("later").await;
    let object = world.until_finished("first").await;
    assert_eq!(phase_of(&object), "Succeeded");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_account_does_not_allow_is_refused_before_any_call() {
    for (change, reason) in [
        (
            json!({"allowedNamespaces": {"names": ["elsewhere"]}}),
            "AccountNotAllowed",
        ),
        (
            json!({"allowedTargets": [{"kind": "saeApplication", "ids": ["other-*"]}]}),
            "TargetNotAllowed",
        ),
        (json!({"guards": {"denyMinReadyZero": true}}), "GuardDenied"),
        (
            json!({"assumeRole": {"role": "acs:ram::1:role/x"}}),
            "NotImplemented",
        ),
    ] {
        let world = World::new("refused").await;
        world.put_account(change).await;
        world
            .ask(
                "first",
                json!({"target": {"saeApplication": {"minReadyInstances": 0}}}),
            )
            .await;
        let _operator = world.operator().await;
        let object = world.until_finished("first").await;
        assert_eq!(
            (phase_of(&object), story(&object).0.as_str()),
            ("Failed", reason)
        );
        assert_eq!(world.ledger().all_requests().len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credential_that_is_not_built_yet_is_answered_and_calls_nothing() {
    let world = World::new("notbuilt").await;
    let _operator = world.operator().await;
    let oidc = json!({"role": "acs:ram::1:role/x", "providerArn": "acs:ram::1:oidc-provider/y"});
    let credentials = json!({"secretRef": null, "oidc": oidc});
    world.put_account(json!({"credentials": credentials})).await;
    world.ask("first", json!({})).await;
    let object = world.until_finished("first").await;
    let (reason, message) = story(&object);
    assert_eq!(
        (phase_of(&object), reason.as_str()),
        ("Failed", "NotImplemented")
    );
    assert!(message.contains("spec.credentials.oidc"), "{message}");
    assert_eq!(world.ledger().all_requests().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credential_that_the_cloud_refuses_marks_the_account_and_recovers() {
    let world = World::new("badkey").await;
    world.sim.remove_access_key(cloudsim::DEFAULT_KEY_ID);
    let _operator = world.operator().await;
    world.ask("first", json!({})).await;
    let object = world
        .until("first", "said so", |object| {
            object
                .status
                .as_ref()
                .is_some_and(|status| !status.conditions.is_empty())
        })
        .await;
    let (reason, message) = story(&object);
    assert_eq!(reason, "AccountNotReady");
    assert!(message.contains("InvalidAccessKeyId.NotFound"), "{message}");
    assert!(!message.contains(cloudsim::DEFAULT_KEY_SECRET));
    world.sim.put_access_key(cloudsim::AccessKey::new(
        cloudsim::DEFAULT_KEY_ID,
        cloudsim::DEFAULT_KEY_SECRET,
        cloudsim::DEFAULT_CREATOR,
    ));
    world.until_phase("first", "Succeeded").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_security_token_is_waited_for_until_the_secret_has_a_new_one() {
    let world = World::new("token").await;
    let key = |token: &str, expires| {
        AccessKey::new(DEFAULT_KEY_ID, DEFAULT_KEY_SECRET, DEFAULT_CREATOR)
            .with_token(token, expires)
    };
    let past = Some(jiff::Timestamp::UNIX_EPOCH);
    world.sim.put_access_key(key("old-token", past));
    world
        .put_secret_with("keys", json!({"securityToken": "old-token"}))
        .await;
    let _operator = world.operator().await;
    world.ask("first", json!({})).await;
    let object = world
        .until("first", "said so", |object| {
            object
                .status
                .as_ref()
                .is_some_and(|status| !status.conditions.is_empty())
        })
        .await;
    let (reason, message) = story(&object);
    assert_eq!(reason, "AccountNotReady");
    assert!(
        message.contains("InvalidSecurityToken.Expired"),
        "{message}"
    );
    assert!(!message.contains("old-token"));
    world.sim.put_access_key(key("new-token", None));
    world
        .put_secret_with("keys", json!({"securityToken": "new-token"}))
        .await;
    world.until_phase("first", "Succeeded").await;
    assert_eq!(world.ledger().restarts().len(), 1);
}
