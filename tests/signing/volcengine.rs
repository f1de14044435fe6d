//! HMAC-SHA256 of Volcengine: made by the official SDK with a frozen clock.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use restart_operator::cloud::{
    Access, Signature,
    credential::Credential,
    hex,
    types::{AttemptId, Submission, VolcengineInstances},
    volcengine::{call, sign},
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    input: Input,
    expected: Expected,
}

#[derive(Deserialize)]
struct Input {
    method: String,
    host: String,
    path: String,
    query: Vec<(String, String)>,
    headers: BTreeMap<String, String>,
    form: Option<Vec<(String, String)>>,
    body: String,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    region: String,
    service: String,
    x_date: String,
    unix_time: i64,
}

#[derive(Deserialize)]
struct Expected {
    canonical_query: String,
    body_sha256: String,
    signed_headers: String,
    canonical_request: String,
    credential_scope: String,
    string_to_sign: String,
    signing_key_hex: String,
    signature: String,
    authorization: String,
    request_headers: BTreeMap<String, String>,
}

fn vectors() -> Vec<Vector> {
    let text = include_str!("../vectors/volcengine-hmac-sha256.json");
    let vectors = serde_json::from_str::<Vectors>(text).unwrap().vectors;
    assert_eq!(vectors.len(), 18);
    vectors
}

fn pairs(list: &[(String, String)]) -> Vec<(&str, &str)> {
    call::borrowed(list)
}

#[test]
fn every_vector_is_signed_to_the_byte() {
    for Vector {
        name,
        input,
        expected,
    } in vectors()
    {
        if let Some(form) = &input.form {
            assert_eq!(sign::form(&pairs(form)), input.body, "{name}");
        }
        let canonical_query = sign::canonical_query(&pairs(&input.query));
        let body_hash = sign::body_hash(input.body.as_bytes());
        // All headers that the SDK sent, but the one to be made.
        let headers: Vec<(String, String)> = expected
            .request_headers
            .iter()
            .rev()
            .filter(|(header, _)| *header != "Authorization")
            .map(|(header, value)| (header.to_ascii_lowercase(), value.clone()))
            .collect();
        let request = sign::Request {
            method: &input.method,
            path: &input.path,
            canonical_query: &canonical_query,
            headers: &pairs(&headers),
            body_hash: &body_hash,
        };
        let scope = sign::Scope {
            date: &input.x_date,
            region: &input.region,
            service: &input.service,
        };
        let secret = &input.secret_access_key;
        let key = hex::lower(&sign::signing_key(secret, &scope));

        assert_eq!(canonical_query, expected.canonical_query, "{name}");
        assert_eq!(body_hash, expected.body_sha256, "{name}");
        let names = sign::signed_headers(&request);
        assert_eq!(names, expected.signed_headers, "{name}");
        let canonical = sign::canonical_request(&request);
        assert_eq!(canonical, expected.canonical_request, "{name}");
        assert_eq!(scope.text(), expected.credential_scope, "{name}");
        let text = sign::string_to_sign(&request, &scope);
        assert_eq!(text, expected.string_to_sign, "{name}");
        assert_eq!(key, expected.signing_key_hex, "{name}");
        let signature = sign::signature(&request, &scope, secret);
        assert_eq!(signature, expected.signature, "{name}");
        let whole = sign::authorization(&request, &scope, &input.access_key_id, secret);
        assert_eq!(whole, expected.authorization, "{name}");
    }
}

fn access(input: &Input) -> Access {
    Access {
        credential: Arc::new(Credential::new(
            input.access_key_id.clone(),
            input.secret_access_key.clone().into(),
            input.session_token.clone().map(Into::into),
        )),
        endpoint: format!("https://{}", input.host),
        creators: vec![],
        signature: Signature::default(),
    }
}

#[test]
fn a_read_that_is_sent_carries_what_the_vectors_sign() {
    let mut compared = 0;
    for Vector {
        name,
        input,
        expected,
    } in vectors()
    {
        let [(action, what), (version, number), parameters @ ..] = &input.query[..] else {
            panic!("{name} has no action");
        };
        assert_eq!((action.as_str(), version.as_str()), ("Action", "Version"));
        let plain = input.method == "GET" && input.headers.is_empty();
        if !plain || number != call::VERSION || input.service != "ecs" {
            continue;
        }
        compared += 1;
        let date = Timestamp::from_second(input.unix_time).unwrap();
        let sent = call::read(
            &access(&input),
            &input.region,
            what,
            &pairs(parameters),
            date,
        );

        let url = format!("https://{}/?{}", input.host, expected.canonical_query);
        assert_eq!(sent.url(), url, "{name}");
        assert_eq!((sent.method().as_str(), sent.body()), ("GET", ""), "{name}");
        for (header, value) in &expected.request_headers {
            if header != "Host" {
                let given = sent.get(&header.to_ascii_lowercase());
                assert_eq!(given, Some(value.as_str()), "{name} {header}");
            }
        }
    }
    assert_eq!(compared, 11);
}

fn reboot() -> (VolcengineInstances, Submission) {
    let signed_at: Timestamp = "2024-01-15T08:30:00Z".parse().unwrap();
    let target = VolcengineInstances {
        region: "cn-beijing".into(),
        instance_ids: vec!["i-a".into(), "i-b".into()],
        force_stop: false,
        allow_bare_metal: true,
    };
    let call = Submission {
        attempt: AttemptId("0".repeat(32)),
        number: 1,
        owned: 0,
        signed_at,
        not_after: signed_at + SignedDuration::from_secs(120),
        target_hash: String::new(),
        nonce: "3f0b52f3-3c0e-5d53-a1ab-2f3c1e6f0a11".into(),
        credential: String::new(),
        baseline: vec![],
    };
    (target, call)
}

#[test]
fn a_reboot_is_a_form_whose_hash_its_expiry_and_its_token_are_signed() {
    let input = vectors().remove(0).input;
    let (target, call) = reboot();
    let sent = call::reboot(&access(&input), &target, &call);
    assert_eq!(sent.method().as_str(), "POST");
    assert_eq!(
        sent.url(),
        format!(
            "https://{}/?Action=RebootInstances&Version=2020-04-01&X-Expires=120",
            input.host
        )
    );
    assert_eq!(
        sent.body(),
        "InstanceIds.1=i-a&InstanceIds.2=i-b&ForceStop=false\
         &ClientToken=3f0b52f3-3c0e-5d53-a1ab-2f3c1e6f0a11"
    );
    assert_eq!(sent.get("x-date"), Some("20240115T083000Z"));
    assert_eq!(
        sent.get("x-content-sha256"),
        Some(sign::body_hash(sent.body().as_bytes()).as_str())
    );
    let authorization = sent.get("authorization").unwrap();
    assert!(
        authorization.contains(
            "/20240115/cn-beijing/ecs/request, \
             SignedHeaders=content-type;host;x-content-sha256;x-date, "
        ),
        "{authorization}"
    );
}

#[test]
fn a_taken_over_reboot_has_the_same_bytes() {
    let input = vectors().remove(0).input;
    let (target, first) = reboot();
    let second = Submission {
        attempt: AttemptId("1".repeat(32)),
        owned: 1,
        ..first.clone()
    };
    let sent = |call| {
        let sent = call::reboot(&access(&input), &target, call);
        (
            sent.url().to_owned(),
            sent.body().to_owned(),
            sent.headers().to_vec(),
        )
    };
    assert_eq!(sent(&first), sent(&second));
}
