//! Why a pass could not end: Kubernetes failed us. What the cloud says is never an error here.

use std::time::Duration;

use kube::runtime::controller::Action;

use crate::protocol::backoff;

/// Why a pass could not end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API server did not answer a read, or refused it.
    #[error("the API server did not answer")]
    Kube(#[source] kube::Error),
    /// The status could not be stored within the tries of one pass.
    #[error("the status could not be stored; it is tried again")]
    Contended,
    /// The object was deleted, or made anew, while it was worked on.
    #[error("the object is gone")]
    Gone,
}

impl Error {
    /// A closed metric label.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Kube(_) => "kube_error",
            Self::Contended => "contended",
            Self::Gone => "gone",
        }
    }

    /// When to try again, as the controller is told.
    #[must_use]
    pub fn again(&self, uid: &str) -> Action {
        self.pause(uid)
            .map_or_else(Action::await_change, Action::requeue)
    }

    /// How long to wait before the next try; `None`: until something changes. Spread over 5 to 15 s
    /// by the object's UID, so that a failing API server is not met by everybody at once.
    #[must_use]
    pub fn pause(&self, uid: &str) -> Option<Duration> {
        match self {
            Self::Gone => None,
            Self::Kube(_) | Self::Contended => {
                Some(Duration::from_millis(5_000 + backoff::seed(uid) % 10_000))
            }
        }
    }
}

/// Longest time that one request to the API server may take.
pub const KUBE_DEADLINE: Duration = Duration::from_secs(10);

/// A request to the API server under its own deadline: kube has no read time-out.
pub async fn deadline<T>(
    request: impl Future<Output = Result<T, kube::Error>>,
) -> Result<T, kube::Error> {
    match tokio::time::timeout(KUBE_DEADLINE, request).await {
        Ok(result) => result,
        Err(elapsed) => Err(kube::Error::Service(Box::new(elapsed))),
    }
}
