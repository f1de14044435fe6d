//! The intent that a restart call is signed from: chosen here, stored before the call.

use jiff::{SignedDuration, Timestamp};

use super::{Context, act::local};
use crate::{
    api::RestartRequest,
    cloud::{
        error::{CloudError, Kind},
        types::{AttemptId, Check, Submission},
    },
    protocol::{
        absorb::{Done, Hindrance, Opening},
        decide::Why,
        target,
    },
};

/// The credential is asked for again: it comes from memory, right after the check that used it.
pub(super) async fn open(number: i32, check: Check, on: &RestartRequest, ctx: &Context) -> Done {
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
pub(super) fn take_over(call: Submission, ctx: &Context) -> Done {
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
