//! Both signature schemes of Alibaba Cloud: what one account chose, the gateway accepts for every
//! call, and a restart call carries its stored date and nonce in either.

use cloudsim::{AccessKey, Application, DEFAULT_CREATOR};
use jiff::SignedDuration;
use restart_operator::cloud::{
    Signature,
    error::{Kind, Retry},
    types::{EdasApplication, Target},
};

use crate::fixture::{APP, Cloud, ECCS, following, intent, key, rejected, target};

fn edas_target() -> Target {
    Target::EdasApplication(EdasApplication {
        region: "cn-hangzhou".into(),
        app_id: APP.into(),
        ecc_ids: vec![ECCS[0].into()],
    })
}

/// Every call that a request makes, from the check to the abort.
async fn all_calls(cloud: &Cloud, target: &Target) {
    let caller = &cloud.caller;
    caller.check(target).await.unwrap();
    let call = intent();
    let order = caller.restart_of(target, &call).await;
    let followed = following(&order, &call);
    caller.look(target, &call).await.unwrap();
    caller.poll(target, &followed).await.unwrap();
    caller.abort(target, &followed).await.unwrap();
}

#[tokio::test]
async fn the_older_scheme_signs_every_call_of_both_products() {
    for edas in [false, true] {
        let (mut cloud, target) = if edas {
            (Cloud::edas().await, edas_target())
        } else {
            (Cloud::start().await, target())
        };
        cloud.caller.access.signature = Signature::Roa;
        all_calls(&cloud, &target).await;
        let ledger = cloud.sim.ledger();
        assert!(
            ledger
                .all_requests()
                .iter()
                .all(cloudsim::RequestRecord::is_served)
        );
    }
}

#[tokio::test]
async fn both_schemes_sign_with_a_temporary_credential() {
    for signature in [Signature::Acs3, Signature::Roa] {
        let mut cloud = Cloud::start().await;
        cloud.sim.put_access_key(AccessKey {
            id: "STS.temporary".into(),
            secret: "secret".into(),
            creator: DEFAULT_CREATOR.into(),
            security_token: Some("token/with+special=chars&".into()),
            expires: None,
            disabled: false,
        });
        let token = Some("token/with+special=chars&");
        cloud.caller.access.credential = key("STS.temporary", "secret", token);
        cloud.caller.access.signature = signature;
        all_calls(&cloud, &target()).await;
    }
}

#[tokio::test]
async fn a_wrong_secret_is_refused_in_both_schemes() {
    for signature in [Signature::Acs3, Signature::Roa] {
        let mut cloud = Cloud::start().await;
        cloud.caller.access.signature = signature;
        cloud.caller.access.credential = key(cloudsim::DEFAULT_KEY_ID, "another", None);
        let error = rejected(cloud.caller.submit(&intent()).await);
        assert_eq!(error.kind, Kind::Unauthenticated);
        assert_eq!(error.code.as_deref(), Some("SignatureDoesNotMatch"));
    }
}

#[tokio::test]
async fn a_restart_call_carries_the_date_and_nonce_of_its_intent_in_both_schemes() {
    for signature in [Signature::Acs3, Signature::Roa] {
        let mut cloud = Cloud::start().await;
        cloud.caller.access.signature = signature;
        let mut call = intent();
        call.signed_at -= SignedDuration::from_secs(300);
        cloud.caller.restart(&call).await;
        assert_eq!(cloud.sim.ledger().by_nonce(&call.nonce).len(), 1);

        // What was signed too long ago is refused, and a copy of a call that was seen proves nothing.
        let mut old = intent();
        old.signed_at -= SignedDuration::from_secs(1000);
        let error = rejected(cloud.caller.submit(&old).await);
        assert_eq!(error.code.as_deref(), Some("InvalidTimeStamp.Expired"));
        assert_eq!(error.retry, Retry::Later);
        let copy = crate::fixture::ambiguous(cloud.caller.submit(&call).await);
        assert_eq!(copy.code.as_deref(), Some("SignatureNonceUsed"));
        assert_eq!(cloud.restarts(), 1);
    }
}

#[tokio::test]
async fn a_batch_with_a_namespace_in_it_is_signed_in_both_schemes() {
    use restart_operator::cloud::types::SaeApplications;
    for signature in [Signature::Acs3, Signature::Roa] {
        let mut cloud = Cloud::start().await;
        let namespace = "cn-hangzhou:shop";
        for id in ["a", "b"] {
            let app = Application::running(id).in_namespace(namespace);
            cloud.sim.put_application(app);
        }
        cloud.caller.access.signature = signature;
        let batch = Target::SaeApplications(SaeApplications {
            region: "cn-hangzhou".into(),
            namespace_id: namespace.into(),
            app_ids: vec!["a".into(), "b".into()],
        });
        all_calls(&cloud, &batch).await;
    }
}
