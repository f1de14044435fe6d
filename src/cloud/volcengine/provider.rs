//! The steps that the core asks for, each as a sequence of calls. What an answer means is decided
//! in `classify`, what has become of an instance in `evidence`.

use std::{collections::HashMap, sync::Arc};

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};

use super::{
    classify,
    client::{Client, EVENTS, INSTANCES},
    codes,
    evidence::{self, Sighting},
    plan,
    verdict::{self, Verdict},
    wire::SystemEvent,
};
use crate::cloud::{
    Access, Clock, Provider,
    error::{CloudError, Delivery, Kind, Retry},
    http::Http,
    observer::CallObserver,
    permit::Permit,
    types::{
        Acceptance, Answer, Candidate, Check, Following, Look, OrderId, OrderReport, Submission,
        Target, VolcengineInstances, Warning,
    },
};

/// How old an event may be that still goes on. Undocumented; without a bound the cloud takes a day.
const MAINTENANCE: SignedDuration = SignedDuration::from_hours(7 * 24);

const GOES_ON: (&str, &str) = ("Status.1", "Executing");
const REBOOTS: (&str, &str) = ("Types.1", evidence::EVENT);

/// `Provider` for Volcengine ECS.
pub struct VolcengineProvider {
    client: Client,
}

impl VolcengineProvider {
    /// `clock` signs the reads and measures the calls; `observer` is told of each call.
    #[must_use]
    pub fn new(http: Http, clock: Arc<dyn Clock>, observer: Arc<dyn CallObserver>) -> Self {
        Self {
            client: Client::new(http, clock, observer),
        }
    }

    async fn check_instances(
        &self,
        access: &Access,
        target: &VolcengineInstances,
    ) -> Result<Check, CloudError> {
        let ids = names(&target.instance_ids);
        let answer = self.client.instances(access, &target.region, &ids).await?;
        let Some(clock_offset) = answer.offset else {
            return Err(no_date(INSTANCES));
        };
        let listed = plan::by_id(answer.data);
        plan::check_instances(target, &listed)?;
        let mut warnings = plan::warnings(target, &listed);
        let events = match self.maintenance(access, target).await {
            Ok(events) => events,
            Err(error) if is_forbidden(&error) => {
                warnings.push(missing_permission(&error));
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        Ok(Check {
            instances: i32::try_from(target.instance_ids.len()).ok(),
            effective_min_ready: None,
            call: plan::call_text(target),
            warnings,
            baseline: Vec::new(),
            running: plan::running(target, &listed, &events),
            clock_offset,
        })
    }

    async fn maintenance(
        &self,
        access: &Access,
        target: &VolcengineInstances,
    ) -> Result<Vec<SystemEvent>, CloudError> {
        let ids = names(&target.instance_ids);
        let now = self.client.clock.wall();
        let since = now.checked_sub(MAINTENANCE).unwrap_or(Timestamp::MIN);
        let read = self
            .client
            .events(access, &target.region, &ids, GOES_ON, since)
            .await?;
        Ok(read.data)
    }

    async fn reboot(
        &self,
        access: &Access,
        target: &VolcengineInstances,
        call: &Submission,
    ) -> Answer {
        let ids = &target.instance_ids;
        self.client.forget(access, &target.region, ids);
        match self.client.reboot(access, target, call).await {
            Verdict::Accepted { request_id, marks } => {
                let id = request_id.clone().unwrap_or_else(|| call.attempt.0.clone());
                Answer::Accepted(Acceptance {
                    order: OrderId(id),
                    request_id,
                    parts: evidence::accepted(ids, marks),
                })
            }
            Verdict::Refused(error) => Answer::Rejected(error),
            Verdict::EachRefused(errors) => {
                let errors = self.with_states(access, target, errors).await;
                verdict::worst(errors).map_or_else(
                    || Answer::Ambiguous(classify::unexpected(classify::REBOOT, "no answer")),
                    Answer::Rejected,
                )
            }
            Verdict::Ambiguous(error) => Answer::Ambiguous(error),
        }
    }

    // A refusal because of the state is for good or not by what the state is. If it cannot be read,
    // the preflight of the next attempt will.
    async fn with_states(
        &self,
        access: &Access,
        target: &VolcengineInstances,
        errors: Vec<CloudError>,
    ) -> Vec<CloudError> {
        let by_state = |error: &CloudError| error.code.as_deref() == Some(codes::WRONG_STATE);
        if !errors.iter().any(by_state) {
            return errors;
        }
        let ids = names(&target.instance_ids);
        let Ok(read) = self.client.instances(access, &target.region, &ids).await else {
            return errors;
        };
        let listed = plan::by_id(read.data);
        let state = |id| listed.get(id).map(|instance| instance.status.as_str());
        let with_id = errors.into_iter().zip(&target.instance_ids);
        with_id
            .map(|(error, id)| verdict::with_state(error, state(id)))
            .collect()
    }

    // There is no list of calls, and an event has no creator: what is seen here proves nothing, and
    // is for the person who has to decide.
    async fn look(
        &self,
        access: &Access,
        target: &VolcengineInstances,
        call: &Submission,
    ) -> Result<Look, CloudError> {
        let ids = names(&target.instance_ids);
        let since = evidence::events_since(call.signed_at);
        let events = self
            .client
            .events(access, &target.region, &ids, REBOOTS, since)
            .await;
        let (notes, date) = match events {
            Ok(read) => (
                evidence::notes(&read.data, since),
                read.date.ok_or(no_date(EVENTS))?,
            ),
            Err(error) if is_forbidden(&error) => {
                let note = format!("system events cannot be read: {}", error.message);
                let read = self.client.instances(access, &target.region, &ids).await?;
                (vec![note], read.date.ok_or(no_date(INSTANCES))?)
            }
            Err(error) => return Err(error),
        };
        Ok(Look {
            candidates: Vec::new(),
            complete: false,
            cloud_time: date,
            notes,
        })
    }

    async fn report(
        &self,
        access: &Access,
        target: &VolcengineInstances,
        following: &Following,
    ) -> Result<OrderReport, CloudError> {
        let parts = evidence::parts(&target.instance_ids, following);
        let open = parts.iter().filter(|part| !part.state.is_final());
        let ids: Vec<String> = open.map(|part| part.id.clone()).collect();
        if ids.is_empty() {
            return Ok(evidence::report(parts));
        }
        let seen = self.client.look(access, &target.region, &ids).await?;
        let seen: HashMap<String, Sighting> = ids.into_iter().zip(seen).collect();
        let unclear: Vec<&str> = parts
            .iter()
            .filter(|part| {
                seen.get(&part.id)
                    .is_some_and(|s| evidence::needs_events(part, s))
            })
            .map(|part| part.id.as_str())
            .collect();
        let events = self.events(access, target, &unclear, following).await;
        let judged = parts.into_iter().map(|part| match seen.get(&part.id) {
            Some(sighting) => evidence::judge(part, sighting, &events, following.started),
            None => part,
        });
        Ok(evidence::report(judged.collect()))
    }

    async fn events(
        &self,
        access: &Access,
        target: &VolcengineInstances,
        ids: &[&str],
        following: &Following,
    ) -> evidence::Events {
        if ids.is_empty() {
            return evidence::Events::Unavailable;
        }
        let since = evidence::events_since(following.started);
        let read = self
            .client
            .events(access, &target.region, ids, REBOOTS, since)
            .await;
        match read {
            Ok(read) => evidence::Events::Read(read.data),
            Err(error) if is_forbidden(&error) => evidence::Events::Forbidden,
            Err(_) => evidence::Events::Unavailable,
        }
    }
}

impl Provider for VolcengineProvider {
    fn check<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
    ) -> BoxFuture<'a, Result<Check, CloudError>> {
        Box::pin(async move { self.check_instances(access, instances(target)?).await })
    }

    fn submit<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        call: &'a Submission,
        permit: Permit,
    ) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            if permit.attempt() != &call.attempt {
                return Answer::Rejected(not_sent("the right to send is of another attempt"));
            }
            match instances(target) {
                Ok(target) => self.reboot(access, target, call).await,
                Err(error) => Answer::Rejected(error),
            }
        })
    }

    fn resolve<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        call: &'a Submission,
    ) -> BoxFuture<'a, Result<Look, CloudError>> {
        Box::pin(async move { self.look(access, instances(target)?, call).await })
    }

    fn forgotten<'a>(
        &'a self,
        _access: &'a Access,
        _target: &'a Target,
        _since: Timestamp,
        _known: &'a [OrderId],
    ) -> BoxFuture<'a, Result<Vec<Candidate>, CloudError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn poll<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        following: &'a Following,
    ) -> BoxFuture<'a, Result<OrderReport, CloudError>> {
        Box::pin(async move { self.report(access, instances(target)?, following).await })
    }

    fn abort<'a>(
        &'a self,
        _access: &'a Access,
        _target: &'a Target,
        _following: &'a Following,
    ) -> BoxFuture<'a, Result<(), CloudError>> {
        Box::pin(async { Err(unsupported("a reboot cannot be aborted")) })
    }

    fn creator<'a>(
        &'a self,
        _access: &'a Access,
        _target: &'a Target,
        _order: &'a OrderId,
    ) -> BoxFuture<'a, Result<Option<String>, CloudError>> {
        Box::pin(async { Ok(None) })
    }
}

fn instances(target: &Target) -> Result<&VolcengineInstances, CloudError> {
    if let Target::VolcengineInstances(target) = target {
        Ok(target)
    } else {
        Err(unsupported("the target is not of this product"))
    }
}

fn names(ids: &[String]) -> Vec<&str> {
    ids.iter().map(String::as_str).collect()
}

// For good: a read that is down for the moment is another matter.
fn is_forbidden(error: &CloudError) -> bool {
    error.delivery == Delivery::Refused && error.retry == Retry::Never
}

fn missing_permission(error: &CloudError) -> Warning {
    Warning {
        code: "MissingPermission",
        message: format!(
            "{EVENTS} was refused ({}): maintenance of the platform is not seen, and a reboot that \
             was not seen in motion ends as unknown.",
            error.code.as_deref().unwrap_or_default()
        ),
    }
}

fn no_date(operation: &'static str) -> CloudError {
    classify::unexpected(operation, "the answer has no Date header")
}

// The core asks for none of these; nothing may leave the process if it does.
fn unsupported(message: &str) -> CloudError {
    CloudError {
        kind: Kind::Unsupported,
        ..not_sent(message)
    }
}

fn not_sent(message: &str) -> CloudError {
    CloudError {
        kind: Kind::Invalid,
        delivery: Delivery::NotSent,
        retry: Retry::Never,
        ..classify::unexpected(classify::REBOOT, message)
    }
}
