//! Every number of the protocol, each with the reason for its value. Tests shorten the numbers in
//! process; no flag of the program does.

use jiff::SignedDuration;

/// The numbers that the core works with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How long the gateway accepts a signature. Alibaba documents 15 minutes for both of its
    /// schemes. Shorter than the cloud's own value: a send is refused that could have been made.
    /// Longer: `NotExecuted` could be told of a call that can still be executed.
    pub signature_life: SignedDuration,
    /// The same where the call says itself how long it lives (`X-Expires`) and carries a token:
    /// short, since the cloud is assumed to remember a token for minutes only.
    pub signature_life_token: SignedDuration,
    /// How long a call with a token is left alone after an ambiguous answer.
    pub resend_pause: SignedDuration,
    /// How long before the signature's end the last byte may start its way: the whole call
    /// time-out of 20 s and a margin. Too small: a call could be executed after its window.
    pub send_margin: SignedDuration,
    /// How far the cloud's clock and ours may differ before no intent is opened.
    pub skew: SignedDuration,
    /// How long after a window's end the order list may still lack an order. Too small: a false
    /// `NotExecuted`.
    pub settle: SignedDuration,
    /// How long after `closes_at` a list that cannot be read is tried again before a person is
    /// asked.
    pub list_patience: SignedDuration,
    /// How long after submission an order that the cloud does not know counts as lag of its reads.
    pub order_lag: SignedDuration,
    /// Looks at the order list after an answer was lost, from the signature's date. Early ones make
    /// the common case quick, late ones spare the quota.
    pub looks: [SignedDuration; 5],
    /// The step of the looks after the last of `looks`.
    pub look_step: SignedDuration,
    /// Shortest time between two polls of one order.
    pub poll_min: SignedDuration,
    /// Longest time between two polls of one order: how late an end may be seen.
    pub poll_max: SignedDuration,
    /// Longest time between two polls while a reboot was not seen yet: it lasts longer than this.
    pub poll_unseen: SignedDuration,
    /// Time between polls of an order that waits for a person.
    pub poll_paused: SignedDuration,
    /// First back-off after a rejection that passes by itself.
    pub backoff: SignedDuration,
    /// First back-off after a rejection because the target or the quota is taken.
    pub backoff_busy: SignedDuration,
    /// Longest back-off.
    pub backoff_max: SignedDuration,
    /// Time between two preflights of a request that waits for an account, a Secret or the cloud.
    pub recheck: SignedDuration,
    /// Time between two preflights of a request whose target is occupied.
    pub recheck_busy: SignedDuration,
    /// Waits shorter than this are not written: they would be over before anyone reads them.
    pub silent_wait: SignedDuration,
    /// How long after `startBefore` a finished request is deleted at the earliest. What a tool brings
    /// back after that is skipped, by whoever's clock: the allowed difference of two clocks.
    pub delete_margin: SignedDuration,
    /// Shortest time between two status writes that tell of progress only.
    pub progress_step: SignedDuration,
}

impl Default for Policy {
    fn default() -> Self {
        let secs = SignedDuration::from_secs;
        Self {
            signature_life: secs(900),
            signature_life_token: secs(120),
            resend_pause: secs(5),
            send_margin: secs(25),
            skew: secs(60),
            settle: secs(120),
            list_patience: secs(3600),
            order_lag: secs(120),
            looks: [secs(3), secs(10), secs(30), secs(60), secs(120)],
            look_step: secs(120),
            poll_min: secs(3),
            poll_max: secs(30),
            poll_unseen: secs(5),
            poll_paused: secs(60),
            backoff: secs(10),
            backoff_busy: secs(30),
            backoff_max: secs(300),
            recheck: secs(10),
            recheck_busy: secs(15),
            silent_wait: secs(5),
            delete_margin: secs(60),
            progress_step: secs(30),
        }
    }
}
