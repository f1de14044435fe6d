//! `docs/reference/error-codes.md` against the error tables and against what the core makes of each
//! code. `UPDATE_DOCS=1 cargo test --test error_codes` writes it anew.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking"
)]

use std::{collections::BTreeSet, fmt::Write as _, fs, path::PathBuf};

use restart_operator::{
    api::Phase,
    cloud::{
        code::Row,
        codes::{Origin, TABLES, Table},
        error::{Delivery, Kind, Retry},
        types::{Answer, Cloud, Product},
    },
};
use serde_json::json;

#[path = "protocol/life.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    clippy::needless_pass_by_value,
    reason = "shared with the tests of the core, which use all of it"
)]
mod life;

const INTRODUCTION: &str = "\
# Error codes

Written by `tests/error_codes.rs` from the tables in `src/cloud`; do not edit by hand.

What the operator makes of a code that a cloud answers a restart call with. Two questions are kept
apart: was the restart executed, and can trying again help?

* **permanent**: certainly not executed, and only a person can change the answer.
* **retryable**: certainly not executed, and it passes by itself.
* **busy**: certainly not executed, because a quota or the target is occupied.
* **ambiguous**: the code proves nothing, so the restart may have been executed. Nothing is sent again
  under a new date. So is every code that is not listed here.

A code counts as a rejection only in a complete answer that nothing contradicts: HTTP 2xx or 4xx, no
order id beside it, no `Success` that says otherwise. The advice is what the message of the request
ends with.

For a batch (`saeApplications`) the order list cannot tell: how a batch shows there is not documented.
So the request becomes `OutcomeUnknown`, and its message names what was seen.

";

#[test]
fn the_reference_is_what_the_tables_say() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/reference/error-codes.md");
    let written = reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &written).unwrap();
    }
    let shipped = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        shipped == written,
        "{} is out of date: UPDATE_DOCS=1 cargo test --test error_codes",
        path.display()
    );
}

#[test]
fn each_code_has_one_line_in_its_product() {
    let mut seen = BTreeSet::new();
    for table in TABLES {
        for row in table.rows {
            let line = (product(table.origin), row.code);
            assert!(seen.insert(line), "{line:?} stands twice");
        }
    }
    assert!(seen.len() > 80, "{}", seen.len());
}

#[test]
fn what_ends_a_request_for_good_says_what_to_do() {
    for table in TABLES {
        for row in table.rows {
            let silent = row.retry == Some(Retry::Never) && row.advice.is_empty();
            // The one that only a fault of the operator can cause.
            assert!(
                !silent || row.code == "InvalidClientToken.Malformed",
                "{}",
                row.code
            );
            assert!(
                row.advice.is_empty() || row.advice.ends_with('.'),
                "{}",
                row.code
            );
        }
    }
}

fn reference() -> String {
    let mut text = INTRODUCTION.to_owned();
    text.push_str("| Code | Product | Class | What it means for the request | Advice |\n");
    text.push_str("|---|---|---|---|---|\n");
    for table in TABLES {
        for row in table.rows {
            let Row {
                code,
                advice,
                retry,
                ..
            } = row;
            let class = class(*retry);
            let product = product(table.origin);
            let meaning = meaning(table, row);
            writeln!(
                text,
                "| `{code}` | {product} | {class} | {meaning} | {advice} |"
            )
            .unwrap();
        }
    }
    text
}

const fn class(retry: Option<Retry>) -> &'static str {
    match retry {
        Some(Retry::Never) => "permanent",
        Some(Retry::Later) => "retryable",
        Some(Retry::WhenFree) => "busy",
        None => "ambiguous",
    }
}

const fn product(origin: Origin) -> &'static str {
    match origin {
        Origin::Product(Product::Sae) => "SAE",
        Origin::Reads(Product::Sae) => "SAE, reads",
        Origin::Product(Product::Edas) => "EDAS",
        Origin::Reads(Product::Edas) => "EDAS, reads",
        Origin::Product(Product::Volcengine) => "Volcengine",
        Origin::Message(Product::Edas) => "EDAS, in the message of a `601`",
        Origin::Message(Product::Sae) => "SAE, in the message",
        Origin::Message(Product::Volcengine) => "Volcengine, in the message",
        Origin::Reads(Product::Volcengine) => "Volcengine, reads",
        Origin::Gateway(Cloud::Alibaba) => "Alibaba gateway",
        Origin::Gateway(Cloud::Volcengine) => "Volcengine gateway",
    }
}

fn meaning(table: &Table, row: &Row) -> String {
    let has_token = matches!(table.origin, Origin::Product(product) if product.has_token());
    match (table.origin, row.retry) {
        (Origin::Reads(_), _) => of_a_read(row.kind).to_owned(),
        (_, Some(retry)) => of_a_rejection(row, retry),
        (_, None) if has_token => {
            "May have been executed: the same call with the same token is sent \
             again while its signature lives."
                .to_owned()
        }
        (_, None) => "May have been executed: the order list tells.".to_owned(),
    }
}

const fn of_a_read(kind: Kind) -> &'static str {
    match kind {
        Kind::NotFound => "Taken for lag for two minutes; then the request is `OrderLost`.",
        Kind::NotRunning => "There is nothing to abort any more: the order's end is read.",
        _ => "The read is repeated.",
    }
}

/// What the core itself makes of such a rejection.
fn of_a_rejection(row: &Row, retry: Retry) -> String {
    let mut request = life::Life::new(json!({}));
    let error = life::error(row.kind, Delivery::Refused, retry);
    request.send(Answer::Rejected(error));
    let reason = request.reason();
    match request.phase() {
        Phase::Failed => format!("Not executed. Ends Failed, `{reason}`."),
        Phase::Pending | Phase::Queued => {
            format!("Not executed. Waits (`{reason}`) and tries again, up to `backoffLimit` times.")
        }
        other => panic!("{}: {other:?}", row.code),
    }
}
