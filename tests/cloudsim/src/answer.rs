//! What leaves the simulator for one request, before it meets a connection.

use std::time::Duration;

use bytes::Bytes;

/// What a client gets.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// An answer.
    Answer(Answer),
    /// The connection is closed without a byte.
    Drop,
    /// Nothing, with the connection left open.
    Hang,
}

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) http: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: AnswerBody,
}

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum AnswerBody {
    /// All of it at once.
    Whole(Bytes),
    /// Announces all of it, sends only the first bytes.
    Cut { body: Bytes, keep: usize },
    /// A long text in chunks, of unannounced length.
    Drip {
        total: u64,
        chunk: u32,
        pause: Duration,
    },
}

impl Answer {
    /// Adds the usual headers; one that is there already stays and is not doubled.
    pub(crate) fn with_usual(mut self, usual: Vec<(String, String)>) -> Self {
        for (name, value) in usual {
            if !self
                .headers
                .iter()
                .any(|(other, _)| other.eq_ignore_ascii_case(&name))
            {
                self.headers.push((name, value));
            }
        }
        self
    }
}
