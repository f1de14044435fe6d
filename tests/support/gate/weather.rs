//! What holds for the whole network behind the door, and how the events of each watched resource
//! travel. It can change while watches are open.

use std::{
    collections::{HashMap, VecDeque},
    io,
};

use axum::body::{Body, BodyDataStream, Bytes};
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::sync::watch;

/// How it is now.
#[derive(Clone, Debug, Default)]
pub(super) struct Weather {
    /// Nothing moves.
    pub(super) frozen: bool,
    /// How often the network was healed.
    pub(super) heals: u64,
    /// By resource.
    pub(super) courses: HashMap<String, Course>,
}

/// How the events of one resource travel.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    pub(super) events: Events,
    /// How often its watches were ended, and how the last time.
    pub(super) cuts: u64,
    pub(super) end: End,
    /// Lines that go to every watch that is open, or opened, after them.
    pub(super) injected: Vec<Bytes>,
}

/// What becomes of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Events {
    #[default]
    Pass,
    /// They wait; passing again brings them all, in order.
    Held,
    /// Each comes two times.
    Twice,
    /// Each is lost.
    Lost,
    /// Each is lost, and a bookmark of its version comes in its place.
    Bookmarks,
}

/// How a watch ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// In the middle of its body.
    #[default]
    Reset,
    /// With the error that its version is too old.
    Gone,
}

/// The body of a watch on its way through the weather.
pub(super) fn through(
    body: Body,
    resource: &str,
    now: watch::Receiver<Weather>,
    injected: usize,
) -> Body {
    let cuts = now
        .borrow()
        .courses
        .get(resource)
        .map_or(0, |course| course.cuts);
    let travel = Travel {
        upstream: body.into_data_stream(),
        resource: resource.to_owned(),
        now,
        rest: Vec::new(),
        lines: VecDeque::new(),
        cuts,
        injected,
        over: false,
    };
    let stream = futures::stream::unfold(travel, |mut travel| async move {
        let line = travel.next().await?;
        Some((line, travel))
    });
    Body::from_stream(stream)
}

struct Travel {
    upstream: BodyDataStream,
    resource: String,
    now: watch::Receiver<Weather>,
    /// The beginning of a line.
    rest: Vec<u8>,
    /// Whole lines that are to go on.
    lines: VecDeque<Bytes>,
    cuts: u64,
    injected: usize,
    over: bool,
}

impl Travel {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        loop {
            if self.over {
                return None;
            }
            let (frozen, course) = self.look();
            if course.cuts > self.cuts {
                return Some(self.cut(course.end));
            }
            if frozen || course.events == Events::Held {
                self.now.changed().await.ok()?;
                continue;
            }
            if let Some(line) = course.injected.get(self.injected) {
                self.injected += 1;
                return Some(Ok(line.clone()));
            }
            if let Some(line) = self.lines.pop_front() {
                return Some(Ok(line));
            }
            tokio::select! {
                changed = self.now.changed() => changed.ok()?,
                chunk = self.upstream.next() => match chunk {
                    Some(Ok(chunk)) => self.take(&chunk, course.events),
                    Some(Err(error)) => return Some(Err(io::Error::other(error))),
                    None => return None,
                },
            }
        }
    }

    fn look(&mut self) -> (bool, Course) {
        let now = self.now.borrow_and_update();
        let course = now.courses.get(&self.resource).cloned();
        (now.frozen, course.unwrap_or_default())
    }

    fn cut(&mut self, end: End) -> io::Result<Bytes> {
        self.over = true;
        match end {
            End::Reset => Err(io::Error::other("cut on purpose")),
            End::Gone => Ok(line(&json!({"type": "ERROR", "object": {
                "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                "message": "too old resource version", "reason": "Expired", "code": 410,
            }}))),
        }
    }

    fn take(&mut self, chunk: &[u8], events: Events) {
        self.rest.extend_from_slice(chunk);
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let one: Vec<u8> = self.rest.drain(..=end).collect();
            match events {
                Events::Pass | Events::Held => self.lines.push_back(one.into()),
                Events::Twice => {
                    let one = Bytes::from(one);
                    self.lines.extend([one.clone(), one]);
                }
                Events::Lost => {}
                Events::Bookmarks => self.lines.push_back(bookmark(&one)),
            }
        }
    }
}

fn bookmark(event: &[u8]) -> Bytes {
    let event: Value = serde_json::from_slice(event).expect("an event");
    let object = &event["object"];
    line(&json!({"type": "BOOKMARK", "object": {
        "kind": object["kind"], "apiVersion": object["apiVersion"],
        "metadata": {"resourceVersion": object["metadata"]["resourceVersion"]},
    }}))
}

/// A line of a watch.
pub(super) fn line(event: &Value) -> Bytes {
    let mut text = event.to_string();
    text.push('\n');
    text.into()
}
