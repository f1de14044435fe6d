//! One step, carried out: at most one change is asked of the cloud. Credentials are fetched only
//! for steps that call it. What comes back is data for the core.

use jiff::Timestamp;
use kube::api::{DeleteParams, Preconditions};

use super::{
    Context,
    accounts::Ready,
    budget::{allowed, key, note_answer, note_refusal, rate},
    error::deadline,
    forgotten, intent, members,
    pace::Purpose,
    rivals::rivals,
};
use crate::{
    api::{Reason, RestartRequest},
    cloud::{
        Provider,
        error::{CloudError, Delivery, Kind, Retry},
        permit::NoPermit,
        types::{
            Answer, Check, Following, Look, OrderId, OrderReport, OrderState, Submission, Target,
        },
    },
    protocol::{
        absorb::{Done, Hindrance, Rivals},
        decide::{Step, Why},
        target,
    },
    telemetry::Chain,
};

/// Carries out a step for a request.
pub(super) async fn act(step: Step, on: &RestartRequest, ctx: &Context) -> Done {
    match step {
        Step::Rest => Done::Rested,
        Step::Wait { until, why } => wait(until, why, on, ctx).await,
        Step::Check => Done::Checked(check(on, ctx).await),
        Step::OpenIntent { number, check } => intent::open(number, *check, on, ctx).await,
        Step::Submit(call) => submit(call, on, ctx).await,
        Step::Withhold(call) => withhold(&call, ctx),
        Step::Resolve(call) => resolve(call, on, ctx).await,
        Step::TakeOver(call) => intent::take_over(call, ctx),
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

/// An account that is missing, or that does not allow the request, is told before the line: whoever
/// cannot start holds nobody behind it.
async fn wait(until: Timestamp, why: Why, on: &RestartRequest, ctx: &Context) -> Done {
    if matches!(why, Why::Held { .. })
        && let Err(hindrance) = ctx.accounts.ready(on).await
    {
        return Done::Checked(Err(hindrance));
    }
    Done::Waited { until, why }
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
    let checked = checked.map_err(Hindrance::Cloud)?;
    forgotten::none(&checked, provider, &ready, on, ctx).await?;
    Ok(checked)
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
    let rivals = rivals(&look, call, on, ctx)
        .await
        .map_err(|error| unlisted("resolve", &error))?;
    Ok((look, rivals))
}

async fn poll(mut following: Following, on: &RestartRequest, ctx: &Context) -> Done {
    following.taken = members::taken(on, ctx);
    let report = match ready(on, ctx).await {
        Ok((provider, mut ready)) => {
            if !is_direct(on, &ready.access.credential.fingerprint()) {
                // What was learned of the user of this key says nothing of an order of another.
                ready.access.creators = Vec::new();
            }
            let report = match allowed(&ready, Purpose::Poll, ready.target.poll_calls(), ctx) {
                Ok(()) => {
                    provider
                        .poll(&ready.access, &ready.target, &following)
                        .await
                }
                Err(error) => Err(error),
            };
            let report = match report {
                Ok(report) => members::confirm(report, on, ctx)
                    .await
                    .map_err(|error| unlisted("poll", &error)),
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
            error = %Chain(&error),
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
            Err(error) => (Err(unlisted("adopt", &error)), None),
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
        named: true,
        taken: Vec::new(),
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
                error = %Chain(&error),
                "not deleted; looked at again"
            );
            let until = ctx.clock.wall().saturating_add(ctx.policy.recheck);
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
            // An account tells nothing about orders.
            Hindrance::Forgotten(_) => local(
                "account",
                Kind::Unexpected,
                "not an answer of an account".to_owned(),
            ),
        })?;
    let provider = ctx.provider(&ready.target)?;
    Ok((provider, ready))
}

/// What other requests say could not be found out.
pub(super) fn unlisted(operation: &'static str, error: &kube::Error) -> CloudError {
    tracing::warn!(error = %Chain(error), "requests could not be listed");
    let text = "other requests could not be listed".to_owned();
    local(operation, Kind::Transient, text)
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
