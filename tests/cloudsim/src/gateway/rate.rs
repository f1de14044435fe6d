//! Flow control: calls per caller and minute. A caller is an access key at one product.
//!
//! One-minute windows, after which a throttled caller is free again, as SAE's FAQ describes.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::Refusal;

/// The calls of the present minute.
#[derive(Debug, Default)]
pub(super) struct RateWindow {
    minute: i64,
    calls: HashMap<String, u32>,
}

impl RateWindow {
    /// Counts a call, refused ones too; `limit` is the number of calls allowed in a minute.
    pub(super) fn count(
        &mut self,
        caller: &str,
        limit: Option<u32>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let Some(limit) = limit else { return Ok(()) };
        let minute = now.as_second().div_euclid(60);
        if minute != self.minute {
            self.minute = minute;
            self.calls.clear();
        }
        let calls = self.calls.entry(caller.to_owned()).or_default();
        *calls = calls.saturating_add(1);
        if *calls > limit {
            Err(Refusal::throttled(None))
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::RateWindow;

    #[test]
    fn calls_over_the_limit_are_refused_until_the_next_minute() {
        let mut window = RateWindow::default();
        let now = Timestamp::UNIX_EPOCH;
        assert!(window.count("key", Some(1), now).is_ok());
        assert_eq!(
            window.count("key", Some(1), now).unwrap_err().code,
            "Throttling.User"
        );
        assert!(window.count("other", Some(1), now).is_ok());
        assert!(
            window
                .count("key", Some(1), now + SignedDuration::from_secs(60))
                .is_ok()
        );
    }
}
