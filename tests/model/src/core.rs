//! The shipped functions, asked once for each question: `decide`, `absorb` and `State::of` are pure,
//! so that an answer, once known, holds. Objects, calls and results are kept here and named by
//! numbers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use restart_operator::{
    api::{Attribution, Phase, RestartRequest},
    cloud::{
        permit::{Mine, NoPermit},
        types::{Check, OrderId, Submission},
    },
    protocol::{
        absorb::{Done, absorb, is_edited, waiting_since},
        backoff::Hints,
        decide::{Abilities, Controls, Seen, Snapshot, Step, Turn, decide, start_deadline},
        policy::Policy,
        state::{self, State},
        target,
    },
};

use crate::{
    config::{Config, Mutant, Unguarded},
    object,
    world::{Id, Orders, Right, Why, World},
};

/// What a status tells, read once.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    pub waiting: bool,
    pub unknown: bool,
    pub finished: bool,
    pub submitted: bool,
    /// The end says that nothing was restarted.
    pub denies: bool,
    /// It says that the restart succeeded.
    pub succeeded: bool,
    /// Number of the order that it names.
    pub order: Option<usize>,
    /// The open intent.
    pub intent: Option<Id>,
    /// Its answer is known to be ambiguous.
    pub ambiguous: bool,
    /// The intent that has an answer.
    pub answered: Option<Id>,
    /// Its order was found, not named in an answer.
    pub adopted: bool,
    /// It is proved that nothing was executed.
    pub not_executed: bool,
    /// The cloud was asked to abort the order.
    pub abort_asked: bool,
    /// The object was re-created.
    pub anew: bool,
}

/// The next step, in numbers.
#[derive(Clone, Copy, Debug)]
pub enum Move {
    /// This is to be absorbed.
    Done(Id),
    Check,
    Open(i32),
    Submit(Id),
    Withhold(Id),
    TakeOver(Id),
    Resolve(Id),
    Poll,
    Abort,
    Nothing,
}

type Question = (Id, u8, Option<Id>, bool, u8);

/// What came of asking for a permit, and whose the intent is, before and after.
pub type Taken = (Result<(), NoPermit>, Mine, Mine);

/// What a result was made of: it is made once.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub enum Made {
    /// Reads of the cloud for an object, or for a call, at an instant of the world.
    Check(Id, Orders, u8),
    Resolve(Id, Orders, u8),
    /// By incarnation and count of ids.
    Open(u8, u8, i32, Id, u8),
    TakeOver(u8, u8, Id),
    Rejected(Id, Why, Orders, u8),
    NotSent(Id),
    Ambiguous(Id),
    Accepted(Id, usize),
    Polled(usize, u8),
    Aborted(usize, bool),
}

#[derive(Default)]
struct Tables {
    contents: Vec<Arc<RestartRequest>>,
    facts: Vec<Facts>,
    content_of: HashMap<String, Id>,
    calls: Vec<Arc<Submission>>,
    /// Seconds at which the gateway stops to take each call.
    ends: Vec<i64>,
    dones: Vec<Arc<Done>>,
    done_of: HashMap<String, Id>,
    checks: Vec<Check>,
    decided: HashMap<Question, Move>,
    absorbed: HashMap<(Id, Id, u8), (Id, bool)>,
    made: HashMap<Made, Id>,
    taken: HashMap<(Option<Right>, i64), Taken>,
    judged: HashMap<(Id, Id), bool>,
}

/// The tables, and what they are made with.
pub struct Core {
    pub config: Config,
    pub policy: Policy,
    tables: Mutex<Tables>,
}

impl Core {
    pub fn new(config: Config) -> Self {
        let policy = Policy {
            // Times are parameters: so a second attempt begins at the second instant.
            backoff_busy: Policy::default().backoff,
            ..Policy::default()
        };
        Self {
            config,
            policy,
            tables: Mutex::default(),
        }
    }

    /// The seconds of an instant.
    pub fn seconds(&self, instant: u8) -> i64 {
        self.config.instants()[usize::from(instant)]
    }

    /// The time of an instant.
    pub fn time(&self, instant: u8) -> Timestamp {
        object::at(self.config.instants()[usize::from(instant)])
    }

    pub fn last_instant(&self) -> u8 {
        u8::try_from(self.config.instants().len() - 1).unwrap()
    }

    /// The instant that a process reads from its clock.
    pub fn clock(&self, world: &World, process: usize) -> u8 {
        let ahead = u8::from(self.config.fast_clock && process == 1);
        (world.instant + ahead).min(self.last_instant())
    }

    pub fn object(&self, content: Id) -> Arc<RestartRequest> {
        self.lock().contents[usize::from(content)].clone()
    }

    pub fn facts(&self, content: Id) -> Facts {
        self.lock().facts[usize::from(content)]
    }

    pub fn call(&self, call: Id) -> Arc<Submission> {
        self.lock().calls[usize::from(call)].clone()
    }

    /// When the gateway stops to take a call, in seconds.
    pub fn end(&self, call: Id) -> i64 {
        self.lock().ends[usize::from(call)]
    }

    pub fn done(&self, done: Id) -> Arc<Done> {
        self.lock().dones[usize::from(done)].clone()
    }

    pub fn check(&self, check: Id) -> Check {
        self.lock().checks[usize::from(check)].clone()
    }

    pub fn keep(&self, mut request: RestartRequest) -> Id {
        object::forget_what_is_for_people(&mut request);
        let key = serde_json::to_string(&request).unwrap();
        if let Some(known) = self.lock().content_of.get(&key) {
            return *known;
        }
        let facts = self.read(&request);
        let mut tables = self.lock();
        let content = id(tables.contents.len());
        tables.contents.push(Arc::new(request));
        tables.facts.push(facts);
        tables.content_of.insert(key, content);
        content
    }

    pub fn keep_call(&self, call: Submission) -> Id {
        let Tables { calls, ends, .. } = &mut *self.lock();
        let known = calls.iter().position(|known| **known == call);
        id(known.unwrap_or_else(|| {
            ends.push(object::seconds(call.not_after));
            calls.push(Arc::new(call));
            calls.len() - 1
        }))
    }

    fn call_of(&self, attempt: &str) -> Option<Id> {
        let calls = &self.lock().calls;
        calls
            .iter()
            .position(|call| call.attempt.0 == attempt)
            .map(id)
    }

    pub fn keep_done(&self, done: Done) -> Id {
        let key = format!("{done:?}");
        let mut tables = self.lock();
        if let Some(known) = tables.done_of.get(&key) {
            return *known;
        }
        let number = id(tables.dones.len());
        tables.dones.push(Arc::new(done));
        tables.done_of.insert(key, number);
        number
    }

    pub fn keep_check(&self, check: Check) -> Id {
        let checks = &mut self.lock().checks;
        let known = checks.iter().position(|known| *known == check);
        id(known.unwrap_or_else(|| {
            checks.push(check);
            checks.len() - 1
        }))
    }

    /// A result, made once.
    pub fn make(&self, of: Made, make: impl FnOnce() -> Done) -> Id {
        if let Some(known) = self.lock().made.get(&of) {
            return *known;
        }
        let done = self.keep_done(make());
        self.lock().made.insert(of, done);
        done
    }

    /// The shipped store of rights, asked for a permit.
    pub fn take(&self, right: Option<Right>, now: i64) -> Taken {
        if let Some(known) = self.lock().taken.get(&(right, now)) {
            return *known;
        }
        let answer = crate::shell::take_permit(right, now);
        self.lock().taken.insert((right, now), answer);
        answer
    }

    /// The admission rules on a move of status.
    pub fn admits(&self, old: Id, new: Id) -> bool {
        if let Some(known) = self.lock().judged.get(&(old, new)) {
            return *known;
        }
        let verdict = object::judge(&self.object(new), &self.object(old));
        self.lock().judged.insert((old, new), verdict);
        verdict
    }

    /// The shipped `absorb`: the next object, and whether the pass goes on.
    pub fn absorb(&self, on: Id, done: Id, clock: u8) -> (Id, bool) {
        if let Some(known) = self.lock().absorbed.get(&(on, done, clock)) {
            return *known;
        }
        let mut object = (*self.object(on)).clone();
        let result = self.done(done);
        let next = crate::mutant::absorb(&self.config, &object, &result, |object| {
            absorb(
                object,
                &result,
                self.time(clock),
                &self.policy,
                Hints::default(),
            )
        });
        object.status = Some(next.status);
        let answer = (self.keep(object), next.go_on);
        self.lock().absorbed.insert((on, done, clock), answer);
        answer
    }

    /// The shipped `decide`.
    pub fn decide(
        &self,
        on: Id,
        mine: Mine,
        check: Option<Id>,
        abort_tried: bool,
        clock: u8,
    ) -> Move {
        let whose = match mine {
            Mine::NotMine => 0,
            Mine::Unsent => 1,
            Mine::Sent => 2,
        };
        let key = (on, whose, check, abort_tried, clock);
        if let Some(known) = self.lock().decided.get(&key) {
            return *known;
        }
        let object = self.object(on);
        let seen = Seen {
            check: check.map(|check| self.check(check)),
            abort_tried,
        };
        let now = self.time(clock);
        let snapshot = self.snapshot(&object, mine, seen, now);
        let policy = crate::mutant::policy(&self.config, &self.policy);
        let answer = self.numbered(decide(&snapshot, now, &policy));
        self.lock().decided.insert(key, answer);
        answer
    }

    /// As the shell gathers it. There is no plan of looks: whatever may be looked at, may be looked
    /// at now.
    fn snapshot(&self, on: &RestartRequest, mine: Mine, seen: Seen, now: Timestamp) -> Snapshot {
        let spec = &on.spec;
        let state = State::of(on);
        let has_order = matches!(
            state,
            State::Unknown {
                has_order: true,
                ..
            }
        );
        let since = if self.config.has(Mutant::Restored(Unguarded::StartDeadline)) {
            now
        } else {
            waiting_since(on, now)
        };
        let labels = on.metadata.labels.as_ref();
        let labelled = labels.is_some_and(|labels| labels.contains_key(object::RESTORED_LABEL));
        Snapshot {
            mine,
            abilities: Abilities {
                token: target::has_token(&spec.target),
                abort: target::can_abort(&spec.target),
                by_word: target::takes_a_word(&spec.target, has_order),
            },
            turn: Turn::Ours,
            look_at: None,
            state,
            controls: Controls {
                suspend: spec.suspend,
                cancel: spec.cancel,
                deleting: on.metadata.deletion_timestamp.is_some(),
                dry_run: spec.dry_run,
                resolution: None,
                delete_at: None,
            },
            created: state::created(on),
            start_before: spec.start_before.as_ref().map(|time| time.0),
            start_deadline: start_deadline(since, spec.start_deadline_seconds),
            restored: labelled && !self.config.has(Mutant::Restored(Unguarded::Label)),
            edited: is_edited(on),
            seen,
        }
    }

    fn numbered(&self, step: Step) -> Move {
        match step {
            Step::Rest => Move::Done(self.keep_done(Done::Rested)),
            Step::Wait { until, why } => Move::Done(self.keep_done(Done::Waited { until, why })),
            Step::Settle(ending) => Move::Done(self.keep_done(Done::Settled(ending))),
            Step::Check => Move::Check,
            Step::OpenIntent { number, .. } => Move::Open(number),
            Step::Submit(call) => Move::Submit(self.keep_call(call)),
            Step::Withhold(call) => Move::Withhold(self.keep_call(call)),
            Step::TakeOver(call) => Move::TakeOver(self.keep_call(call)),
            Step::Resolve(call) => Move::Resolve(self.keep_call(call)),
            Step::Poll(_) => Move::Poll,
            Step::Abort(_) => Move::Abort,
            Step::Adopt(_) | Step::Delete => Move::Nothing,
        }
    }

    fn read(&self, on: &RestartRequest) -> Facts {
        let state = State::of(on);
        let status = on.status.as_ref();
        let order = status.and_then(|status| status.change_order.as_ref());
        let attempt = status.and_then(|status| status.attempt.as_ref());
        let phase = status.map(|status| status.phase);
        let number = |id: &OrderId| object::order_number(&id.0);
        let (intent, ambiguous) = match &state {
            State::Intent {
                call, ambiguous, ..
            } => (Some(self.keep_call(call.clone())), *ambiguous),
            _ => (None, false),
        };
        let followed = order.and_then(|order| order.id.clone().or(order.request_id.clone()));
        Facts {
            waiting: matches!(state, State::Waiting { .. }),
            unknown: matches!(state, State::Unknown { .. }),
            finished: matches!(state, State::Finished),
            submitted: matches!(state, State::Submitted { .. }),
            denies: order.is_none()
                && matches!(
                    phase,
                    Some(
                        Phase::NotExecuted
                            | Phase::Expired
                            | Phase::Cancelled
                            | Phase::Skipped
                            | Phase::Failed
                    )
                ),
            succeeded: phase == Some(Phase::Succeeded),
            order: followed.map(OrderId).as_ref().and_then(number),
            intent,
            ambiguous,
            answered: attempt
                .filter(|attempt| attempt.answer.is_some())
                .and_then(|attempt| self.call_of(&attempt.attempt_id)),
            adopted: order.is_some_and(|order| order.attribution == Attribution::Adopted),
            not_executed: phase == Some(Phase::NotExecuted),
            abort_asked: order.is_some_and(|order| order.abort_requested_at.is_some()),
            anew: on.metadata.uid.as_deref() != Some(object::UID),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn id(number: usize) -> Id {
    Id::try_from(number).unwrap()
}
