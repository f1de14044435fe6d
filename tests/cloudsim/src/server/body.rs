//! Bodies on the wire: whole, cut off, or dripping.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use crate::answer::AnswerBody;

/// The body of a response.
pub(super) struct WireBody {
    /// Bytes not sent yet.
    left: u64,
    /// Length announced as `content-length`; `None` sends chunks without announcing.
    announced: Option<u64>,
    content: Content,
    end: End,
}

/// What comes when nothing is left.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Clean,
    /// Lets the connection send what it has before it breaks.
    Flush,
    Break,
}

enum Content {
    Given(Bytes),
    Filler {
        chunk: u32,
        pause: Duration,
        started: bool,
        sleep: Option<Pin<Box<Sleep>>>,
    },
}

impl From<AnswerBody> for WireBody {
    fn from(body: AnswerBody) -> Self {
        match body {
            AnswerBody::Whole(body) => Self::given(body.clone(), body.len(), End::Clean),
            AnswerBody::Cut { body, keep } => {
                let whole = body.len();
                let end = if keep < whole { End::Flush } else { End::Clean };
                Self::given(body.slice(..keep.min(whole)), whole, end)
            }
            AnswerBody::Drip {
                total,
                chunk,
                pause,
            } => {
                let content = Content::Filler {
                    chunk: chunk.max(1),
                    pause,
                    started: false,
                    sleep: None,
                };
                Self {
                    left: total,
                    announced: None,
                    content,
                    end: End::Clean,
                }
            }
        }
    }
}

impl WireBody {
    fn given(body: Bytes, announced: usize, end: End) -> Self {
        let size = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        let (left, announced) = (size(body.len()), Some(size(announced)));
        Self {
            left,
            announced,
            content: Content::Given(body),
            end,
        }
    }
}

impl WireBody {
    /// Being asked twice means that hyper has written in between: it writes whenever a body has
    /// nothing ready, and would throw away the head of an answer whose body fails at once.
    fn end(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.end {
            End::Clean => Poll::Ready(None),
            End::Flush => {
                self.end = End::Break;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            End::Break => Poll::Ready(Some(Err(io::Error::other("cut off on purpose")))),
        }
    }
}

impl Body for WireBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left == 0 {
            return self.end(context);
        }
        let left = self.left;
        let data = match &mut self.content {
            Content::Given(body) => std::mem::take(body),
            Content::Filler {
                chunk,
                pause,
                started,
                sleep,
            } => {
                if let Some(waiting) = sleep {
                    ready!(waiting.as_mut().poll(context));
                }
                *sleep = (!pause.is_zero()).then(|| Box::pin(tokio::time::sleep(*pause)));
                filler(
                    u64::from(*chunk).min(left),
                    std::mem::replace(started, true),
                )
            }
        };
        self.left = left.saturating_sub(u64::try_from(data.len()).unwrap_or(u64::MAX));
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0 && self.end == End::Clean
    }

    fn size_hint(&self) -> SizeHint {
        self.announced
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// Text that begins like a JSON answer, so that a reader finds no reason to stop early.
fn filler(length: u64, started: bool) -> Bytes {
    const OPENING: &[u8] = br#"{"RequestId":""#;
    let mut text = vec![b'x'; usize::try_from(length).unwrap_or(usize::MAX)];
    if !started {
        let opening = OPENING.len().min(text.len());
        text[..opening].copy_from_slice(&OPENING[..opening]);
    }
    Bytes::from(text)
}
