//! What a run explores: limits of faults, the cloud's kind, and at most one mutant.

/// One run of the model.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Crashes of a process, each followed by a new incarnation.
    pub crashes: u8,
    /// Lost, late or unreadable answers, of the API server or of the cloud.
    pub timeouts: u8,
    /// Passes that begin on a view older than what is stored. Unlimited: 255. Beside these, every
    /// pass may be overtaken while it goes on.
    pub stale: u8,
    /// Restarts by others while the request lives.
    pub others: u8,
    /// The author may set `spec.cancel`.
    pub cancel: bool,
    /// The product has a token (Volcengine) and no order list.
    pub token: bool,
    /// Takeovers of one intent that are explored.
    pub takeovers: u8,
    /// The status may be rolled back once, or the object re-created from a backup.
    pub restore: bool,
    /// The clock of the second process is one instant ahead.
    pub fast_clock: bool,
    /// The API server applies the admission rules.
    pub cel: bool,
    /// What is broken on purpose.
    pub mutant: Option<Mutant>,
}

/// A change that makes the protocol unsafe. It is made around the shipped functions: nothing in
/// them can switch safety off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// M1: the right to send is given when the intent is sent, not when it is seen stored.
    CallBeforeIntent,
    /// M2: the intent is written without a version.
    IntentWithoutVersion,
    /// M3: an intent that another process wrote counts as ours and unsent.
    TakeoverCalls,
    /// M4: an ambiguous answer is taken for a rejection.
    AmbiguousIsRejection,
    /// M5: the transport sends a request again by itself.
    TransportRetry,
    /// M6: the call is signed when it is sent, and the last moment to send is not checked.
    SignAtSend,
    /// M7: a test of the candidates is missing.
    Adopt(Unchecked),
    /// M8: a layer against rolled back status is missing.
    Restored(Unguarded),
    /// M9a: a call with a token is sent again without taking the intent over.
    ResendWithoutSwap,
    /// M9b: a rejection counts as definite although the call was sent more than once.
    ReleaseAfterResend,
    /// M9a and M9b.
    ResendAndRelease,
    /// M10: a call with a token is signed anew and sent again at any time.
    UnboundedResend,
}

/// The test of an order that M7 leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unchecked {
    /// Who created it.
    Creator,
    /// Whether it was there before the call.
    Baseline,
    /// What it does.
    Type,
    /// When it started.
    Window,
    /// Whether another request has recorded it.
    Recorded,
}

/// The layer that M8 leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unguarded {
    /// The label of a restored object.
    Label,
    /// The waiting time counts from the creation.
    StartDeadline,
    /// The look for a restart that nobody recorded.
    Guard,
    /// Its reach: the record of a newer request counts for all orders from before it.
    Reach,
}

impl Config {
    /// Nothing goes wrong but what two processes at the same time, and time, do.
    pub const NONE: Self = Self {
        crashes: 0,
        timeouts: 0,
        stale: 0,
        others: 0,
        cancel: false,
        token: false,
        takeovers: 0,
        restore: false,
        fast_clock: false,
        cel: false,
        mutant: None,
    };

    /// The instants that time passes through, in seconds from the creation of the request. A call
    /// opened at one of the first two is, at the later ones: past its last moment to send; with a
    /// token, also forgotten while that of a second attempt still counts; proved or given up.
    pub const fn instants(&self) -> &'static [i64] {
        if self.token {
            &[0, 15, 112, 125, 330]
        } else {
            &[0, 15, 892, 1100]
        }
    }

    /// `spec.startDeadlineSeconds`: intents are opened at the first two instants only.
    pub const fn start_deadline(&self) -> i32 {
        if self.token { 60 } else { 600 }
    }

    pub fn has(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// Calls never expire, and nobody minds the last moment to send.
    pub fn never_late(&self) -> bool {
        self.has(Mutant::SignAtSend) || self.has(Mutant::UnboundedResend)
    }
}
