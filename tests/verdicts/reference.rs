//! `docs/reference/reasons.md`: every reason, what it means, what to do, and what the tools say, as the
//! engines said it.

use std::fmt::Write as _;

use restart_operator::api::{AccountReason, Reason};
use serde_json::Value;

use crate::{
    argocd,
    engines::{self, Verdict},
    files, table,
};

const PAGE: &str = "docs/reference/reasons.md";

const INTRODUCTION: &str = "\
# Reasons

Written by `tests/verdicts` from `src/api/reason.rs` and from what the tools themselves answered; do not
edit by hand.

The conditions `Succeeded`, `Finished`, `Ready`, `Reconciling` and `Stalled` of a request always carry one
and the same reason. The message of each says what happened in this very case.

* **kstatus** is what Flux and Helm 4 go by. `Current` lets go on what waits for the request, `Failed` ends
  the wait at once, `InProgress` waits on.
* **Argo CD** is the health with the script of `deploy/argocd`. Without the script it shows no health at all.
* **Flux, cancelled is done** is Flux with the optional expressions of `deploy/flux/cancelled-is-done.yaml`.

A request that was not seen yet, or was edited since, is `InProgress` and `Progressing` whatever it said
before.

";

#[test]
fn the_reference_is_what_the_engines_say() {
    let cases = table::reasons();
    let verdicts = table::judge(cases.iter().map(|(_, case)| case));
    let mut text = INTRODUCTION.to_owned();
    text.push_str(
        "| Reason | Phase | Means | What to do | kstatus | Argo CD | Flux, cancelled is done |\n",
    );
    text.push_str("|---|---|---|---|---|---|---|\n");
    for ((reason, case), verdict) in cases.iter().zip(&verdicts) {
        let Verdict {
            kstatus,
            overridden,
            ..
        } = verdict;
        let phase = case.object["status"]["phase"].as_str().unwrap();
        let (means, advice, argo) = (
            meaning("Reason", case.name),
            advice(*reason),
            verdict.argo(),
        );
        writeln!(
            text,
            "| `{}` | {phase} | {means} | {advice} | {kstatus} | {argo} | {overridden} |",
            case.name
        )
        .unwrap();
    }
    partial_words(&mut text);
    accounts(&mut text);
    files::compare(PAGE, &text);
}

fn partial_words(text: &mut String) {
    text.push_str("\nOnly the conditions `Accepted` and `Submitted` carry these:\n\n");
    text.push_str("| Reason | Means |\n|---|---|\n");
    let with_object: Vec<Reason> = table::reasons().iter().map(|(reason, _)| *reason).collect();
    for reason in Reason::ALL
        .iter()
        .filter(|reason| !with_object.contains(reason))
    {
        let means = meaning("Reason", reason.as_str());
        writeln!(text, "| `{}` | {means} |", reason.as_str()).unwrap();
    }
}

fn accounts(text: &mut String) {
    text.push_str("\n## Accounts\n\nOf a CloudAccount and a ClusterCloudAccount alike.\n\n");
    text.push_str("| Reason | Means | kstatus | Argo CD |\n|---|---|---|---|\n");
    let object = |reason: &AccountReason| argocd::account_object("CloudAccount", *reason);
    let objects: Vec<Value> = AccountReason::ALL.iter().map(object).collect();
    for (reason, verdict) in AccountReason::ALL.iter().zip(engines::judge(&objects)) {
        let (name, means) = (reason.as_str(), meaning("AccountReason", reason.as_str()));
        let promised = match reason {
            AccountReason::Ready => ["Current", "Healthy"],
            AccountReason::Checking => ["InProgress", "Progressing"],
            AccountReason::SecretNotFound
            | AccountReason::SecretInvalid
            | AccountReason::TokenExchangeFailed
            | AccountReason::InstanceRoleNotAllowed
            | AccountReason::InstanceRoleUnavailable
            | AccountReason::EndpointNotAllowed
            | AccountReason::CredentialsRejected => ["Failed", "Degraded"],
        };
        assert_eq!([&verdict.kstatus, verdict.argo()], promised, "{name}");
        let [kstatus, argo] = promised;
        writeln!(text, "| `{name}` | {means} | {kstatus} | {argo} |").unwrap();
    }
}

/// The sentences above the word in the source of its list.
fn meaning(list: &str, word: &str) -> String {
    let source = files::read("src/api/reason.rs");
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let find = |wanted: String, from: usize| {
        let found = lines[from..].iter().position(|line| *line == wanted);
        from + found.unwrap_or_else(|| panic!("no {wanted} in the list"))
    };
    let name = format!("{word},");
    let at = find(name.clone(), find(format!("pub enum {list} {{"), 0));
    let above = lines[..at].iter().rev();
    let mut sentences: Vec<&str> = above.map_while(|line| line.strip_prefix("/// ")).collect();
    sentences.reverse();
    assert!(!sentences.is_empty(), "{name} says nothing");
    sentences.join(" ")
}

/// What a person does about it. Every reason of a request has its line here, or this does not compile.
#[rustfmt::skip]
const fn advice(reason: Reason) -> &'static str {
    use Reason as R;
    match reason {
        R::Checking | R::Submitting | R::Running | R::BackingOff | R::Cancelling => "Nothing: it goes on by itself.",
        R::AccountNotFound => "Create the account that `spec.accountRef` names.",
        R::AccountNotReady => "Look at the conditions of the account; mostly its Secret is missing.",
        R::CloudUnavailable => "Nothing, unless it lasts: then look at the cloud's own status page.",
        R::ClockSkew => "Set the clock of the operator's node.",
        R::Suspended => "Set `spec.suspend` to false, in Git if Git names it.",
        R::TargetBusy | R::ForeignChangeOrder => "Nothing: it starts after the other one. `status.queue` names it.",
        R::Throttled => "Nothing; raise the cloud's quota if it happens often.",
        R::Resolving => "Nothing: for most targets it is clear within 18 minutes.",
        R::ApprovalRequired => "Approve or reject the change order in the cloud's console.",
        R::BatchConfirmationRequired => "Confirm the next batch in the cloud's console.",
        R::OrderNeedsAttention => "Look at the change order in the cloud's console; let it go on or abort it there.",
        R::OutcomeUnknown | R::OrderLost => "Look in the cloud's console, then answer with `spec.resolution`.",
        R::RestartSucceeded | R::ResolvedExecuted => "Nothing.",
        R::DryRunPassed => "For the restart, create a request without `dryRun`.",
        R::PartiallySucceeded => "`status.targets` names the rest; create a request for it.",
        R::RestartFailed => "Look at the change order in the cloud's console, then create a new request.",
        R::OrderAborted => "Ask who aborted it; create a new request if the restart is still wanted.",
        R::ActiveDeadlineExceeded => "Look at the change order: it may still run.",
        R::BackoffLimitExceeded => "Remove the cause that the message names, then create a new request.",
        R::Rejected => "Follow the message; the cloud's code is in the list of error codes.",
        R::AccountNotAllowed | R::TargetNotAllowed | R::GuardDenied => "Ask the administrator of the account, or change the request.",
        R::TargetMismatch => "Name an account of the target's cloud, region and namespace.",
        R::TargetNotFound => "Correct the id, or the account's region.",
        R::TargetNotRunning => "Start it in the cloud; there is nothing to restart.",
        R::TargetUnsupported => "Restart it in another way, as the message says.",
        R::BareMetalRefused => "Set `allowBareMetal` in a new request, if losing local data is acceptable.",
        R::PermissionDenied => "Grant the action that the message names to the access key.",
        R::NotImplemented => "Upgrade the operator, or leave the field out.",
        R::NotExecuted | R::ResolvedNotExecuted => "Create a new request if the restart is still wanted.",
        R::RestoredFromBackup => "Create a request with a new name if a restart is wanted now.",
        R::StartDeadlineExceeded => "Remove what it waited for, then create a new request.",
        R::StartBeforePassed => "Create a new request with a later `startBefore`.",
        R::CancelledBeforeSubmission => "Nothing: it was cancelled before anything was restarted.",
        R::CancelledInCloud => "Look at `status.progress`: parts may have restarted.",
        R::CreatedAfterStartBefore => "Nothing, if a tool brought it back. For a restart now: a new name and a later `startBefore`.",
        R::Accepted | R::NotSubmitted | R::IntentRecorded | R::OrderAccepted | R::OrderAdopted => "",
    }
}
