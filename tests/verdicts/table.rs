//! Every reason and every odd object, through all engines.

use restart_operator::api::{Reason, RestartRequest};
use serde_json::{Value, json};

use crate::{
    engines::{self, Verdict},
    expected::{self, Expected},
    objects,
};

/// A named object and what is promised of it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) object: Value,
    pub(crate) expected: Expected,
    /// Argo CD's line.
    pub(crate) message: String,
}

/// One for each reason.
pub(crate) fn reasons() -> Vec<(Reason, Case)> {
    let case = |(reason, object): &(Reason, RestartRequest)| {
        let phase = object.status.as_ref().unwrap().phase;
        let case = Case {
            name: reason.as_str(),
            expected: expected::of(phase, *reason),
            message: line(object, *reason),
            object: serde_json::to_value(object).unwrap(),
        };
        (*reason, case)
    };
    objects::all().iter().map(case).collect()
}

/// Argo CD's line: the reason, the message, and how far it got while it goes on.
fn line(object: &RestartRequest, reason: Reason) -> String {
    let status = object.status.as_ref().unwrap();
    let message = restart_operator::protocol::story::message(status);
    let text = format!("{}: {message}", reason.as_str());
    let open = status
        .conditions
        .iter()
        .any(|c| c.type_ == "Reconciling" && c.status == true.into());
    match &status.progress {
        Some(progress) if open => format!("{text} ({})", progress.display),
        _ => text,
    }
}

/// Objects as the operator has not seen them yet, or as it never writes them.
pub(crate) fn odd() -> Vec<Case> {
    let object = objects::json;
    let unseen = "waiting for restart-operator".to_owned();
    let case = |name, object, expected, message: &str| Case {
        name,
        object,
        expected,
        message: message.to_owned(),
    };

    let mut fresh = object(Reason::Running);
    fresh["status"] = json!({"observedGeneration": -1, "phase": "Pending"});
    let mut bare = fresh.clone();
    bare.as_object_mut().unwrap().remove("status");
    // Expressions can ask whether a field is there, but not whether `status` itself is. The API server
    // gives every request a status.
    let bare_expected = Expected {
        kstatus: "Current",
        overridden: "Unknown",
        ..expected::UNDER_WAY
    };
    let mut edited = object(Reason::RestartSucceeded);
    edited["metadata"]["generation"] = json!(2);
    let mut silent = object(Reason::RestartFailed);
    for condition in silent["status"]["conditions"].as_array_mut().unwrap() {
        condition.as_object_mut().unwrap().remove("message");
    }
    let mut deleting = object(Reason::Running);
    deleting["metadata"]["deletionTimestamp"] = json!("2023-11-14T22:20:00Z");
    let going = Expected {
        kstatus: "Terminating",
        ..expected::UNDER_WAY
    };
    let running = reasons();
    let (_, running) = running
        .iter()
        .find(|(reason, _)| *reason == Reason::Running)
        .unwrap();
    vec![
        case("no-status", bare, bare_expected, &unseen),
        case("default-status", fresh, expected::UNDER_WAY, &unseen),
        case("edited-after-the-end", edited, expected::UNDER_WAY, &unseen),
        case("without-message", silent, expected::BAD, "RestartFailed: "),
        case("being-deleted", deleting, going, &running.message),
    ]
}

/// The verdicts on these cases.
pub(crate) fn judge<'a>(cases: impl Iterator<Item = &'a Case>) -> Vec<Verdict> {
    let objects: Vec<Value> = cases.map(|case| case.object.clone()).collect();
    engines::judge(&objects)
}

#[test]
fn every_tool_says_of_every_reason_what_is_promised() {
    let (reasons, odd) = (reasons(), odd());
    // Five words are of Accepted and Submitted alone.
    assert_eq!(reasons.len() + 5, Reason::ALL.len());
    let cases = || reasons.iter().map(|(_, case)| case).chain(&odd);
    for (case, verdict) in cases().zip(judge(cases())) {
        let argo = verdict.argo.as_ref().expect("a health script");
        let said = [&*verdict.kstatus, &*argo.status, &*verdict.overridden];
        let promised = case.expected;
        assert_eq!(
            said,
            [promised.kstatus, promised.argo, promised.overridden],
            "{}: kstatus, Argo CD, Flux with the expressions",
            case.name
        );
        assert_eq!(argo.message, case.message, "{}", case.name);
    }
}

#[test]
fn the_actions_end_where_the_request_cannot_follow_them() {
    let reasons = reasons();
    let verdicts = judge(reasons.iter().map(|(_, case)| case));
    for ((_, case), verdict) in reasons.iter().zip(verdicts) {
        let disabled = verdict.actions.expect("actions");
        let spec = &case.object["spec"];
        let status = &case.object["status"];
        let over = !status["completionTime"].is_null();
        let attempt = &status["attempt"];
        let sent = !attempt.is_null() && attempt["answer"] != "Rejected";
        let expected = [
            ("cancel", over || spec["cancel"] == true),
            ("resume", over || spec["suspend"] == false),
            ("suspend", over || sent || spec["suspend"] == true),
        ];
        let said: Vec<(&str, bool)> = disabled.iter().map(|(k, v)| (k.as_str(), *v)).collect();
        assert_eq!(said, expected, "{}", case.name);
    }
}
