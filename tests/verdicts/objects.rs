//! One request for each reason, brought there by the core: every status is what `absorb` made of it, and
//! the admission rules let it through.

use std::sync::LazyLock;

use jiff::SignedDuration;
use restart_operator::{
    api::{Reason, RestartRequest},
    cloud::{
        error::{Delivery, Kind, Retry},
        types::{Answer, Match, OrderId, OrderState, RunningOrder},
    },
    protocol::{
        absorb::{Done, Hindrance},
        decide::{Ending, Turn},
    },
};
use serde_json::{Value, json};

use crate::life::{Life, accepted, at, candidate, check, error, lost, order, report, submission};

/// After this second the order list proves what it does not show.
const WINDOW_CLOSED: i64 = 1081;

/// One object for each reason, in the order of the list. Made once: the admission rules take their time.
pub(crate) fn all() -> &'static [(Reason, RestartRequest)] {
    static ALL: LazyLock<Vec<(Reason, RestartRequest)>> = LazyLock::new(|| {
        let with_object = |reason: &Reason| Some((*reason, of(*reason)?));
        Reason::ALL.iter().filter_map(with_object).collect()
    });
    &ALL
}

/// The object of a reason as JSON.
pub(crate) fn json(wanted: Reason) -> Value {
    let (_, object) = all().iter().find(|(reason, _)| *reason == wanted).unwrap();
    serde_json::to_value(object).unwrap()
}

/// The object of a reason; none for a word that only `Accepted` or `Submitted` carry.
///
/// The match has no wildcard: a new reason does not compile until it has an object.
fn of(reason: Reason) -> Option<RestartRequest> {
    use Reason as R;
    let life = match reason {
        R::Accepted | R::NotSubmitted | R::IntentRecorded | R::OrderAccepted | R::OrderAdopted => {
            return None;
        }
        R::Checking => resumed(),
        R::AccountNotFound => waiting(reason, "CloudAccount ali does not exist"),
        R::AccountNotReady => waiting(reason, "CloudAccount ali is not ready (SecretNotFound)"),
        R::CloudUnavailable => unreadable(Kind::Transient, Delivery::Unknown, Retry::Later),
        R::ClockSkew => skewed(),
        R::BackingOff => answered(&json!({}), Kind::Transient, Retry::Later),
        R::Suspended => suspended(),
        R::TargetBusy => held(),
        R::ForeignChangeOrder => occupied(),
        R::Throttled => unreadable(Kind::Throttled, Delivery::Refused, Retry::Later),
        R::Submitting => submitting(),
        R::Resolving => sent(lost()),
        R::Running => polled(OrderState::Running, 1),
        R::Cancelling => cancelling(),
        R::ApprovalRequired => polled(OrderState::WaitsForApproval, 11),
        R::BatchConfirmationRequired => polled(OrderState::WaitsForConfirmation, 8),
        R::OrderNeedsAttention => polled(OrderState::NeedsAttention, 1),
        R::OutcomeUnknown => unknown(&json!({})),
        R::OrderLost => order_lost(),
        R::RestartSucceeded => polled(OrderState::Succeeded, 2),
        R::DryRunPassed => dry_run(),
        R::ResolvedExecuted => resolved(&instances(), &json!({"adopt": "o-7"})),
        R::PartiallySucceeded => polled(OrderState::PartlySucceeded, 2),
        R::RestartFailed => polled(OrderState::Failed, 3),
        R::OrderAborted => polled(OrderState::Aborted, 6),
        R::ActiveDeadlineExceeded => deadline_exceeded(),
        R::BackoffLimitExceeded => {
            answered(&json!({"backoffLimit": 0}), Kind::Transient, Retry::Later)
        }
        R::Rejected => answered(&json!({}), Kind::Invalid, Retry::Never),
        R::AccountNotAllowed | R::TargetNotAllowed | R::GuardDenied | R::NotImplemented => {
            refused(reason, "the administrator of the account decides that")
        }
        R::TargetMismatch => unreadable(Kind::Mismatch, Delivery::Refused, Retry::Never),
        R::TargetNotFound => unreadable(Kind::NotFound, Delivery::Refused, Retry::Never),
        R::TargetNotRunning => unreadable(Kind::NotRunning, Delivery::Refused, Retry::Never),
        R::TargetUnsupported => unreadable(Kind::Unsupported, Delivery::Refused, Retry::Never),
        R::BareMetalRefused => unreadable(Kind::BareMetal, Delivery::Refused, Retry::Never),
        R::PermissionDenied => unreadable(Kind::Forbidden, Delivery::Refused, Retry::Never),
        R::NotExecuted => looked_in_vain(&json!({})),
        R::ResolvedNotExecuted => resolved(&json!({}), &json!({"notExecuted": true})),
        R::RestoredFromBackup => settled(reason),
        R::StartDeadlineExceeded => followed_at(&json!({}), 3600),
        R::StartBeforePassed => followed_at(&json!({"startBefore": at(100).to_string()}), 101),
        R::CancelledBeforeSubmission => cancelled(),
        R::CancelledInCloud => aborted(),
        R::CreatedAfterStartBefore => followed_at(&json!({"startBefore": at(0).to_string()}), 1),
    };
    assert_eq!(life.reason(), reason.as_str(), "the scene leads elsewhere");
    Some(life.object)
}

fn new(spec: &Value) -> Life {
    Life::new(spec.clone())
}

/// A target whose outcome is a person's word.
fn instances() -> Value {
    let instances = json!({"instanceIds": ["i-1"]});
    json!({"target": {"saeApplication": null, "volcengineInstances": instances}})
}

fn checked(result: Result<restart_operator::cloud::types::Check, Hindrance>) -> Life {
    let mut life = new(&json!({}));
    life.absorb(&Done::Checked(result));
    life
}

fn waiting(reason: Reason, message: &str) -> Life {
    let message = message.to_owned();
    checked(Err(Hindrance::Waiting { reason, message }))
}

fn refused(reason: Reason, message: &str) -> Life {
    let message = message.to_owned();
    checked(Err(Hindrance::Refused { reason, message }))
}

fn unreadable(kind: Kind, delivery: Delivery, retry: Retry) -> Life {
    checked(Err(Hindrance::Cloud(error(kind, delivery, retry))))
}

fn skewed() -> Life {
    let mut found = check();
    found.clock_offset = SignedDuration::from_secs(61);
    checked(Ok(found))
}

fn occupied() -> Life {
    let mut found = check();
    found.running = Some(RunningOrder {
        id: order("o-9"),
        kind: "CoDeploy".into(),
        created_by: "12345".into(),
        since: "2023-11-14 22:00:00".into(),
    });
    checked(Ok(found))
}

fn suspended() -> Life {
    followed_at(&json!({"suspend": true}), 0)
}

fn resumed() -> Life {
    let mut life = suspended();
    life.edit(json!({"suspend": false}));
    life.absorb(&Done::Rested);
    life
}

fn held() -> Life {
    let mut life = new(&json!({}));
    life.turn = Turn::Held {
        by: "checkout-before".into(),
        position: 1,
    };
    life.follow();
    life
}

fn followed_at(spec: &Value, second: i64) -> Life {
    let mut life = new(spec);
    life.wait_until(second).follow();
    life
}

fn settled(reason: Reason) -> Life {
    let mut life = new(&json!({}));
    life.absorb(&Done::Settled(Ending {
        reason,
        check: None,
    }));
    life
}

fn dry_run() -> Life {
    let mut life = new(&json!({"dryRun": true}));
    life.absorb(&Done::Settled(Ending {
        reason: Reason::DryRunPassed,
        check: Some(Box::new(check())),
    }));
    life
}

fn cancelled() -> Life {
    let mut life = suspended();
    life.edit(json!({"cancel": true})).follow();
    life
}

fn submitting() -> Life {
    let mut life = new(&json!({}));
    life.open();
    life
}

fn sent(answer: Answer) -> Life {
    let mut life = new(&json!({}));
    life.send(answer);
    life
}

fn answered(spec: &Value, kind: Kind, retry: Retry) -> Life {
    let mut life = new(spec);
    life.send(Answer::Rejected(error(kind, Delivery::Refused, retry)));
    life
}

fn polled(state: OrderState, number: i32) -> Life {
    let mut life = sent(accepted());
    life.wait_until(30).poll(report(state, number));
    life
}

fn deadline_exceeded() -> Life {
    let mut life = sent(accepted());
    life.wait_until(3600).poll(report(OrderState::Running, 1));
    life
}

fn order_lost() -> Life {
    let mut life = sent(accepted());
    life.wait_until(600);
    life.absorb(&Done::Polled {
        order: order("o-1"),
        report: Err(error(Kind::NotFound, Delivery::Refused, Retry::Never)),
        progress_due: true,
    });
    life
}

fn cancelling() -> Life {
    let mut life = polled(OrderState::Running, 1);
    life.edit(json!({"cancel": true}));
    life.absorb(&Done::Aborted {
        order: OrderId("o-1".into()),
        result: Ok(()),
    });
    life
}

fn aborted() -> Life {
    let mut life = cancelling();
    life.poll(report(OrderState::Aborted, 6));
    life
}

fn looked_in_vain(spec: &Value) -> Life {
    let mut life = new(spec);
    life.send(lost());
    let call = submission(1, at(0), &life.policy);
    life.wait_until(WINDOW_CLOSED).look(&call, vec![]);
    life
}

fn unknown(spec: &Value) -> Life {
    let mut life = new(spec);
    life.send(lost());
    let call = submission(1, at(0), &life.policy);
    let seen = ["o-7", "o-8"].map(|id| candidate(id, Match::Verified));
    life.wait_until(WINDOW_CLOSED).look(&call, seen.to_vec());
    life
}

/// A person's answer to an unknown outcome.
fn resolved(spec: &Value, answer: &Value) -> Life {
    let mut life = unknown(spec);
    life.edit(json!({ "resolution": answer })).follow();
    life
}
