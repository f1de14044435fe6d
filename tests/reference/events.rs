//! `docs/reference/events.md` from the closed list of the core.

use restart_operator::protocol::notice::EventReason;

use crate::page::{code, compare, table};

const INTRODUCTION: &str = "\
# Events

Written by `tests/reference` from `src/protocol/notice.rs`; do not edit by hand.

Events of a RestartRequest tell transitions, at most two on the happy path. They are written after the status,
on which everything rests, and may be lost; `kubectl describe rr NAME` shows them below it. A warning is what a
person should look at. `kubectl events --for restartrequest/NAME` follows them.

";

/// What a reason means: its comment in the code.
fn meaning(reason: EventReason) -> String {
    let source = include_str!("../../src/protocol/notice.rs");
    let (_, list) = source.split_once("pub enum EventReason {").unwrap();
    let (list, _) = list.split_once("\n}").unwrap();
    let lines: Vec<&str> = list.lines().map(str::trim).collect();
    let at = lines
        .iter()
        .position(|line| *line == format!("{},", reason.as_str()));
    let comment = lines[..at.unwrap()].iter().rev();
    let mut comment: Vec<&str> = comment
        .map_while(|line| line.strip_prefix("/// "))
        .collect();
    comment.reverse();
    comment.join(" ")
}

#[test]
fn the_page_is_what_the_list_says() {
    let rows: Vec<_> = EventReason::ALL
        .into_iter()
        .map(|reason| {
            let kind = if reason.is_warning() {
                "Warning"
            } else {
                "Normal"
            };
            [code(reason.as_str()), kind.to_owned(), meaning(reason)]
        })
        .collect();
    compare(
        "events.md",
        &(INTRODUCTION.to_owned() + table(["Reason", "Type", "Meaning"], &rows).trim_end() + "\n"),
    );
}

#[test]
fn every_reason_is_one_word_that_the_api_server_takes() {
    for reason in EventReason::ALL {
        let text = reason.as_str();
        assert!(
            text.len() <= 128 && text.chars().all(char::is_alphabetic),
            "{text}"
        );
        assert!(meaning(reason).ends_with('.'), "{text}");
    }
}
