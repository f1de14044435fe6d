//! The alerts: what each must have, its page, and what promtool says.

use std::{collections::BTreeSet, fs};

use serde_json::Value;

use crate::{
    files::{path, rules, text, yaml},
    prometheus::Tools,
    support::failure::Outcome,
};

const PAGES: &str = "docs/reference/runbooks";
const TESTS: &str = "tests/monitoring/rules_test.yaml";

fn names() -> BTreeSet<String> {
    let name = |rule: &Value| rule["alert"].as_str().unwrap().to_owned();
    rules().iter().map(name).collect()
}

#[test]
fn every_alert_says_how_bad_it_is_and_where_to_read_on() {
    assert_eq!(names().len(), 9);
    for rule in rules() {
        let name = rule["alert"].as_str().unwrap();
        let severity = rule["labels"]["severity"].as_str().unwrap();
        assert!(["critical", "warning"].contains(&severity), "{name}");
        let note = |key: &str| {
            rule["annotations"][key]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        assert!(
            note("summary").len() > 10 && note("description").len() > 40,
            "{name}"
        );
        assert_eq!(note("runbook_url"), format!("{PAGES}/{name}.md"));
        assert!(
            rule["for"].is_string(),
            "{name} fires at the first bad scrape"
        );
    }
}

#[test]
fn every_alert_has_its_page_and_every_page_its_alert() {
    let files = fs::read_dir(path(PAGES)).unwrap();
    let pages: BTreeSet<String> = files
        .filter_map(|file| {
            let name = file.unwrap().file_name().into_string().unwrap();
            Some(name.strip_suffix(".md")?.to_owned())
        })
        .collect();
    assert_eq!(pages, names());
    for rule in rules() {
        let name = rule["alert"].as_str().unwrap();
        let page = text(&format!("{PAGES}/{name}.md"));
        let severity = rule["labels"]["severity"].as_str().unwrap();
        assert!(
            page.starts_with(&format!("# {name}\n\nSeverity: {severity}. ")),
            "{name}"
        );
        for part in [
            "\n## What it means\n",
            "\n## Look\n",
            "\n$ kubectl ",
            "\n## Do\n",
            "\n## Never\n",
        ] {
            assert!(page.contains(part), "{name} lacks {part:?}");
        }
    }
}

#[test]
fn every_alert_is_tried_where_it_fires_and_where_it_is_quiet() {
    let tests = yaml(TESTS);
    let tests = tests["tests"].as_array().unwrap();
    for name in names() {
        let expected = tests
            .iter()
            .flat_map(|test| test["alert_rule_test"].as_array().unwrap());
        let of_alert = expected.filter(|case| case["alertname"] == name.as_str());
        let fires: Vec<bool> = of_alert
            .map(|case| {
                case["exp_alerts"]
                    .as_array()
                    .is_some_and(|alerts| !alerts.is_empty())
            })
            .collect();
        assert!(
            fires.contains(&true) && fires.contains(&false),
            "{name}: {fires:?}"
        );
    }
}

#[test]
fn promtool_finds_nothing_wrong_with_the_rules_and_their_tests() -> Outcome<()> {
    let test = "promtool_finds_nothing_wrong_with_the_rules_and_their_tests";
    let Some(tools) = Tools::or_leave_out(test)? else {
        return Ok(());
    };
    tools.promtool(&["check", "rules", "deploy/monitoring/rules.yaml"]);
    tools.promtool(&["test", "rules", TESTS]);
    Ok(())
}
