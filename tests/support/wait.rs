//! Waiting for a fact, with a limit. Waiting for time to pass is not offered.

use std::time::{Duration, Instant};

/// Against hanging only: a test that comes near it has failed.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(100);

/// Asks until the answer is yes. `what` is the fact that is waited for, as a sentence.
pub async fn until(what: &str, mut fact: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !fact().await {
        assert!(Instant::now() < deadline, "still not so: {what}");
        tokio::time::sleep(POLL).await;
    }
}
