//! The mutants that change what goes into a shipped function, or what comes out of it. The others
//! are a line where the model's shell, network or cloud acts.

use std::borrow::Cow;

use jiff::SignedDuration;
use restart_operator::{
    api::RestartRequest,
    cloud::types::Answer,
    protocol::{
        absorb::{Done, Next},
        policy::Policy,
    },
};

use crate::config::{Config, Mutant};

/// M9b: `absorb` sees a call that was never sent again.
pub fn absorb(
    config: &Config,
    on: &RestartRequest,
    done: &Done,
    shipped: impl Fn(&RestartRequest) -> Next,
) -> Next {
    let releases = config.has(Mutant::ReleaseAfterResend) || config.has(Mutant::ResendAndRelease);
    let rejected = matches!(
        done,
        Done::Answered {
            answer: Answer::Rejected(_),
            ..
        }
    );
    if !releases || !rejected {
        return shipped(on);
    }
    let mut seen = on.clone();
    let mut owned = 0;
    if let Some(attempt) = seen.status.as_mut().and_then(|s| s.attempt.as_mut()) {
        owned = std::mem::take(&mut attempt.owned);
    }
    let mut next = shipped(&seen);
    if let Some(attempt) = &mut next.status.attempt {
        attempt.owned = owned;
    }
    next
}

/// M4: `absorb` is told of a rejection.
pub fn answer(config: &Config, answer: Answer) -> Answer {
    match answer {
        Answer::Ambiguous(error) if config.has(Mutant::AmbiguousIsRejection) => {
            Answer::Rejected(error)
        }
        other => other,
    }
}

/// M10: the last moment to send never comes.
pub fn policy<'a>(config: &Config, policy: &'a Policy) -> Cow<'a, Policy> {
    if !config.never_late() {
        return Cow::Borrowed(policy);
    }
    Cow::Owned(Policy {
        send_margin: SignedDuration::from_hours(-24),
        ..policy.clone()
    })
}
