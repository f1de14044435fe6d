//! The operator, broken on purpose: each mutant lacks one rule of the protocol. The shipped code stays
//! as it is; what it is told, or what becomes of what it asks for, is bent here.

use std::sync::Arc;

use bytes::Bytes;
use cloudsim::DEFAULT_CREATOR;
use futures::future::BoxFuture;
use http::{HeaderValue, Method, Request, Response};
use jiff::{SignedDuration, Timestamp};
use restart_operator::{
    cloud::{
        Access, Clock, Provider,
        error::{CloudError, Delivery, Retry},
        permit::{Mine, Permit, Permits},
        types::{
            Answer, Candidate, Check, Following, Look, OrderId, OrderReport, Submission, Target,
        },
    },
    controller::view::View,
};
use serde_json::{Value, json};

use crate::{
    cloud::STRANGERS,
    net::{Message, Outbox},
    store::UNCONDITIONAL,
    time::{MINUTE, at},
};

/// A rule that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// M1: the right to send is given when the write of the intent is sent, not when it is stored.
    CallBeforeIntent,
    /// M2: the intent is written without resource version and UID.
    IntentWithoutVersion,
    /// M3: an open intent of another process counts as unsent and ours.
    TakeoverCalls,
    /// M4: an answer that proves nothing is taken for a rejection.
    AmbiguousIsRejection,
    /// M5: the transport sends a restart call again by itself.
    TransportRetry,
    /// M6: a call is signed with the time at which it is sent.
    SignAtSend,
    /// M7: orders are adopted whoever made them.
    AdoptAnyCreator,
    /// M7: orders are adopted that were there before the call.
    AdoptAnyAge,
    /// M7: orders are adopted whatever they do.
    AdoptAnyType,
    /// M7: orders are adopted whenever they started.
    AdoptAnyTime,
    /// M7: orders are adopted that another request has recorded.
    AdoptRecorded,
    /// M8: the label of a restored object is not seen.
    RestoredRuns,
    /// M8: the start deadline does not count from the creation.
    DeadlineFromNow,
    /// M9a: a call with a token is sent again without a takeover.
    ResendWithoutTakeover,
    /// M9b: a rejection after a takeover releases the attempt.
    ReleaseAfterTakeover,
    /// M10: a call with a token is sent again after its window, signed anew.
    UnboundedResend,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::CallBeforeIntent,
        Self::IntentWithoutVersion,
        Self::TakeoverCalls,
        Self::AmbiguousIsRejection,
        Self::TransportRetry,
        Self::SignAtSend,
        Self::AdoptAnyCreator,
        Self::AdoptAnyAge,
        Self::AdoptAnyType,
        Self::AdoptAnyTime,
        Self::AdoptRecorded,
        Self::RestoredRuns,
        Self::DeadlineFromNow,
        Self::ResendWithoutTakeover,
        Self::ReleaseAfterTakeover,
        Self::UnboundedResend,
    ];
}

/// What is done to requests to the API server and to what comes back.
#[derive(Clone, Copy, Debug, Default)]
pub struct KubeBend(pub Option<Mutant>);

impl KubeBend {
    /// An answer in place of the server's, or a change of the request.
    #[must_use]
    pub fn instead(self, request: &mut Request<Bytes>, outbox: &Outbox) -> Option<Response<Bytes>> {
        let mutant = self.0?;
        if request.method() != Method::PUT {
            return None;
        }
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        if body["status"]["phase"] != json!("Submitting") {
            return None;
        }
        if mutant == Mutant::IntentWithoutVersion {
            request
                .headers_mut()
                .insert(UNCONDITIONAL, HeaderValue::from_static("1"));
        }
        if mutant == Mutant::CallBeforeIntent {
            outbox.post(Message::Kube(request.clone()));
            return Some(Response::new(request.body().clone()));
        }
        None
    }

    /// What the operator sees of an answer.
    #[must_use]
    pub fn seen(self, body: Bytes) -> Bytes {
        let Some(mutant) = self.0.filter(|mutant| mutant.bends_objects()) else {
            return body;
        };
        let Ok(mut value) = serde_json::from_slice::<Value>(&body) else {
            return body;
        };
        if let Some(items) = value["items"].as_array_mut() {
            for item in items {
                if mutant == Mutant::AdoptRecorded && item["status"]["changeOrder"].is_object() {
                    item["status"]["changeOrder"]["id"] = json!("another");
                }
                bend_object(mutant, item);
            }
        } else {
            bend_object(mutant, &mut value);
        }
        Bytes::from(value.to_string())
    }

    /// What the operator sees of a cached object.
    #[must_use]
    pub fn cached(self, view: &Arc<View>) -> Arc<View> {
        let Some(mutant) = self.0.filter(|mutant| mutant.bends_objects()) else {
            return Arc::clone(view);
        };
        let Ok(object) = &view.object else {
            return Arc::clone(view);
        };
        let mut value = serde_json::to_value(&**object).unwrap();
        bend_object(mutant, &mut value);
        Arc::new(serde_json::from_value(value).unwrap())
    }
}

impl Mutant {
    const fn bends_objects(self) -> bool {
        matches!(
            self,
            Self::AdoptRecorded
                | Self::RestoredRuns
                | Self::DeadlineFromNow
                | Self::ReleaseAfterTakeover
        )
    }
}

fn bend_object(mutant: Mutant, object: &mut Value) {
    if object["kind"] != json!("RestartRequest") {
        return;
    }
    if mutant == Mutant::RestoredRuns {
        object["metadata"]["labels"] = json!({});
    }
    if mutant == Mutant::DeadlineFromNow {
        object["metadata"]["creationTimestamp"] = json!(at(24 * 60 * MINUTE));
    }
    if mutant == Mutant::ReleaseAfterTakeover && object["status"]["attempt"].is_object() {
        object["status"]["attempt"]["owned"] = json!(0);
    }
}

/// What is done to calls of the cloud and to what comes back.
#[derive(Clone, Copy, Debug, Default)]
pub struct CloudBend {
    /// A restart call without an answer is sent again.
    pub repeats: bool,
    creators: bool,
    types: bool,
}

impl CloudBend {
    /// Of a mutant.
    #[must_use]
    pub fn of(mutant: Option<Mutant>) -> Self {
        Self {
            repeats: mutant == Some(Mutant::TransportRetry),
            creators: mutant == Some(Mutant::AdoptAnyCreator),
            types: mutant == Some(Mutant::AdoptAnyType),
        }
    }

    /// What the operator sees of an answer.
    #[must_use]
    pub fn seen(self, body: Vec<u8>) -> Vec<u8> {
        if !self.creators && !self.types {
            return body;
        }
        let mut text = String::from_utf8_lossy(&body).into_owned();
        if self.creators {
            for stranger in STRANGERS {
                text = text.replace(stranger, DEFAULT_CREATOR);
            }
            text = text.replace(r#""Source":"console""#, r#""Source":"pop""#);
        }
        if self.types {
            text = text.replace("CoDeploy", "CoRestartApplication");
        }
        text.into_bytes()
    }
}

/// The provider of a broken operator, or the shipped one as it is.
#[must_use]
pub fn bend(
    inner: Arc<dyn Provider>,
    mutant: Option<Mutant>,
    clock: Arc<dyn Clock>,
    outbox: Outbox,
) -> Arc<dyn Provider> {
    match mutant {
        None => inner,
        Some(mutant) => Arc::new(Bent {
            inner,
            mutant,
            clock,
            outbox,
            permits: Permits::default(),
        }),
    }
}

struct Bent {
    inner: Arc<dyn Provider>,
    mutant: Mutant,
    clock: Arc<dyn Clock>,
    outbox: Outbox,
    permits: Permits,
}

impl Bent {
    /// A right to send that nobody may have.
    fn steal(&self, call: &Submission) -> Option<Permit> {
        let far = self.clock.boot() * 2;
        self.permits.hold(call.attempt.clone(), far);
        self.permits.take(&call.attempt, self.clock.boot()).ok()
    }

    fn is_over(&self, call: &Submission) -> bool {
        self.clock.wall() > call.not_after
    }

    async fn send(
        &self,
        access: &Access,
        target: &Target,
        call: &Submission,
        permit: Permit,
    ) -> Answer {
        // From here on the attempt is this process' own.
        let far = self.clock.boot() * 2;
        self.permits.hold(call.attempt.clone(), far);
        let resigned;
        let mut call = call;
        if self.mutant == Mutant::SignAtSend {
            self.outbox.ask(Message::Connect).await;
            resigned = Submission {
                signed_at: whole(self.clock.wall()),
                ..call.clone()
            };
            call = &resigned;
        }
        let answer = self.inner.submit(access, target, call, permit).await;
        match answer {
            Answer::Ambiguous(error) if self.mutant == Mutant::AmbiguousIsRejection => {
                Answer::Rejected(CloudError {
                    delivery: Delivery::NotSent,
                    retry: Retry::Later,
                    ..error
                })
            }
            Answer::Ambiguous(_)
                if self.mutant == Mutant::ResendWithoutTakeover && target.product().has_token() =>
            {
                match self.steal(call) {
                    Some(permit) => self.inner.submit(access, target, call, permit).await,
                    None => answer,
                }
            }
            answer => answer,
        }
    }

    async fn look(
        &self,
        access: &Access,
        target: &Target,
        call: &Submission,
    ) -> Result<Look, CloudError> {
        let takes = self.mutant == Mutant::TakeoverCalls && !self.is_over(call);
        let resends = self.mutant == Mutant::UnboundedResend
            && target.product().has_token()
            && self.is_over(call);
        if (takes || resends)
            && self.permits.mine(&call.attempt) == Mine::NotMine
            && let Some(permit) = self.steal(call)
        {
            let mut again = call.clone();
            if resends {
                again.signed_at = whole(self.clock.wall());
            }
            let _ = self.inner.submit(access, target, &again, permit).await;
        }
        let mut call = call.clone();
        if self.mutant == Mutant::AdoptAnyAge {
            call.baseline = Vec::new();
        }
        if self.mutant == Mutant::AdoptAnyTime {
            call.signed_at = Timestamp::UNIX_EPOCH;
            call.not_after += SignedDuration::from_hours(1_000);
        }
        self.inner.resolve(access, target, &call).await
    }
}

fn whole(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap()
}

impl Provider for Bent {
    fn check<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
    ) -> BoxFuture<'a, Result<Check, CloudError>> {
        self.inner.check(access, target)
    }

    fn submit<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        call: &'a Submission,
        permit: Permit,
    ) -> BoxFuture<'a, Answer> {
        Box::pin(self.send(access, target, call, permit))
    }

    fn resolve<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        call: &'a Submission,
    ) -> BoxFuture<'a, Result<Look, CloudError>> {
        Box::pin(self.look(access, target, call))
    }

    fn forgotten<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        since: Timestamp,
        known: &'a [OrderId],
    ) -> BoxFuture<'a, Result<Vec<Candidate>, CloudError>> {
        self.inner.forgotten(access, target, since, known)
    }

    fn poll<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        following: &'a Following,
    ) -> BoxFuture<'a, Result<OrderReport, CloudError>> {
        self.inner.poll(access, target, following)
    }

    fn abort<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        following: &'a Following,
    ) -> BoxFuture<'a, Result<(), CloudError>> {
        self.inner.abort(access, target, following)
    }

    fn creator<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        order: &'a OrderId,
    ) -> BoxFuture<'a, Result<Option<String>, CloudError>> {
        self.inner.creator(access, target, order)
    }
}
