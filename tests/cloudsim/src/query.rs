//! Query strings: taking apart what came over the wire and writing the canonical form.
//!
//! Works on bytes, since a query need not be UTF-8. No meaning of a parameter is known here.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Names and values of a raw query in the order sent, percent-decoded; `+` is a space, as the
/// official Python SDK sends it.
pub(crate) fn pairs(raw: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let parts = raw.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(decode_pair)
        .collect()
}

/// Parameters by name, for products. The last value of a repeated name counts; bytes that are not
/// UTF-8 are replaced.
pub(crate) fn params(raw: &str) -> BTreeMap<String, String> {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    pairs(raw)
        .into_iter()
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

/// Percent-encodes everything but letters, digits and `- _ . ~`.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut encoded = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn decode_pair((name, value): (&str, &str)) -> (Vec<u8>, Vec<u8>) {
    (decode(name), decode(value))
}

/// A `%` that is not followed by two digits stands for itself.
fn decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while place < bytes.len() {
        let escaped = bytes.get(place + 1..place + 3).and_then(hex_byte);
        match (bytes[place], escaped) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                place += 3;
            }
            (b'+', _) => {
                decoded.push(b' ');
                place += 1;
            }
            (byte, _) => {
                decoded.push(byte);
                place += 1;
            }
        }
    }
    decoded
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let high = char::from(digits[0]).to_digit(16)?;
    let low = char::from(digits[1]).to_digit(16)?;
    u8::try_from(high * 16 + low).ok()
}

#[cfg(test)]
mod tests {
    use super::{encode, pairs};

    #[test]
    fn escapes_and_plus_are_decoded_and_broken_escapes_are_kept() {
        let decoded = pairs("a=b%20c+d&empty=&bare&x=%zz%4");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let decoded: Vec<_> = decoded.iter().map(|(n, v)| (text(n), text(v))).collect();
        let expected = [("a", "b c d"), ("empty", ""), ("bare", ""), ("x", "%zz%4")];
        assert_eq!(decoded, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }

    #[test]
    fn only_unreserved_characters_stay_as_they_are() {
        assert_eq!(
            encode("aZ09-_.~ /:重".as_bytes()),
            "aZ09-_.~%20%2F%3A%E9%87%8D"
        );
    }
}
