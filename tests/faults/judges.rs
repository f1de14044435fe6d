//! The judges are judged: a life that was true is accepted, and each falsehood in it is found.

use std::panic::{AssertUnwindSafe, catch_unwind};

use restart_operator::api::{Answer, Phase, RestartRequest, RestartRequestStatus};

use crate::{
    stage::Stage,
    support::{history::graph::check_path, judge::judge_one, world::phase_of},
};

/// The path with a change in the status of its first version of this phase.
fn changed(
    path: &[RestartRequest],
    phase: &str,
    change: impl FnOnce(&mut RestartRequestStatus),
) -> Vec<RestartRequest> {
    let mut path = path.to_vec();
    let place = path
        .iter()
        .position(|object| phase_of(object) == phase)
        .unwrap();
    change(path[place].status.as_mut().unwrap());
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_true_life_is_accepted_and_each_falsehood_is_found() {
    let stage = Stage::new("judges").await;
    let _operator = stage.operator().await;
    stage.ask("first").await;
    assert_eq!(stage.end_of("first").await.0, "Succeeded");
    let path = stage.history.versions("first");
    assert_eq!(check_path(&path), Ok(()));

    let without = |phase: &str| {
        let kept = path.iter().filter(|object| phase_of(object) != phase);
        kept.cloned().collect::<Vec<_>>()
    };
    let backwards: Vec<RestartRequest> = path.iter().rev().cloned().collect();
    let falsehoods = [
        ("backwards", backwards),
        ("no intent before the order", without("Submitting")),
        ("no order before the end", without("Running")),
        (
            "another attempt without a rejection",
            changed(&path, "Running", |status| {
                status.attempt.as_mut().unwrap().number = 2;
            }),
        ),
        (
            "another id of the same attempt",
            changed(&path, "Running", |status| {
                status.attempt.as_mut().unwrap().attempt_id = "0".repeat(32);
            }),
        ),
        (
            "an answer that is taken back",
            changed(&path, "Succeeded", |status| {
                status.attempt.as_mut().unwrap().answer = Some(Answer::Ambiguous);
            }),
        ),
        (
            "a phase that its facts deny",
            changed(&path, "Submitting", |status| {
                status.phase = Phase::Resolving;
            }),
        ),
        (
            "one condition with another reason",
            changed(&path, "Running", |status| {
                status.conditions[4].reason = "Cancelling".to_owned();
            }),
        ),
        (
            "a condition too few",
            changed(&path, "Running", |status| {
                status.conditions.pop();
            }),
        ),
        (
            "a generation that does not exist",
            changed(&path, "Running", |status| {
                status.observed_generation = 7;
            }),
        ),
    ];
    for (what, path) in falsehoods {
        assert!(check_path(&path).is_err(), "not found: {what}");
    }

    let (end, ledger) = (path.last().unwrap(), stage.world.ledger());
    assert_eq!(judge_one(end, &ledger), 1);
    let mut denied = end.clone();
    denied.status.as_mut().unwrap().phase = Phase::NotExecuted;
    let mut claimed = end.clone();
    claimed.metadata.uid = Some("00000000-0000-0000-0000-000000000000".to_owned());
    for (what, object) in [
        ("a restart that is denied", denied),
        ("one that is claimed", claimed),
    ] {
        let judged = catch_unwind(AssertUnwindSafe(|| judge_one(&object, &ledger)));
        assert!(judged.is_err(), "not found: {what}");
    }
}
