//! A restart of ours that nobody recorded: the status was rolled back.

use restart_operator::{
    api::{ConditionStatus, ConditionType, Phase},
    cloud::types::{Candidate, Look, Match},
    protocol::{
        absorb::{Done, Hindrance, Rivals},
        decide::Step,
        guard,
        notice::EventReason,
    },
};
use serde_json::json;

use crate::life::{Life, at, candidate};

fn look(candidates: Vec<Candidate>) -> Look {
    Look {
        candidates,
        complete: true,
        cloud_time: at(5),
        notes: vec![],
    }
}

fn recorded(order: &str) -> Rivals {
    Rivals {
        recorded: vec![crate::life::order(order)],
        unresolved: None,
    }
}

#[test]
fn a_restart_that_nobody_recorded_leaves_the_request_to_a_person() {
    let mut life = Life::new(json!({}));
    let seen = look(vec![candidate("o-1", Match::Verified)]);
    let hindrance = guard::hindrance(&seen, &Rivals::default()).unwrap();
    life.absorb(&Done::Checked(Err(hindrance)));
    assert_eq!(
        (life.phase(), life.reason()),
        (Phase::Unknown, "OutcomeUnknown")
    );
    assert_eq!(
        life.says(ConditionType::Submitted),
        (ConditionStatus::False, "NotSubmitted")
    );
    assert!(life.message().contains("o-1"), "{}", life.message());
    assert_eq!(life.events, [EventReason::OutcomeUnknown]);
    assert_eq!(life.step(), Step::Rest, "nothing is called any more");
    assert!(life.status().attempt.is_none());
}

#[test]
fn a_person_ends_it_either_way() {
    for (answer, phase) in [
        (json!({"notExecuted": true}), Some(Phase::NotExecuted)),
        (json!({"adopt": "o-1"}), None),
    ] {
        let mut life = Life::new(json!({}));
        let lines = vec!["o-1".to_owned()];
        life.absorb(&Done::Checked(Err(Hindrance::Unrecorded(lines))));
        life.edit(json!({"resolution": answer}));
        match phase {
            Some(phase) => {
                life.follow();
                assert_eq!(life.phase(), phase);
            }
            None => assert_eq!(life.step(), Step::Adopt(crate::life::order("o-1"))),
        }
    }
}

#[test]
fn only_an_order_that_is_certainly_ours_and_nobodys_hinders() {
    let ours = look(vec![candidate("o-1", Match::Verified)]);
    assert_eq!(guard::hindrance(&ours, &recorded("o-1")), None);
    assert!(guard::hindrance(&ours, &recorded("o-2")).is_some());
    for match_ in [Match::CreatorUnknown, Match::NotStarted] {
        let seen = look(vec![candidate("o-1", match_)]);
        assert_eq!(guard::hindrance(&seen, &Rivals::default()), None);
    }
    assert_eq!(guard::hindrance(&look(vec![]), &Rivals::default()), None);
}

#[test]
fn an_order_that_may_be_a_neighbours_is_waited_for() {
    let seen = look(vec![candidate("o-1", Match::Verified)]);
    let rivals = Rivals {
        recorded: vec![],
        unresolved: Some("other".into()),
    };
    let mut life = Life::new(json!({}));
    let hindrance = guard::hindrance(&seen, &rivals).unwrap();
    life.absorb(&Done::Checked(Err(hindrance)));
    assert_eq!((life.phase(), life.reason()), (Phase::Queued, "TargetBusy"));
    assert!(life.look_at.is_some());
}

#[test]
fn the_search_begins_with_the_creation_of_the_request() {
    let life = Life::new(json!({}));
    let call = guard::any_call_of(&life.object, at(300), &life.policy);
    assert_eq!(call.signed_at - life.policy.skew, at(0));
    assert_eq!((call.not_after, call.baseline.len()), (at(300), 0));
}
