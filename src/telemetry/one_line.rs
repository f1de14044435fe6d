//! Keeps every event of the text form on one line, whatever a cloud or a user put into it.
//!
//! A line break inside a logged value would let its author write log lines of their own, and an
//! escape sequence would reach the terminal of whoever reads them. The JSON form needs none of
//! this: it cannot hold either.

use std::io::{self, Write};

use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

/// Wraps the output of a formatter that hands over each event in one piece and without colours: a
/// colour of ours could not be told from an escape sequence in a value.
#[derive(Clone, Debug)]
pub(super) struct OneLine<W>(pub(super) W);

impl<'w, W: MakeWriter<'w>> MakeWriter<'w> for OneLine<W> {
    type Writer = OneLineWriter<W::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        OneLineWriter(self.0.make_writer())
    }

    fn make_writer_for(&'w self, meta: &Metadata<'_>) -> Self::Writer {
        OneLineWriter(self.0.make_writer_for(meta))
    }
}

/// Writes one event as one line.
#[derive(Debug)]
pub(super) struct OneLineWriter<W>(W);

impl<W: Write> Write for OneLineWriter<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        // In one piece, so that lines of two threads do not mix.
        self.0.write_all((clean(text) + "\n").as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    for char in text.chars() {
        if char.is_control() {
            out.extend(char.escape_default());
        } else {
            out.push(char);
        }
    }
    out
}
