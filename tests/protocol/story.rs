//! The conditions, for every reason of the closed list.

use restart_operator::{
    api::{ConditionStatus, ConditionType, Phase, Reason, RestartRequestStatus, condition},
    protocol::story,
};

use crate::life::at;

fn told(reason: Reason) -> RestartRequestStatus {
    let mut status = RestartRequestStatus::default();
    story::tell(&mut status, 3, reason, "a message", at(0));
    status
}

/// Reasons that only `Accepted` or `Submitted` carry.
const PARTIAL: [Reason; 5] = [
    Reason::Accepted,
    Reason::NotSubmitted,
    Reason::IntentRecorded,
    Reason::OrderAccepted,
    Reason::OrderAdopted,
];

#[test]
fn every_reason_writes_all_seven_conditions_of_the_present_generation() {
    for reason in Reason::ALL {
        let status = told(*reason);
        assert_eq!(status.conditions.len(), 7);
        assert!(status.conditions.iter().all(|c| c.observed_generation == 3));
    }
}

#[test]
fn the_trio_of_kstatus_agrees_with_the_phase() {
    use ConditionStatus::{False, True};
    for reason in Reason::ALL
        .iter()
        .filter(|reason| !PARTIAL.contains(reason))
    {
        let status = told(*reason);
        let is = |type_| condition::find(&status.conditions, type_).unwrap().status;
        let expected = match status.phase {
            Phase::Succeeded | Phase::Skipped => (False, False, True),
            Phase::Unknown
            | Phase::PartiallySucceeded
            | Phase::Failed
            | Phase::NotExecuted
            | Phase::Expired
            | Phase::Cancelled => (False, True, False),
            Phase::Paused if *reason == Reason::OrderNeedsAttention => (False, True, False),
            _ => (True, False, False),
        };
        let trio = (
            is(ConditionType::Reconciling),
            is(ConditionType::Stalled),
            is(ConditionType::Ready),
        );
        assert_eq!(trio, expected, "{}", reason.as_str());
        let finished = is(ConditionType::Finished) == True;
        assert_eq!(
            finished,
            status.completion_time.is_some(),
            "{}",
            reason.as_str()
        );
    }
}

#[test]
fn a_message_is_cut_between_characters() {
    let mut status = RestartRequestStatus::default();
    story::tell(&mut status, 1, Reason::Running, &"重".repeat(1000), at(0));
    assert_eq!(story::message(&status), "重".repeat(341));
}
