//! A simulator inside another simulation: no server, no real clock, no waiting. The same
//! configuration, seed and calls give the same answers, byte for byte.

use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use jiff::Timestamp;

use crate::answer::{AnswerBody, Outcome};
use crate::clock::Clock;
use crate::config::Config;
use crate::control::Control;
use crate::state::State;
use crate::{Incoming, journey};

/// A simulator that is called directly. Its clock stands still until it is told the time.
///
/// Everything a test does to it is a method of [`Control`], to which it dereferences.
#[derive(Debug)]
pub struct Inside {
    state: Arc<State>,
    control: Control,
}

impl Inside {
    /// `seed` makes its ids.
    pub fn new(config: Config, seed: u64, now: Timestamp) -> Self {
        let state = Arc::new(State::with_clock(config, Clock::standing(now), seed));
        Self {
            control: Control::new(Arc::clone(&state)),
            state,
        }
    }

    /// Tells it the time.
    pub fn set_time(&self, now: Timestamp) {
        self.state.clock.stand_at(now);
    }

    /// Handles a request now: checked, executed and answered in one instant. `None`: a fault closed
    /// the connection, or keeps it open for ever. Faults that wait, hold or repeat are the caller's
    /// to make, and are passed over; so are those about the pace of a body.
    pub fn deliver(&self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        let headers = request.headers().iter().map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), text)
        });
        let incoming = Incoming {
            method: request.method().as_str().to_owned(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            headers: headers.collect(),
            body: request.body().clone(),
        };
        let Outcome::Answer(answer) = journey::at_once(&self.state, &incoming) else {
            return None;
        };
        let body = match answer.body {
            AnswerBody::Whole(body) => body,
            AnswerBody::Cut { .. } | AnswerBody::Drip { .. } => return None,
        };
        let mut response = Response::new(body);
        *response.status_mut() = http::StatusCode::from_u16(answer.http).ok()?;
        for (name, value) in answer.headers {
            let name = HeaderName::try_from(name).ok()?;
            response
                .headers_mut()
                .append(name, HeaderValue::try_from(value).ok()?);
        }
        Some(response)
    }
}

impl Deref for Inside {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.control
    }
}
