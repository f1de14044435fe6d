//! `deploy/argocd`: the scripts with their tests in Argo CD's own formats, and the same scripts as keys of
//! `argocd-cm`. Test data are made from the code; the scripts are written by hand.

use std::fmt::Write as _;

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

const GROUP: &str = "deploy/argocd/restart-operator.dev";
const ACTIONS: [&str; 3] = ["cancel", "resume", "suspend"];
const ACCOUNTS: [&str; 2] = ["CloudAccount", "ClusterCloudAccount"];

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

const CONFIG: &str = "deploy/argocd/argocd-cm.yaml";

const CONFIG_HEADER: &str = "\
# What Argo CD has to know about the kinds of restart-operator: how healthy an object is, what can be done
# with it, and that a change of status is no news. Add it to the settings of your Argo CD:
#
#   kubectl -n argocd patch configmap argocd-cm --patch-file deploy/argocd/argocd-cm.yaml
#
# Made from the scripts below restart-operator.dev by `UPDATE_GITOPS=1 cargo test --test verdicts`; do not
# edit it by hand.
apiVersion: v1
kind: ConfigMap
metadata:
  name: argocd-cm
  namespace: argocd
data:
";

#[test]
fn the_settings_hold_the_scripts() {
    let mut text = CONFIG_HEADER.to_owned();
    for kind in ["RestartRequest"].into_iter().chain(ACCOUNTS) {
        let script = files::read(&format!("{GROUP}/{kind}/health.lua"));
        writeln!(
            text,
            "  resource.customizations.health.restart-operator.dev_{kind}: |"
        )
        .unwrap();
        indent(&mut text, 4, &script);
        let key =
            format!("resource.customizations.ignoreResourceUpdates.restart-operator.dev_{kind}");
        writeln!(text, "  {key}: |\n    jsonPointers: [/status]").unwrap();
    }
    text.push_str("  resource.customizations.actions.restart-operator.dev_RestartRequest: |\n");
    text.push_str("    discovery.lua: |\n");
    indent(&mut text, 6, &action_script("discovery.lua"));
    text.push_str("    definitions:\n");
    for action in ACTIONS {
        writeln!(text, "    - name: {action}\n      action.lua: |").unwrap();
        indent(
            &mut text,
            8,
            &action_script(&format!("{action}/action.lua")),
        );
    }
    files::compare(CONFIG, &text);
}

/// Read back as Argo CD reads them, the settings are the scripts that were tested.
#[test]
fn the_settings_read_back_as_the_scripts() {
    let config: Value = serde_saphyr::from_str(&files::read(CONFIG)).unwrap();
    let data = config["data"].as_object().unwrap();
    let key = |what: &str, kind: &str| {
        let key = format!("resource.customizations.{what}.restart-operator.dev_{kind}");
        data[&key].as_str().unwrap().to_owned()
    };
    for kind in ["RestartRequest"].into_iter().chain(ACCOUNTS) {
        assert_eq!(
            key("health", kind),
            files::read(&format!("{GROUP}/{kind}/health.lua"))
        );
        let ignored: Value = serde_saphyr::from_str(&key("ignoreResourceUpdates", kind)).unwrap();
        assert_eq!(ignored, json!({"jsonPointers": ["/status"]}));
    }
    let actions: Value = serde_saphyr::from_str(&key("actions", "RestartRequest")).unwrap();
    assert_eq!(actions["discovery.lua"], action_script("discovery.lua"));
    let definitions = ACTIONS.map(
        |name| json!({"name": name, "action.lua": action_script(&format!("{name}/action.lua"))}),
    );
    assert_eq!(actions["definitions"], json!(definitions));
    assert_eq!(data.len(), 7);
}

fn action_script(name: &str) -> String {
    files::read(&format!("{GROUP}/RestartRequest/actions/{name}"))
}

fn indent(text: &mut String, by: usize, lines: &str) {
    for line in lines.lines() {
        writeln!(text, "{:by$}{line}", "").unwrap();
    }
}
