//! `docs/reference/fault-matrix.md` lists every fault that is tried, with its tests. Here the page is
//! compared with the tests: each id has at least one, and each one that is named is there.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::{collections::BTreeMap, fs, path::Path};

const PAGE: &str = "docs/reference/fault-matrix.md";

/// Groups of ids and the number of the last one.
const GROUPS: [(&str, u32); 13] = [
    ("I", 7),
    ("C", 14),
    ("H", 5),
    ("A", 15),
    ("W", 11),
    ("E", 5),
    ("K", 18),
    ("O", 12),
    ("T", 8),
    ("Y", 6),
    ("R", 3),
    ("S", 7),
    ("Q", 5),
];
const MORE: [&str; 12] = [
    "W7b", "Y3b", "M1", "M2", "M3", "M4", "M5", "M6", "M7", "M8", "M9", "M10",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn ids() -> Vec<String> {
    let numbered = GROUPS
        .iter()
        .flat_map(|(group, last)| (1..=*last).map(move |number| format!("{group}{number}")));
    numbered.chain(MORE.map(str::to_owned)).collect()
}

/// Tests by id: the words between backticks in the last column that look like one.
fn rows() -> BTreeMap<String, Vec<String>> {
    let text = fs::read_to_string(root().join(PAGE)).unwrap();
    let mut found = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        let id = cells[0].trim().to_owned();
        let tests = cells.last().unwrap().split('`').skip(1).step_by(2);
        let tests = tests.filter(|word| word.contains("::")).map(str::to_owned);
        assert!(
            found
                .insert(id.clone(), tests.collect())
                .is_none_or(|_| id == "Id")
        );
    }
    found
}

#[test]
fn every_fault_has_a_test() {
    let rows = rows();
    let lacking: Vec<String> = ids()
        .into_iter()
        .filter(|id| rows.get(id).is_none_or(Vec::is_empty))
        .collect();
    assert!(lacking.is_empty(), "no test for {}", lacking.join(" "));
}

#[test]
fn every_test_that_the_page_names_is_there() {
    let (mut named, mut missing) = (0, Vec::new());
    for test in rows().into_values().flatten() {
        let (file, function) = test.split_once("::").unwrap();
        let places = [
            format!("tests/{file}.rs"),
            format!("tests/{file}/main.rs"),
            format!("{file}.rs"),
        ];
        let text = places
            .iter()
            .find_map(|place| fs::read_to_string(root().join(place)).ok());
        named += 1;
        if !text.is_some_and(|text| text.contains(&format!("fn {function}("))) {
            missing.push(test);
        }
    }
    assert!(missing.is_empty(), "not there: {}", missing.join(" "));
    assert!(named > 120, "only {named} tests were named");
}
