//! Shorter numbers for tests. A proof that a call was not executed takes 18 minutes by design; here
//! it takes seconds, and the simulator is told the same life of a signature. The rules stay.

use std::time::Duration;

use jiff::SignedDuration;
use restart_operator::{cloud::http::HttpSettings, protocol::policy::Policy};

/// How long a signature lives in tests. Longer than the longest call, as in the real policy.
pub const SIGNATURE_LIFE: Duration = Duration::from_secs(6);

/// [`short`] with signatures that live longer: for crowds, in which a call may wait for seconds between
/// its intent and its first byte when the machine is slow. The simulator must be told the same.
pub fn short_with(signature_life: Duration) -> Policy {
    let life = SignedDuration::try_from(signature_life).unwrap_or(SignedDuration::MAX);
    Policy {
        signature_life: life,
        signature_life_token: life,
        ..short()
    }
}

/// The shipped policy with short times.
pub fn short() -> Policy {
    let millis = SignedDuration::from_millis;
    Policy {
        signature_life: millis(6_000),
        // A takeover by another process has to fit in, on a busy machine too.
        signature_life_token: millis(12_000),
        resend_pause: millis(300),
        send_margin: millis(3_000),
        skew: millis(1_000),
        settle: millis(1_000),
        list_patience: millis(5_000),
        order_lag: millis(2_000),
        looks: [
            millis(200),
            millis(500),
            millis(1_000),
            millis(2_000),
            millis(4_000),
        ],
        look_step: millis(1_000),
        poll_min: millis(150),
        poll_max: millis(1_000),
        poll_unseen: millis(200),
        poll_paused: millis(300),
        backoff: millis(300),
        backoff_busy: millis(600),
        backoff_max: millis(2_000),
        recheck: millis(300),
        recheck_busy: millis(300),
        silent_wait: millis(100),
        delete_margin: millis(1_000),
        progress_step: millis(500),
    }
}

/// Deadlines of cloud calls that fit into [`short`].
pub fn http() -> HttpSettings {
    HttpSettings {
        connect: Duration::from_secs(1),
        total: Duration::from_secs(2),
        development_endpoints: true,
        extra_roots_pem: Vec::new(),
    }
}
