//! Ids that look like the cloud's and never repeat.
//!
//! A client must treat ids as opaque, so they carry no order and no readable counter.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

/// Mints ids in the form of a UUID. Two mints of different seeds mint different ids, so that an
/// order of one simulator is unknown to another.
#[derive(Debug)]
pub struct IdMint {
    seed: u64,
    minted: AtomicU64,
}

impl IdMint {
    /// A mint that has minted nothing yet.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            minted: AtomicU64::new(0),
        }
    }

    /// The next id: 8-4-4-4-12 lower-case hexadecimal digits.
    pub fn next(&self) -> String {
        let count = self.minted.fetch_add(1, Ordering::Relaxed);
        let mut hash = Sha256::new();
        hash.update(self.seed.to_be_bytes());
        hash.update(count.to_be_bytes());
        let digest = hash.finalize();
        let mut id = String::with_capacity(36);
        for (place, byte) in digest.iter().take(16).enumerate() {
            if matches!(place, 4 | 6 | 8 | 10) {
                id.push('-');
            }
            // Writing into a String cannot fail.
            let _ = write!(id, "{byte:02x}");
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use super::IdMint;

    #[test]
    fn ids_differ_within_a_mint_and_between_seeds() {
        let (one, two) = (IdMint::new(1), IdMint::new(2));
        let ids = [one.next(), one.next(), two.next(), two.next()];
        for (place, id) in ids.iter().enumerate() {
            assert_eq!(id.len(), 36);
            assert!(!ids[..place].contains(id));
        }
    }
}
