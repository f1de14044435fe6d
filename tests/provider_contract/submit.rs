//! The restart call: once, as stored, and never taken for rejected unless the cloud says so.

use std::time::Duration;

use cloudsim::{AccessKey, Canned, Config, DEFAULT_CREATOR, Edit, Fault, FaultRule, OrderPlan};
use jiff::SignedDuration;
use restart_operator::cloud::{
    error::{Delivery, Kind, Retry},
    types::{Answer, AttemptId, Target},
};

use crate::fixture::{
    APP, Cloud, RESTART, ambiguous, application, impatient, intent, key, permit, quick, rejected,
    target,
};

#[tokio::test]
async fn a_restart_is_signed_with_the_date_and_nonce_of_its_intent() {
    let cloud = Cloud::start().await;
    let mut call = intent();
    call.signed_at -= SignedDuration::from_secs(300);
    let app = restart_operator::cloud::types::SaeApplication {
        min_ready_instances: Some(1),
        min_ready_instance_ratio: Some(-1),
        auto_enable_application_scaling_rule: Some(false),
        ..application()
    };
    let permit = permit(&call.attempt);
    let answer = cloud
        .caller
        .provider
        .submit(
            &cloud.caller.access,
            &Target::SaeApplication(app),
            &call,
            permit,
        )
        .await;
    let Answer::Accepted(accepted) = answer else {
        panic!("{answer:?}")
    };
    assert!(accepted.request_id.is_some());

    let ledger = cloud.sim.ledger();
    let [restart] = ledger.restarts() else {
        panic!("{ledger:?}")
    };
    assert_eq!(
        (restart.app.as_str(), &restart.order),
        (APP, &accepted.order.0)
    );
    assert_eq!(restart.nonce.as_deref(), Some(call.nonce.as_str()));
    let request = ledger.request(restart.request).unwrap();
    assert_eq!(
        request.signed_at.as_deref(),
        Some(call.signed_at.to_string().as_str())
    );
    assert_eq!(request.method, "PUT");
    let sent: Vec<_> = request
        .params
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    assert_eq!(
        sent,
        [
            ("AppId", APP),
            ("AutoEnableApplicationScalingRule", "false"),
            ("MinReadyInstanceRatio", "-1"),
            ("MinReadyInstances", "1"),
        ]
    );
}

#[tokio::test]
async fn the_permit_of_another_attempt_sends_nothing() {
    let cloud = Cloud::start().await;
    let caller = &cloud.caller;
    let foreign = permit(&AttemptId("other".into()));
    let answer = caller
        .provider
        .submit(&caller.access, &target(), &intent(), foreign)
        .await;
    assert_eq!(rejected(answer).delivery, Delivery::NotSent);
    assert_eq!(cloud.sim.ledger().all_requests().len(), 0);
}

#[tokio::test]
async fn a_wrong_secret_is_a_definite_rejection() {
    let mut cloud = Cloud::start().await;
    cloud.caller.access.credential = key(cloudsim::DEFAULT_KEY_ID, "wrong", None);
    let error = rejected(cloud.caller.submit(&intent()).await);
    assert_eq!(error.code.as_deref(), Some("SignatureDoesNotMatch"));
    assert_eq!(
        (error.kind, error.retry),
        (Kind::Unauthenticated, Retry::Never)
    );
    assert_eq!((cloud.restarts(), cloud.calls()), (0, 1));
}

#[tokio::test]
async fn a_temporary_credential_works_until_it_ends() {
    let temporary =
        AccessKey::new("sts-id", "sts-secret", DEFAULT_CREATOR).with_token("sts-token/+=", None);
    let config = Config {
        access_keys: vec![temporary.clone()],
        ..Config::default()
    };
    let mut cloud = Cloud::with(config, &quick()).await;
    cloud.caller.access.credential = key("sts-id", "sts-secret", Some("sts-token/+="));
    cloud.caller.restart(&intent()).await;
    let past = cloud.sim.now() - SignedDuration::from_secs(1);
    cloud
        .sim
        .put_access_key(temporary.with_token("sts-token/+=", Some(past)));
    let error = rejected(cloud.caller.submit(&intent()).await);
    assert_eq!(
        (error.kind, error.retry),
        (Kind::Unauthenticated, Retry::Later)
    );
    assert_eq!(cloud.restarts(), 1);
}

#[tokio::test]
async fn a_signature_that_expired_on_the_way_is_refused_by_the_gateway() {
    let cloud = Cloud::start().await;
    let mut call = intent();
    call.signed_at -= SignedDuration::from_secs(16 * 60);
    let error = rejected(cloud.caller.submit(&call).await);
    assert_eq!(error.code.as_deref(), Some("InvalidTimeStamp.Expired"));
    assert_eq!(error.retry, Retry::Later);
    assert_eq!(cloud.restarts(), 0);
}

#[tokio::test]
async fn a_second_copy_of_the_same_signature_is_ambiguous_and_not_executed() {
    let cloud = Cloud::start().await;
    let call = intent();
    cloud.caller.restart(&call).await;
    let error = ambiguous(cloud.caller.submit(&call).await);
    assert_eq!(error.code.as_deref(), Some("SignatureNonceUsed"));
    assert_eq!(cloud.restarts(), 1);
}

#[tokio::test]
async fn a_busy_application_is_a_rejection_that_waits_until_it_is_free() {
    let cloud = Cloud::start().await;
    cloud.caller.restart(&intent()).await;
    let error = rejected(cloud.caller.submit(&intent()).await);
    assert_eq!((error.kind, error.retry), (Kind::Busy, Retry::WhenFree));
    assert_eq!(cloud.restarts(), 1);
}

#[tokio::test]
async fn throttling_is_a_rejection_with_the_clouds_own_wait() {
    let cloud = Cloud::start().await;
    cloud.sim.inject(FaultRule::on(
        RESTART,
        Fault::Throttle {
            retry_after_ms: Some(1500),
        },
    ));
    let error = rejected(cloud.caller.submit(&intent()).await);
    assert_eq!(
        (error.kind, error.retry),
        (Kind::Throttled, Retry::WhenFree)
    );
    assert_eq!(error.retry_after, Some(Duration::from_millis(1500)));
}

#[tokio::test]
async fn a_lost_answer_is_ambiguous_and_nothing_is_sent_again() {
    for (fault, executed) in [
        (Fault::DropBefore, 0),
        (Fault::DropAfter, 1),
        (Fault::Cut { bytes: 10 }, 1),
        (Fault::StatusAfter(Canned::status(500)), 1),
        (Fault::StatusAfter(Canned::status(503)), 1),
        (
            Fault::StatusAfter(Canned::body(502, "<html>Bad Gateway</html>")),
            1,
        ),
        (Fault::StatusAfter(Canned::status(429)), 1),
        (Fault::StatusAfter(Canned::body(200, "")), 1),
        (
            Fault::StatusAfter(Canned::code(400, "Nobody.Documents.This")),
            1,
        ),
        (Fault::mutate([Edit::remove("/Data/ChangeOrderId")]), 1),
        (Fault::mutate([Edit::set("/Data/ChangeOrderId", 17)]), 1),
        (Fault::mutate([Edit::set("/Success", false)]), 1),
    ] {
        let cloud = Cloud::start().await;
        let name = format!("{fault:?}");
        cloud.sim.inject(FaultRule::on(RESTART, fault));
        ambiguous(cloud.caller.submit(&intent()).await);
        assert_eq!((cloud.calls(), cloud.restarts()), (1, executed), "{name}");
    }
}

#[tokio::test]
async fn no_answer_in_time_is_ambiguous() {
    for executed in [true, false] {
        let cloud = Cloud::with(Config::default(), &impatient()).await;
        cloud
            .sim
            .inject(FaultRule::on(RESTART, Fault::Hang { executed }));
        let error = ambiguous(cloud.caller.submit(&intent()).await);
        assert_eq!(error.kind, Kind::Transient);
        assert_eq!(
            (cloud.calls(), cloud.restarts()),
            (1, usize::from(executed))
        );
    }
}

#[tokio::test]
async fn a_refusal_inside_http_200_is_a_rejection() {
    let cloud = Cloud::start().await;
    cloud.sim.inject(FaultRule::on(
        RESTART,
        Fault::AnswerInstead(Canned::code(200, "System.Upgrading")),
    ));
    let error = rejected(cloud.caller.submit(&intent()).await);
    assert_eq!((error.kind, error.retry), (Kind::Transient, Retry::Later));
    assert_eq!(cloud.restarts(), 0);
}

#[tokio::test]
async fn a_restart_is_seen_by_the_observer_with_its_result() {
    let cloud = Cloud::with(
        Config {
            default_plan: OrderPlan::lasting(Duration::from_secs(60)),
            ..Config::default()
        },
        &quick(),
    )
    .await;
    cloud.caller.restart(&intent()).await;
    rejected(cloud.caller.submit(&intent()).await);
    let seen = cloud.caller.observed.all();
    let results: Vec<_> = seen
        .iter()
        .map(|call| (call.operation, call.result))
        .collect();
    assert_eq!(results, [(RESTART, None), (RESTART, Some(Kind::Busy))]);
    assert!(
        seen.iter()
            .all(|call| call.clock_offset.is_some_and(|o| o.abs().as_secs() <= 1))
    );
}
