//! Logs: one line per event, as text or as JSON, without a secret. And the mark that keeps the
//! process out of core dumps.

mod one_line;

use std::{error::Error, fmt, io};

use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer,
    fmt::{self as lines, MakeWriter},
    prelude::*,
    registry::LookupSpan,
};

use one_line::OneLine;

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
    tracing_subscriber::registry()
        .with(layer(format, io::stderr).with_filter(directives(filter)?))
        .try_init()
        .map_err(|error| error.to_string())
}

/// An empty `RUST_LOG` means the default: taken literally it would hide everything but errors.
fn directives(filter: &str) -> Result<EnvFilter, String> {
    let filter = if filter.trim().is_empty() {
        "info"
    } else {
        filter
    };
    EnvFilter::try_new(filter).map_err(|error| {
        format!("RUST_LOG={filter}: {error}; an example is info,restart_operator=debug")
    })
}

fn layer<S, W>(format: LogFormat, out: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    match format {
        LogFormat::Json => lines::layer()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_writer(out)
            .boxed(),
        LogFormat::Text => lines::layer()
            .with_ansi(false)
            .with_writer(OneLine(out))
            .boxed(),
    }
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
mod tests;
