//! The import rules of `docs/architecture.md`, checked on the files of this repository, and shown to
//! fail on files that break them.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "architecture/rules.rs"]
mod rules;
#[path = "architecture/source.rs"]
mod source;

use std::{fs, path::Path};

use rules::violations;

#[test]
fn every_module_uses_only_what_it_may() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "tests/cloudsim"] {
        collect(root, &root.join(folder), &mut files);
    }
    assert!(
        files
            .iter()
            .any(|(name, _)| name == "src/protocol/decide.rs"),
        "the walk found no core"
    );
    let found = violations(&files);
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .replace('\\', "/");
            files.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The rules that a file breaks, by line.
fn broken(file: &str, text: &str) -> Vec<(usize, String)> {
    let found = violations(&[(file.to_owned(), text.to_owned())]);
    let parse = |line: &String| {
        let number = line.split(':').nth(1).unwrap().parse().unwrap();
        let rule = line
            .split("Rule: ")
            .nth(1)
            .unwrap()
            .split(". Why")
            .next()
            .unwrap();
        (number, rule.to_owned())
    };
    found.iter().map(parse).collect()
}

fn breaks(file: &str, text: &str) -> bool {
    !broken(file, text).is_empty()
}

#[test]
fn each_rule_can_fail() {
    for (file, text, rule) in [
        (
            "src/helpers.rs",
            "use crate::api::Phase;",
            "every file has a room",
        ),
        (
            "src/api/x.rs",
            "use crate::protocol::state::State;",
            "api is the wire format and nothing else",
        ),
        (
            "src/api/x.rs",
            "use kube::Client;",
            "api is the wire format and nothing else",
        ),
        (
            "src/protocol/x.rs",
            "use kube::Api;",
            "the core uses plain data only",
        ),
        (
            "src/protocol/x.rs",
            "use crate::cloud::permit::Permits;",
            "the core uses plain data only",
        ),
        (
            "src/protocol/x.rs",
            "fn f() { tracing::info!(\"x\"); }",
            "the core uses plain data only",
        ),
        (
            "src/protocol/x.rs",
            "use std::env;",
            "the core does nothing by itself",
        ),
        (
            "src/protocol/x.rs",
            "pub async fn f() {}",
            "the core does nothing by itself",
        ),
        (
            "src/cloud/types.rs",
            "use serde::Serialize;",
            "what core and clouds share is plain data",
        ),
        (
            "src/cloud/http.rs",
            "use crate::protocol::policy;",
            "clouds know neither Kubernetes nor our rules",
        ),
        (
            "src/cloud/sae/wire.rs",
            "use reqwest::Url;",
            "signatures, tables and wire types are pure",
        ),
        (
            "src/cloud/sae/classify.rs",
            "async fn f() {}",
            "signatures, tables and wire types are pure",
        ),
        (
            "src/cloud/sae/client.rs",
            "use crate::cloud::edas;",
            "SAE knows no other product",
        ),
        (
            "src/cloud/edas/client.rs",
            "use super::super::sae::wire;",
            "EDAS knows no other product",
        ),
        (
            "src/cloud/alibaba/acs3.rs",
            "use crate::cloud::sae;",
            "what Alibaba products share knows none of them",
        ),
        (
            "src/cloud/volcengine/sign.rs",
            "use crate::cloud::alibaba::acs3;",
            "Volcengine knows no other cloud",
        ),
        (
            "src/controller/act.rs",
            "use reqwest::Client;",
            "the controller calls the clouds through Provider",
        ),
        (
            "src/controller/act.rs",
            "use crate::cloud::sae::SaeProvider;",
            "only products.rs names products",
        ),
        (
            "tests/cloudsim/src/x.rs",
            "use restart_operator::cloud;",
            "the simulator shares nothing with the operator",
        ),
    ] {
        assert_eq!(broken(file, text), [(1, rule.to_owned())], "{file}: {text}");
    }
}

#[test]
fn a_path_is_seen_through_whatever_hides_it() {
    let now = "jiff::Timestamp::now()";
    for text in [
        format!("fn f() {{ {now}; }}"),
        "use jiff::Timestamp;\nfn f() { Timestamp::now(); }".into(),
        "use jiff::Timestamp as T;\nfn f() { T::now(); }".into(),
        "use jiff::{self, SignedDuration};\nfn f() { jiff::Timestamp::now(); }".into(),
        "use jiff as time;\nuse time::Timestamp;\nfn f() { Timestamp::now(); }".into(),
        "use ::jiff::Timestamp;\nfn f(c: char) { if c == '\"' { Timestamp::now(); } }".into(),
        "use {std::fmt, jiff::{SignedDuration, Timestamp}};\nfn f<'a>(_: &'a str) { Timestamp::now(); }".into(),
        "mod inner { use super::T; fn f() { T::now(); } }\nuse jiff::Timestamp as T;".into(),
        "fn f() { r#\"a \" b\"#; Timestamp::now() }\nuse jiff::Timestamp;".into(),
    ] {
        assert!(breaks("src/protocol/x.rs", &text), "{text}");
    }
    assert!(breaks(
        "src/controller/x.rs",
        "use crate::cloud::types::{Product};\nfn f() { Product::Sae; }"
    ));
    assert!(breaks(
        "src/cloud/mod.rs",
        "pub mod sae;\nuse sae::SaeProvider;"
    ));
}

#[test]
fn what_only_looks_like_a_path_is_let_through() {
    for text in [
        "// kube::Client\n/* tokio::spawn /* reqwest::get */ kube::Api */\n/// std::env::var\nfn f() {}",
        "const TEXT: &str = \"kube::Client \\\" tokio::spawn\"; const RAW: &str = r#\"kube::\"Client\"#;",
        "#[cfg(test)]\nmod tests { use super::*; use proptest::prelude::*; fn f() { std::env::var(\"x\"); } }",
        "#[cfg(test)]\nuse std::{env, thread};\nuse super::policy::Policy;",
        "fn f(x: &[u8]) -> Vec<u8> { x.iter().copied().collect::<Vec<u8>>() }",
        "use jiff::Timestamp; fn f(now: Timestamp) -> Timestamp { now }",
        "use crate::cloud::permit::Mine;",
        "fn f() -> u32 { State::of(1); Self::g(); u32::MAX }",
        "macro_rules! list { ($name:ident) => { $name::All } }",
        "macro_rules! list { () => {} }\npub(super) use list;",
        "fn f() -> char { let r#async = '\\''; 'x' }",
    ] {
        assert_eq!(broken("src/protocol/x.rs", text), [], "{text}");
    }
    assert!(!breaks(
        "src/controller/x.rs",
        "use crate::cloud::types::Product;\nfn f(p: Product) { p.as_str(); Product::as_str(p); }"
    ));
    assert!(!breaks(
        "src/main.rs",
        "use restart_operator::cloud::sae::SaeProvider;"
    ));
}

#[test]
fn files_of_test_modules_do_not_count() {
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let core = file(
        "src/protocol/mod.rs",
        "#[cfg(test)]\nmod table;\npub mod state;",
    );
    let bad = "use std::env;";
    assert_eq!(
        violations(&[core.clone(), file("src/protocol/table.rs", bad)]),
        [""; 0]
    );
    assert_eq!(
        violations(&[core, file("src/protocol/state.rs", bad)]).len(),
        1
    );
}

#[test]
fn a_violation_tells_where_and_why() {
    let found = violations(&[(
        "src/protocol/decide.rs".into(),
        "\n\nuse tokio::time;".into(),
    )]);
    assert_eq!(
        found,
        [
            "src/protocol/decide.rs:3: `tokio::time`. Rule: the core uses plain data only. Why: at most once is \
          argued about, and explored by tests, in this code alone"
        ]
    );
}
