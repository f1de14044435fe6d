//! Manifests as objects, and files that are written by one thing and compared by a test.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The chart.
pub fn chart() -> PathBuf {
    root().join("deploy/charts/restart-operator")
}

/// A file of the repository.
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The objects of a manifest. Documents that hold comments only are none.
pub fn objects(text: &str) -> Vec<Value> {
    let all: Vec<Value> = serde_saphyr::from_multiple(text).expect("YAML");
    all.into_iter().filter(|object| !object.is_null()).collect()
}

/// Kind and name, for messages and for looking up.
pub fn title(object: &Value) -> String {
    let name = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (kind, metadata) = (name(&object["kind"]), &object["metadata"]);
    format!("{kind} {}", name(&metadata["name"]))
}

/// The one object of a kind.
pub fn one<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    let mut of_kind = objects.iter().filter(|object| object["kind"] == kind);
    let found = of_kind.next().unwrap_or_else(|| panic!("no {kind}"));
    assert!(of_kind.next().is_none(), "more than one {kind}");
    found
}

/// Runs a command and gives what it printed; it may not fail.
pub fn printed(command: &mut Command) -> String {
    let output = run(command);
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("text")
}

/// Runs a command.
pub fn run(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// A committed file says what a program writes now. `UPDATE_INSTALL=1` writes it anew.
pub fn assert_up_to_date(path: &str, written: &str) {
    let file = root().join(path);
    if std::env::var_os("UPDATE_INSTALL").is_some() {
        fs::write(&file, written).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == written,
        "{path} is out of date: make manifests"
    );
}
