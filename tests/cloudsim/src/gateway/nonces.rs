//! The nonces the gateway has seen.
//!
//! A nonce is remembered exactly as long as its date keeps a copy of the request valid. A gateway
//! that remembered longer would hide a client that repeats a call under a new date.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::Refusal;

/// Nonces by access key, each with the moment at which it is forgotten.
#[derive(Debug, Default)]
pub(super) struct NonceBook {
    seen: HashMap<(String, String), Timestamp>,
    /// Number of entries at which the forgotten ones are cleared out.
    sweep_at: usize,
}

impl NonceBook {
    /// Refuses a nonce that is remembered, and remembers it otherwise.
    pub(super) fn use_up(
        &mut self,
        access_key_id: &str,
        nonce: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.sweep(now);
        let entry = (access_key_id.to_owned(), nonce.to_owned());
        if self.seen.get(&entry).is_some_and(|until| *until >= now) {
            let message = "Specified signature nonce was used already.";
            return Err(Refusal::bad_request("SignatureNonceUsed", message));
        }
        self.seen.insert(entry, until);
        Ok(())
    }

    /// Sweeping when the book has doubled keeps the cost per request constant.
    fn sweep(&mut self, now: Timestamp) {
        if self.seen.len() >= self.sweep_at {
            self.seen.retain(|_, until| *until >= now);
            self.sweep_at = (self.seen.len() * 2).max(1_024);
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::NonceBook;

    #[test]
    fn forgotten_nonces_do_not_pile_up() {
        let mut book = NonceBook::default();
        for second in 0..10_000 {
            let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second);
            assert!(book.use_up("key", &second.to_string(), now, now).is_ok());
        }
        assert!(book.seen.len() <= 1_024);
    }

    #[test]
    fn a_nonce_is_refused_until_its_date_has_expired() {
        let mut book = NonceBook::default();
        let now = Timestamp::UNIX_EPOCH;
        let until = now + SignedDuration::from_secs(900);
        assert!(book.use_up("key", "n", until, now).is_ok());
        assert_eq!(
            book.use_up("key", "n", until, now).unwrap_err().code,
            "SignatureNonceUsed"
        );
        assert!(book.use_up("other key", "n", until, now).is_ok());
        let later = until + SignedDuration::from_secs(1);
        assert!(book.use_up("key", "n", later, later).is_ok());
    }
}
