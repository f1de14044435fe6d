//! The chart and `deploy/` say the same, object by object.

use serde_json::{Value, json};

use super::{
    helm::template,
    kustomize::build,
    manifests::{objects, printed, title},
};

/// Without what is Helm's own: labels, where the chart has an instance in its selectors.
fn plain(object: &Value) -> Value {
    let mut object = object.clone();
    let labels = object["metadata"]["labels"].take();
    // A label that gives people rights is no decoration.
    let kept: Vec<_> = labels
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| name.starts_with("rbac.authorization.k8s.io/"))
        .collect();
    object["metadata"]["labels"] = json!(kept);
    object
}

fn of_kinds(all: &[Value], kinds: &[&str]) -> Vec<Value> {
    let chosen = all
        .iter()
        .filter(|object| kinds.iter().any(|kind| object["kind"] == *kind));
    let mut chosen: Vec<Value> = chosen.map(plain).collect();
    chosen.sort_by_key(title);
    chosen
}

const RIGHTS: [&str; 5] = [
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "ClusterRole",
    "ClusterRoleBinding",
];

#[test]
fn both_give_the_operator_and_people_the_same_rights() {
    let home = tempfile::tempdir().unwrap();
    let rendered = objects(&printed(&mut template(home.path(), &[])));
    let (chart, deploy) = (
        of_kinds(&rendered, &RIGHTS),
        of_kinds(&objects(&build("deploy")), &RIGHTS),
    );
    assert!(chart.len() >= 8);
    assert_eq!(chart, deploy);
}

#[test]
fn both_give_the_same_rights_in_one_namespace() {
    let home = tempfile::tempdir().unwrap();
    let only = ["--set", "watchNamespaces={restart-operator-system}"];
    let mut rendered = objects(&printed(&mut template(home.path(), &only)));
    // The chart's name carries the namespace, so that releases in several do not meet.
    for object in &mut rendered {
        let text = object.to_string();
        let text = text.replace(
            "cluster-accounts-restart-operator-system",
            "cluster-accounts",
        );
        *object = serde_json::from_str(&text).unwrap();
    }
    let overlay = build("deploy/one-namespace");
    let overlay = overlay.replace(
        "namespace: restart-operator\n",
        "namespace: restart-operator-system\n",
    );
    assert_eq!(
        of_kinds(&rendered, &RIGHTS),
        of_kinds(&objects(&overlay), &RIGHTS)
    );
}

/// Of the pod the chart says more: it always names its Lease, and its labels have an instance.
#[test]
fn both_run_the_same_pod() {
    let home = tempfile::tempdir().unwrap();
    let rendered = objects(&printed(&mut template(home.path(), &[])));
    let deploy = objects(&build("deploy"));
    let pod = |all: &[Value]| {
        let mut spec = of_kinds(all, &["Deployment"])[0]["spec"]["template"]["spec"].clone();
        spec["topologySpreadConstraints"][0]["labelSelector"].take();
        let container = &mut spec["containers"][0];
        container["args"].take();
        container["imagePullPolicy"].take();
        container["env"]
            .as_array_mut()
            .unwrap()
            .retain(|variable| variable["name"] != "RUST_LOG");
        spec
    };
    assert_eq!(pod(&rendered), pod(&deploy));
    let rules = |all: &[Value], kind| {
        let mut spec = of_kinds(all, &[kind])[0]["spec"].clone();
        for selector in ["podSelector", "selector"] {
            spec[selector].take();
        }
        spec
    };
    for kind in ["NetworkPolicy", "PodDisruptionBudget"] {
        assert_eq!(rules(&rendered, kind), rules(&deploy, kind));
    }
}

/// The operator may write what its role says and nothing more. A verb that is added anywhere shows here.
#[test]
fn one_namespace_means_no_right_to_write_outside_of_it() {
    let all = objects(&build("deploy/one-namespace"));
    let bound = of_kinds(&all, &["ClusterRoleBinding"]);
    assert_eq!(bound.len(), 1);
    let role = all.iter().find(|object| {
        object["kind"] == "ClusterRole" && object["metadata"]["name"] == bound[0]["roleRef"]["name"]
    });
    let rules = &role.expect("its role")["rules"];
    let reads = json!([{
        "apiGroups": ["restart-operator.dev"], "resources": ["clustercloudaccounts"],
        "verbs": ["get", "list", "watch"],
    }]);
    assert_eq!(*rules, reads);
}
