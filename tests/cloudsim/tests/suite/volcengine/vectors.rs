//! The published signature vectors, checked against the verifier's pure functions.

use cloudsim::volcengine::Authorization;
use cloudsim::volcengine::hmac_sha256::{self, SignedRequest};
use serde_json::Value;

use crate::client::escape;

fn vectors() -> Vec<Value> {
    let file: Value =
        serde_json::from_str(include_str!("../../vectors/volcengine-hmac-sha256.json")).unwrap();
    file["vectors"].as_array().unwrap().clone()
}

/// The parts of a vector that a verifier sees, with a raw query in reversed order.
struct Seen {
    vector: Value,
    query: String,
    headers: Vec<(String, String)>,
}

impl Seen {
    fn new(vector: Value) -> Self {
        let pairs = vector["input"]["query"].as_array().unwrap().iter().rev();
        let pairs =
            pairs.map(|pair| format!("{}={}", escape(text(&pair[0])), escape(text(&pair[1]))));
        let query = pairs.collect::<Vec<_>>().join("&");
        let headers = vector["expected"]["request_headers"].as_object().unwrap();
        let headers = headers.iter();
        let headers = headers.map(|(name, value)| (name.to_lowercase(), text(value).to_owned()));
        let headers = headers.collect();
        Self {
            vector,
            query,
            headers,
        }
    }

    fn request(&self) -> SignedRequest<'_> {
        let input = &self.vector["input"];
        SignedRequest {
            method: text(&input["method"]),
            path: text(&input["path"]),
            raw_query: &self.query,
            headers: &self.headers,
            body: text(&input["body"]).as_bytes(),
        }
    }

    fn authorization(&self) -> Authorization {
        Authorization::parse(self.expected("authorization")).unwrap()
    }

    fn expected(&self, name: &str) -> &str {
        text(&self.vector["expected"][name])
    }

    fn secret(&self) -> &str {
        text(&self.vector["input"]["secret_access_key"])
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    digits.collect()
}

#[test]
fn every_vector_has_the_published_canonical_form_and_is_accepted() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 18);
    for vector in vectors {
        let seen = Seen::new(vector);
        let name = &seen.vector["name"];
        let (request, read) = (seen.request(), seen.authorization());
        let query = hmac_sha256::canonical_query(&seen.query);
        assert_eq!(query, seen.expected("canonical_query"), "{name}");
        let signed = seen.expected("signed_headers");
        assert_eq!(read.signed_headers.join(";"), signed, "{name}");
        let canonical = hmac_sha256::canonical_request(&request, &read.signed_headers);
        assert_eq!(canonical, seen.expected("canonical_request"), "{name}");
        let scope = read.scope.text();
        assert_eq!(scope, seen.expected("credential_scope"), "{name}");
        let date = text(&seen.vector["input"]["x_date"]);
        let to_sign = hmac_sha256::string_to_sign(date, &scope, &canonical);
        assert_eq!(to_sign, seen.expected("string_to_sign"), "{name}");
        let key = hmac_sha256::signing_key(seen.secret(), &read.scope);
        assert_eq!(hex(&key), seen.expected("signing_key_hex"), "{name}");
        let verdict = hmac_sha256::verify(&request, &read, seen.secret());
        assert_eq!(verdict, Ok(()), "{name}");
    }
}

#[test]
fn a_space_may_come_as_a_plus() {
    for vector in vectors() {
        let mut seen = Seen::new(vector);
        seen.query = seen.query.replace("%20", "+");
        let verdict = hmac_sha256::verify(&seen.request(), &seen.authorization(), seen.secret());
        assert_eq!(verdict, Ok(()), "{}", seen.vector["name"]);
    }
}

#[test]
fn no_vector_is_accepted_with_another_secret_or_any_part_changed() {
    for vector in vectors() {
        let seen = Seen::new(vector);
        let (good, read) = (seen.request(), seen.authorization());
        let more = format!("{}&Extra=1", seen.query);
        let mut later = seen.headers.clone();
        let date = later.iter_mut().find(|(name, _)| name == "x-date").unwrap();
        date.1.replace_range(3..4, "0");
        let changed = [
            SignedRequest {
                method: "DELETE",
                ..good
            },
            SignedRequest {
                path: "/other",
                ..good
            },
            SignedRequest {
                raw_query: &more,
                ..good
            },
            SignedRequest {
                body: b"other",
                ..good
            },
            SignedRequest {
                headers: &later,
                ..good
            },
        ];
        for request in changed {
            assert!(hmac_sha256::verify(&request, &read, seen.secret()).is_err());
        }
        let mut elsewhere = read.clone();
        elsewhere.scope.region = "cn-elsewhere".to_owned();
        assert!(hmac_sha256::verify(&good, &elsewhere, seen.secret()).is_err());
        assert!(hmac_sha256::verify(&good, &read, "another secret").is_err());
    }
}
