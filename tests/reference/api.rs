//! `docs/reference/api.md` from the custom resource definitions.

use std::fmt::Write as _;

use restart_operator::api::crds;
use serde_json::Value;

use crate::page::{code, compare, table};

const INTRODUCTION: &str = "\
# API

Written by `tests/reference` from the definitions in `crds/`; do not edit by hand. `kubectl explain rr.spec` and so
on show the same texts.

A field with a default is always set. `[]` is an element of a list. Immutable fields and what belongs together are
checked when an object is written; the rules stand below the fields of each kind.

";

#[test]
fn the_page_is_what_the_definitions_say() {
    let mut text = INTRODUCTION.to_owned();
    for definition in crds::definitions().unwrap() {
        text += &kind(&definition.value["spec"]);
    }
    compare("api.md", &(text.trim_end().to_owned() + "\n"));
}

fn kind(spec: &Value) -> String {
    let (names, version) = (&spec["names"], &spec["versions"][0]);
    let schema = &version["schema"]["openAPIV3Schema"];
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let mut text = format!(
        "## {}\n\n{}\n\n",
        word(&names["kind"]),
        word(&schema["description"])
    );
    write!(
        text,
        "`{}/{}`, {}; `kubectl get {}`, short `{}`, category `{}`.\n\n",
        word(&spec["group"]),
        word(&version["name"]),
        if spec["scope"] == "Cluster" {
            "of the whole cluster"
        } else {
            "of a namespace"
        },
        word(&names["plural"]),
        word(&names["shortNames"][0]),
        word(&names["categories"][0]),
    )
    .unwrap();
    for part in ["spec", "status"] {
        let (mut rows, mut rules) = (Vec::new(), Vec::new());
        walk(
            part,
            &schema["properties"][part],
            required(schema, part),
            &mut rows,
            &mut rules,
        );
        write!(text, "### {} {part}\n\n", word(&names["kind"])).unwrap();
        text += &table(["Field", "Type", "Bounds", "Default", "Meaning"], &rows);
        if part == "spec" {
            rules.extend(messages("", schema));
        }
        if !rules.is_empty() {
            text += "Rules:\n\n";
            for rule in rules {
                writeln!(text, "* {rule}").unwrap();
            }
            text += "\n";
        }
    }
    text + &columns(version)
}

fn walk(
    path: &str,
    node: &Value,
    required: bool,
    rows: &mut Vec<[String; 5]>,
    rules: &mut Vec<String>,
) {
    rows.push([
        code(path),
        type_of(node),
        bounds(node, required),
        node.get("default")
            .map(|value| code(&value.to_string()))
            .unwrap_or_default(),
        node["description"].as_str().unwrap_or_default().to_owned(),
    ]);
    rules.extend(messages(path, node));
    for (name, child) in node["properties"].as_object().into_iter().flatten() {
        walk(
            &format!("{path}.{name}"),
            child,
            self::required(node, name),
            rows,
            rules,
        );
    }
    let items = &node["items"];
    if items["properties"].is_object() {
        for (name, child) in items["properties"].as_object().unwrap() {
            walk(
                &format!("{path}[].{name}"),
                child,
                self::required(items, name),
                rows,
                rules,
            );
        }
    }
}

fn required(node: &Value, name: &str) -> bool {
    let list = node["required"].as_array();
    list.is_some_and(|list| list.iter().any(|field| field == name))
}

fn type_of(node: &Value) -> String {
    let plain = |node: &Value| {
        let name = node["format"].as_str().or(node["type"].as_str());
        name.unwrap_or_default().to_owned()
    };
    match node["type"].as_str() {
        Some("array") => {
            let set = node["x-kubernetes-list-type"] == "set";
            format!(
                "{} of {}",
                if set { "set" } else { "list" },
                plain(&node["items"])
            )
        }
        Some("object") if node["additionalProperties"].is_object() => {
            format!("map of {}", plain(&node["additionalProperties"]))
        }
        _ => plain(node),
    }
}

/// What a value must be, its elements included.
fn bounds(node: &Value, required: bool) -> String {
    let mut all = Vec::new();
    if required {
        all.push("required".to_owned());
    }
    let range = |low: &str, high: &str, what: &str| match (&node[low], &node[high]) {
        (Value::Null, Value::Null) => None,
        (low, Value::Null) => Some(format!("{low} or more{what}")),
        (Value::Null, high) => Some(format!("up to {high}{what}")),
        (low, high) if low == high => Some(format!("{low}{what}")),
        (low, high) => Some(format!("{low} to {high}{what}")),
    };
    all.extend(range("minimum", "maximum", ""));
    all.extend(range("minLength", "maxLength", " characters"));
    all.extend(range("minItems", "maxItems", " elements"));
    all.extend(range("minProperties", "maxProperties", " entries"));
    if let Some(values) = node["enum"].as_array() {
        let word = |value: &Value| code(value.to_string().trim_matches('"'));
        all.push(values.iter().map(word).collect::<Vec<_>>().join(", "));
    }
    // The pattern of a time says what its format does.
    if let Some(pattern) = node["pattern"]
        .as_str()
        .filter(|_| node["format"].is_null())
    {
        all.push(code(pattern));
    }
    if node["items"]["type"] == "string" {
        let of_element = bounds(&node["items"], false);
        all.extend((!of_element.is_empty()).then(|| format!("each {of_element}")));
    }
    all.join("; ")
}

fn messages(path: &str, node: &Value) -> Vec<String> {
    let rules = node["x-kubernetes-validations"]
        .as_array()
        .into_iter()
        .flatten();
    let at = if path.is_empty() { "the object" } else { path };
    rules
        .map(|rule| format!("`{at}`: {}", rule["message"].as_str().unwrap()))
        .collect()
}

fn columns(version: &Value) -> String {
    let columns = version["additionalPrinterColumns"].as_array().unwrap();
    let row = |column: &Value| {
        let wide = column["priority"].as_i64().unwrap_or_default() > 0;
        [
            column["name"].as_str().unwrap().to_owned(),
            if wide { "`-o wide`" } else { "always" }.to_owned(),
            column["description"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        ]
    };
    let rows: Vec<_> = columns.iter().map(row).collect();
    format!(
        "### Columns of `kubectl get`\n\n{}",
        table(["Column", "Shown", "Meaning"], &rows)
    )
}
