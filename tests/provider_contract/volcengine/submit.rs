//! The reboot call: one for all instances, with one token, rejected only when the cloud says so.

use cloudsim::{AccessKey, Canned, DEFAULT_KEY_ID, Fault, FaultRule, Instance};
use restart_operator::cloud::{
    Provider,
    error::{Delivery, Kind, Retry},
    types::{AttemptId, PartState, Submission, Target},
};

use super::{Fleet, REBOOT, accepted, instances, states, target};
use crate::fixture::{ambiguous, impatient, key, rejected};

#[tokio::test]
async fn a_call_with_a_known_token_reboots_nothing_and_gives_the_first_answer() {
    let fleet = Fleet::of(vec![
        Instance::running("i-a"),
        Instance::running("i-b").refusing("OperationDenied.ResourceLocked"),
    ])
    .await;
    let target = target(&["i-a", "i-b"]);
    let first = fleet.intent("token");
    let taken_over = Submission {
        attempt: AttemptId("another".into()),
        owned: 1,
        ..first.clone()
    };
    let answer = accepted(fleet.submit(&target, &first).await);
    assert_eq!(
        states(&answer.parts),
        [PartState::Waiting, PartState::Rejected]
    );
    assert_eq!(
        answer.parts[1].error.as_ref().unwrap().code,
        "OperationDenied.ResourceLocked"
    );
    fleet.pass(30);
    let again = accepted(fleet.submit(&target, &taken_over).await);
    assert_eq!(again.parts, answer.parts);
    assert_eq!((fleet.calls(REBOOT), fleet.reboots("i-a")), (2, 1));
}

#[tokio::test]
async fn a_lost_answer_is_ambiguous_and_the_same_token_gives_it_again() {
    let fleet = Fleet::of(vec![Instance::running("i-a")]).await;
    let target = target(&["i-a"]);
    let call = fleet.intent("token");
    fleet.sim.inject(FaultRule::on(REBOOT, Fault::DropAfter));
    ambiguous(fleet.submit(&target, &call).await);
    let resend = Submission {
        attempt: AttemptId("resend".into()),
        owned: 1,
        ..call
    };
    accepted(fleet.submit(&target, &resend).await);
    let ledger = fleet.sim.ledger();
    assert_eq!(ledger.restarts_of("i-a").len(), 1);
    // The same bytes, the same signature.
    let sent = ledger.requests(REBOOT);
    assert_eq!(sent[0].params, sent[1].params);
    assert_eq!(sent[0].signed_at, sent[1].signed_at);
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_ambiguous() {
    let fleet = Fleet::with(vec![Instance::running("i-a")], &impatient()).await;
    let hang = Fault::Hang { executed: true };
    fleet.sim.inject(FaultRule::on(REBOOT, hang));
    let call = fleet.intent("token");
    let error = ambiguous(fleet.submit(&target(&["i-a"]), &call).await);
    assert_eq!(error.kind, Kind::Transient);
    assert_eq!(fleet.reboots("i-a"), 1);
}

#[tokio::test]
async fn a_token_with_other_parameters_is_ambiguous_and_so_is_one_in_progress() {
    let fleet = Fleet::of(vec![Instance::running("i-a"), Instance::running("i-b")]).await;
    accepted(fleet.submit(&target(&["i-a"]), &fleet.intent("t")).await);
    let error = ambiguous(fleet.submit(&target(&["i-b"]), &fleet.intent("t")).await);
    assert_eq!(error.code.as_deref(), Some("IdempotentParameterMismatch"));
    let fault = Fault::AnswerInstead(Canned::code(412, "IdempotentProcessing"));
    fleet.sim.inject(FaultRule::on(REBOOT, fault));
    let error = ambiguous(fleet.submit(&target(&["i-b"]), &fleet.intent("u")).await);
    assert_eq!(error.code.as_deref(), Some("IdempotentProcessing"));
    assert_eq!(fleet.reboots("i-b"), 0);
}

#[tokio::test]
async fn a_signature_that_has_expired_is_refused_for_certain() {
    let fleet = Fleet::of(vec![Instance::running("i-a")]).await;
    let call = fleet.intent("token");
    fleet.pass(121);
    let error = rejected(fleet.submit(&target(&["i-a"]), &call).await);
    assert_eq!(error.code.as_deref(), Some("InvalidTimestamp"));
    assert_eq!(
        (error.delivery, error.retry),
        (Delivery::Refused, Retry::Later)
    );
    assert_eq!(fleet.reboots("i-a"), 0);
}

#[tokio::test]
async fn a_wrong_key_is_refused_and_another_region_finds_nothing() {
    let mut fleet = Fleet::of(vec![Instance::running("i-a")]).await;
    let mut elsewhere = instances(&["i-a"]);
    elsewhere.region = "cn-shanghai".into();
    let elsewhere = Target::VolcengineInstances(elsewhere);
    assert_eq!(
        fleet.check(&elsewhere).await.unwrap_err().kind,
        Kind::NotFound
    );
    fleet.access.credential = key(DEFAULT_KEY_ID, "wrong", None);
    let error = fleet.check(&target(&["i-a"])).await.unwrap_err();
    assert_eq!(error.kind, Kind::Unauthenticated);
    let call = fleet.intent("token");
    let error = rejected(fleet.submit(&target(&["i-a"]), &call).await);
    assert_eq!(
        (error.kind, error.retry),
        (Kind::Unauthenticated, Retry::Later)
    );
}

#[tokio::test]
async fn a_call_in_which_every_instance_was_refused_is_rejected_by_the_worst_reason() {
    let fleet = Fleet::of(vec![
        Instance::running("i-a").refusing("OperationDenied.ResourceLocked"),
        Instance::running("i-b").refusing("FlowLimitExceeded"),
        Instance::running("i-c").refusing("Insufficient.Balance"),
        Instance::running("i-d").refusing("InternalError"),
        Instance::running("i-e").with_status("STOPPED"),
        Instance::running("i-f").with_status("RESIZING"),
    ])
    .await;
    for (ids, kind, retry) in [
        (&["i-a"][..], Kind::Busy, Retry::WhenFree),
        (&["i-b"], Kind::Throttled, Retry::WhenFree),
        (&["i-c"], Kind::Billing, Retry::Never),
        (&["i-a", "i-c"], Kind::Billing, Retry::Never),
        (&["i-e"], Kind::NotRunning, Retry::Never),
        (&["i-f"], Kind::Busy, Retry::WhenFree),
        (&["i-e", "i-f"], Kind::NotRunning, Retry::Never),
        (&["i-none"], Kind::NotFound, Retry::Never),
    ] {
        let call = fleet.intent(&format!("token-{ids:?}"));
        let error = rejected(fleet.submit(&target(ids), &call).await);
        assert_eq!((error.kind, error.retry), (kind, retry), "{ids:?}");
    }
    for ids in [&["i-d"][..], &["i-a", "i-d"]] {
        let call = fleet.intent(&format!("token-{ids:?}"));
        ambiguous(fleet.submit(&target(ids), &call).await);
    }
    assert!(fleet.sim.ledger().restarts().is_empty());
}

#[tokio::test]
async fn a_look_for_a_lost_reboot_tells_what_was_seen_and_proves_nothing() {
    let fleet = Fleet::of(vec![Instance::running("i-a")]).await;
    let target = target(&["i-a"]);
    let call = fleet.intent("token");
    let resolve = || fleet.provider.resolve(&fleet.access, &target, &call);
    let look = resolve().await.unwrap();
    assert!(look.notes[0].starts_with("no system event"), "{look:?}");
    fleet.sim.inject(FaultRule::on(REBOOT, Fault::DropAfter));
    ambiguous(fleet.submit(&target, &call).await);
    let look = resolve().await.unwrap();
    assert!(look.candidates.is_empty() && !look.complete);
    assert!(look.notes[0].starts_with("i-a: system event "), "{look:?}");
    assert!(look.notes[0].contains("RebootInstance Executing"));
}

#[tokio::test]
async fn a_reboot_cannot_be_aborted_and_its_creator_is_not_shown() {
    let fleet = Fleet::of(vec![Instance::running("i-a")]).await;
    let target = target(&["i-a"]);
    let following = fleet.reboot(&target).await;
    let abort = fleet.provider.abort(&fleet.access, &target, &following);
    assert_eq!(abort.await.unwrap_err().kind, Kind::Unsupported);
    let creator = fleet
        .provider
        .creator(&fleet.access, &target, &following.order);
    assert_eq!(creator.await, Ok(None));
    assert_eq!(fleet.sim.ledger().all_requests().len(), 1);
}

#[tokio::test]
async fn a_temporary_key_sends_its_token() {
    let mut fleet = Fleet::of(vec![Instance::running("i-a")]).await;
    let temporary = AccessKey::new("temporary", "secret", "somebody").with_token("sts", None);
    fleet.sim.put_access_key(temporary);
    fleet.access.credential = key("temporary", "secret", Some("sts"));
    fleet.reboot(&target(&["i-a"])).await;
    assert_eq!(fleet.reboots("i-a"), 1);
}
