//! What must be true of every node of every schema.

use serde_json::Value;

use crate::shipped;

const KINDS: [&str; 3] = ["RestartRequest", "CloudAccount", "ClusterCloudAccount"];

/// Calls `visit` with the path and the schema of every node, the root included.
fn walk(path: &str, node: &Value, visit: &mut dyn FnMut(&str, &Value)) {
    visit(path, node);
    for (name, child) in node["properties"].as_object().into_iter().flatten() {
        walk(&format!("{path}.{name}"), child, visit);
    }
    if node.get("items").is_some() {
        walk(&format!("{path}[]"), &node["items"], visit);
    }
    if node["additionalProperties"].is_object() {
        walk(&format!("{path}{{}}"), &node["additionalProperties"], visit);
    }
}

/// The paths of all nodes of all kinds for which `bad` holds.
fn paths_where(bad: impl Fn(&str, &Value) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for kind in KINDS {
        walk(kind, shipped::schema(kind), &mut |path, node| {
            if bad(path, node) {
                found.push(path.to_owned());
            }
        });
    }
    found
}

/// Is it an element of a list or map of plain values? Those are described by their list.
fn is_plain_element(path: &str, node: &Value) -> bool {
    (path.ends_with("[]") || path.ends_with("{}")) && node["type"] != "object"
}

#[test]
fn every_field_has_a_text_for_kubectl_explain() {
    let silent = paths_where(|path, node| {
        let text = node["description"].as_str().unwrap_or_default();
        !is_plain_element(path, node) && (text.len() < 10 || text.contains("Auto-generated"))
    });
    assert!(silent.is_empty(), "without a description: {silent:#?}");
}

#[test]
fn no_text_is_written_for_programmers() {
    let marks = ["[`", "::", "Option", "Vec<", "TODO"];
    let odd = paths_where(|_, node| {
        let text = node["description"].as_str().unwrap_or_default();
        let text = text.replace("acs:ram::", "").replace("trn:iam::", "");
        marks.iter().any(|mark| text.contains(mark))
    });
    assert!(odd.is_empty(), "marks of code in the text of {odd:#?}");
}

#[test]
fn no_value_may_be_null() {
    let nullable = paths_where(|_, node| {
        node.get("nullable").is_some()
            || node["enum"]
                .as_array()
                .is_some_and(|values| values.iter().any(Value::is_null))
    });
    assert!(nullable.is_empty(), "null is allowed in {nullable:#?}");
}

#[test]
fn no_format_is_unknown_to_the_api_server() {
    let known = ["int32", "int64", "date-time"];
    let odd = paths_where(|_, node| node["format"].as_str().is_some_and(|f| !known.contains(&f)));
    assert!(odd.is_empty(), "install warnings would come from {odd:#?}");
}

#[test]
fn every_list_map_and_text_is_bounded() {
    let endless = paths_where(|path, node| match node["type"].as_str() {
        Some("array") => node.get("maxItems").is_none(),
        Some("string") => {
            !path.ends_with(".metadata")
                && ["maxLength", "enum", "format"]
                    .iter()
                    .all(|bound| node.get(bound).is_none())
        }
        Some("object") => {
            node.get("additionalProperties").is_some() && node.get("maxProperties").is_none()
        }
        _ => false,
    });
    assert!(endless.is_empty(), "without an upper bound: {endless:#?}");
}

#[test]
fn every_time_that_can_be_stored_can_be_read() {
    let loose =
        paths_where(|_, node| node["format"] == "date-time" && node.get("pattern").is_none());
    assert!(
        loose.is_empty(),
        "the format alone admits too much: {loose:#?}"
    );
}

#[test]
fn status_is_a_subresource_with_a_default_that_no_tool_takes_for_done() {
    for kind in KINDS {
        let version = &shipped::definition(kind)["spec"]["versions"][0];
        assert!(version["subresources"]["status"].is_object(), "{kind}");
        let default = &version["schema"]["openAPIV3Schema"]["properties"]["status"]["default"];
        assert_eq!(default["observedGeneration"], -1, "{kind}");
    }
}

#[test]
fn the_names_are_those_of_the_reference() {
    let names = |kind: &str| {
        let definition = shipped::definition(kind);
        let names = &definition["spec"]["names"];
        assert_eq!(
            names["categories"],
            serde_json::json!(["restarts"]),
            "{kind}"
        );
        (
            names["shortNames"][0].clone(),
            definition["spec"]["scope"].clone(),
        )
    };
    assert_eq!(names("RestartRequest"), ("rr".into(), "Namespaced".into()));
    assert_eq!(names("CloudAccount"), ("cac".into(), "Namespaced".into()));
    assert_eq!(
        names("ClusterCloudAccount"),
        ("ccac".into(), "Cluster".into())
    );
}
