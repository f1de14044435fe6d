//! The points at which the host stops by itself: inside the process, where no door outside of it
//! reaches.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use clap::ValueEnum;
use futures::future::BoxFuture;
use jiff::Timestamp;
use restart_operator::cloud::{
    Access, Provider,
    error::CloudError,
    permit::Permit,
    types::{Answer, Candidate, Check, Following, Look, OrderId, OrderReport, Submission, Target},
};
use tokio::io::{AsyncBufReadExt, BufReader};

/// Where the host stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Point {
    /// The intent is stored and the right to send was taken; no connection is open.
    BeforeSend,
    /// The answer was read; nobody was told.
    AfterAnswer,
}

impl Point {
    /// Its name on the command line and in the line that tells that it was reached.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BeforeSend => "before-send",
            Self::AfterAnswer => "after-answer",
        }
    }
}

/// A provider whose first restart call stops at a point until a line comes on stdin.
pub struct Holding {
    inner: Arc<dyn Provider>,
    at: Point,
    held: AtomicBool,
}

impl Holding {
    pub fn around(inner: Arc<dyn Provider>, at: Point) -> Arc<dyn Provider> {
        Arc::new(Self {
            inner,
            at,
            held: AtomicBool::new(false),
        })
    }

    async fn pass(&self, point: Point) {
        if self.at != point || self.held.swap(true, Ordering::SeqCst) {
            return;
        }
        println!("holding {}", point.as_str());
        let mut line = String::new();
        let read = BufReader::new(tokio::io::stdin())
            .read_line(&mut line)
            .await;
        if !matches!(read, Ok(bytes) if bytes > 0) {
            // Nobody can release it any more.
            std::future::pending::<()>().await;
        }
    }
}

impl Provider for Holding {
    fn submit<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        call: &'a Submission,
        permit: Permit,
    ) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            self.pass(Point::BeforeSend).await;
            let answer = self.inner.submit(access, target, call, permit).await;
            self.pass(Point::AfterAnswer).await;
            answer
        })
    }

    fn check<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
    ) -> BoxFuture<'a, Result<Check, CloudError>> {
        self.inner.check(access, target)
    }

    fn resolve<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        call: &'a Submission,
    ) -> BoxFuture<'a, Result<Look, CloudError>> {
        self.inner.resolve(access, target, call)
    }

    fn forgotten<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        since: Timestamp,
        known: &'a [OrderId],
    ) -> BoxFuture<'a, Result<Vec<Candidate>, CloudError>> {
        self.inner.forgotten(access, target, since, known)
    }

    fn poll<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        following: &'a Following,
    ) -> BoxFuture<'a, Result<OrderReport, CloudError>> {
        self.inner.poll(access, target, following)
    }

    fn abort<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        following: &'a Following,
    ) -> BoxFuture<'a, Result<(), CloudError>> {
        self.inner.abort(access, target, following)
    }

    fn creator<'a>(
        &'a self,
        access: &'a Access,
        target: &'a Target,
        order: &'a OrderId,
    ) -> BoxFuture<'a, Result<Option<String>, CloudError>> {
        self.inner.creator(access, target, order)
    }
}
