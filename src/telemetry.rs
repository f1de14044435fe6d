//! Logs: one line per event, as text or as JSON, without a secret. And the mark that keeps the
//! process out of core dumps.

use std::{error::Error, fmt, io::IsTerminal as _};

use tracing_subscriber::{EnvFilter, fmt as lines, prelude::*};

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// One JSON object per line.
    Json,
    /// For people.
    Text,
}

/// Starts logging to standard error. `filter` is in the form of `RUST_LOG`.
pub fn start(format: LogFormat, filter: &str) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| format!("RUST_LOG: {error}; an example is info,restart_operator=debug"))?;
    let layer = match format {
        LogFormat::Json => lines::layer()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_writer(std::io::stderr)
            .boxed(),
        LogFormat::Text => lines::layer()
            .with_ansi(std::io::stderr().is_terminal())
            .with_writer(std::io::stderr)
            .boxed(),
    };
    tracing_subscriber::registry()
        .with(layer.with_filter(filter))
        .try_init()
        .map_err(|error| error.to_string())
}

/// No core dump, and no look into this process' memory by another one of the same user: a
/// credential in use is in memory.
pub fn protect_process() {
    #[cfg(target_os = "linux")]
    if let Err(error) =
        rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
    {
        tracing::warn!(%error, "the process could not be kept out of core dumps");
    }
}

/// An error and its causes in one line. A cause whose text the error already has is left out.
pub struct Chain<'a>(pub &'a dyn Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.0.to_string();
        let mut cause = self.0.source();
        while let Some(error) = cause {
            let next = error.to_string();
            if !text.contains(&next) {
                text.push_str(": ");
                text.push_str(&next);
            }
            cause = error.source();
        }
        f.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
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
}
