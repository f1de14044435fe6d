//! What came of a step, written into the status. Absorbing the same thing twice, or too late,
//! changes nothing: every arm first looks whether the stored facts still fit.

use jiff::Timestamp;

use super::{
    backoff::{self, Hints},
    decide::{Ending, Why},
    notice::{EventReason, Notice},
    policy::Policy,
    preflight, resolving,
    state::{self, State},
    story, submitting, target, tracking,
};
use crate::{
    api::{Phase, Reason, RestartRequest, RestartRequestStatus, TargetState, TargetStatus},
    cloud::{
        error::CloudError,
        types::{Answer, AttemptId, Check, Look, OrderId, OrderReport, Submission},
    },
};

/// What came of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Done {
    /// Nothing was to be done.
    Rested,
    /// Nothing was to be done yet.
    Waited {
        /// When to look again.
        until: Timestamp,
        /// What for.
        why: Why,
    },
    /// The preflight.
    Checked(Result<Check, Hindrance>),
    /// The intent to be stored.
    Opened(Box<Opening>),
    /// The intent of somebody else, or one that was sent before, to be made ours.
    TakenOver {
        /// The intent as it was.
        from: AttemptId,
        /// The same call under a new attempt id.
        call: Box<Submission>,
        /// Who takes it, for people.
        holder: String,
    },
    /// The answer to the restart call.
    Answered {
        /// The call that was sent, or withheld.
        call: Box<Submission>,
        /// The answer.
        answer: Answer,
        /// After a rejection as busy: a look whether the order that runs is ours.
        look: Option<(Look, Rivals)>,
    },
    /// A look at the order list.
    Resolved {
        /// The attempt whose outcome is looked for.
        attempt: AttemptId,
        /// What the list showed.
        look: Result<Look, CloudError>,
        /// What other requests say about those orders.
        rivals: Rivals,
    },
    /// A look at the order.
    Polled {
        /// The order.
        order: OrderId,
        /// What it said.
        report: Result<OrderReport, CloudError>,
        /// The last progress was written long enough ago.
        progress_due: bool,
    },
    /// The cloud was asked to abort the order.
    Aborted {
        /// The order.
        order: OrderId,
        /// What it said.
        result: Result<(), CloudError>,
    },
    /// A look at the order that a person named.
    Adopted {
        /// The order.
        order: OrderId,
        /// What it said.
        report: Result<OrderReport, CloudError>,
        /// The name of another request that has recorded this order.
        taken_by: Option<String>,
    },
    /// The end was decided.
    Settled(Ending),
    /// The object is gone.
    Deleted,
}

/// An intent to be stored, with what was found before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// The call.
    pub call: Submission,
    /// Who writes it, for people.
    pub holder: String,
    /// What the preflight found.
    pub check: Check,
}

/// Why a preflight did not let a request through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// Something is missing and may appear.
    Waiting {
        /// `AccountNotFound`, `AccountNotReady` or `TargetBusy`.
        reason: Reason,
        /// What was looked for and what to do.
        message: String,
    },
    /// The request must not be made.
    Refused {
        /// One of the reasons of `Accepted=False`.
        reason: Reason,
        /// Why, and what to do.
        message: String,
    },
    /// The cloud did not answer as needed.
    Cloud(CloudError),
    /// Restarts of ours since the request's creation that nobody has recorded, one line each.
    Unrecorded(Vec<String>),
}

/// What other requests say about the orders of a target, by a live list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rivals {
    /// Orders that another request has recorded as its own.
    pub recorded: Vec<OrderId>,
    /// Another request of the target with an unknown outcome and an overlapping window.
    pub unresolved: Option<String>,
}

/// The next status, and what to do about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Next {
    /// To be stored if it differs from what is stored.
    pub status: RestartRequestStatus,
    /// When to look again. `None`: on the next change of the object.
    pub look_at: Option<Timestamp>,
    /// The next step follows in the same pass.
    pub go_on: bool,
    /// To be told once the status is stored.
    pub notices: Vec<Notice>,
}

/// The status after `done`.
#[must_use]
pub fn absorb(
    on: &RestartRequest,
    done: &Done,
    now: Timestamp,
    policy: &Policy,
    hints: Hints,
) -> Next {
    let mut draft = Draft::new(on, now, policy, hints);
    draft.acknowledge_edit();
    match done {
        Done::Rested | Done::Deleted => {}
        Done::Waited { until, why } => preflight::waited(&mut draft, *until, why),
        Done::Checked(result) => preflight::checked(&mut draft, result),
        Done::Settled(ending) => preflight::settled(&mut draft, ending),
        Done::Opened(opening) => submitting::opened(&mut draft, opening),
        Done::TakenOver { from, call, holder } => {
            submitting::taken_over(&mut draft, from, call, holder);
        }
        Done::Answered { call, answer, look } => {
            submitting::answered(&mut draft, call, answer, look.as_ref());
        }
        Done::Resolved {
            attempt,
            look,
            rivals,
        } => {
            resolving::resolved(&mut draft, attempt, look.as_ref(), rivals);
        }
        Done::Polled {
            order,
            report,
            progress_due,
        } => {
            tracking::polled(&mut draft, order, report.as_ref(), *progress_due);
        }
        Done::Aborted { order, result } => tracking::aborted(&mut draft, order, result.as_ref()),
        Done::Adopted {
            order,
            report,
            taken_by,
        } => {
            resolving::adopted(&mut draft, order, report.as_ref(), taken_by.as_deref());
        }
    }
    draft.finish()
}

/// A status in the making.
pub(super) struct Draft<'a> {
    pub(super) on: &'a RestartRequest,
    pub(super) state: State,
    pub(super) now: Timestamp,
    pub(super) policy: &'a Policy,
    hints: Hints,
    pub(super) status: RestartRequestStatus,
    pub(super) look_at: Option<Timestamp>,
    pub(super) go_on: bool,
    /// The spec was edited since the last status write.
    pub(super) edited: bool,
    notices: Vec<Notice>,
}

impl<'a> Draft<'a> {
    fn new(on: &'a RestartRequest, now: Timestamp, policy: &'a Policy, hints: Hints) -> Self {
        Self {
            on,
            state: State::of(on),
            now,
            policy,
            hints,
            status: on.status.clone().unwrap_or_default(),
            look_at: None,
            go_on: false,
            edited: is_edited(on),
            notices: Vec::new(),
        }
    }

    fn finish(self) -> Next {
        let Self {
            status,
            look_at,
            go_on,
            notices,
            ..
        } = self;
        Next {
            status,
            look_at,
            go_on,
            notices,
        }
    }

    pub(super) fn generation(&self) -> i64 {
        self.on.metadata.generation.unwrap_or_default()
    }

    /// The present time as it is stored: whole seconds. Anything finer would differ from what is
    /// read back. Plans use the exact time.
    pub(super) fn stamp(&self) -> Timestamp {
        Timestamp::from_second(self.now.as_second()).unwrap_or(self.now)
    }

    /// The time of the next poll of an order of this age.
    pub(super) fn next_poll(&self, started: Timestamp) -> Timestamp {
        let by_age = backoff::next_poll(started, self.now, self.hints, self.seed(), self.policy);
        let unseen = |target: &TargetStatus| target.state == TargetState::Waiting;
        if self.has_token() && self.status.targets.iter().any(unseen) {
            // A reboot is seen only while it lasts.
            return by_age.min(backoff::after(self.now, self.policy.poll_unseen));
        }
        by_age
    }

    pub(super) fn seed(&self) -> u64 {
        backoff::seed(self.on.metadata.uid.as_deref().unwrap_or_default())
    }

    /// The restart call carries a token.
    pub(super) const fn has_token(&self) -> bool {
        target::has_token(&self.on.spec.target)
    }

    /// The cloud is to be asked to abort the order.
    pub(super) const fn wants_abort(&self) -> bool {
        self.on.spec.cancel && target::can_abort(&self.on.spec.target)
    }

    /// The reason that is stored, which the new one may repeat.
    pub(super) fn told(&self) -> Option<Reason> {
        self.on.status.as_ref().and_then(story::told)
    }

    /// Writes the story of `reason`.
    pub(super) fn tell(&mut self, reason: Reason, message: &str) {
        if self.status.target_summary.is_none() {
            self.status.target_summary = Some(target::summary(&self.on.spec.target));
        }
        if story::phase(reason) != Phase::Queued {
            self.status.queue = None;
        }
        let generation = self.generation();
        let now = self.stamp();
        story::tell(&mut self.status, generation, reason, message, now);
    }

    /// The end: as [`Self::tell`], with its Event, and nothing follows but edits and the time to
    /// live.
    pub(super) fn end(&mut self, reason: Reason, message: &str) {
        self.tell(reason, message);
        self.look_at = None;
        self.go_on = false;
        self.notice(ending_event(reason), message);
    }

    pub(super) fn notice(&mut self, reason: EventReason, note: &str) {
        self.notices.push(Notice {
            reason,
            note: story::cut(note, NOTE_MAX).to_owned(),
        });
    }

    /// A notice for a new reason only, so that a wait that goes on is told once.
    pub(super) fn notice_if_new(&mut self, reason: Reason, event: EventReason, note: &str) {
        if self.told() != Some(reason) {
            self.notice(event, note);
        }
    }

    /// A spec edit is seen: the generation is raised everywhere, and an edit that comes too late
    /// is answered.
    fn acknowledge_edit(&mut self) {
        if !self.edited || self.status.conditions.is_empty() {
            return;
        }
        let under_way = matches!(self.state, State::Intent { .. } | State::Submitted { .. });
        if self.on.spec.suspend && under_way {
            self.notice(
                EventReason::SuspendIgnored,
                "suspend holds a request only before the call; this one was already sent. \
                 Set spec.cancel to ask the cloud to abort the order.",
            );
        }
        let accepted = matches!(self.state, State::Submitted { .. });
        if self.on.spec.cancel && accepted && !target::can_abort(&self.on.spec.target) {
            self.notice(
                EventReason::CancelTooLate,
                "the cloud accepted the restart, and it cannot be stopped there",
            );
        }
        let generation = self.generation();
        story::acknowledge(&mut self.status, generation);
        self.resume();
    }

    /// The waiting time of a request that was suspended counts anew from its resume.
    fn resume(&mut self) {
        let held = self.told() == Some(Reason::Suspended);
        if held && !self.on.spec.suspend && matches!(self.state, State::Waiting { .. }) {
            self.status.waiting_since = Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(
                self.stamp(),
            ));
            self.tell(Reason::Checking, "resumed; the target is checked next");
            self.notice(
                EventReason::Resumed,
                "spec.suspend is false; the request goes on",
            );
        }
    }
}

/// Upper bound of an Event note in bytes; the API server refuses a longer one.
const NOTE_MAX: usize = 1024;

/// The Event of an end.
const fn ending_event(reason: Reason) -> EventReason {
    match story::phase(reason) {
        Phase::Succeeded if matches!(reason, Reason::DryRunPassed) => EventReason::DryRunPassed,
        Phase::Succeeded => EventReason::Succeeded,
        Phase::PartiallySucceeded => EventReason::PartiallySucceeded,
        Phase::NotExecuted => EventReason::NotExecuted,
        Phase::Expired => EventReason::Expired,
        Phase::Cancelled => EventReason::Cancelled,
        Phase::Skipped => EventReason::Skipped,
        Phase::Unknown => EventReason::OutcomeUnknown,
        Phase::Failed
        | Phase::Pending
        | Phase::Suspended
        | Phase::Queued
        | Phase::Submitting
        | Phase::Resolving
        | Phase::Running
        | Phase::Paused => EventReason::Failed,
    }
}

/// The spec was edited since the last status write, or no status was written yet.
#[must_use]
pub fn is_edited(on: &RestartRequest) -> bool {
    on.status.as_ref().map(|status| status.observed_generation) != on.metadata.generation
}

/// When the waiting time of a request began: its last resume, else its creation. A resume that is
/// not written yet begins it now.
#[must_use]
pub fn waiting_since(on: &RestartRequest, now: Timestamp) -> Timestamp {
    let status = on.status.as_ref();
    if !on.spec.suspend && status.and_then(story::told) == Some(Reason::Suspended) {
        return now;
    }
    status
        .and_then(|s| s.waiting_since.as_ref())
        .map_or_else(|| state::created(on), |t| t.0)
}
