//! Who is asked about which instances: so that one `DescribeInstances` serves up to 100 ids of many
//! requests. Pure: times of the boot clock are arguments, and the reads are made elsewhere.
//!
//! An id is remembered while somebody asks about it, and forgotten a minute after. The book is a
//! saving and no truth: whatever it does not know is read.

use std::{collections::HashMap, time::Duration};

use super::evidence::Sighting;
use crate::cloud::error::CloudError;

/// Ids that one read may name (ECS, `DescribeInstances`).
pub const READ_MAX: usize = 100;

/// A read that ended less than this ago answers a look: two looks of one request are further apart.
const FRESH: Duration = Duration::from_secs(2);

/// Ids that nobody asked about for this long are forgotten.
const KEPT: Duration = Duration::from_mins(1);

/// Ids that one book remembers. What is beyond is read on its own.
const IDS_MAX: usize = 10_000;

/// What is known of the instances that one credential sees in one place.
#[derive(Debug, Default)]
pub struct Book {
    ids: HashMap<String, Entry>,
    failure: Option<(Duration, CloudError)>,
}

#[derive(Debug)]
struct Entry {
    /// First and last time that somebody asked.
    since: Duration,
    wanted: Duration,
    seen: Option<(Duration, Sighting)>,
}

impl Book {
    /// Somebody asks about these ids.
    pub fn want(&mut self, ids: &[String], now: Duration) {
        self.ids
            .retain(|_, entry| now.saturating_sub(entry.wanted) < KEPT);
        for id in ids {
            if self.ids.len() >= IDS_MAX && !self.ids.contains_key(id) {
                continue;
            }
            let new = Entry {
                since: now,
                wanted: now,
                seen: None,
            };
            self.ids.entry(id.clone()).or_insert(new).wanted = now;
        }
    }

    /// Nobody asks about anything.
    #[must_use]
    pub fn is_idle(&self, now: Duration) -> bool {
        let is_old = |entry: &Entry| now.saturating_sub(entry.wanted) >= KEPT;
        self.ids.values().all(is_old)
    }

    /// The answer to a look at these ids, if all of it is fresh: one sighting each, or the failure
    /// that the last read met with.
    #[must_use]
    pub fn fresh(
        &self,
        ids: &[String],
        now: Duration,
    ) -> Option<Result<Vec<Sighting>, CloudError>> {
        let is_fresh = |at: Duration| now.saturating_sub(at) < FRESH;
        if let Some((at, error)) = &self.failure
            && is_fresh(*at)
        {
            return Some(Err(error.clone()));
        }
        let sighting = |id: &String| {
            let (at, sighting) = self.ids.get(id)?.seen.as_ref()?;
            is_fresh(*at).then(|| sighting.clone())
        };
        ids.iter().map(sighting).collect::<Option<_>>().map(Ok)
    }

    /// What one read should ask about: these ids, and then those that were read longest ago.
    #[must_use]
    pub fn batch(&self, ids: &[String]) -> Vec<String> {
        let mut others: Vec<(Duration, &String)> = self
            .ids
            .iter()
            .filter(|(id, _)| !ids.contains(id))
            .map(|(id, entry)| (entry.seen.as_ref().map_or(Duration::ZERO, |s| s.0), id))
            .collect();
        others.sort_unstable();
        let others = others.into_iter().map(|(_, id)| id);
        ids.iter().chain(others).take(READ_MAX).cloned().collect()
    }

    /// A read of these ids began and ended at these times. An id that somebody asked about only
    /// after it began is left alone: the read may tell of a time before its reboot.
    pub fn note(&mut self, ids: &[String], seen: &[Sighting], began: Duration, ended: Duration) {
        self.failure = None;
        for (id, sighting) in ids.iter().zip(seen) {
            if let Some(entry) = self.ids.get_mut(id)
                && entry.since <= began
            {
                entry.seen = Some((ended, sighting.clone()));
            }
        }
    }

    /// A read failed.
    pub fn note_failure(&mut self, error: CloudError, now: Duration) {
        self.failure = Some((now, error));
    }

    /// These are about to be rebooted: what was seen of them before says nothing any more.
    pub fn forget(&mut self, ids: &[String]) {
        for id in ids {
            self.ids.remove(id);
        }
    }
}
