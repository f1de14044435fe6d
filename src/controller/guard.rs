//! Before an intent: was the restart of this request made already, and its record lost?

use super::{
    Context,
    accounts::Ready,
    budget::{allowed, note_refusal},
    pace::Purpose,
    rivals::{is_recorded, rivals, unlisted},
};
use crate::{
    api::RestartRequest,
    cloud::{
        Provider,
        error::CloudError,
        types::{Check, OrderId},
    },
    protocol::{absorb::Hindrance, guard, target},
};

/// A restart of ours since the request's creation that nobody has recorded. The list is read only
/// when the target's newest order is not one that a request shows.
pub(super) async fn unrecorded(
    check: &Check,
    provider: &dyn Provider,
    ready: &Ready,
    on: &RestartRequest,
    ctx: &Context,
) -> Result<Option<Hindrance>, CloudError> {
    let known = |newest: &OrderId| is_recorded(newest, &ctx.stores);
    let nothing_new = check.baseline.first().is_none_or(known);
    if nothing_new || on.spec.dry_run || !target::is_resolvable(&on.spec.target) {
        return Ok(None);
    }
    allowed(ready, Purpose::Restart, 1, ctx)?;
    let call = guard::any_call_of(on, ctx.clock.wall(), &ctx.policy);
    let look = provider.resolve(&ready.access, &ready.target, &call).await;
    note_refusal(look.as_ref().err(), ready, ctx).await;
    let look = look?;
    let rivals = rivals(&look, &call, on, ctx).await.map_err(unlisted)?;
    Ok(guard::hindrance(&look, &rivals))
}
