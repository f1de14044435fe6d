//! What the Volcengine gateway refuses, and with which code, number and status.

use cloudsim::{AccessKey, Config, Instance, Simulator};
use jiff::SignedDuration;
use serde_json::json;

use super::client::{Draft, frozen, pass, read, rebooting, refused, result};

async fn simulator() -> Simulator {
    frozen(vec![Instance::running("i-1")]).await
}

fn draft(sim: &Simulator) -> Draft {
    rebooting(sim, &["i-1"], &[("ClientToken", "token-1")])
}

#[tokio::test]
async fn a_request_without_a_readable_authorization_is_refused() {
    let sim = simulator().await;
    refused(
        &sim,
        draft(&sim),
        401,
        "MissingAuthenticationToken",
        Some(100_003),
    )
    .await;
    let scope = "20240115/cn-beijing/ecs/request";
    for (header, http, code, number) in [
        ("Bearer x".to_owned(), 400, "InvalidAuthorization", None),
        (
            "HMAC-SHA256 Credential=id, SignedHeaders=a, Signature=0".to_owned(),
            400,
            "InvalidCredential",
            None,
        ),
        (
            format!("HMAC-SHA256 Credential=/{scope}, SignedHeaders=a, Signature=0"),
            400,
            "MissingRequestInfo",
            Some(100_004),
        ),
        (
            format!("HMAC-SHA256 Credential=id/{scope}, SignedHeaders=a"),
            401,
            "MissingSignature",
            Some(100_005),
        ),
    ] {
        let draft = draft(&sim).set("authorization", &header);
        refused(&sim, draft, http, code, number).await;
    }
}

#[tokio::test]
async fn a_refusal_names_what_it_could_read_of_the_request() {
    let sim = simulator().await;
    let reply = draft(&sim).send(&sim).await;
    let metadata = &reply.json()["ResponseMetadata"];
    assert_eq!(metadata["Action"], "RebootInstances");
    assert!(metadata.get("Region").is_none());
    let wrong = Draft {
        secret: "wrong".to_owned(),
        ..draft(&sim)
    };
    let reply = wrong.sign().send(&sim).await;
    let metadata = &reply.json()["ResponseMetadata"];
    assert_eq!(
        (
            &metadata["Region"],
            &metadata["Service"],
            &metadata["Version"]
        ),
        (&json!("cn-beijing"), &json!("ecs"), &json!("2020-04-01"))
    );
    assert_eq!(
        reply.header("content-type"),
        Some("application/json;charset=utf-8")
    );
}

#[tokio::test]
async fn unknown_and_disabled_keys_and_wrong_secrets_are_refused() {
    let sim = simulator().await;
    let unknown = Draft {
        key_id: "nobody".to_owned(),
        ..draft(&sim)
    };
    refused(&sim, unknown.sign(), 401, "InvalidAccessKey", Some(100_009)).await;
    let wrong = Draft {
        secret: "wrong".to_owned(),
        ..draft(&sim)
    };
    refused(
        &sim,
        wrong.sign(),
        401,
        "SignatureDoesNotMatch",
        Some(100_010),
    )
    .await;
    let key = AccessKey::new(cloudsim::DEFAULT_KEY_ID, cloudsim::DEFAULT_KEY_SECRET, "1");
    sim.put_access_key(AccessKey {
        disabled: true,
        ..key
    });
    refused(
        &sim,
        draft(&sim).sign(),
        401,
        "InvalidAccessKey",
        Some(100_009),
    )
    .await;
}

#[tokio::test]
async fn a_temporary_key_needs_its_token_signed_and_in_time() {
    let sim = simulator().await;
    let until = sim.now() + SignedDuration::from_secs(60);
    sim.put_access_key(AccessKey::new("temporary", "s", "1").with_token("good", Some(until)));
    let temporary = |token: &str| Draft {
        key_id: "temporary".to_owned(),
        secret: "s".to_owned(),
        ..draft(&sim).set("x-security-token", token)
    };
    let none = temporary("").without("x-security-token").sign();
    refused(&sim, none, 401, "InvalidSecretToken", None).await;
    refused(
        &sim,
        temporary("bad").sign(),
        401,
        "InvalidSecretToken",
        None,
    )
    .await;
    let names = ["host", "x-date", "x-content-sha256"].map(str::to_owned);
    let unsigned = temporary("good").hashed().sign_only(&names);
    refused(&sim, unsigned, 401, "SignatureDoesNotMatch", Some(100_010)).await;
    let for_long = draft(&sim).set("x-security-token", "good").sign();
    refused(&sim, for_long, 401, "InvalidSecretToken", None).await;
    let good = temporary("good").sign();
    pass(&sim, 60);
    refused(&sim, good.clone(), 401, "InvalidSecretToken", None).await;
    pass(&sim, -1);
    result(&good.send(&sim).await);
}

#[tokio::test]
async fn the_service_action_version_and_method_must_be_known() {
    let sim = simulator().await;
    let sts = Draft {
        service: "sts".to_owned(),
        ..draft(&sim)
    };
    refused(&sim, sts.sign(), 404, "ServiceNotFound", Some(100_007)).await;
    for (name, value) in [("Action", "StopInstances"), ("Version", "2019-01-01")] {
        let other = draft(&sim).with_query(name, value).sign();
        refused(&sim, other, 404, "InvalidActionOrVersion", Some(100_008)).await;
        let absent = draft(&sim).without_query(name).sign();
        refused(&sim, absent, 400, "MissingParameter", Some(100_002)).await;
    }
    let put = Draft {
        method: "PUT",
        ..draft(&sim)
    };
    refused(&sim, put.sign(), 405, "MethodNotAllowed", None).await;
}

#[tokio::test]
async fn action_and_version_count_in_the_query_only() {
    let sim = simulator().await;
    let mut draft = draft(&sim).without_query("Version");
    draft.body.push_str("&Version=2020-04-01");
    refused(&sim, draft.sign(), 400, "MissingParameter", Some(100_002)).await;
}

#[tokio::test]
async fn a_request_changed_after_signing_is_refused() {
    let sim = simulator().await;
    let good = draft(&sim).sign();
    let mut body = good.clone();
    body.body = body.body.replace("i-1", "i-2");
    let query = good.clone().with_query("X-Expires", "60");
    let region = Draft {
        region: "cn-shanghai".to_owned(),
        ..draft(&sim)
    };
    let header = region.sign().headers.pop().unwrap().1;
    let signature = header.rsplit('=').next().unwrap();
    let authorization = &good.headers.last().unwrap().1;
    let foreign = format!("{}={signature}", authorization.rsplit_once('=').unwrap().0);
    let swapped = good.clone().set("authorization", &foreign);
    let mut doubled = good.clone();
    doubled
        .headers
        .push(("x-date".to_owned(), good.x_date().to_owned()));
    for changed in [body, query, swapped, doubled] {
        refused(&sim, changed, 401, "SignatureDoesNotMatch", Some(100_010)).await;
    }
    result(&good.send(&sim).await);
}

#[tokio::test]
async fn host_date_and_payload_hash_must_be_signed_and_content_type_need_not() {
    let sim = simulator().await;
    let all = ["host", "x-date", "x-content-sha256"];
    for left_out in all {
        let names = all.iter().filter(|name| **name != left_out);
        let names: Vec<_> = names.map(|name| (*name).to_owned()).collect();
        let draft = draft(&sim).hashed().sign_only(&names);
        refused(&sim, draft, 401, "SignatureDoesNotMatch", Some(100_010)).await;
    }
    let mut unhashed = draft(&sim).sign();
    unhashed
        .headers
        .retain(|(name, _)| name != "x-content-sha256");
    refused(&sim, unhashed, 400, "MissingRequestInfo", Some(100_004)).await;
    let minimal = draft(&sim).hashed().sign_only(&all.map(str::to_owned));
    result(&minimal.send(&sim).await);
}

#[tokio::test]
async fn calls_beyond_the_rate_are_refused_for_the_account() {
    let config = Config {
        calls_per_minute: Some(1),
        ..Config::default()
    };
    let sim = Simulator::start(config).await.unwrap();
    sim.freeze_clock();
    read(&sim, "DescribeInstances", &[]).await;
    let code = "AccountFlowLimitExceeded";
    refused(&sim, draft(&sim).sign(), 429, code, Some(100_027)).await;
    pass(&sim, 60);
    read(&sim, "DescribeInstances", &[]).await;
}

#[tokio::test]
async fn an_alibaba_request_at_the_same_path_is_not_taken_for_volcengines() {
    let sim = simulator().await;
    let draft = draft(&sim).set("authorization", "ACS3-HMAC-SHA256 Credential=x");
    let reply = draft.send(&sim).await;
    assert_eq!(reply.code(), "InvalidApi.NotFound");
}
