//! The published signature vectors of ROA HMAC-SHA1, checked against the verifier's pure functions.

use cloudsim::acs3::SignedRequest;
use cloudsim::roa::{self, Authorization};

use crate::vectors::{self, Seen};

fn vectors() -> Vec<Seen> {
    vectors::read(include_str!("../vectors/alibaba-roa-hmac-sha1.json"))
}

#[test]
fn every_vector_has_the_published_string_to_sign_and_is_accepted() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 15);
    for seen in vectors {
        let id = seen.id();
        let request = seen.request(&seen.query);
        let to_sign = roa::string_to_sign(&request);
        assert_eq!(to_sign, seen.expected("string_to_sign"), "{id}");
        let authorization = Authorization::parse(seen.expected("authorization")).unwrap();
        assert_eq!(authorization.signature, seen.expected("signature"), "{id}");
        let verdict = roa::verify(&request, &authorization, seen.secret());
        assert_eq!(verdict, Ok(()), "{id}");
    }
}

#[test]
fn the_query_as_the_official_client_writes_it_is_accepted_too() {
    for seen in vectors() {
        let url = seen.expected("sdk_wire_url");
        let raw_query = url.split_once('?').map_or("", |(_, query)| query);
        let authorization = Authorization::parse(seen.expected("authorization")).unwrap();
        let verdict = roa::verify(&seen.request(raw_query), &authorization, seen.secret());
        assert_eq!(verdict, Ok(()), "{}", seen.id());
    }
}

#[test]
fn no_vector_is_accepted_with_another_secret_or_any_part_changed() {
    for seen in vectors() {
        let authorization = Authorization::parse(seen.expected("authorization")).unwrap();
        let good = seen.request(&seen.query);
        let more = format!("{}&Extra=1", seen.query);
        let change = |name: &str| {
            let mut headers = seen.headers.clone();
            let header = headers.iter_mut().find(|(other, _)| other == name);
            header.unwrap().1.push('x');
            headers
        };
        let (later, other_accept, other_nonce) = (
            change("date"),
            change("accept"),
            change("x-acs-signature-nonce"),
        );
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
                headers: &later,
                ..good
            },
            SignedRequest {
                headers: &other_accept,
                ..good
            },
            SignedRequest {
                headers: &other_nonce,
                ..good
            },
        ];
        for request in changed {
            assert!(roa::verify(&request, &authorization, seen.secret()).is_err());
        }
        assert!(roa::verify(&good, &authorization, "another secret").is_err());
    }
}
