//! Which module may use what: the table of `docs/architecture.md` in a form that can be checked.

use crate::source::{Source, read};

/// One line of the table.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    /// Files that it is about, named from the root of the repository.
    covers: fn(&str) -> bool,
    check: Check,
    why: &'static str,
}

/// Prefixes of paths. A last word `*` is a variant of an enum, by its capital and small letters.
enum Check {
    Only(&'static [&'static str]),
    Never(&'static [&'static str]),
}
use Check::{Never, Only};

/// What a path of the language itself begins with.
const LANGUAGE: [&str; 24] = [
    "std", "clippy", "rustdoc", "rustfmt", "core", "alloc", "async", "await", "bool", "char",
    "str", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "u8", "u16", "u32", "u64", "u128",
    "usize",
];

/// Folders of `src/cloud` that are one product each, or what products of one cloud share.
const PRODUCTS: [&str; 4] = ["alibaba", "sae", "edas", "volcengine"];

const RULES: &[Rule] = &[
    Rule {
        name: "api is the wire format and nothing else",
        covers: |file| file.starts_with("src/api/"),
        check: Only(&[
            "serde",
            "serde_json",
            "serde_saphyr",
            "schemars",
            "k8s_openapi",
            "jiff",
            "kube::core",
            "kube::CustomResource",
            "kube::CustomResourceExt",
            "kube::KubeSchema",
            "crate::api",
        ]),
        why: "what users write must not change because behaviour does",
    },
    Rule {
        name: "the core uses plain data only",
        covers: |file| file.starts_with("src/protocol/"),
        check: Only(&[
            "crate::protocol",
            "crate::api",
            "crate::cloud::types",
            "crate::cloud::error",
            "crate::cloud::permit::Mine",
            "jiff",
            "sha2",
            "uuid",
            "k8s_openapi",
        ]),
        why: "at most once is argued about, and explored by tests, in this code alone",
    },
    Rule {
        name: "the core does nothing by itself",
        covers: |file| file.starts_with("src/protocol/"),
        check: Never(&[
            "async",
            "await",
            "jiff::Timestamp::now",
            "jiff::Zoned::now",
            "uuid::Uuid::new_v4",
            "uuid::Uuid::now_v7",
            "std::env",
            "std::fs",
            "std::io",
            "std::net",
            "std::process",
            "std::thread",
            "std::time::Instant",
            "std::time::SystemTime",
        ]),
        why: "the same request, answer and time must give the same step, in a test and after a crash",
    },
    Rule {
        name: "what core and clouds share is plain data",
        covers: |file| ["src/cloud/types.rs", "src/cloud/error.rs"].contains(&file),
        check: Only(&[
            "jiff",
            "thiserror",
            "crate::cloud::types",
            "crate::cloud::error",
        ]),
        why: "whatever these two files use, the core uses",
    },
    Rule {
        name: "clouds know neither Kubernetes nor our rules",
        covers: |file| file.starts_with("src/cloud/"),
        check: Never(&[
            "kube",
            "k8s_openapi",
            "crate::api",
            "crate::protocol",
            "crate::controller",
            "crate::cli",
            "crate::server",
            "crate::telemetry",
        ]),
        why: "a client is told what to do; what an answer leads to is decided in the core",
    },
    Rule {
        name: "signatures, tables and wire types are pure",
        covers: is_pure_cloud_file,
        check: Never(&[
            "async",
            "await",
            "tokio",
            "futures",
            "reqwest",
            "hyper",
            "getrandom",
            "std::net",
            "std::env",
            "std::thread",
            "std::time::Instant",
            "std::time::SystemTime",
            "jiff::Timestamp::now",
            "jiff::Zoned::now",
            "crate::cloud::Clock",
            "crate::cloud::Provider",
        ]),
        why: "they are compared with published vectors and recorded answers, byte for byte",
    },
    Rule {
        name: "SAE knows no other product",
        covers: |file| file.starts_with("src/cloud/sae"),
        check: Never(&["crate::cloud::edas", "crate::cloud::volcengine"]),
        why: "what two products of one cloud share is in cloud/alibaba",
    },
    Rule {
        name: "EDAS knows no other product",
        covers: |file| file.starts_with("src/cloud/edas"),
        check: Never(&["crate::cloud::sae", "crate::cloud::volcengine"]),
        why: "what two products of one cloud share is in cloud/alibaba",
    },
    Rule {
        name: "what Alibaba products share knows none of them",
        covers: |file| file.starts_with("src/cloud/alibaba"),
        check: Never(&[
            "crate::cloud::sae",
            "crate::cloud::edas",
            "crate::cloud::volcengine",
        ]),
        why: "else it is no common ground",
    },
    Rule {
        name: "Volcengine knows no other cloud",
        covers: |file| file.starts_with("src/cloud/volcengine"),
        check: Never(&[
            "crate::cloud::sae",
            "crate::cloud::edas",
            "crate::cloud::alibaba",
        ]),
        why: "its signature and its answers have nothing in common with theirs",
    },
    Rule {
        name: "the controller calls the clouds through Provider",
        covers: |file| file.starts_with("src/controller/"),
        check: Never(&["reqwest", "hyper", "crate::cloud::http", "crate::cli"]),
        why: "a call outside of it would have no permit, no deadline and no budget",
    },
    Rule {
        name: "errors are logged with their causes",
        covers: |file| file.starts_with("src/controller/"),
        check: Never(&["std::error::Error"]),
        why: "JSON log lines keep only the first line of such a value; telemetry::Chain keeps all of them",
    },
    Rule {
        name: "only products.rs names products",
        covers: |file| file.starts_with("src/") && !may_name_products(file),
        check: Never(&[
            "crate::cloud::alibaba",
            "crate::cloud::sae",
            "crate::cloud::edas",
            "crate::cloud::volcengine",
            "crate::cloud::types::Product::*",
            "crate::cloud::types::Target::*",
        ]),
        why: "a new product is a folder, a variant and a line in products.rs, not a search through the code",
    },
    Rule {
        name: "the simulator shares nothing with the operator",
        covers: |file| file.starts_with("tests/cloudsim/"),
        check: Never(&["restart_operator"]),
        why: "a shared signer would hide a shared mistake",
    },
];

/// Folders and files of `src`.
const ROOMS: [&str; 19] = [
    "api/",
    "protocol/",
    "cloud/",
    "controller/",
    "app.rs",
    "calls.rs",
    "cli.rs",
    "kube_requests.rs",
    "kube_requests/",
    "lib.rs",
    "main.rs",
    "metrics.rs",
    "metrics/",
    "process_metrics.rs",
    "products.rs",
    "server.rs",
    "server/",
    "telemetry.rs",
    "telemetry/",
];

/// Every file of a product but the client and the provider, which wait for the network (a provider
/// may be a folder), and the one that lists the others.
fn is_pure_cloud_file(file: &str) -> bool {
    let folder_and_name = file
        .strip_prefix("src/cloud/")
        .and_then(|inner| inner.split_once('/'));
    folder_and_name.is_some_and(|(folder, name)| {
        PRODUCTS.contains(&folder)
            && !["client.rs", "provider.rs", "sts.rs", "mod.rs"].contains(&name)
            && !name.starts_with("provider/")
    })
}

/// `products.rs` registers them, `types.rs` has the enums, `endpoint.rs` the host names, `codes.rs` the
/// error tables, `target.rs` turns a spec into a target, and `accounts` reads the fields of an account,
/// which are named by product.
fn may_name_products(file: &str) -> bool {
    let product = file.strip_prefix("src/cloud/").is_some_and(|inner| {
        PRODUCTS.iter().any(|name| {
            inner
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(['/', '.']))
        })
    });
    let others = [
        "src/products.rs",
        "src/cloud/types.rs",
        "src/cloud/endpoint.rs",
        "src/cloud/codes.rs",
        "src/protocol/target.rs",
    ];
    product || others.contains(&file) || file.starts_with("src/controller/accounts/")
}

/// What is wrong with these files, given by name and text; one line each.
pub(crate) fn violations(files: &[(String, String)]) -> Vec<String> {
    let sources: Vec<(&str, Source)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), read(name, text)))
        .collect();
    let tests: Vec<_> = sources
        .iter()
        .flat_map(|(_, source)| &source.test_modules)
        .cloned()
        .collect();
    let counted = sources.iter().filter(|(file, source)| {
        !file.starts_with("src/") || !tests.iter().any(|test| source.module.starts_with(test))
    });
    let mut found = Vec::new();
    for (file, source) in counted {
        if let Some(inner) = file.strip_prefix("src/")
            && !ROOMS.iter().any(|room| inner.starts_with(room))
        {
            found.push(format!(
                "{file}:1: a new module. Rule: every file has a room. Why: what it may use is said in \
                 docs/architecture.md and in tests/architecture/rules.rs"
            ));
        }
        for rule in RULES.iter().filter(|rule| (rule.covers)(file)) {
            for named in source
                .named
                .iter()
                .filter(|named| !rule.allows(&named.path))
            {
                let (line, path, Rule { name, why, .. }) = (named.line, &named.path, rule);
                found.push(format!("{file}:{line}: `{path}`. Rule: {name}. Why: {why}"));
            }
        }
    }
    found
}

impl Rule {
    fn allows(&self, path: &str) -> bool {
        match self.check {
            Never(list) => !list.iter().any(|pattern| matches(pattern, path)),
            Only(list) => {
                let head = path.split("::").next().unwrap_or_default();
                // Types of this file or of a glob import.
                let local = head.starts_with(char::is_uppercase);
                local
                    || LANGUAGE.contains(&head)
                    || list.iter().any(|pattern| matches(pattern, path))
            }
        }
    }
}

/// A constant such as `ALL` is no variant.
fn is_variant(word: &str) -> bool {
    word.starts_with(char::is_uppercase) && word.contains(char::is_lowercase)
}

fn matches(pattern: &str, path: &str) -> bool {
    let mut words = path.split("::");
    pattern
        .split("::")
        .all(|expected| match (expected, words.next()) {
            ("*", Some(word)) => is_variant(word),
            (_, word) => word == Some(expected),
        })
}
