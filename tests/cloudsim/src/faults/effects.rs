//! What the faults met by one request do to it, taken together.
//!
//! Waiting, lag and edits add up; of the faults that decide the answer the first rule wins, once
//! before execution and once after it.

use std::time::Duration;

use super::{Canned, Edit, Fault};
use crate::ledger::Point;

/// The sum of the faults a request meets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Effects {
    pub(crate) kinds: Vec<String>,
    pub(crate) hold_before: bool,
    pub(crate) delay_before: Duration,
    pub(crate) before: Option<BeforeFault>,
    pub(crate) lag: Duration,
    pub(crate) copies: u32,
    /// Status of a changed answer.
    pub(crate) http: Option<u16>,
    pub(crate) edits: Vec<Edit>,
    pub(crate) single_object: bool,
    pub(crate) hold_after: bool,
    pub(crate) delay_after: Duration,
    pub(crate) after: Option<AfterFault>,
}

/// A fault that keeps a request from being executed.
#[derive(Clone, Debug)]
pub(crate) enum BeforeFault {
    Drop,
    Hang,
    Answer(Canned),
    Throttle(Option<u64>),
}

/// A fault that takes the place of the answer to an executed request.
#[derive(Clone, Debug)]
pub(crate) enum AfterFault {
    Drop,
    Hang,
    Answer(Canned),
    Bytes {
        total: u64,
        chunk: u32,
        pause: Duration,
    },
    Cut(usize),
}

impl Effects {
    pub(crate) fn add(&mut self, fault: &Fault) {
        self.kinds.push(fault.kind().to_owned());
        match fault {
            Fault::DropBefore => self.before(BeforeFault::Drop),
            Fault::Hang { executed: false } => self.before(BeforeFault::Hang),
            Fault::AnswerInstead(canned) => self.before(BeforeFault::Answer(canned.clone())),
            Fault::Throttle { retry_after_ms } => {
                self.before(BeforeFault::Throttle(*retry_after_ms));
            }
            Fault::DropAfter => self.after(AfterFault::Drop),
            Fault::Hang { executed: true } => self.after(AfterFault::Hang),
            Fault::StatusAfter(canned) => self.after(AfterFault::Answer(canned.clone())),
            Fault::BodyBytes {
                total,
                chunk,
                pause_ms,
            } => {
                let pause = Duration::from_millis(*pause_ms);
                self.after(AfterFault::Bytes {
                    total: *total,
                    chunk: *chunk,
                    pause,
                });
            }
            Fault::Cut { bytes } => self.after(AfterFault::Cut(*bytes)),
            Fault::Delay {
                ms,
                point: Point::Before,
            } => {
                self.delay_before += Duration::from_millis(*ms);
            }
            Fault::Delay {
                ms,
                point: Point::After,
            } => {
                self.delay_after += Duration::from_millis(*ms);
            }
            Fault::ListLag { ms } => self.lag += Duration::from_millis(*ms),
            Fault::Mutate { http, edits } => {
                self.http = self.http.or(*http);
                self.edits.extend(edits.iter().cloned());
            }
            Fault::ListAsSingleObject => self.single_object = true,
            Fault::HoldBefore => self.hold_before = true,
            Fault::HoldAfter => self.hold_after = true,
            Fault::Repeat { copies } => self.copies += copies,
        }
    }

    fn before(&mut self, fault: BeforeFault) {
        self.before.get_or_insert(fault);
    }

    fn after(&mut self, fault: AfterFault) {
        self.after.get_or_insert(fault);
    }
}

impl BeforeFault {
    /// The name in the ledger.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Drop => "drop_before",
            Self::Hang => "hang",
            Self::Answer(_) => "answer_instead",
            Self::Throttle(_) => "throttle",
        }
    }
}

impl AfterFault {
    /// The name in the ledger.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Drop => "drop_after",
            Self::Hang => "hang",
            Self::Answer(_) => "status_after",
            Self::Bytes { .. } => "body_bytes",
            Self::Cut(_) => "cut",
        }
    }
}
