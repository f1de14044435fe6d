//! Rows 1 to 9: a request that was not sent yet.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use restart_operator::{
    api::{ConditionStatus, ConditionType, Phase, Reason},
    cloud::{
        error::{Delivery, Kind, Retry},
        types::{Answer, RunningOrder},
    },
    protocol::{
        absorb::{Done, Hindrance},
        decide::{Ending, Seen, Step, Turn, Why},
        notice::EventReason,
    },
};
use serde_json::json;

use crate::life::{Life, at, check, error, order};

fn settles(life: &Life) -> Reason {
    match life.step() {
        Step::Settle(Ending { reason, .. }) => reason,
        other => panic!("{other:?} is no settlement"),
    }
}

#[test]
fn an_open_request_is_checked_and_then_an_intent_is_opened() {
    let mut life = Life::new(json!({}));
    assert_eq!(life.step(), Step::Check);
    let next = life.absorb(&Done::Checked(Ok(check())));
    assert!(next.go_on);
    assert_eq!(life.writes, 0, "a clear check is no write of its own");
    let seen = Seen {
        check: Some(check()),
        abort_tried: false,
    };
    assert_eq!(
        life.step_having(seen),
        Step::OpenIntent {
            number: 1,
            check: Box::new(check())
        }
    );
}

#[test]
fn created_at_its_own_start_before_it_is_skipped_whatever_else_is_asked() {
    let limit = at(0).to_string();
    let mut life = Life::new(json!({"startBefore": limit, "cancel": true, "suspend": true}));
    assert_eq!(settles(&life), Reason::CreatedAfterStartBefore);
    life.follow();
    assert_eq!(life.phase(), Phase::Skipped);
    assert_eq!(life.says(ConditionType::Accepted).0, ConditionStatus::True);
    assert_eq!(life.says(ConditionType::Ready).0, ConditionStatus::True);
    assert_eq!(
        life.says(ConditionType::Succeeded).0,
        ConditionStatus::False
    );
    assert_eq!(life.says(ConditionType::Stalled).0, ConditionStatus::False);
    assert_eq!(life.events, [EventReason::Skipped]);
}

#[test]
fn cancel_before_the_call_ends_the_request() {
    let mut life = Life::new(json!({"cancel": true}));
    life.follow();
    assert_eq!(
        (life.phase(), life.reason()),
        (Phase::Cancelled, "CancelledBeforeSubmission")
    );
    assert_eq!(
        life.says(ConditionType::Submitted),
        (ConditionStatus::False, "NotSubmitted")
    );
}

#[test]
fn a_restored_object_restarts_nothing_unless_it_has_tried_already() {
    let mut life = Life::new(json!({}));
    life.restored = true;
    assert_eq!(settles(&life), Reason::RestoredFromBackup);
    // With an attempt of its own in its status, it is the object that made it.
    let mut life = Life::new(json!({"backoffLimit": 2}));
    life.send(Answer::Rejected(error(
        Kind::Busy,
        Delivery::Refused,
        Retry::WhenFree,
    )));
    life.restored = true;
    assert!(!matches!(life.step(), Step::Settle(_)), "{:?}", life.step());
}

#[test]
fn each_time_limit_ends_a_request_that_waits() {
    let mut late = Life::new(json!({"startDeadlineSeconds": 60}));
    assert_eq!(late.step(), Step::Check);
    assert_eq!(settles(late.wait_until(60)), Reason::StartDeadlineExceeded);
    late.follow();
    assert!(
        late.message().contains("no operator worked on it"),
        "{}",
        late.message()
    );
    let mut passed = Life::new(json!({"startBefore": at(30).to_string()}));
    assert_eq!(passed.step(), Step::Check);
    assert_eq!(settles(passed.wait_until(30)), Reason::StartBeforePassed);
    passed.follow();
    assert_eq!(passed.phase(), Phase::Expired);
}

#[test]
fn suspended_time_is_not_waiting_time() {
    let mut life = Life::new(json!({"suspend": true, "startDeadlineSeconds": 60}));
    life.follow();
    assert_eq!(
        (life.phase(), life.reason()),
        (Phase::Suspended, "Suspended")
    );
    life.wait_until(1000);
    assert!(matches!(
        life.step(),
        Step::Wait {
            why: Why::Suspended,
            ..
        }
    ));
    life.edit(json!({"suspend": false}));
    assert_eq!(life.step(), Step::Check);
    life.absorb(&Done::Checked(Ok(check())));
    assert_eq!(life.status().waiting_since.as_ref().unwrap().0, at(1000));
    assert_eq!(life.events, [EventReason::Suspended, EventReason::Resumed]);
    // Another edit is no resume: the waiting time goes on.
    life.wait_until(1500).edit(json!({"reason": "INC-7"}));
    life.absorb(&Done::Checked(Ok(check())));
    assert_eq!(life.status().waiting_since.as_ref().unwrap().0, at(1000));
    assert_eq!(life.events, [EventReason::Suspended, EventReason::Resumed]);
    assert_eq!(life.wait_until(1059).step(), Step::Check);
    assert_eq!(
        settles(life.wait_until(1060)),
        Reason::StartDeadlineExceeded
    );
}

#[test]
fn suspension_does_not_move_start_before() {
    let mut life = Life::new(json!({"suspend": true, "startBefore": at(30).to_string()}));
    life.follow();
    assert_eq!(life.look_at, Some(at(30)));
    assert_eq!(settles(life.wait_until(30)), Reason::StartBeforePassed);
}

#[test]
fn a_missing_account_is_waited_for_and_named_once() {
    let mut life = Life::new(json!({}));
    let missing = Done::Checked(Err(Hindrance::Waiting {
        reason: Reason::AccountNotFound,
        message: "CloudAccount shop/ali does not exist".into(),
    }));
    life.absorb(&missing);
    assert_eq!(
        (life.phase(), life.reason()),
        (Phase::Pending, "AccountNotFound")
    );
    assert_eq!(
        life.says(ConditionType::Accepted),
        (ConditionStatus::False, "AccountNotFound")
    );
    assert!(matches!(
        life.step(),
        Step::Wait {
            why: Why::AsBefore,
            ..
        }
    ));
    life.wait_until(30).absorb(&missing);
    assert_eq!(life.writes, 1, "nothing changed, so nothing is written");
    life.absorb(&Done::Checked(Ok(check())));
    life.open();
    assert_eq!(
        life.says(ConditionType::Accepted),
        (ConditionStatus::True, "Accepted")
    );
}

#[test]
fn a_target_that_the_cloud_does_not_know_ends_the_request() {
    let mut life = Life::new(json!({}));
    let error = error(Kind::NotFound, Delivery::Refused, Retry::Never);
    life.absorb(&Done::Checked(Err(Hindrance::Cloud(error))));
    assert_eq!(
        (life.phase(), life.reason()),
        (Phase::Failed, "TargetNotFound")
    );
    assert_eq!(
        life.says(ConditionType::Accepted),
        (ConditionStatus::False, "TargetNotFound")
    );
    for part in ["the cloud's words", "Some.Code", "req-9", "Do this next"] {
        assert!(
            life.message().contains(part),
            "{part} is not in {}",
            life.message()
        );
    }
}

#[test]
fn a_cloud_that_is_away_is_waited_for() {
    for (kind, reason, phase) in [
        (Kind::Transient, "CloudUnavailable", Phase::Pending),
        (Kind::Unexpected, "CloudUnavailable", Phase::Pending),
        (Kind::Throttled, "Throttled", Phase::Queued),
        (Kind::Unauthenticated, "AccountNotReady", Phase::Pending),
    ] {
        let mut life = Life::new(json!({}));
        let error = error(kind, Delivery::Unknown, Retry::Later);
        life.absorb(&Done::Checked(Err(Hindrance::Cloud(error))));
        assert_eq!((life.phase(), life.reason()), (phase, reason));
        assert!(life.look_at.is_some(), "{kind:?} waits without a timer");
    }
}

#[test]
fn an_order_that_somebody_else_runs_is_shown_and_waited_for() {
    let mut life = Life::new(json!({}));
    let mut busy = check();
    busy.running = Some(RunningOrder {
        id: order("o-7"),
        kind: "CoDeploy".into(),
        created_by: "20001".into(),
        since: "2023-11-14 22:13:20".into(),
    });
    let next = life.absorb(&Done::Checked(Ok(busy.clone())));
    assert!(!next.go_on);
    assert_eq!(
        (life.phase(), life.reason()),
        (Phase::Queued, "ForeignChangeOrder")
    );
    let shown = life.status().queue.clone().unwrap().change_order.unwrap();
    assert_eq!(
        (shown.id.as_str(), shown.created_by.as_deref()),
        ("o-7", Some("20001"))
    );
    assert_eq!(life.events, [EventReason::Queued]);
    life.wait_until(20).absorb(&Done::Checked(Ok(busy)));
    assert_eq!((life.writes, life.events.len()), (1, 1));
    life.wait_until(40).absorb(&Done::Checked(Ok(check())));
    life.open();
    assert_eq!(life.status().queue, None);
}

#[test]
fn the_turn_of_another_request_is_waited_for() {
    let mut life = Life::new(json!({}));
    life.turn = Turn::Held {
        by: "other".into(),
        position: 2,
    };
    life.follow();
    assert_eq!((life.phase(), life.reason()), (Phase::Queued, "TargetBusy"));
    let queue = life.status().queue.clone().unwrap();
    assert_eq!(
        (queue.held_by.as_deref(), queue.position),
        (Some("other"), Some(2))
    );
    assert!(life.look_at.is_some());
}

#[test]
fn a_clock_that_is_off_signs_nothing() {
    let mut life = Life::new(json!({}));
    let mut off = check();
    off.clock_offset = jiff::SignedDuration::from_secs(-61);
    let next = life.absorb(&Done::Checked(Ok(off)));
    assert!(!next.go_on);
    assert_eq!(life.reason(), "ClockSkew");
}

#[test]
fn a_dry_run_never_opens_an_intent() {
    let mut life = Life::new(json!({"dryRun": true}));
    life.absorb(&Done::Checked(Ok(check())));
    let seen = Seen {
        check: Some(check()),
        abort_tried: false,
    };
    let Step::Settle(ending) = life.step_having(seen) else {
        panic!("a dry run went on")
    };
    life.absorb(&Done::Settled(ending));
    assert_eq!(
        (life.phase(), life.reason()),
        (Phase::Succeeded, "DryRunPassed")
    );
    let preflight = life.status().preflight.clone().unwrap();
    assert_eq!(preflight.max_unavailable, Some(3));
    assert!(life.status().attempt.is_none());
}

#[test]
fn an_intent_is_not_opened_on_an_object_that_was_held_meanwhile() {
    let mut cancelled = Life::new(json!({}));
    cancelled.edit(json!({"cancel": true}));
    let mut suspended = Life::new(json!({}));
    suspended.edit(json!({"suspend": true}));
    let mut deleted = Life::new(json!({}));
    deleted.object.metadata.deletion_timestamp = Some(Time(at(0)));
    for life in [&mut cancelled, &mut suspended, &mut deleted] {
        life.open();
        assert!(life.status().attempt.is_none());
    }
    assert_eq!(settles(&cancelled), Reason::CancelledBeforeSubmission);
}

#[test]
fn whoever_is_far_back_in_a_line_looks_less_often() {
    let wait = |position| {
        let mut life = Life::new(json!({}));
        life.turn = Turn::Held {
            by: "other".into(),
            position,
        };
        life.follow();
        life.look_at.unwrap().duration_since(at(0)).as_secs()
    };
    assert_eq!((wait(1), wait(2), wait(20), wait(500)), (15, 30, 300, 300));
}

/// A process that looked at an old object decided to wait; another one has gone on in the meantime.
#[test]
fn a_wait_that_was_decided_on_an_old_object_is_not_told_of_a_newer_one() {
    let held = Why::Held {
        by: "other".to_owned(),
        position: 1,
    };
    let decided = [held, Why::Suspended, Why::BackingOff, Why::WindowOpen];
    let mut open = Life::new(json!({}));
    open.open();
    let mut sent = Life::new(json!({}));
    sent.send(crate::life::accepted());
    let mut ended = Life::new(json!({}));
    ended.absorb(&Done::Settled(Ending {
        reason: Reason::CancelledBeforeSubmission,
        check: None,
    }));
    for mut life in [open, sent, ended] {
        for why in &decided {
            let before = life.object.clone();
            let next = life.absorb(&Done::Waited {
                until: at(3_600),
                why: why.clone(),
            });
            assert_eq!(life.object, before, "{why:?}");
            assert_eq!(next.notices, [], "{why:?}");
        }
    }
}
