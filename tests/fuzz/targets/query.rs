//! The canonical query of both signatures: what is signed is exactly what is sent.

use percent_encoding::percent_decode_str;
use restart_operator::cloud::{
    alibaba::acs3,
    volcengine::sign::{self, form},
};

/// Names and values stand in turn, with line feeds between them.
pub(crate) fn canonical(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let words: Vec<&str> = text.split('\n').collect();
    let pairs: Vec<(&str, &str)> = words
        .chunks(2)
        .map(|pair| (pair[0], pair.get(1).copied().unwrap_or_default()))
        .collect();
    for canonical in [acs3::canonical_query, sign::canonical_query] {
        let query = canonical(&pairs);
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.~%=&".contains(c);
        assert!(query.chars().all(plain), "{query}");
        assert_eq!(sorted(decoded(&query)), sorted(owned(&pairs)));
        let reversed: Vec<_> = pairs.iter().rev().copied().collect();
        assert_eq!(
            canonical(&reversed),
            query,
            "the order of the caller counts"
        );
    }
    assert_eq!(decoded(&form(&pairs).replace('+', "%20")), owned(&pairs));
}

fn decoded(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pairs = query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = pairs.iter().map(|(name, value)| (*name, *value));
    owned.map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
}

fn sorted(mut pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    pairs.sort();
    pairs
}
