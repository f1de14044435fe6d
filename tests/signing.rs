//! The signers against published vectors, byte for byte.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "signing/volcengine.rs"]
mod volcengine;

use std::{collections::BTreeMap, sync::Arc};

use restart_operator::cloud::{
    Access, Signature,
    alibaba::{acs3, call, roa},
    credential::Credential,
    hex,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors<E> {
    vectors: Vec<Vector<E>>,
}

#[derive(Deserialize)]
struct Vector<E> {
    id: String,
    api: Api,
    credentials: Credentials,
    request: Request,
    expected: E,
}

#[derive(Deserialize)]
struct Api {
    version: String,
    action: String,
}

#[derive(Deserialize)]
struct Credentials {
    access_key_id: String,
    access_key_secret: String,
    security_token: Option<String>,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    host: String,
    path: String,
    query: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    body: Option<String>,
}

#[derive(Deserialize)]
struct Acs3Expected {
    canonical_query: String,
    signed_headers: String,
    hashed_payload: String,
    canonical_request: String,
    string_to_sign: String,
    signature: String,
    authorization: String,
}

#[derive(Deserialize)]
struct RoaExpected {
    string_to_sign: String,
    signature: String,
    authorization: String,
}

fn vectors() -> Vec<Vector<Acs3Expected>> {
    let text = include_str!("vectors/alibaba-acs3-hmac-sha256.json");
    serde_json::from_str::<Vectors<_>>(text).unwrap().vectors
}

fn roa_vectors() -> Vec<Vector<RoaExpected>> {
    let text = include_str!("vectors/alibaba-roa-hmac-sha1.json");
    serde_json::from_str::<Vectors<_>>(text).unwrap().vectors
}

fn access(credentials: Credentials, host: &str, signature: Signature) -> Access {
    Access {
        credential: Arc::new(Credential::new(
            credentials.access_key_id,
            credentials.access_key_secret.into(),
            credentials.security_token.map(Into::into),
        )),
        endpoint: format!("https://{host}"),
        creators: vec![],
        signature,
    }
}

/// The call that a vector is about.
fn call_of(api: Api, request: &Request) -> call::Call<'_> {
    call::Call {
        version: api.version.leak(),
        action: api.action.leak(),
        region: None,
        method: request.method.parse().unwrap(),
        path: request.path.clone().leak(),
        query: request
            .query
            .iter()
            .map(|(name, value)| (name.clone().leak() as &'static str, value.as_str()))
            .collect(),
    }
}

#[test]
fn every_published_roa_vector_is_signed_to_the_byte() {
    let vectors = roa_vectors();
    assert_eq!(vectors.len(), 15);
    for Vector {
        id,
        credentials,
        request,
        expected,
        ..
    } in vectors
    {
        let query: Vec<(&str, &str)> = request
            .query
            .iter()
            .rev()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        let headers: Vec<(String, &str)> = request
            .headers
            .iter()
            .rev()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.as_str()))
            .collect();
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (n.as_str(), *v)).collect();
        let to_sign = roa::Request {
            method: &request.method,
            path: &request.path,
            query: &query,
            headers: &headers,
        };
        let secret = &credentials.access_key_secret;

        assert_eq!(
            roa::string_to_sign(&to_sign),
            expected.string_to_sign,
            "{id}"
        );
        assert_eq!(roa::signature(&to_sign, secret), expected.signature, "{id}");
        assert_eq!(
            roa::authorization(&to_sign, &credentials.access_key_id, secret),
            expected.authorization,
            "{id}"
        );
    }
}

/// The vendor's client adds one header about where its credential comes from, which is signed; so
/// this compares all other headers, and the string to sign without that line.
#[test]
fn the_roa_call_that_is_sent_is_the_call_of_the_vendors_client() {
    let mut compared = 0;
    for vector in roa_vectors() {
        let legacy = vector.id.contains("legacy");
        let with_query = !vector.request.query.is_empty();
        if legacy || !with_query || vector.request.body.is_some() || vector.id.contains("empty") {
            continue;
        }
        compared += 1;
        let Vector {
            id,
            api,
            credentials,
            request,
            expected,
        } = vector;
        let (key, secret) = (
            credentials.access_key_id.clone(),
            credentials.access_key_secret.clone(),
        );
        let access = access(credentials, &request.host, Signature::Roa);
        let call = call_of(api, &request);
        let date = "2025-11-21T08:09:10Z".parse().unwrap();
        let nonce = &request.headers["x-acs-signature-nonce"];

        let outgoing = call::sign(&access, &call, date, nonce);

        let not_ours = ["host", "user-agent", "x-acs-credentials-provider"];
        for (name, value) in &request.headers {
            if !not_ours.contains(&name.as_str()) {
                assert_eq!(outgoing.get(name), Some(value.as_str()), "{id} {name}");
            }
        }
        let sent: Vec<(&str, &str)> = outgoing
            .headers()
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let to_sign = roa::Request {
            method: &request.method,
            path: &request.path,
            query: &call.query,
            headers: &sent,
        };
        let theirs: Vec<&str> = expected
            .string_to_sign
            .split('\n')
            .filter(|line| !line.starts_with("x-acs-credentials-provider:"))
            .collect();
        assert_eq!(roa::string_to_sign(&to_sign), theirs.join("\n"), "{id}");
        assert_eq!(
            outgoing.get("authorization"),
            Some(roa::authorization(&to_sign, &key, &secret).as_str()),
            "{id}"
        );
        let query = acs3::canonical_query(&call.query);
        assert_eq!(
            outgoing.url(),
            format!("https://{}{}?{query}", request.host, call.path),
            "{id}"
        );
    }
    assert_eq!(compared, 7);
}

#[test]
fn every_published_vector_is_signed_to_the_byte() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 17);
    for Vector {
        id,
        credentials,
        request,
        expected,
        ..
    } in vectors
    {
        let query: Vec<(&str, &str)> = request
            .query
            .iter()
            .rev()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        let canonical_query = acs3::canonical_query(&query);
        let body = request.body.unwrap_or_default();
        let payload_hash = acs3::payload_hash(body.as_bytes());
        let signed: Vec<&str> = expected.signed_headers.split(';').collect();
        let headers: Vec<(&str, &str)> = signed
            .iter()
            .rev()
            .map(|name| (*name, request.headers[*name].as_str()))
            .collect();
        let to_sign = acs3::Request {
            method: &request.method,
            path: &request.path,
            canonical_query: &canonical_query,
            headers: &headers,
            payload_hash: &payload_hash,
        };
        let secret = &credentials.access_key_secret;

        assert_eq!(canonical_query, expected.canonical_query, "{id}");
        assert_eq!(payload_hash, expected.hashed_payload, "{id}");
        assert_eq!(
            acs3::signed_headers(&to_sign),
            expected.signed_headers,
            "{id}"
        );
        assert_eq!(
            acs3::canonical_request(&to_sign),
            expected.canonical_request,
            "{id}"
        );
        assert_eq!(
            acs3::string_to_sign(&to_sign),
            expected.string_to_sign,
            "{id}"
        );
        assert_eq!(
            acs3::signature(&to_sign, secret),
            expected.signature,
            "{id}"
        );
        assert_eq!(
            acs3::authorization(&to_sign, &credentials.access_key_id, secret),
            expected.authorization,
            "{id}"
        );
    }
}

#[test]
fn the_call_that_is_sent_carries_what_the_minimal_vectors_sign() {
    let mut compared = 0;
    for vector in vectors() {
        let minimal = vector.id.contains("minimal") && vector.request.body.is_none();
        if !minimal {
            continue;
        }
        compared += 1;
        let Vector {
            id,
            api,
            credentials,
            request,
            expected,
        } = vector;
        let access = access(credentials, &request.host, Signature::Acs3);
        let call = call_of(api, &request);
        let date = request.headers["x-acs-date"].parse().unwrap();
        let nonce = &request.headers["x-acs-signature-nonce"];

        let outgoing = call::sign(&access, &call, date, nonce);

        assert_eq!(
            outgoing.url(),
            format!(
                "https://{}{}?{}",
                request.host, call.path, expected.canonical_query
            ),
            "{id}"
        );
        assert_eq!(
            outgoing.get("authorization"),
            Some(expected.authorization.as_str()),
            "{id}"
        );
        for (name, value) in request.headers.iter().filter(|(name, _)| *name != "host") {
            assert_eq!(outgoing.get(name), Some(value.as_str()), "{id} {name}");
        }
    }
    assert_eq!(compared, 3);
}

#[test]
fn the_url_that_is_sent_is_the_url_that_is_signed() {
    let query = acs3::canonical_query(&[
        ("Key", "a b&c=d/e?f%g~h*i'j\"(k)[l]+m,n:o\u{4e2d}\r\n"),
        ("A", ""),
    ]);
    let url = format!("https://host.example/pop/v1?{query}");
    assert_eq!(reqwest::Url::parse(&url).unwrap().as_str(), url);
}

#[test]
fn hmac_sha256_agrees_with_rfc_4231() {
    let cases: [(Vec<u8>, Vec<u8>, &str); 6] = [
        (
            vec![0x0b; 20],
            b"Hi There".to_vec(),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (
            b"Jefe".to_vec(),
            b"what do ya want for nothing?".to_vec(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            vec![0xaa; 20],
            vec![0xdd; 50],
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
        ),
        (
            (1..=25).collect(),
            vec![0xcd; 50],
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
        ),
        (
            vec![0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
        (
            vec![0xaa; 131],
            b"This is a test using a larger than block-size key and a larger than block-size data. \
              The key needs to be hashed before being used by the HMAC algorithm."
                .to_vec(),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
        ),
    ];
    for (key, message, expected) in cases {
        assert_eq!(hex::lower(&acs3::hmac_sha256(&key, &message)), expected);
    }
}

#[test]
fn hmac_sha1_agrees_with_rfc_2202() {
    let cases: [(Vec<u8>, Vec<u8>, &str); 4] = [
        (
            vec![0x0b; 20],
            b"Hi There".to_vec(),
            "b617318655057264e28bc0b6fb378c8ef146be00",
        ),
        (
            b"Jefe".to_vec(),
            b"what do ya want for nothing?".to_vec(),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
        ),
        (
            vec![0xaa; 20],
            vec![0xdd; 50],
            "125d7342b9ac11cd91a39af48aa17b4f63f175d3",
        ),
        (
            vec![0xaa; 80],
            b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112",
        ),
    ];
    for (key, message, expected) in cases {
        assert_eq!(hex::lower(&roa::hmac_sha1(&key, &message)), expected);
    }
}
