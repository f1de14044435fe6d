//! The only writer of a request's status. One verb: PUT of `/status` with the resourceVersion and
//! the UID of the object that was decided on, so that it is a compare-and-swap.

use jiff::Timestamp;
use kube::api::PostParams;

use super::{
    Context,
    error::{Error, deadline},
};
use crate::{
    api::RestartRequest,
    protocol::absorb::{Done, Next, absorb},
    telemetry::Chain,
};

/// Tries of one pass. Each is a PUT and, if it was not confirmed, a read of what is stored.
const TRIES: usize = 4;

/// What came of writing.
pub(super) struct Recorded {
    /// The object as it is stored.
    pub stored: RestartRequest,
    /// What was written, or would have been.
    pub next: Next,
    /// A write was made: the notices are to be told.
    pub written: bool,
}

/// Applies `done` to what is stored, until that holds. After any answer but a success the object
/// is read again: a refused write may be our own that was stored already, and one that timed out
/// may have been stored, or may be stored later.
pub(super) async fn record(
    mut base: RestartRequest,
    done: &Done,
    ctx: &Context,
) -> Result<Recorded, Error> {
    let api = ctx.requests(&base);
    let mut tried: Option<Next> = None;
    for _ in 0..TRIES {
        let next = absorb(&base, done, ctx.clock.wall(), &ctx.policy, ctx.hints(&base));
        if base.status.as_ref() == Some(&next.status) {
            // What an unconfirmed try wanted is what is stored: it was ours, and is told.
            return Ok(
                match tried.filter(|tried| base.status.as_ref() == Some(&tried.status)) {
                    Some(ours) => Recorded {
                        stored: base,
                        next: ours,
                        written: true,
                    },
                    None => Recorded {
                        stored: base,
                        next,
                        written: false,
                    },
                },
            );
        }
        let mut wanted = base.clone();
        wanted.status = Some(next.status.clone());
        let name = wanted.metadata.name.clone().unwrap_or_default();
        match deadline(api.replace_status(&name, &PostParams::default(), &wanted)).await {
            Ok(stored) => {
                keep(&stored, Some(ctx.clock.wall()), ctx);
                return Ok(Recorded {
                    stored,
                    next,
                    written: true,
                });
            }
            Err(error) => {
                tracing::debug!(
                    error = %Chain(&error),
                    "a status write was not confirmed"
                );
            }
        }
        tried = Some(next);
        base = live(&base, ctx).await?;
    }
    Err(Error::Contended)
}

/// The object as it is stored now.
pub(super) async fn live(base: &RestartRequest, ctx: &Context) -> Result<RestartRequest, Error> {
    let name = base.metadata.name.as_deref().unwrap_or_default();
    let read = deadline(ctx.requests(base).get_opt(name)).await;
    match read.map_err(Error::Kube)? {
        Some(object) if object.metadata.uid == base.metadata.uid => {
            keep(&object, None, ctx);
            Ok(object)
        }
        _ => Err(Error::Gone),
    }
}

/// What the server itself says is newer than the cache for a while, or for long where the cache
/// shows the past.
fn keep(stored: &RestartRequest, written_at: Option<Timestamp>, ctx: &Context) {
    ctx.records.note(stored);
    let mut object = stored.clone();
    object.metadata.managed_fields = None;
    ctx.memory.update(stored, |entry| {
        entry.stored = Some(Box::new(object));
        entry.written_at = written_at.or(entry.written_at);
    });
}
