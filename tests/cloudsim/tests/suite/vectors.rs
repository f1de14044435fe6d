//! The published signature vectors, checked against the verifier's pure functions.

use cloudsim::acs3::{self, Authorization, SignedRequest};
use serde_json::Value;

use crate::client::escape;

/// The vectors of a file.
pub(crate) fn read(file: &str) -> Vec<Seen> {
    let file: Value = serde_json::from_str(file).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    vectors.iter().cloned().map(Seen::new).collect()
}

fn vectors() -> Vec<Seen> {
    read(include_str!("../vectors/alibaba-acs3-hmac-sha256.json"))
}

/// The parts of a vector that a verifier sees, with a raw query in an order that is not sorted.
pub(crate) struct Seen {
    vector: Value,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Seen {
    fn new(vector: Value) -> Self {
        let request = &vector["request"];
        let query = request["query"].as_object().unwrap().iter().rev();
        let query = query.map(|(name, value)| format!("{}={}", escape(name), escape(text(value))));
        let query = query.collect::<Vec<_>>().join("&");
        let headers = request["headers"].as_object().unwrap().iter();
        let headers = headers.map(|(name, value)| (name.to_lowercase(), text(value).to_owned()));
        let headers = headers.collect();
        Self {
            vector,
            query,
            headers,
        }
    }

    pub(crate) fn request<'a>(&'a self, raw_query: &'a str) -> SignedRequest<'a> {
        let request = &self.vector["request"];
        SignedRequest {
            method: text(&request["method"]),
            path: text(&request["path"]),
            raw_query,
            headers: &self.headers,
            body: request["body"].as_str().unwrap_or_default().as_bytes(),
        }
    }

    pub(crate) fn expected(&self, name: &str) -> &str {
        text(&self.vector["expected"][name])
    }

    pub(crate) fn id(&self) -> &str {
        text(&self.vector["id"])
    }

    pub(crate) fn secret(&self) -> &str {
        text(&self.vector["credentials"]["access_key_secret"])
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn every_vector_has_the_published_canonical_form_and_is_accepted() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 17);
    for seen in vectors {
        let id = seen.id();
        let request = seen.request(&seen.query);
        let authorization = Authorization::parse(seen.expected("authorization")).unwrap();
        assert_eq!(
            acs3::canonical_query(&seen.query),
            seen.expected("canonical_query"),
            "{id}"
        );
        let canonical = acs3::canonical_request(&request, &authorization.signed_headers);
        assert_eq!(canonical, seen.expected("canonical_request"), "{id}");
        assert_eq!(
            acs3::string_to_sign(&canonical),
            seen.expected("string_to_sign"),
            "{id}"
        );
        assert_eq!(
            acs3::verify(&request, &authorization, seen.secret()),
            Ok(()),
            "{id}"
        );
    }
}

#[test]
fn the_query_as_the_official_client_writes_it_is_accepted_too() {
    for seen in vectors() {
        let url = seen.expected("sdk_wire_url");
        let raw_query = url.split_once('?').map_or("", |(_, query)| query);
        let authorization = Authorization::parse(seen.expected("authorization")).unwrap();
        let verdict = acs3::verify(&seen.request(raw_query), &authorization, seen.secret());
        assert_eq!(verdict, Ok(()), "{}", seen.id());
    }
}

#[test]
fn no_vector_is_accepted_with_another_secret_or_any_part_changed() {
    for seen in vectors() {
        let authorization = Authorization::parse(seen.expected("authorization")).unwrap();
        let good = seen.request(&seen.query);
        let more = format!("{}&Extra=1", seen.query);
        let mut later = seen.headers.clone();
        later
            .iter_mut()
            .find(|(name, _)| name == "x-acs-date")
            .unwrap()
            .1
            .replace_range(3..4, "6");
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
            assert!(acs3::verify(&request, &authorization, seen.secret()).is_err());
        }
        assert!(acs3::verify(&good, &authorization, "another secret").is_err());
    }
}
