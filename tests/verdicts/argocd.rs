//! `deploy/argocd`: the scripts with their tests in Argo CD's own formats. Test data are made from the code;
//! the scripts are written by hand.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use restart_operator::api::{
    AccountReason, CloudAccountStatus, Condition, ConditionStatus, ConditionType, Phase, Reason,
    condition,
};
use serde_json::{Value, json};

use crate::{
    engines::{self, ARGOCD},
    files,
    life::at,
    objects,
    table::{self, Case},
};

pub(crate) const GROUP: &str = "deploy/argocd/restart-operator.dev";
pub(crate) const ACTIONS: [&str; 3] = ["cancel", "resume", "suspend"];
pub(crate) const ACCOUNTS: [&str; 2] = ["CloudAccount", "ClusterCloudAccount"];

/// Reasons beside the first of each phase that a script treats in a way of their own.
const MORE: [Reason; 4] = [
    Reason::BackingOff,
    Reason::BatchConfirmationRequired,
    Reason::OrderNeedsAttention,
    Reason::CancelledInCloud,
];

/// A file for each phase, for the odd objects and for a few reasons more.
fn shown() -> Vec<(String, Case)> {
    let mut seen: Vec<Phase> = Vec::new();
    let mut shown = Vec::new();
    for (reason, case) in table::reasons() {
        let phase = restart_operator::protocol::story::phase(reason);
        let first = !seen.contains(&phase);
        seen.push(phase);
        if first || MORE.contains(&reason) {
            shown.push((kebab(case.name), case));
        }
    }
    assert!(Phase::ALL.iter().all(|phase| seen.contains(phase)));
    shown.extend(
        table::odd()
            .into_iter()
            .map(|case| (case.name.to_owned(), case)),
    );
    shown
}

/// `BackingOff` as `backing-off`.
fn kebab(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

#[test]
fn the_test_data_are_what_the_code_writes() {
    let mut tests = Vec::new();
    for (name, case) in shown() {
        put(
            &format!("{GROUP}/RestartRequest/testdata/{name}.yaml"),
            &case.object,
        );
        tests.push(health_test(&name, case.expected.argo, &case.message));
    }
    put(
        &format!("{GROUP}/RestartRequest/health_test.yaml"),
        &json!({ "tests": tests }),
    );
    actions();
    ACCOUNTS.into_iter().for_each(account);
}

#[test]
fn no_test_data_are_left_over() {
    let folder = |path: &str| files::names(&format!("{GROUP}/{path}"));
    let mut wanted: Vec<String> = shown()
        .iter()
        .map(|(name, _)| format!("{name}.yaml"))
        .collect();
    wanted.sort();
    assert_eq!(folder("RestartRequest/testdata"), wanted);
    let named = files::read(&format!("{GROUP}/RestartRequest/actions/action_test.yaml"));
    for name in folder("RestartRequest/actions/testdata") {
        assert!(named.contains(&name), "{name} is in no test");
    }
}

#[test]
fn argo_cds_own_tests_pass() {
    let said = engines::ask(&["argo-tests", ARGOCD], "");
    let passed: usize = said.split_whitespace().next().unwrap().parse().unwrap();
    assert!(passed >= shown().len() + 6 + 8, "only {said}");
}

/// What a script of Argo CD may not do fails here as it does there.
#[test]
fn scripts_have_no_string_library_and_one_second() {
    let folder = tempfile::tempdir().unwrap();
    let kind = folder.path().join("restart-operator.dev/RestartRequest");
    std::fs::create_dir_all(&kind).unwrap();
    let root = folder.path().to_str().unwrap();
    let arguments = ["judge", "--argocd", root, "--flux", engines::OVERRIDE];
    let objects = json!([objects::json(Reason::Running)]).to_string();
    let complaint = |script: &str| {
        std::fs::write(kind.join("health.lua"), script).unwrap();
        let output = engines::run(&arguments, &objects);
        String::from_utf8(output.stderr).unwrap()
    };
    assert_eq!(complaint("return { status = 'Healthy' }"), "");
    assert!(complaint("return { status = ('Healthy'):sub(1) }").contains("attempt to index"));
    assert!(complaint("return { status = os.date() }").contains("attempt to index"));
    assert!(complaint("while true do end").contains("deadline exceeded"));
    assert!(complaint("return { status = 'Good' }").contains("which is no health"));
}

#[test]
fn all_kinds_have_the_same_health_script() {
    let ours = files::read(&format!("{GROUP}/RestartRequest/health.lua"));
    for kind in ACCOUNTS {
        assert!(
            files::read(&format!("{GROUP}/{kind}/health.lua")) == ours,
            "{kind}"
        );
    }
}

fn put(path: &str, value: &Value) {
    files::compare(path, &serde_saphyr::to_string(value).unwrap());
}

fn health_test(name: &str, status: &str, message: &str) -> Value {
    json!({
        "healthStatus": {"status": status, "message": message},
        "inputPath": format!("testdata/{name}.yaml"),
    })
}

/// `action_test.yaml`: what each action changes, and when it is offered.
fn actions() {
    let folder = format!("{GROUP}/RestartRequest/actions");
    let object = objects::json;
    let inputs = [
        // Name, object, and which of cancel, resume and suspend are disabled.
        (
            "waiting",
            object(Reason::AccountNotReady),
            [false, true, false],
        ),
        ("suspended", object(Reason::Suspended), [false, false, true]),
        (
            "backing-off",
            object(Reason::BackingOff),
            [false, true, false],
        ),
        ("running", object(Reason::Running), [false, true, true]),
        (
            "succeeded",
            object(Reason::RestartSucceeded),
            [true, true, true],
        ),
    ];
    let mut discovery = Vec::new();
    for (name, object, disabled) in &inputs {
        put(&format!("{folder}/testdata/{name}.yaml"), object);
        let actions = ACTIONS.iter().zip(disabled);
        let result: Vec<Value> = actions
            .map(|(name, disabled)| json!({"name": name, "disabled": disabled}))
            .collect();
        discovery.push(json!({"inputPath": format!("testdata/{name}.yaml"), "result": result}));
    }
    let changes = [
        (
            "cancel",
            "running",
            "running-cancelled",
            json!({"cancel": true}),
        ),
        (
            "suspend",
            "waiting",
            "waiting-suspended",
            json!({"suspend": true}),
        ),
        (
            "resume",
            "suspended",
            "suspended-resumed",
            json!({"suspend": false}),
        ),
    ];
    let mut tests = Vec::new();
    for (action, from, to, change) in changes {
        let (_, object, _) = inputs.iter().find(|(name, ..)| *name == from).unwrap();
        let mut object = object.clone();
        for (field, value) in change.as_object().unwrap() {
            object["spec"][field] = value.clone();
        }
        put(&format!("{folder}/testdata/{to}.yaml"), &object);
        tests.push(json!({
            "action": action, "inputPath": format!("testdata/{from}.yaml"),
            "expectedOutputPath": format!("testdata/{to}.yaml"),
        }));
    }
    let file = json!({"discoveryTests": discovery, "actionTests": tests});
    put(&format!("{folder}/action_test.yaml"), &file);
}

/// An account of this kind in the three states that kstatus knows.
fn account(kind: &str) {
    let folder = format!("{GROUP}/{kind}");
    let mut tests = Vec::new();
    for (reason, health) in [
        (AccountReason::Ready, "Healthy"),
        (AccountReason::Checking, "Progressing"),
        (AccountReason::SecretNotFound, "Degraded"),
    ] {
        let name = kebab(reason.as_str());
        put(
            &format!("{folder}/testdata/{name}.yaml"),
            &account_object(kind, reason),
        );
        let message = format!("{}: a sentence about it", reason.as_str());
        tests.push(health_test(&name, health, &message));
    }
    put(
        &format!("{folder}/health_test.yaml"),
        &json!({ "tests": tests }),
    );
}

/// An account of which this is told, in the shape that the operator writes.
pub(crate) fn account_object(kind: &str, reason: AccountReason) -> Value {
    let mut status = CloudAccountStatus {
        observed_generation: 1,
        ..CloudAccountStatus::default()
    };
    let (ready, waits) = (
        reason == AccountReason::Ready,
        reason == AccountReason::Checking,
    );
    for (type_, holds) in [
        (ConditionType::Ready, ready),
        (ConditionType::Reconciling, waits),
        (ConditionType::Stalled, !ready && !waits),
    ] {
        let new = Condition {
            type_: type_.as_str().to_owned(),
            status: ConditionStatus::from(holds),
            reason: reason.as_str().to_owned(),
            message: "a sentence about it".to_owned(),
            last_transition_time: Time(at(0)),
            observed_generation: 1,
        };
        condition::upsert(&mut status.conditions, new);
    }
    json!({
        "apiVersion": "restart-operator.dev/v1alpha1", "kind": kind,
        "metadata": {"name": "ali", "generation": 1},
        "spec": {"provider": "AlibabaCloud", "region": "cn-hangzhou",
            "credentials": {"secretRef": {"name": "ali-keys"}}},
        "status": status,
    })
}
