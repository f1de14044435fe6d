//! The chart without a server: lint, what it renders to, and what it refuses.

use std::{collections::BTreeSet, fs};

use serde_json::Value;

use super::{
    helm::{helm, template},
    manifests::{assert_up_to_date, chart, objects, one, printed, read, root, run, title},
};

/// The names of `ci/*-values.yaml`.
fn cases() -> Vec<String> {
    let entries = fs::read_dir(chart().join("ci")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|file| file.strip_suffix("-values.yaml").expect(&file).to_owned())
        .collect();
    names.sort();
    assert!(names.len() >= 3, "{names:?}");
    names
}

#[test]
fn lint_has_nothing_to_say() {
    let home = tempfile::tempdir().unwrap();
    for case in cases() {
        let values = chart().join(format!("ci/{case}-values.yaml"));
        let mut lint = helm(home.path());
        lint.args(["lint", "--strict", "--values"])
            .arg(values)
            .arg(chart());
        let said = printed(&mut lint);
        assert!(!said.contains("[WARNING]"), "{said}");
    }
}

#[test]
fn it_renders_to_what_is_committed() {
    let home = tempfile::tempdir().unwrap();
    for case in cases() {
        let values = chart().join(format!("ci/{case}-values.yaml"));
        let values = values.to_str().unwrap();
        let rendered = printed(&mut template(home.path(), &["--values", values]));
        let definition = |document: &&str| !document.contains("kind: CustomResourceDefinition");
        // The definitions are compared with crds/ as they are; here they would only hide the rest.
        let documents: Vec<&str> = rendered.split("---\n").filter(definition).collect();
        assert_up_to_date(
            &format!("tests/install/rendered/{case}.yaml"),
            &documents.join("---\n"),
        );
    }
}

#[test]
fn wrong_values_are_refused_where_they_are() {
    let home = tempfile::tempdir().unwrap();
    for (set, path, why) in [
        ("image.tga=1", "/image", "'tga' not allowed"),
        ("replica=3", "", "'replica' not allowed"),
        ("replicas=-1", "/replicas", "minimum: got -1, want 0"),
        ("replicas=two", "/replicas", "got string, want integer"),
        (
            "image.digest=sha256:12",
            "/image/digest",
            "does not match pattern",
        ),
        ("image.tag=a b", "/image/tag", "does not match pattern"),
        (
            "image.pullPolicy=Sometimes",
            "/image/pullPolicy",
            "value must be one of",
        ),
        (
            "crds.enabled=maybe",
            "/crds/enabled",
            "got string, want boolean",
        ),
        ("crds.kept=true", "/crds", "'kept' not allowed"),
        (
            "watchNamespaces={shop,A}",
            "/watchNamespaces/1",
            "does not match pattern",
        ),
        (
            "watchNamespaces={shop,shop}",
            "/watchNamespaces",
            "are equal",
        ),
        (
            "secretAccess.shop=ali-prod-keys",
            "/secretAccess/shop",
            "got string, want array",
        ),
        ("concurrency=0", "/concurrency", "minimum: got 0, want 1"),
        ("leaseName=A", "/leaseName", "does not match pattern"),
        (
            "privateEndpointSuffixes={https://x.example}",
            "/privateEndpointSuffixes/0",
            "does not match pattern",
        ),
        (
            "privateEndpointSuffixes={com}",
            "/privateEndpointSuffixes/0",
            "does not match pattern",
        ),
        (
            "networkPolicy.egressPorts={0}",
            "/networkPolicy/egressPorts/0",
            "minimum: got 0",
        ),
        (
            "podMonitor.interval=often",
            "/podMonitor/interval",
            "does not match pattern",
        ),
        ("resources.limit.cpu=1", "/resources", "'limit' not allowed"),
        ("podLabels.number=1", "/podLabels/number", "want string"),
    ] {
        let refused = run(&mut template(home.path(), &["--set", set]));
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success(), "{set} was taken");
        assert!(said.contains(&format!("- at '{path}': ")), "{set}: {said}");
        assert!(said.contains(why), "{set}: {said}");
    }
}

#[test]
fn two_monitors_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let both = "podMonitor.enabled=true,serviceMonitor.enabled=true";
    let refused = run(&mut template(home.path(), &["--set", both]));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && said.contains("choose one"),
        "{said}"
    );
}

/// A value without a place in the schema could not be set, and one that is only there does nothing.
#[test]
fn schema_and_values_name_the_same() {
    let schema: Value =
        serde_json::from_str(&read("deploy/charts/restart-operator/values.schema.json")).unwrap();
    let values = objects(&read("deploy/charts/restart-operator/values.yaml"));
    assert_same_names(&schema, &schema, &values[0], "");
}

fn assert_same_names(root: &Value, schema: &Value, values: &Value, path: &str) {
    let schema = match schema["$ref"].as_str() {
        Some(reference) => root
            .pointer(reference.trim_start_matches('#'))
            .expect(reference),
        None => schema,
    };
    let Some(properties) = schema["properties"].as_object() else {
        return;
    };
    assert_eq!(schema["additionalProperties"], false, "{path}");
    let in_schema: BTreeSet<&String> = properties.keys().filter(|key| *key != "global").collect();
    let given = values.as_object().expect(path);
    assert_eq!(in_schema, given.keys().collect(), "{path}");
    for (key, value) in given {
        assert_same_names(root, &properties[key], value, &format!("{path}/{key}"));
    }
}

#[test]
fn its_definitions_are_those_of_crds() {
    let home = tempfile::tempdir().unwrap();
    let mut files = 0;
    for entry in fs::read_dir(root().join("crds")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        // The other file is the list for kustomize.
        if name != "Kustomization" {
            let copy = format!("deploy/charts/restart-operator/files/crds/{name}");
            assert_up_to_date(&copy, &read(&format!("crds/{name}")));
            files += 1;
        }
    }
    let copies = fs::read_dir(chart().join("files/crds")).unwrap().count();
    assert_eq!(copies, files, "a definition that is no longer there");
    for (set, annotations) in [
        (
            "crds.keep=true",
            serde_json::json!({"helm.sh/resource-policy": "keep"}),
        ),
        ("crds.keep=false", Value::Null),
    ] {
        let rendered = printed(&mut template(home.path(), &["--set", set]));
        let mut rendered = objects(&rendered);
        rendered.retain(|object| object["kind"] == "CustomResourceDefinition");
        assert_eq!(rendered.len(), files);
        for mut definition in rendered {
            assert_eq!(definition["metadata"]["annotations"], annotations);
            definition["metadata"]
                .as_object_mut()
                .unwrap()
                .remove("annotations");
            let name = definition["metadata"]["name"].as_str().unwrap();
            let (plural, group) = name.split_once('.').unwrap();
            let shipped = objects(&read(&format!("crds/{group}_{plural}.yaml")));
            assert_eq!(definition, shipped[0], "{}", title(&definition));
        }
    }
    let without = printed(&mut template(home.path(), &["--set", "crds.enabled=false"]));
    assert!(!without.contains("CustomResourceDefinition"));
}

#[test]
fn artifact_hub_is_told_what_is_there() {
    let chart = objects(&read("deploy/charts/restart-operator/Chart.yaml"));
    let annotation = |name: &str| {
        let text = chart[0]["annotations"][format!("artifacthub.io/{name}")].as_str();
        objects(text.unwrap_or_else(|| panic!("no {name}"))).remove(0)
    };
    let list = |name: &str| annotation(name).as_array().expect(name).clone();
    let mut told: Vec<_> = list("crds")
        .iter()
        .map(|crd| {
            (
                crd["name"].clone(),
                crd["kind"].clone(),
                crd["version"].clone(),
            )
        })
        .collect();
    let mut shipped: Vec<_> = restart_operator::api::crds::definitions()
        .unwrap()
        .iter()
        .map(|definition| &definition.value)
        .map(|crd| {
            let spec = &crd["spec"];
            (
                crd["metadata"]["name"].clone(),
                spec["names"]["kind"].clone(),
                spec["versions"][0]["name"].clone(),
            )
        })
        .collect();
    told.sort_by_key(|of| of.0.to_string());
    shipped.sort_by_key(|of| of.0.to_string());
    assert_eq!(told, shipped);
    for name in ["links", "changes", "images"] {
        assert!(!list(name).is_empty(), "{name}");
    }
    let levels = [
        "Basic Install",
        "Seamless Upgrades",
        "Full Lifecycle",
        "Deep Insights",
        "Auto Pilot",
    ];
    assert!(
        levels
            .iter()
            .any(|level| annotation("operatorCapabilities") == *level)
    );
    assert_eq!(annotation("license"), env!("CARGO_PKG_LICENSE"));
}

/// The examples for Artifact Hub, which the API server is asked about in `kustomize`.
pub fn examples() -> Vec<Value> {
    let chart = objects(&read("deploy/charts/restart-operator/Chart.yaml"));
    let text = chart[0]["annotations"]["artifacthub.io/crdsExamples"].as_str();
    let examples = objects(text.expect("examples")).remove(0);
    examples.as_array().expect("a list").clone()
}

#[test]
fn the_pod_gets_what_the_values_say() {
    let home = tempfile::tempdir().unwrap();
    let values = chart().join("ci/everything-values.yaml");
    let values = values.to_str().unwrap();
    let rendered = objects(&printed(&mut template(home.path(), &["--values", values])));
    let given = &objects(&fs::read_to_string(values).unwrap())[0];
    let pod = &one(&rendered, "Deployment")["spec"]["template"];
    let container = &pod["spec"]["containers"][0];
    let image = format!(
        "{}@{}",
        given["image"]["repository"].as_str().unwrap(),
        given["image"]["digest"].as_str().unwrap()
    );
    assert_eq!(container["image"], image);
    for (is, wanted) in [
        (&container["resources"], &given["resources"]),
        (&pod["spec"]["tolerations"], &given["tolerations"]),
        (&pod["spec"]["affinity"], &given["affinity"]),
        (&pod["metadata"]["annotations"], &given["podAnnotations"]),
        (&pod["spec"]["imagePullSecrets"], &given["imagePullSecrets"]),
    ] {
        assert_eq!(is, wanted);
    }
    let arguments = container["args"].as_array().unwrap();
    for wanted in [
        "--lease-name=blue",
        "--concurrency=8",
        "--private-endpoint-suffix=cloud.example.com",
    ] {
        assert!(
            arguments.iter().any(|argument| argument == wanted),
            "{arguments:?}"
        );
    }
}
