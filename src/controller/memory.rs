//! What this process remembers of each request between passes: nothing that safety rests on. All
//! of it may be lost, or a whole process with it; the status then says where to go on.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use crate::{api::RestartRequest, protocol::absorb::Done};

/// What is remembered of one request.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    /// The object as the server last answered it to us, or as it was met first; the cache may be older.
    pub stored: Option<Box<RestartRequest>>,
    /// A result that could not be stored yet. It is absorbed before anything else.
    pub unsaved: Option<Done>,
    /// When to look at the cloud again.
    pub look_at: Option<Timestamp>,
    /// When this process last saw its order go on.
    pub running_at: Option<Timestamp>,
    /// When the last status write was.
    pub written_at: Option<Timestamp>,
    /// The account's call budget was short at the last poll.
    pub short_of_calls: bool,
    /// State of the accounts when `look_at` was planned.
    pub accounts_epoch: u64,
}

/// All entries, by namespace and name; an entry of another UID is worth nothing.
#[derive(Debug, Default)]
pub(super) struct Memory {
    entries: Mutex<HashMap<Key, (String, Entry)>>,
    /// Requests that were deleted with an attempt: its call may still be on its way.
    deleted: Mutex<VecDeque<RestartRequest>>,
}

/// Deleted requests that are remembered, the last ones.
const DELETED: usize = 1_000;

type Key = (String, String);

impl Memory {
    /// What is remembered of this very object.
    pub(super) fn recall(&self, request: &RestartRequest) -> Entry {
        match self.lock().get(&key(request)) {
            Some((uid, entry)) if *uid == self::uid(request) => entry.clone(),
            _ => Entry::default(),
        }
    }

    /// Changes what is remembered of this object.
    pub(super) fn update(&self, request: &RestartRequest, change: impl FnOnce(&mut Entry)) {
        let mut entries = self.lock();
        let (uid, entry) = entries.entry(key(request)).or_default();
        if *uid != self::uid(request) {
            let before = std::mem::take(entry);
            *uid = self::uid(request);
            self.bury(before);
        }
        change(entry);
    }

    /// Forgets an object that is gone; gives it as it was kept last.
    pub(super) fn forget(&self, namespace: &str, name: &str) -> Option<RestartRequest> {
        let (_, entry) = self
            .lock()
            .remove(&(namespace.to_owned(), name.to_owned()))?;
        let last = entry.stored.as_deref().cloned();
        self.bury(entry);
        last
    }

    /// Requests with an attempt that share a target, as this process last wrote them, deleted ones too.
    /// What a deleted one caused may look like the order of another request.
    pub(super) fn attempts(&self, shares: impl Fn(&RestartRequest) -> bool) -> Vec<RestartRequest> {
        let wanted = |object: &&RestartRequest| has_attempt(object) && shares(object);
        let entries = self.lock();
        let stored = entries
            .values()
            .filter_map(|(_, entry)| entry.stored.as_deref());
        let mut found: Vec<_> = stored.filter(wanted).cloned().collect();
        drop(entries);
        let deleted = self.deleted.lock().unwrap_or_else(PoisonError::into_inner);
        found.extend(deleted.iter().filter(wanted).cloned());
        found
    }

    fn bury(&self, entry: Entry) {
        let Some(object) = entry.stored.filter(|object| has_attempt(object)) else {
            return;
        };
        let mut deleted = self.deleted.lock().unwrap_or_else(PoisonError::into_inner);
        if deleted.len() >= DELETED {
            deleted.pop_front();
        }
        deleted.push_back(*object);
    }

    /// The newer of the cached object and the one that the server last answered to us.
    pub(super) fn freshest(&self, cached: &RestartRequest) -> RestartRequest {
        self.newer(cached).unwrap_or_else(|| cached.clone())
    }

    /// The object as the server last answered it to us, if that is newer than the cached one. Resource
    /// versions of one kind are ordered numbers; where one is not, the cache counts as newer, since
    /// a swap on a stale base is refused anyway.
    pub(super) fn newer(&self, cached: &RestartRequest) -> Option<RestartRequest> {
        let version = |object: &RestartRequest| -> Option<u64> {
            object.metadata.resource_version.as_deref()?.parse().ok()
        };
        let entries = self.lock();
        let (uid, entry) = entries.get(&key(cached))?;
        let stored = entry
            .stored
            .as_ref()
            .filter(|_| *uid == self::uid(cached))?;
        (version(stored)? > version(cached)?).then(|| (**stored).clone())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, (String, Entry)>> {
        // Each change is complete before the lock is given back, even if a panic follows.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn has_attempt(object: &RestartRequest) -> bool {
    let status = object.status.as_ref();
    status.is_some_and(|status| status.attempt.is_some())
}

/// How long the last orders of each target took.
#[derive(Debug, Default)]
pub(super) struct Durations {
    last: Mutex<HashMap<Vec<String>, VecDeque<SignedDuration>>>,
}

/// Orders of one target that are remembered.
const REMEMBERED: usize = 5;
/// Targets that are remembered; beyond them nothing new is learned until a restart of the operator.
const TARGETS: usize = 10_000;

impl Durations {
    /// An order of these targets took this long.
    pub(super) fn learn(&self, target: Vec<String>, took: SignedDuration) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() >= TARGETS && !last.contains_key(&target) {
            return;
        }
        let of_target = last.entry(target).or_default();
        of_target.push_back(took);
        if of_target.len() > REMEMBERED {
            of_target.pop_front();
        }
    }

    /// The middle one of what is remembered.
    pub(super) fn middle(&self, target: &[String]) -> Option<SignedDuration> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sorted: Vec<_> = last.get(target)?.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied()
    }
}

fn key(request: &RestartRequest) -> Key {
    let meta = &request.metadata;
    (
        meta.namespace.clone().unwrap_or_default(),
        meta.name.clone().unwrap_or_default(),
    )
}

fn uid(request: &RestartRequest) -> String {
    request.metadata.uid.clone().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(uid: &str, version: &str) -> RestartRequest {
        let text = format!(
            r#"{{"apiVersion": "restart-operator.dev/v1alpha1", "kind": "RestartRequest",
            "metadata": {{"name": "x", "namespace": "n", "uid": "{uid}", "resourceVersion": "{version}"}},
            "spec": {{"accountRef": {{"name": "a"}}, "target": {{}}}}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_cache_older_than_our_own_write_is_passed_over() {
        let memory = Memory::default();
        let written = object("u", "12");
        memory.update(&written, |entry| {
            entry.stored = Some(Box::new(written.clone()));
        });
        let version = |cached: &str| {
            memory
                .freshest(&object("u", cached))
                .metadata
                .resource_version
        };
        assert_eq!(version("9").as_deref(), Some("12"));
        assert_eq!(version("12").as_deref(), Some("12"));
        assert_eq!(version("13").as_deref(), Some("13"));
    }

    #[test]
    fn a_request_with_an_attempt_is_remembered_when_it_is_deleted() {
        let attempt = r#"{"number": 1, "attemptId": "abababababababababababababababab",
            "holder": "a", "owned": 0, "signedAt": "2026-01-01T00:00:00Z",
            "notAfter": "2026-01-01T00:15:00Z", "targetHash": "ab", "credential": "cd"}"#;
        let text = format!(r#"{{"observedGeneration": 1, "attempt": {attempt}}}"#);
        let memory = Memory::default();
        let write = |uid: &str, status: Option<&str>| {
            let mut written = object(uid, "12");
            written.status = status.map(|text| serde_json::from_str(text).unwrap());
            memory.update(&written, |entry| {
                entry.stored = Some(Box::new(written.clone()));
            });
        };
        let uids = || {
            let known = memory.attempts(|_| true).into_iter();
            known.filter_map(|it| it.metadata.uid).collect::<Vec<_>>()
        };
        write("first", Some(&text));
        assert_eq!(uids(), ["first"]);
        write("second", None); // created again under the same name
        assert_eq!(uids(), ["first"]);
        let _ = memory.forget("n", "x"); // this one had no attempt
        write("third", Some(&text));
        let _ = memory.forget("n", "x");
        assert_eq!(uids(), ["first", "third"]);
    }

    #[test]
    fn an_object_created_anew_inherits_nothing() {
        let memory = Memory::default();
        memory.update(&object("old", "5"), |entry| {
            entry.unsaved = Some(Done::Rested);
        });
        assert_eq!(memory.recall(&object("new", "6")).unsaved, None);
    }
}
