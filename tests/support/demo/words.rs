//! How the demo says in a few words where a request stands and what a call came to.

use cloudsim::{RequestRecord, Verdict};
use restart_operator::api::{ConditionType, Phase, RestartRequestStatus, condition};

/// Why it stands there; of a running one also whether its order came in an answer, or was found later.
pub(super) fn reason(status: &RestartRequestStatus) -> String {
    let of = |type_| {
        condition::find(&status.conditions, type_).map_or("-", |found| found.reason.as_str())
    };
    let ready = of(ConditionType::Ready);
    if status.phase == Phase::Running {
        format!("{ready}, {}", of(ConditionType::Submitted))
    } else {
        ready.to_owned()
    }
}

/// What happened, and what to do, for people.
pub(super) fn message(status: &RestartRequestStatus) -> String {
    let ready = condition::find(&status.conditions, ConditionType::Ready);
    ready.map(|ready| ready.message.clone()).unwrap_or_default()
}

/// What is asked of the cloud beside the targets and the envelope of the call.
pub(super) fn options(request: &RequestRecord) -> String {
    let envelope = [
        "Action",
        "Version",
        "X-Expires",
        "AppId",
        "AppIds",
        "ClientToken",
    ];
    let others = request.params.iter().filter(|(name, _)| {
        !envelope.contains(&name.as_str()) && !name.starts_with("InstanceIds.")
    });
    others.fold(String::new(), |all, (name, value)| {
        format!("{all} {name}={}", shorts(value))
    })
}

/// What the caller was told.
pub(super) fn outcome(request: &RequestRecord) -> String {
    match (&request.verdict, request.refusal()) {
        (_, Some(code)) => format!("refused: {code}"),
        (Some(Verdict::Faulted { fault, .. }), None) => format!("answer lost ({fault})"),
        (Some(_), None) => "answered".to_owned(),
        (None, None) => "not answered yet".to_owned(),
    }
}

/// Enough of an id to tell it from the others: the first group of a UUID, all of any other.
pub(super) fn short(id: &str) -> &str {
    match id.split_once('-') {
        Some((first, _)) if id.len() == 36 && first.len() == 8 => first,
        _ => id,
    }
}

/// The same of several ids with commas between them.
pub(super) fn shorts(text: &str) -> String {
    ids(text).map(short).collect::<Vec<_>>().join(",")
}

/// The ids of a list as a call has it: with commas, or a JSON array.
pub(super) fn ids(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split([',', '[', ']', '"']);
    parts.filter(|part| !part.is_empty())
}
