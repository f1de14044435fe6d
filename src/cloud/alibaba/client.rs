//! Sends the calls of a product: sign, send, understand, tell the observer. What follows from an
//! answer is not decided here.
//!
//! A restart call is signed with the date and nonce of its stored intent and sent once. All else
//! is signed with the present time and a random nonce.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::{
    answer,
    call::{Call, sign},
};
use crate::cloud::{
    Access, Clock,
    error::{CloudError, Delivery, Kind, Retry},
    exchange::{Failure, Reply},
    hex,
    http::Http,
    observer::CallObserver,
    permit::Permit,
    types::{Answer, Product, Submission},
};

/// Boot-clock time after which a look makes no further call.
const LOOK_TIME: Duration = Duration::from_mins(1);

/// What the calls of one product are sent with.
pub struct Client {
    /// The HTTP clients.
    pub http: Http,
    /// Signs the reads and measures the calls.
    pub clock: Arc<dyn Clock>,
    /// Is told of each call.
    pub observer: Arc<dyn CallObserver>,
    /// Whose calls they are.
    pub product: Product,
}

/// An accepted answer and the cloud's clock.
#[derive(Debug)]
pub struct Timed<T> {
    /// Content.
    pub data: T,
    /// `Date` header.
    pub date: Option<Timestamp>,
    /// Cloud clock minus ours.
    pub offset: Option<SignedDuration>,
}

impl<T> Timed<T> {
    /// The cloud's clock, where nothing can be concluded without it.
    pub fn cloud_time(&self, operation: &'static str) -> Result<Timestamp, CloudError> {
        self.date.ok_or_else(|| no_date(operation))
    }

    /// Cloud clock minus ours, where nothing can be concluded without it.
    pub fn clock_offset(&self, operation: &'static str) -> Result<SignedDuration, CloudError> {
        self.offset.ok_or_else(|| no_date(operation))
    }

    /// The same answer with other content.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Timed<U> {
        Timed {
            data: change(self.data),
            date: self.date,
            offset: self.offset,
        }
    }
}

impl Client {
    /// Sends a call that may be repeated.
    pub async fn read<T>(
        &self,
        access: &Access,
        call: &Call<'_>,
        understand: impl FnOnce(&Reply) -> Result<T, CloudError>,
    ) -> Result<Timed<T>, CloudError> {
        let nonce = nonce().map_err(|failure| answer::failed(call.action, &failure))?;
        let outgoing = sign(access, call, self.clock.wall(), &nonce);
        let started = self.clock.boot();
        let reply = self.http.read(&outgoing).await;
        let offset = self.offset(reply.as_ref().ok());
        let understood = match &reply {
            Ok(reply) => understand(reply),
            Err(failure) => Err(answer::failed(call.action, failure)),
        };
        let kind = understood.as_ref().err().map(|error| error.kind);
        self.observe(call.action, kind, started, offset);
        let date = reply.ok().and_then(|reply| reply.date());
        Ok(Timed {
            data: understood?,
            date,
            offset,
        })
    }

    /// Sends a restart call, once, if the permit is for this very attempt.
    pub async fn restart(
        &self,
        access: &Access,
        call: &Call<'_>,
        submission: &Submission,
        permit: Permit,
        understand: impl FnOnce(&Reply) -> Answer,
    ) -> Answer {
        if permit.attempt() != &submission.attempt {
            return Answer::Rejected(foreign(
                call.action,
                "the right to send is of another attempt",
            ));
        }
        let outgoing = sign(access, call, submission.signed_at, &submission.nonce);
        let started = self.clock.boot();
        let reply = self.http.submit(&outgoing).await;
        let answer = match &reply {
            Ok(reply) => understand(reply),
            Err(failure) => answer::restart_failure(call.action, failure),
        };
        let kind = match &answer {
            Answer::Accepted(_) => None,
            Answer::Rejected(error) | Answer::Ambiguous(error) => Some(error.kind),
        };
        self.observe(call.action, kind, started, self.offset(reply.as_ref().ok()));
        answer
    }

    /// A look that began then has taken long enough.
    #[must_use]
    pub fn is_late(&self, started: Duration) -> bool {
        self.clock.boot().saturating_sub(started) > LOOK_TIME
    }

    // The header has whole seconds, so the offset has too.
    fn offset(&self, reply: Option<&Reply>) -> Option<SignedDuration> {
        let cloud = reply?.date()?.as_second();
        Some(SignedDuration::from_secs(
            cloud - self.clock.wall().as_second(),
        ))
    }

    fn observe(
        &self,
        operation: &'static str,
        result: Option<Kind>,
        started: Duration,
        offset: Option<SignedDuration>,
    ) {
        let elapsed = self.clock.boot().saturating_sub(started);
        self.observer
            .called(self.product, operation, result, elapsed, offset);
    }
}

/// A call that the core never asks for, and that must not leave the process.
#[must_use]
pub fn foreign(operation: &'static str, message: &str) -> CloudError {
    CloudError {
        kind: Kind::Invalid,
        delivery: Delivery::NotSent,
        retry: Retry::Never,
        ..answer::unexpected(operation, message)
    }
}

fn no_date(operation: &'static str) -> CloudError {
    answer::unexpected(operation, "the answer has no Date header")
}

// 128 random bits: the gateway refuses a nonce that it saw before.
fn nonce() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Failure {
        delivery: Delivery::NotSent,
        kind: Kind::Transient,
        message: "the system gives no random bytes".to_owned(),
    })?;
    Ok(hex::lower(&bytes))
}
