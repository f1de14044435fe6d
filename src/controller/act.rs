//! One step, carried out: at most one change is asked of the cloud. Credentials are fetched only
//! for steps that call it. What comes back is data for the core.

use jiff::{SignedDuration, Timestamp};
use kube::api::{DeleteParams, Preconditions};

use super::{
    Context,
    accounts::Ready,
    error::deadline,
    pace::{self, Purpose},
    rivals::rivals,
};
use crate::{
    api::{Reason, RestartRequest},
    cloud::{
        Provider,
        error::{CloudError, Delivery, Kind, Retry},
        permit::NoPermit,
        types::{
            Answer, AttemptId, Check, Following, Look, OrderId, OrderReport, OrderState,
            Submission, Target,
        },
    },
    protocol::{
        absorb::{Done, Hindrance, Opening, Rivals},
        decide::{Step, Why},
        target,
    },
};

/// Carries out a step for a request.
pub(super) async fn act(step: Step, on: &RestartRequest, ctx: &Context) -> Done {
    match step {
        Step::Rest => Done::Rested,
        Step::Wait { until, why } => Done::Waited { until, why },
        Step::Check => Done::Checked(check(on, ctx).await),
        Step::OpenIntent { number, check } => open(number, *check, on, ctx).await,
        Step::Submit(call) => submit(call, on, ctx).await,
        Step::Withhold(call) => withhold(&call, ctx),
        Step::Resolve(call) => resolve(call, on, ctx).await,
        Step::TakeOver(call) => take_over(call, ctx),
        Step::Poll(following) => poll(following, on, ctx).await,
        Step::Abort(following) => {
            let result = match ready(on, ctx).await {
                Ok((provider, ready)) => {
                    provider
                        .abort(&ready.access, &ready.target, &following)
                        .await
                }
                Err(error) => Err(error),
            };
            let order = following.order;
            Done::Aborted { order, result }
        }
        Step::Adopt(order) => adopt(order, on, ctx).await,
        Step::Settle(ending) => Done::Settled(ending),
        Step::Delete => delete(on, ctx).await,
    }
}

async fn check(on: &RestartRequest, ctx: &Context) -> Result<Check, Hindrance> {
    let ready = ctx.accounts.ready(on).await?;
    let provider = ctx
        .provider(&ready.target)
        .map_err(|_| not_implemented(&ready.target))?;
    // The restart call that follows is paid for here, so that it never waits.
    let calls = ready.target.restart_calls();
    allowed(&ready, Purpose::Restart, calls, ctx).map_err(Hindrance::Cloud)?;
    let checked = provider.check(&ready.access, &ready.target).await;
    note_refusal(checked.as_ref().err(), &ready, ctx).await;
    checked.map_err(Hindrance::Cloud)
}

fn not_implemented(target: &Target) -> Hindrance {
    Hindrance::Refused {
        reason: Reason::NotImplemented,
        message: format!(
            "product {} is not served by this version of restart-operator, so nothing was called",
            target.product().as_str()
        ),
    }
}

/// The credential is asked for again: it comes from memory, right after the check that used it.
async fn open(number: i32, check: Check, on: &RestartRequest, ctx: &Context) -> Done {
    let ready = match ctx.accounts.ready(on).await {
        Ok(ready) => ready,
        Err(hindrance) => return Done::Checked(Err(hindrance)),
    };
    let attempt = match attempt_id() {
        Ok(attempt) => attempt,
        Err(error) => return Done::Checked(Err(Hindrance::Cloud(error))),
    };
    let now = ctx.clock.wall();
    let signed_at = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let uid = on.metadata.uid.as_deref().unwrap_or_default();
    let token = ready.target.product().has_token();
    let life = if token {
        ctx.policy.signature_life_token
    } else {
        ctx.policy.signature_life
    };
    let call = Submission {
        attempt,
        number,
        owned: 0,
        signed_at,
        not_after: signed_at.saturating_add(life).unwrap_or(Timestamp::MAX),
        target_hash: target::hash(&ready.target),
        nonce: nonce(uid, number, token),
        credential: ready.access.credential.fingerprint(),
        baseline: check.baseline.clone(),
    };
    Done::Opened(Box::new(Opening {
        call,
        holder: ctx.identity.clone(),
        check,
    }))
}

/// The same call under a new attempt id: date and token stay, so that the cloud gives the first
/// result.
fn take_over(call: Submission, ctx: &Context) -> Done {
    let from = call.attempt.clone();
    match attempt_id() {
        Ok(attempt) => Done::TakenOver {
            from,
            call: Box::new(Submission {
                attempt,
                owned: call.owned.saturating_add(1),
                ..call
            }),
            holder: ctx.identity.clone(),
        },
        Err(_) => Done::Waited {
            until: ctx
                .clock
                .wall()
                .saturating_add(SignedDuration::from_secs(1))
                .unwrap_or(Timestamp::MAX),
            why: Why::AsBefore,
        },
    }
}

fn attempt_id() -> Result<AttemptId, CloudError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| {
        local(
            "attempt id",
            Kind::Transient,
            format!("the system gave no random numbers: {error}"),
        )
    })?;
    Ok(AttemptId(crate::cloud::hex::lower(&random)))
}

/// Without a token: the same for every copy of an attempt, so that the gateway refuses a second
/// one. With a token: the same for the life of the request, so that the cloud recognises any copy.
fn nonce(uid: &str, number: i32, token: bool) -> String {
    let name = if token {
        format!("{uid}/token")
    } else {
        format!("{uid}/{number}")
    };
    uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes()).to_string()
}

/// The only place that sends a restart call. Everything that can be missing is looked up before
/// the permit is taken; whatever happens after that, it is never taken again.
async fn submit(call: Submission, on: &RestartRequest, ctx: &Context) -> Done {
    let ready = ready(on, ctx).await;
    let permit = ctx.permits.take(&call.attempt, ctx.clock.boot());
    let (answer, look) = match (permit, ready) {
        (Err(why), _) => (not_permitted(why), None),
        (Ok(_), Err(error)) => (Answer::Rejected(error), None),
        (Ok(_), Ok((_, ready))) if !is_same_call(&call, &ready) => (
            Answer::Rejected(local(
                "submit",
                Kind::Transient,
                "the account changed between the intent and the call".to_owned(),
            )),
            None,
        ),
        (Ok(permit), Ok((provider, ready))) => {
            let answer = provider
                .submit(&ready.access, &ready.target, &call, permit)
                .await;
            note_answer(&answer, &ready, ctx);
            let look = look_if_busy(&answer, provider, &ready, &call, on, ctx).await;
            (answer, look)
        }
    };
    super::report::count_submission(on, &answer, ctx);
    let call = Box::new(call);
    Done::Answered { call, answer, look }
}

fn is_same_call(call: &Submission, ready: &Ready) -> bool {
    call.target_hash == target::hash(&ready.target)
        && call.credential == ready.access.credential.fingerprint()
}

/// After "an order is running": is it ours?
async fn look_if_busy(
    answer: &Answer,
    provider: &dyn Provider,
    ready: &Ready,
    call: &Submission,
    on: &RestartRequest,
    ctx: &Context,
) -> Option<(Look, Rivals)> {
    let Answer::Rejected(CloudError {
        kind: Kind::Busy, ..
    }) = answer
    else {
        return None;
    };
    if !target::is_resolvable(&on.spec.target) {
        return None; // there is no list that could tell
    }
    let look = provider
        .resolve(&ready.access, &ready.target, call)
        .await
        .ok()?;
    let rivals = rivals(&look, call, on, ctx).await.ok()?;
    Some((look, rivals))
}

fn not_permitted(why: NoPermit) -> Answer {
    match why {
        NoPermit::TooLate => Answer::Rejected(local(
            "submit",
            Kind::Transient,
            "it was too late to send the call with its signature".to_owned(),
        )),
        // The core asks for a permit only for an unsent intent of ours. If that is not so, the call
        // may have been sent by the one who has it.
        NoPermit::NotMine | NoPermit::AlreadyTaken => Answer::Ambiguous(CloudError {
            delivery: Delivery::Unknown,
            ..local(
                "submit",
                Kind::Unexpected,
                "the right to send is not ours".to_owned(),
            )
        }),
    }
}

/// `cancel` came between the intent and the call: the right to send is used up without sending.
fn withhold(call: &Submission, ctx: &Context) -> Done {
    let answer = match ctx.permits.take(&call.attempt, ctx.clock.boot()) {
        Ok(_) | Err(NoPermit::TooLate) => Answer::Rejected(local(
            "submit",
            Kind::Transient,
            "the call was withheld because of spec.cancel".to_owned(),
        )),
        Err(why) => not_permitted(why),
    };
    Done::Answered {
        call: Box::new(call.clone()),
        answer,
        look: None,
    }
}

async fn resolve(call: Submission, on: &RestartRequest, ctx: &Context) -> Done {
    let (look, found_rivals) = match look(&call, on, ctx).await {
        Ok((look, rivals)) => (Ok(look), rivals),
        Err(error) => (Err(error), Rivals::default()),
    };
    Done::Resolved {
        attempt: call.attempt,
        look,
        rivals: found_rivals,
    }
}

async fn look(
    call: &Submission,
    on: &RestartRequest,
    ctx: &Context,
) -> Result<(Look, Rivals), CloudError> {
    let (provider, mut ready) = ready(on, ctx).await?;
    if call.target_hash != target::hash(&ready.target) {
        return Err(local(
            "resolve",
            Kind::Mismatch,
            "the account names another region than the one the call was made in".to_owned(),
        ));
    }
    if call.credential != ready.access.credential.fingerprint() {
        // Another key may belong to another user: what was learned of it says nothing here.
        ready.access.creators = Vec::new();
    }
    let look = provider.resolve(&ready.access, &ready.target, call).await;
    note_refusal(look.as_ref().err(), &ready, ctx).await;
    let look = look?;
    let rivals = rivals(&look, call, on, ctx).await.map_err(|error| {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "requests could not be listed"
        );
        local(
            "resolve",
            Kind::Transient,
            "other requests could not be listed".to_owned(),
        )
    })?;
    Ok((look, rivals))
}

async fn poll(following: Following, on: &RestartRequest, ctx: &Context) -> Done {
    let report = match ready(on, ctx).await {
        Ok((provider, ready)) => {
            let report = match allowed(&ready, Purpose::Poll, ready.target.poll_calls(), ctx) {
                Ok(()) => {
                    provider
                        .poll(&ready.access, &ready.target, &following)
                        .await
                }
                Err(error) => Err(error),
            };
            let short = ctx
                .paces
                .is_short(&key(&ready), rate(&ready), ctx.clock.boot());
            ctx.memory.update(on, |entry| entry.short_of_calls = short);
            note_refusal(report.as_ref().err(), &ready, ctx).await;
            if let Ok(report) = &report {
                learn_creator(provider, &ready, &following.order, report, on, ctx).await;
            }
            report
        }
        Err(error) => Err(error),
    };
    Done::Polled {
        order: following.order,
        report,
        progress_due: progress_due(on, ctx),
    }
}

fn progress_due(on: &RestartRequest, ctx: &Context) -> bool {
    let written = ctx.memory.recall(on).written_at;
    written.is_none_or(|at| ctx.clock.wall().duration_since(at) >= ctx.policy.progress_step)
}

/// Once per credential: the user id that the cloud shows on an order that is certainly ours. It is
/// what makes a later lost answer resolvable. One read, before the order's end is written.
async fn learn_creator(
    provider: &dyn Provider,
    ready: &Ready,
    order: &OrderId,
    report: &OrderReport,
    on: &RestartRequest,
    ctx: &Context,
) {
    let ended = !matches!(
        report.state,
        OrderState::Running
            | OrderState::WaitsForApproval
            | OrderState::WaitsForConfirmation
            | OrderState::NeedsAttention
    );
    let fingerprint = ready.access.credential.fingerprint();
    if !ended || !ready.access.creators.is_empty() || !is_direct(on, &fingerprint) {
        return;
    }
    match provider.creator(&ready.access, &ready.target, order).await {
        Ok(Some(creator)) => {
            ctx.accounts
                .learn(
                    &ready.account,
                    ready.target.product(),
                    &fingerprint,
                    &creator,
                )
                .await;
        }
        Ok(None) => {}
        Err(error) => tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the creator of an order of ours could not be read; the next order tells"
        ),
    }
}

/// The order came in the answer to a call signed with this very credential.
fn is_direct(on: &RestartRequest, fingerprint: &str) -> bool {
    on.status.as_ref().is_some_and(|status| {
        let direct = status
            .change_order
            .as_ref()
            .is_some_and(|order| order.attribution == crate::api::Attribution::Direct);
        direct
            && status
                .attempt
                .as_ref()
                .is_some_and(|a| a.credential == fingerprint)
    })
}

async fn adopt(order: OrderId, on: &RestartRequest, ctx: &Context) -> Done {
    let (report, taken_by) = match ready(on, ctx).await {
        Ok((provider, ready)) => match super::rivals::taken_by(&order, on, ctx).await {
            Ok(taken_by) => (
                provider
                    .poll(&ready.access, &ready.target, &named(&order, on))
                    .await,
                taken_by,
            ),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "requests could not be listed"
                );
                let text = "other requests could not be listed".to_owned();
                (Err(local("adopt", Kind::Transient, text)), None)
            }
        },
        Err(error) => (Err(error), None),
    };
    Done::Adopted {
        order,
        report,
        taken_by,
    }
}

/// The order that a person named, to be read.
fn named(order: &OrderId, on: &RestartRequest) -> Following {
    let attempt = on
        .status
        .as_ref()
        .and_then(|status| status.attempt.as_ref());
    Following {
        order: order.clone(),
        started: attempt.map_or(Timestamp::UNIX_EPOCH, |attempt| attempt.signed_at.0),
        baseline: Vec::new(),
        parts: Vec::new(),
    }
}

/// Deletes exactly the object that was decided on.
async fn delete(on: &RestartRequest, ctx: &Context) -> Done {
    let params = DeleteParams::default().preconditions(Preconditions {
        uid: on.metadata.uid.clone(),
        resource_version: on.metadata.resource_version.clone(),
    });
    let name = on.metadata.name.as_deref().unwrap_or_default();
    match deadline(ctx.requests(on).delete(name, &params)).await {
        Ok(_) => Done::Deleted,
        Err(error) => {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "not deleted; looked at again"
            );
            let until = ctx
                .clock
                .wall()
                .saturating_add(SignedDuration::from_secs(10));
            Done::Waited {
                until: until.unwrap_or(Timestamp::MAX),
                why: Why::TimeToLive,
            }
        }
    }
}

/// Provider and access for a request that has called the cloud before. What hinders is told as a
/// failed look: nothing was sent.
async fn ready<'a>(
    on: &RestartRequest,
    ctx: &'a Context,
) -> Result<(&'a dyn Provider, Ready), CloudError> {
    let ready = ctx
        .accounts
        .ready(on)
        .await
        .map_err(|hindrance| match hindrance {
            Hindrance::Waiting { message, .. } => local("account", Kind::Unauthenticated, message),
            Hindrance::Refused { message, .. } => local("account", Kind::Forbidden, message),
            Hindrance::Cloud(error) => error,
        })?;
    let provider = ctx.provider(&ready.target)?;
    Ok((provider, ready))
}

/// Whose window a call belongs to.
fn key(ready: &Ready) -> pace::Key {
    pace::Key {
        credential: ready.access.credential.fingerprint(),
        region: ready.target.region().to_owned(),
        product: ready.target.product(),
    }
}

fn rate(ready: &Ready) -> u32 {
    let default = ready.target.product().calls_per_minute();
    ready.account.calls_per_minute.unwrap_or(default)
}

/// The calls of a step, if the budget has them; else how long to wait, as a call that was not sent.
fn allowed(ready: &Ready, purpose: Purpose, calls: usize, ctx: &Context) -> Result<(), CloudError> {
    let taken = ctx
        .paces
        .take(&key(ready), rate(ready), purpose, calls, ctx.clock.boot());
    taken.map_err(|wait| CloudError {
        retry: Retry::WhenFree,
        retry_after: Some(wait),
        ..local(
            "pace",
            Kind::Throttled,
            "the operator's own call budget is used up".to_owned(),
        )
    })
}

fn note_answer(answer: &Answer, ready: &Ready, ctx: &Context) {
    if let Answer::Rejected(error) | Answer::Ambiguous(error) = answer {
        note_throttling(error, ready, ctx);
    }
}

/// A refusal for quota closes the window that all requests share.
fn note_throttling(error: &CloudError, ready: &Ready, ctx: &Context) {
    if error.kind == Kind::Throttled && error.delivery == Delivery::Refused {
        let now = ctx.clock.boot();
        ctx.paces.refused(&key(ready), error.retry_after, now);
    }
}

async fn note_refusal(error: Option<&CloudError>, ready: &Ready, ctx: &Context) {
    if let Some(error) = error {
        note_throttling(error, ready, ctx);
    }
    if let Some(error) = error
        && error.kind == Kind::Unauthenticated
        && error.delivery == Delivery::Refused
    {
        ctx.accounts.refused(&ready.account, &error.message).await;
    }
}

/// An error of this side: nothing was sent.
pub(super) fn local(operation: &'static str, kind: Kind, message: String) -> CloudError {
    CloudError {
        operation,
        kind,
        delivery: Delivery::NotSent,
        retry: Retry::Later,
        code: None,
        message,
        advice: "",
        request_id: None,
        retry_after: None,
    }
}
