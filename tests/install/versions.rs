//! One place for the version: `Cargo.toml`. Everything else that names it is compared.

use super::manifests::{objects, one, read};

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[test]
fn everything_that_names_the_version_names_this_one() {
    let chart = objects(&read("deploy/charts/restart-operator/Chart.yaml")).remove(0);
    assert_eq!(chart["version"], VERSION);
    assert_eq!(chart["appVersion"], VERSION);
    let image = format!("restart-operator:{VERSION}");
    let deployment = objects(&read("deploy/base/deployment.yaml"));
    let container = &one(&deployment, "Deployment")["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], image);
    let images = chart["annotations"]["artifacthub.io/images"]
        .as_str()
        .unwrap();
    assert_eq!(objects(images)[0][0]["image"], image);
}

#[test]
fn the_changes_have_a_heading_for_this_version() {
    let changes = read("CHANGELOG.md");
    let headings: Vec<&str> = changes
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .collect();
    assert_eq!(headings[0], "[Unreleased]");
    let this = headings[1];
    let (version, date) = this.split_once(" - ").expect("[version] - date");
    assert_eq!(version, format!("[{VERSION}]"));
    let is_date = date == "not released" || date.parse::<jiff::civil::Date>().is_ok();
    assert!(is_date, "{date}");
}

#[test]
fn the_licence_is_there_in_full() {
    let licence = read("LICENSE");
    assert!(licence.contains("Apache License") && licence.contains("END OF TERMS AND CONDITIONS"));
    assert_eq!(env!("CARGO_PKG_LICENSE"), "Apache-2.0");
}
