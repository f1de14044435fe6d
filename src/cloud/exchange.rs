//! One call and its answer as plain data, between the signers, the HTTP clients and the
//! classifiers. Nothing here sends or understands anything.

use std::fmt;

use ::http::{HeaderMap, Method, header};
use jiff::Timestamp;

use super::error::{Delivery, Kind};

/// One signed request, ready to be sent. Its `Debug` shows neither the URL nor the body nor any
/// header value.
pub struct Outgoing {
    method: Method,
    url: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Outgoing {
    /// The URL text is sent as it is, so it must already be percent-encoded. No body.
    #[must_use]
    pub const fn new(method: Method, url: String) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            body: String::new(),
        }
    }

    /// The same request with a body; empty for none.
    #[must_use]
    pub fn with_body(self, body: String) -> Self {
        Self { body, ..self }
    }

    /// Adds a header; the name in lower case.
    pub fn header(&mut self, name: &'static str, value: &str) {
        self.headers.push((name, value.to_owned()));
    }

    /// The URL as it is sent.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The verb.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// The body as it is sent; empty for none.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Names and values of all headers.
    #[must_use]
    pub fn headers(&self) -> &[(&'static str, String)] {
        &self.headers
    }

    /// The value of a header.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outgoing({})", self.method)
    }
}

/// A complete answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Header block.
    pub headers: HeaderMap,
    /// Body, at most `http::BODY_CAP` bytes.
    pub body: Vec<u8>,
}

impl Reply {
    /// The cloud's clock when it answered: the `Date` header, whole seconds.
    #[must_use]
    pub fn date(&self) -> Option<Timestamp> {
        let text = self.headers.get(header::DATE)?.to_str().ok()?;
        jiff::fmt::rfc2822::DateTimeParser::new()
            .parse_timestamp(text)
            .ok()
    }
}

/// A call without a complete answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// [`Delivery::NotSent`] or [`Delivery::Unknown`].
    pub delivery: Delivery,
    /// Can trying again help?
    pub kind: Kind,
    /// One cleaned line, without URL.
    pub message: String,
}
