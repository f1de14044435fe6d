//! Rows 22 to 29 and 31: following the order, and the end.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use restart_operator::{
    api::{ConditionStatus, ConditionType, Phase},
    cloud::{
        error::{Delivery, Kind, Retry},
        types::OrderState,
    },
    protocol::{
        absorb::Done,
        decide::{Seen, Step, Why},
        notice::EventReason,
    },
};
use serde_json::json;

use crate::life::{Life, accepted, at, error, following, order, report};

fn running() -> Life {
    let mut life = Life::new(json!({"activeDeadlineSeconds": 600}));
    life.send(accepted());
    life
}

#[test]
fn a_happy_request_costs_three_writes_and_two_events() {
    let mut life = running();
    life.wait_until(9).poll(report(OrderState::Succeeded, 2));
    assert_eq!(
        (life.phase(), life.reason()),
        (Phase::Succeeded, "RestartSucceeded")
    );
    assert_eq!(life.writes, 3);
    assert_eq!(
        life.events,
        [EventReason::Submitted, EventReason::Succeeded]
    );
    assert_eq!(life.step(), Step::Rest);
}

#[test]
fn each_end_of_an_order_is_told_as_it_is() {
    for (state, status, phase, reason) in [
        (
            OrderState::Succeeded,
            2,
            Phase::Succeeded,
            "RestartSucceeded",
        ),
        (
            OrderState::PartlySucceeded,
            2,
            Phase::PartiallySucceeded,
            "PartiallySucceeded",
        ),
        (OrderState::Failed, 3, Phase::Failed, "RestartFailed"),
        (OrderState::Failed, 10, Phase::Failed, "RestartFailed"),
        (OrderState::Aborted, 6, Phase::Failed, "OrderAborted"),
    ] {
        let mut life = running();
        life.poll(report(state, status));
        assert_eq!((life.phase(), life.reason()), (phase, reason));
        assert_eq!(
            life.status().change_order.as_ref().unwrap().status,
            Some(status)
        );
        let good = matches!(state, OrderState::Succeeded);
        let succeeded = life.says(ConditionType::Succeeded).0;
        assert_eq!(succeeded, ConditionStatus::from(good));
        assert!(life.status().completion_time.is_some());
    }
}

#[test]
fn an_order_that_waits_for_a_person_is_paused_and_says_what_to_do() {
    for (state, reason, stalled) in [
        (OrderState::WaitsForApproval, "ApprovalRequired", false),
        (
            OrderState::WaitsForConfirmation,
            "BatchConfirmationRequired",
            false,
        ),
        (OrderState::NeedsAttention, "OrderNeedsAttention", true),
    ] {
        let mut life = running();
        life.wait_until(3).poll(report(state, 8));
        assert_eq!((life.phase(), life.reason()), (Phase::Paused, reason));
        assert_eq!(
            life.says(ConditionType::Stalled).0,
            ConditionStatus::from(stalled)
        );
        assert!(life.message().contains("console"));
        assert_eq!(life.look_at, Some(at(63)));
        life.wait_until(63).poll(report(state, 8));
        assert_eq!(
            life.events,
            [EventReason::Submitted, EventReason::PausedInCloud]
        );
        life.poll(report(OrderState::Succeeded, 2));
        assert_eq!(life.phase(), Phase::Succeeded);
    }
}

#[test]
fn nothing_is_said_to_be_restarting_when_the_order_is_over_or_waits() {
    let restarting = |state, status| {
        let mut life = running();
        life.wait_until(9).poll(report(state, status));
        let progress = life.status().progress.clone().unwrap();
        assert_eq!(progress.display, "1/3");
        progress.running
    };
    assert_eq!(restarting(OrderState::Running, 1), 1);
    assert_eq!(restarting(OrderState::WaitsForConfirmation, 8), 0);
    assert_eq!(restarting(OrderState::Aborted, 6), 0);
    assert_eq!(restarting(OrderState::Failed, 3), 0);
}

#[test]
fn requests_that_are_polled_together_do_not_stay_together() {
    let polls_at = |uid: String| {
        let mut life = running();
        life.object.metadata.uid = Some(uid);
        life.wait_until(300).poll(report(OrderState::Running, 1));
        life.look_at.unwrap()
    };
    let polls: std::collections::BTreeSet<_> = (0..9).map(|n| polls_at(format!("u-{n}"))).collect();
    assert!(polls.len() > 4, "{polls:?}");
    assert_eq!(polls_at("u-1".into()), polls_at("u-1".into()));
}

#[test]
fn progress_alone_is_written_only_when_it_is_due() {
    let mut life = running();
    let mut seen = report(OrderState::Running, 1);
    let polled = |report, progress_due| Done::Polled {
        order: order("o-1"),
        report: Ok(report),
        progress_due,
    };
    life.absorb(&polled(seen.clone(), false));
    assert_eq!(life.writes, 2);
    life.absorb(&polled(seen.clone(), true));
    assert_eq!(life.status().progress.as_ref().unwrap().display, "1/3");
    assert_eq!(life.writes, 3);
    seen.succeeded = 2;
    life.absorb(&polled(seen.clone(), false));
    assert_eq!(life.writes, 3);
    life.absorb(&polled(seen.clone(), true));
    life.absorb(&polled(seen, true));
    assert_eq!(life.writes, 4, "no change, no write");
}

#[test]
fn an_order_that_never_ends_is_given_up_at_the_active_deadline_and_not_called_finished_in_the_cloud()
 {
    let mut life = running();
    life.wait_until(599).poll(report(OrderState::Running, 77));
    assert_eq!(life.phase(), Phase::Running);
    assert_eq!(life.look_at, Some(at(600)));
    life.wait_until(600).poll(report(OrderState::Running, 77));
    assert_eq!(
        (life.phase(), life.reason()),
        (Phase::Failed, "ActiveDeadlineExceeded")
    );
    assert!(life.message().contains("o-1") && life.message().contains("77"));
    assert!(life.message().contains("may still run"));
}

#[test]
fn the_first_look_is_not_later_than_the_active_deadline() {
    let mut life = Life::new(json!({"activeDeadlineSeconds": 1}));
    life.send(accepted());
    assert_eq!(life.look_at, Some(at(1)));
}

#[test]
fn the_last_look_at_the_deadline_counts() {
    let mut life = running();
    life.wait_until(900).poll(report(OrderState::Succeeded, 2));
    assert_eq!(life.phase(), Phase::Succeeded);
}

#[test]
fn an_order_not_found_is_lag_for_two_minutes_and_lost_after_that() {
    let not_found = || Done::Polled {
        order: order("o-1"),
        report: Err(error(Kind::NotFound, Delivery::Refused, Retry::Never)),
        progress_due: true,
    };
    let mut life = running();
    life.wait_until(119).absorb(&not_found());
    assert_eq!(life.phase(), Phase::Running);
    life.wait_until(120).absorb(&not_found());
    assert_eq!((life.phase(), life.reason()), (Phase::Unknown, "OrderLost"));
    life.edit(json!({"resolution": {"adopt": "o-2"}}));
    life.absorb(&Done::Adopted {
        order: order("o-2"),
        report: Ok(report(OrderState::Running, 1)),
        taken_by: None,
    });
    assert_eq!(
        life.status().change_order.as_ref().unwrap().id.as_deref(),
        Some("o-2")
    );
}

#[test]
fn an_order_of_another_application_is_never_a_success() {
    let mut life = running();
    let mut other = report(OrderState::Succeeded, 2);
    other.same_target = false;
    life.poll(other);
    assert_eq!((life.phase(), life.reason()), (Phase::Unknown, "OrderLost"));
}

#[test]
fn cancel_asks_for_an_abort_until_the_cloud_accepts_it() {
    let mut life = running();
    life.edit(json!({"cancel": true}));
    assert_eq!(
        life.step(),
        Step::Abort(following()),
        "an edit is looked at at once"
    );
    let refused = Err(error(Kind::Unexpected, Delivery::Unknown, Retry::Later));
    let next = life.absorb(&Done::Aborted {
        order: order("o-1"),
        result: refused,
    });
    assert!(next.go_on);
    assert_eq!(life.reason(), "Cancelling");
    let tried = Seen {
        check: None,
        abort_tried: true,
    };
    life.look_at = Some(at(300)); // the edit is seen by now, and the next look is planned
    assert_eq!(life.step_having(tried), Step::Poll(following()));
    life.poll(report(OrderState::Running, 1));
    assert_eq!(life.reason(), "Cancelling");
    life.now = life.look_at.unwrap();
    assert_eq!(life.step(), Step::Abort(following()), "not accepted yet");
    life.absorb(&Done::Aborted {
        order: order("o-1"),
        result: Ok(()),
    });
    assert_eq!(
        life.step(),
        Step::Poll(following()),
        "accepted once is enough"
    );
    life.poll(report(OrderState::Aborted, 6));
    assert_eq!(
        (life.phase(), life.reason()),
        (Phase::Cancelled, "CancelledInCloud")
    );
}

#[test]
fn a_cancel_that_comes_too_late_does_not_change_the_truth() {
    let mut life = running();
    life.edit(json!({"cancel": true}));
    let over = Err(error(Kind::NotRunning, Delivery::Refused, Retry::Never));
    life.absorb(&Done::Aborted {
        order: order("o-1"),
        result: over,
    });
    life.poll(report(OrderState::Succeeded, 2));
    assert_eq!(
        (life.phase(), life.reason()),
        (Phase::Succeeded, "RestartSucceeded")
    );
    assert!(life.events.contains(&EventReason::CancelTooLate));
}

#[test]
fn an_edit_that_asks_for_nothing_new_is_answered_with_no_event() {
    let mut life = running();
    life.edit(json!({"reason": "INC-7"}));
    life.poll(report(OrderState::Running, 1));
    assert_eq!(life.status().observed_generation, 2);
    assert_eq!(life.events, [EventReason::Submitted]);
    // The cloud can abort this order, so it is not too late.
    life.edit(json!({"cancel": true}));
    life.poll(report(OrderState::Running, 1));
    assert_eq!(life.events, [EventReason::Submitted]);
}

#[test]
fn a_finished_request_is_deleted_when_its_time_is_over_and_once() {
    let mut life = running();
    life.poll(report(OrderState::Succeeded, 2));
    life.delete_at = Some(at(100));
    let wait = Step::Wait {
        until: at(100),
        why: Why::TimeToLive,
    };
    assert_eq!(life.wait_until(99).step(), wait);
    assert_eq!(life.wait_until(100).step(), Step::Delete);
    assert_eq!(life.wait_until(101).step(), Step::Delete);
    // Somebody's finalizer holds it.
    life.object.metadata.deletion_timestamp = Some(Time(at(100)));
    assert_eq!(life.step(), Step::Rest);
}

#[test]
fn a_finished_request_follows_edits_and_nothing_else() {
    let mut life = running();
    life.poll(report(OrderState::Succeeded, 2));
    let before = life.status().clone();
    life.wait_until(5000)
        .edit(json!({"suspend": true, "cancel": true}));
    assert_eq!(life.step(), Step::Rest);
    life.follow();
    assert_eq!(life.status().observed_generation, 2);
    assert!(
        life.status()
            .conditions
            .iter()
            .all(|c| c.observed_generation == 2)
    );
    assert_eq!(life.status().completion_time, before.completion_time);
    life.poll(report(OrderState::Failed, 3));
    assert_eq!(
        life.phase(),
        Phase::Succeeded,
        "a late poll changes nothing"
    );
}
