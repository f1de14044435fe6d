//! What comes out of the log, read from the bytes it wrote.

use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::*;

#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct Layer {
    text: &'static str,
    source: Option<Box<Layer>>,
}

#[test]
fn a_chain_says_each_thing_once() {
    let root = Layer {
        text: "no route",
        source: None,
    };
    let middle = Layer {
        text: "cannot connect: no route",
        source: Some(Box::new(root)),
    };
    let top = Layer {
        text: "cannot read the lease",
        source: Some(Box::new(middle)),
    };
    assert_eq!(
        Chain(&top).to_string(),
        "cannot read the lease: cannot connect: no route"
    );
}

#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn logged(format: LogFormat, filter: &str, log: impl FnOnce()) -> String {
    let output = Output::default();
    let writer = output.clone();
    let layer = layer(format, move || writer.clone());
    let subscriber =
        tracing_subscriber::registry().with(layer.with_filter(directives(filter).unwrap()));
    tracing::subscriber::with_default(subscriber, log);
    let bytes = output.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn json_lines_have_the_fields_of_the_event_beside_the_stable_ones() {
    let text = logged(LogFormat::Json, "info", || {
        tracing::warn!(order = "o-1", "answer not stored");
    });
    let line: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["message"], "answer not stored");
    assert_eq!(line["order"], "o-1");
    assert_eq!(line["target"], "restart_operator::telemetry::tests");
    assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn an_error_is_logged_with_its_causes() {
    let root = Layer {
        text: "forbidden",
        source: None,
    };
    let error = Layer {
        text: "the API server did not answer",
        source: Some(Box::new(root)),
    };
    for format in [LogFormat::Json, LogFormat::Text] {
        let text = logged(format, "info", || {
            tracing::warn!(error = %Chain(&error), "a pass failed");
        });
        assert!(text.contains("did not answer: forbidden"), "{text}");
    }
}

#[test]
fn a_line_break_in_a_value_cannot_forge_a_line() {
    let forged = "bad\n2026-01-01T00:00:00Z ERROR forged\r\n\u{1b}[31m";
    for format in [LogFormat::Json, LogFormat::Text] {
        let text = logged(format, "info", || {
            tracing::info!(display = %forged, "first {forged}");
            tracing::info!("second");
        });
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(!text.contains('\r') && !text.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn an_empty_filter_is_the_default_one() {
    for filter in ["", "  ", "info"] {
        let text = logged(LogFormat::Text, filter, || {
            tracing::info!("seen");
            tracing::debug!("hidden");
        });
        assert!(text.contains("seen") && !text.contains("hidden"), "{text}");
    }
}

#[test]
fn a_bad_filter_is_an_error_that_names_the_variable_and_its_value() {
    let error = directives("info,=,=").unwrap_err();
    assert!(error.starts_with("RUST_LOG=info,=,=: "), "{error}");
}

#[test]
fn a_protected_process_is_not_dumpable() {
    use rustix::process::{DumpableBehavior, dumpable_behavior};
    protect_process();
    assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
}
