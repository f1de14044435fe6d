//! Whatever comes, in whatever order: no panic, every status admitted, absorbing twice is absorbing
//! once, and each move of the phase is one of the allowed.

use proptest::prelude::*;
use restart_operator::{
    api::{Phase, Reason},
    cloud::{
        error::{Delivery, Kind, Retry},
        permit::Mine,
        types::{Answer, Candidate, Look, Match, OrderState, Submission},
    },
    protocol::{
        absorb::{Done, Hindrance, Opening, Rivals},
        decide::{Ending, Step, Why},
        state::State,
    },
};
use serde_json::{Value, json};

use crate::life::{
    Life, SIGNED, accepted, at, candidate, check, error, lost, order, report, submission,
};

/// What happens to a request. Results name the attempt that they are about, which need not be the
/// stored one.
#[derive(Clone, Debug)]
enum Event {
    Passes(i64),
    Edited(Edit),
    Decided(Mine),
    Waited,
    Checked(u8),
    Opened(i32),
    TakenOver,
    Answered(i32, u8),
    Looked(i32, Vec<Match>, bool),
    Unlisted(i32),
    Polled(u8, u8),
    Aborted(bool),
    Adopted(bool),
    Settled(u8),
}

#[derive(Clone, Copy, Debug)]
enum Edit {
    Suspend(bool),
    Cancel,
    Resolution(bool),
}

fn event() -> impl Strategy<Value = Event> {
    let number = || 1..=3_i32;
    let match_ = prop::sample::select(vec![
        Match::Verified,
        Match::CreatorUnknown,
        Match::NotStarted,
    ]);
    let mine = prop::sample::select(vec![Mine::NotMine, Mine::Unsent, Mine::Sent]);
    let edit = prop_oneof![
        any::<bool>().prop_map(Edit::Suspend),
        Just(Edit::Cancel),
        any::<bool>().prop_map(Edit::Resolution),
    ];
    prop_oneof![
        prop::sample::select(vec![1_i64, 20, 400, 1200, 4000]).prop_map(Event::Passes),
        edit.prop_map(Event::Edited),
        mine.prop_map(Event::Decided),
        Just(Event::Waited),
        (0..7_u8).prop_map(Event::Checked),
        number().prop_map(Event::Opened),
        Just(Event::TakenOver),
        (number(), 0..5_u8).prop_map(|(number, what)| Event::Answered(number, what)),
        (number(), prop::collection::vec(match_, 0..3), any::<bool>())
            .prop_map(|(number, seen, complete)| Event::Looked(number, seen, complete)),
        number().prop_map(Event::Unlisted),
        (0..2_u8, 0..9_u8).prop_map(|(order, state)| Event::Polled(order, state)),
        any::<bool>().prop_map(Event::Aborted),
        any::<bool>().prop_map(Event::Adopted),
        (0..6_u8).prop_map(Event::Settled),
    ]
}

/// The calls that were opened, by number, so that an answer can be about any of them.
struct History {
    life: Life,
    calls: Vec<Submission>,
    ids: u32,
}

impl History {
    fn call(&self, number: i32) -> Submission {
        let opened = self.calls.iter().rev().find(|call| call.number == number);
        opened.cloned().unwrap_or_else(|| self.new_call(number))
    }

    /// As the operator signs it: a token is the same for each attempt, a nonce is not.
    fn new_call(&self, number: i32) -> Submission {
        let call = submission(number, self.life.now, &self.life.policy);
        let nonce = if self.has_token() {
            "token".to_owned()
        } else {
            call.nonce
        };
        Submission { nonce, ..call }
    }

    fn result(&mut self, event: &Event) -> Option<Done> {
        let now = self.life.now;
        Some(match event {
            Event::Passes(seconds) => {
                self.life.now = at(now.as_second() - SIGNED + seconds);
                return None;
            }
            Event::Edited(edit) => {
                self.edit(*edit);
                return None;
            }
            Event::Decided(mine) => {
                self.life.mine = *mine;
                return self.decided();
            }
            Event::Waited => Done::Waited {
                until: now + self.life.policy.recheck,
                why: Why::BackingOff,
            },
            Event::Checked(what) => Done::Checked(checked(*what)),
            Event::Opened(number) => {
                self.ids += 1;
                let mut call = self.new_call(*number);
                call.attempt.0 = format!("{:032x}", self.ids);
                self.calls.push(call.clone());
                Done::Opened(Box::new(Opening {
                    call,
                    holder: "pod".into(),
                    check: check(),
                }))
            }
            Event::TakenOver => {
                let State::Intent { call, .. } = State::of(&self.life.object) else {
                    return None;
                };
                if !self.has_token() {
                    return None; // decide never asks for it
                }
                self.ids += 1;
                let mut again = call.clone();
                again.attempt.0 = format!("{:032x}", self.ids);
                again.owned += 1;
                self.calls.push(again.clone());
                Done::TakenOver {
                    from: call.attempt,
                    call: Box::new(again),
                    holder: "other".into(),
                }
            }
            Event::Answered(number, what) => Done::Answered {
                call: Box::new(self.call(*number)),
                answer: answer(*what),
                look: None,
            },
            Event::Looked(number, seen, complete) => Done::Resolved {
                attempt: self.call(*number).attempt,
                look: Ok(Look {
                    candidates: candidates(seen),
                    complete: *complete && self.has_list(),
                    cloud_time: now,
                    notes: vec![],
                }),
                rivals: Rivals::default(),
            },
            Event::Unlisted(number) => Done::Resolved {
                attempt: self.call(*number).attempt,
                look: Err(error(Kind::Transient, Delivery::Unknown, Retry::Later)),
                rivals: Rivals::default(),
            },
            Event::Polled(which, state) => Done::Polled {
                order: order(&format!("o-{which}")),
                report: order_state(*state)
                    .map(|state| report(state, 1))
                    .ok_or_else(|| error(Kind::NotFound, Delivery::Refused, Retry::Never)),
                progress_due: true,
            },
            Event::Aborted(accepted) => Done::Aborted {
                order: order("o-1"),
                result: accepted
                    .then_some(())
                    .ok_or_else(|| error(Kind::NotRunning, Delivery::Refused, Retry::Never)),
            },
            Event::Adopted(taken) => Done::Adopted {
                order: order("o-1"),
                report: Ok(report(OrderState::Running, 1)),
                taken_by: taken.then(|| "other".to_owned()),
            },
            Event::Settled(what) => Done::Settled(Ending {
                reason: settlement(*what),
                check: None,
            }),
        })
    }

    fn has_token(&self) -> bool {
        restart_operator::protocol::target::has_token(&self.life.object.spec.target)
    }

    fn has_list(&self) -> bool {
        restart_operator::protocol::target::is_resolvable(&self.life.object.spec.target)
    }

    fn decided(&self) -> Option<Done> {
        match self.life.step() {
            Step::Wait { until, why } => Some(Done::Waited { until, why }),
            Step::Settle(ending) => Some(Done::Settled(ending)),
            Step::Rest => Some(Done::Rested),
            _ => None, // what comes of it is an event of its own
        }
    }

    fn edit(&mut self, edit: Edit) {
        let unknown = matches!(State::of(&self.life.object), State::Unknown { .. });
        match edit {
            Edit::Suspend(held) => self.life.edit(json!({"suspend": held})),
            Edit::Cancel => self.life.edit(json!({"cancel": true})),
            Edit::Resolution(adopt) if unknown => {
                let answer = if adopt {
                    json!({"adopt": "o-1", "notExecuted": null})
                } else {
                    json!({"notExecuted": true, "adopt": null})
                };
                self.life.edit(json!({"resolution": answer}))
            }
            Edit::Resolution(_) => return, // the API server refuses it
        };
    }
}

fn checked(what: u8) -> Result<restart_operator::cloud::types::Check, Hindrance> {
    let cloud = |kind, delivery, retry| Hindrance::Cloud(error(kind, delivery, retry));
    Err(match what {
        0 => return Ok(check()),
        1 => cloud(Kind::Throttled, Delivery::Refused, Retry::WhenFree),
        2 => cloud(Kind::NotFound, Delivery::Refused, Retry::Never),
        3 => cloud(Kind::Transient, Delivery::Unknown, Retry::Later),
        4 => Hindrance::Forgotten(vec![candidate("o-1", Match::Verified)]),
        5 => Hindrance::Forgotten(vec![candidate("o-1", Match::NotStarted)]),
        _ => Hindrance::Waiting {
            reason: Reason::AccountNotReady,
            message: "no account".into(),
        },
    })
}

fn answer(what: u8) -> Answer {
    match what {
        0 => accepted(),
        1 => lost(),
        2 => Answer::Rejected(error(Kind::Transient, Delivery::NotSent, Retry::Later)),
        3 => Answer::Rejected(error(Kind::Busy, Delivery::Refused, Retry::WhenFree)),
        _ => Answer::Rejected(error(Kind::Forbidden, Delivery::Refused, Retry::Never)),
    }
}

fn candidates(seen: &[Match]) -> Vec<Candidate> {
    let numbered = seen.iter().enumerate();
    numbered
        .map(|(number, match_)| candidate(&format!("o-{}", number + 1), *match_))
        .collect()
}

const fn order_state(state: u8) -> Option<OrderState> {
    Some(match state {
        0 => OrderState::Running,
        1 => OrderState::WaitsForConfirmation,
        2 => OrderState::NeedsAttention,
        3 => OrderState::Succeeded,
        4 => OrderState::PartlySucceeded,
        5 => OrderState::Failed,
        6 => OrderState::Aborted,
        7 => OrderState::Unconfirmed,
        _ => return None,
    })
}

const fn settlement(what: u8) -> Reason {
    match what {
        0 => Reason::CancelledBeforeSubmission,
        1 => Reason::StartDeadlineExceeded,
        2 => Reason::StartBeforePassed,
        3 => Reason::RestoredFromBackup,
        4 => Reason::ResolvedNotExecuted,
        _ => Reason::ResolvedExecuted,
    }
}

/// How far a request has come: it never falls back, but from an intent that was rejected to
/// waiting, and from Unknown to an order that turned up.
const fn rank(state: &State) -> u8 {
    match state {
        State::Waiting { .. } => 0,
        State::Intent { .. } => 1,
        State::Submitted { .. } => 2,
        State::Unknown { .. } => 3,
        State::Finished => 4,
    }
}

fn is_allowed(from: &State, to: &State) -> bool {
    match (from, to) {
        (State::Intent { call, .. }, State::Waiting { used, .. }) => {
            call.owned == 0 && *used == call.number
        }
        (State::Unknown { .. }, State::Submitted { .. }) => true,
        _ => rank(from) <= rank(to),
    }
}

fn lives_through(target: Value, events: &[Event]) {
    let mut history = History {
        life: Life::new(json!({"target": target, "backoffLimit": 1})),
        calls: vec![],
        ids: 0,
    };
    for event in events {
        let Some(done) = history.result(event) else {
            continue;
        };
        let before = State::of(&history.life.object);
        let orders = history.life.status().change_order.clone();
        // Judged by the admission rules, and absorbed twice.
        history.life.absorb(&done);
        let after = State::of(&history.life.object);
        assert!(is_allowed(&before, &after), "{before:?} to {after:?}");
        let lost = history.life.status().change_order.is_none() && orders.is_some();
        assert!(!lost, "an order is forgotten");
        if matches!(before, State::Finished) {
            assert_ne!(history.life.phase(), Phase::Pending);
        }
    }
}

/// Histories to a run: 200, or what the variable of the library asks for.
fn cases() -> u32 {
    let asked = std::env::var("PROPTEST_CASES").ok();
    asked.and_then(|cases| cases.parse().ok()).unwrap_or(200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn with_a_list(events in prop::collection::vec(event(), 1..25)) {
        lives_through(json!({"saeApplication": {"appId": "app-1"}}), &events);
    }

    #[test]
    fn with_a_token(events in prop::collection::vec(event(), 1..25)) {
        lives_through(token(), &events);
    }
}

fn token() -> Value {
    json!({"saeApplication": null, "volcengineInstances": {"instanceIds": ["i-1", "i-2"]}})
}

/// The token is fixed for the life of a request, which the admission rules demand.
#[test]
fn a_second_attempt_has_the_token_of_the_first() {
    let busy = Event::Answered(1, 3);
    lives_through(token(), &[Event::Opened(1), busy, Event::Opened(2)]);
}
