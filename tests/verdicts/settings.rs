//! `deploy/argocd/argocd-cm.yaml`: the scripts as keys of Argo CD's settings, rendered and read back.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{
    argocd::{ACCOUNTS, ACTIONS, GROUP},
    files,
};

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
