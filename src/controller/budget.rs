//! What a step may spend of an account's calls, and what a refusal by the cloud costs everybody who
//! shares the account.

use super::{
    Context,
    accounts::Ready,
    act::local,
    pace::{self, Purpose},
};
use crate::cloud::{
    error::{CloudError, Delivery, Kind, Retry},
    types::Answer,
};

/// Whose window a call belongs to.
pub(super) fn key(ready: &Ready) -> pace::Key {
    pace::Key {
        credential: ready.access.credential.fingerprint(),
        region: ready.target.region().to_owned(),
        product: ready.target.product(),
    }
}

pub(super) fn rate(ready: &Ready) -> u32 {
    let default = ready.target.product().calls_per_minute();
    ready.account.calls_per_minute.unwrap_or(default)
}

/// The calls of a step, if the budget has them; else how long to wait, as a call that was not sent.
pub(super) fn allowed(
    ready: &Ready,
    purpose: Purpose,
    calls: usize,
    ctx: &Context,
) -> Result<(), CloudError> {
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

pub(super) fn note_answer(answer: &Answer, ready: &Ready, ctx: &Context) {
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

pub(super) async fn note_refusal(error: Option<&CloudError>, ready: &Ready, ctx: &Context) {
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
