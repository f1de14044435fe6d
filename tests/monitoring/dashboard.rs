//! The dashboard without a Grafana.

use serde_json::Value;

use crate::files::text;

pub(crate) fn dashboard() -> Value {
    serde_json::from_str(&text("deploy/monitoring/dashboard.json")).unwrap()
}

fn panels() -> Vec<Value> {
    dashboard()["panels"].as_array().unwrap().clone()
}

/// Every expression, with the variables of Grafana replaced by what they stand for.
pub(crate) fn expressions() -> Vec<String> {
    let of_panel = |panel: &Value| panel["targets"].as_array().cloned().unwrap_or_default();
    let targets = panels().iter().flat_map(of_panel).collect::<Vec<_>>();
    let plain = |target: &Value| {
        let expression = target["expr"].as_str().unwrap();
        expression
            .replace("$__rate_interval", "1m")
            .replace("$namespace", ".*")
            .replace("$job", ".*")
    };
    targets.iter().map(plain).collect()
}

#[test]
fn it_has_its_rows_and_asks_the_data_source_that_is_chosen() {
    let rows: Vec<_> = panels()
        .iter()
        .filter(|panel| panel["type"] == "row")
        .cloned()
        .collect();
    let titles: Vec<_> = rows
        .iter()
        .map(|row| row["title"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(titles, ["Requests", "Cloud calls", "Operator"]);
    for panel in panels().iter().filter(|panel| panel["type"] != "row") {
        assert_eq!(
            panel["datasource"]["uid"], "${datasource}",
            "{}",
            panel["title"]
        );
    }
    assert!(expressions().len() > 25);
    assert!(
        expressions()
            .iter()
            .all(|expression| !expression.contains('$'))
    );
}

#[test]
fn no_panel_hides_another() {
    let places: Vec<_> = panels()
        .iter()
        .map(|panel| panel["gridPos"].clone())
        .collect();
    let number = |place: &Value, key: &str| place[key].as_i64().unwrap();
    let apart = |a: &Value, b: &Value, start: &str, size: &str| {
        number(a, start) + number(a, size) <= number(b, start)
            || number(b, start) + number(b, size) <= number(a, start)
    };
    for (at, one) in places.iter().enumerate() {
        assert!(number(one, "x") + number(one, "w") <= 24, "{one}");
        for other in &places[at + 1..] {
            assert!(
                apart(one, other, "x", "w") || apart(one, other, "y", "h"),
                "{one} {other}"
            );
        }
    }
}
