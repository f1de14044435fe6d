//! Row 7, last case: the target shows a restart of ours that no request has recorded.

use restart_operator::{
    api::Phase,
    cloud::types::{Candidate, Match, OrderState},
    protocol::{
        absorb::{Done, Hindrance},
        decide::Step,
        notice::EventReason,
    },
};
use serde_json::json;

use crate::life::{Life, at, candidate, order, report};

fn forgotten(orders: Vec<Candidate>) -> Done {
    Done::Checked(Err(Hindrance::Forgotten(orders)))
}

#[test]
fn a_restart_of_ours_that_nobody_recorded_is_left_to_a_person_who_is_told_what_to_do() {
    for match_ in [Match::Verified, Match::CreatorUnknown] {
        let mut life = Life::new(json!({}));
        let next = life.absorb(&forgotten(vec![candidate("o-5", match_)]));
        assert!(!next.go_on && next.look_at.is_none());
        assert_eq!(
            (life.phase(), life.reason()),
            (Phase::Unknown, "OutcomeUnknown")
        );
        for word in [
            "o-5",
            "spec.resolution.adopt",
            "spec.resolution.notExecuted",
        ] {
            assert!(life.message().contains(word), "{}", life.message());
        }
        assert_eq!(life.events, [EventReason::OutcomeUnknown]);
        assert_eq!(life.status().attempt, None);
        assert_eq!(life.step(), Step::Rest, "it is never sent by itself");
    }
}

#[test]
fn a_person_adopts_the_forgotten_restart_or_says_that_it_is_anothers() {
    let mut life = Life::new(json!({}));
    life.absorb(&forgotten(vec![candidate("o-5", Match::Verified)]));
    let mut other = Life::new(json!({}));
    other.absorb(&forgotten(vec![candidate("o-5", Match::Verified)]));
    life.wait_until(100)
        .edit(json!({"resolution": {"adopt": "o-5"}}));
    assert_eq!(life.step(), Step::Adopt(order("o-5")));
    life.absorb(&Done::Adopted {
        order: order("o-5"),
        report: Ok(report(OrderState::Running, 1)),
        taken_by: None,
    });
    assert_eq!(life.phase(), Phase::Running);
    let Step::Poll(following) = life.step() else {
        panic!("{:?}", life.step());
    };
    assert_eq!(following.started, at(100), "the deadline counts from now");
    life.absorb(&Done::Polled {
        order: order("o-5"),
        report: Ok(report(OrderState::Succeeded, 2)),
        progress_due: true,
    });
    assert_eq!(life.phase(), Phase::Succeeded);

    other.edit(json!({"resolution": {"notExecuted": true}}));
    other.follow();
    assert_eq!(
        (other.phase(), other.reason()),
        (Phase::NotExecuted, "ResolvedNotExecuted")
    );
}

#[test]
fn a_forgotten_order_that_has_not_started_is_looked_at_again() {
    let mut life = Life::new(json!({}));
    let next = life.absorb(&forgotten(vec![candidate("o-5", Match::NotStarted)]));
    assert!(!next.go_on && next.look_at.is_some());
    assert_eq!(life.phase(), Phase::Pending);
}
