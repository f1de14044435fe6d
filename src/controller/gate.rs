//! Whose turn it is on a cloud target, by what the cache and our own last writes show. It saves calls
//! and keeps order; no rule of the at-most-once protocol rests on it.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use kube::runtime::reflector::Store;

use super::{memory::Memory, view::View};
use crate::{
    api::{Reason, RestartRequest},
    protocol::{
        decide::Turn,
        state::{self, State},
        story, target,
    },
};

/// How long a request waits whose target got an intent of another one since it was looked at.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// The targets for which this process is writing an intent right now: neither the cache nor memory
/// shows it yet.
#[derive(Debug, Default)]
pub(super) struct Gate {
    opening: Mutex<HashSet<String>>,
}

/// The right to write an intent for some targets, until it is dropped.
#[derive(Debug)]
pub(super) struct Claim<'a> {
    gate: &'a Gate,
    keys: Vec<String>,
}

impl Gate {
    /// Lets a request write its intent, if it is still its turn when nobody else can write one.
    pub(super) fn admit(
        &self,
        request: &RestartRequest,
        stores: &[Store<View>],
        memory: &Memory,
    ) -> Option<Claim<'_>> {
        let claim = self.claim(target::keys(&request.spec.target))?;
        (turn(request, stores, memory) == Turn::Ours).then_some(claim)
    }

    /// All of the targets, or none.
    fn claim(&self, keys: Vec<String>) -> Option<Claim<'_>> {
        let mut opening = self.lock();
        if keys.iter().any(|key| opening.contains(key)) {
            return None;
        }
        opening.extend(keys.iter().cloned());
        Some(Claim { gate: self, keys })
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        // Each change is complete before the lock is given back, even if a panic follows.
        self.opening.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut opening = self.gate.lock();
        for key in &self.keys {
            opening.remove(key);
        }
    }
}

/// The turn of a request that waits. Before it are: every request of the same target with an open
/// attempt or a running order, and every earlier one that waits for nothing but its turn.
#[must_use]
pub(super) fn turn(request: &RestartRequest, stores: &[Store<View>], memory: &Memory) -> Turn {
    let mine = target::keys(&request.spec.target);
    let others = stores.iter().flat_map(Store::state);
    let mut before: Vec<(Timestamp, String)> = others
        .filter_map(|view| {
            let cached = view.object.as_deref().ok()?;
            let shares = target::keys(&cached.spec.target)
                .iter()
                .any(|key| mine.contains(key));
            if !shares || cached.metadata.uid == request.metadata.uid {
                return None;
            }
            // An intent that this process has just written is not in the cache for a while.
            let other = &memory.freshest(cached);
            is_before(other, request).then(|| (state::created(other), name_for(other, request)))
        })
        .collect();
    before.sort();
    match before.first() {
        None => Turn::Ours,
        Some((_, holder)) => Turn::Held {
            by: holder.clone(),
            position: i32::try_from(before.len()).unwrap_or(i32::MAX),
        },
    }
}

fn is_before(other: &RestartRequest, request: &RestartRequest) -> bool {
    match State::of(other) {
        State::Intent { .. } | State::Submitted { .. } => true,
        State::Unknown { .. } | State::Finished => false,
        State::Waiting { .. } => order(other) < order(request) && waits_for_its_turn(other),
    }
}

fn order(request: &RestartRequest) -> (Timestamp, Option<&str>) {
    (state::created(request), request.metadata.uid.as_deref())
}

/// A request that waits for something of its own (an account, a person, a back-off) holds nobody.
fn waits_for_its_turn(request: &RestartRequest) -> bool {
    let told = request.status.as_ref().and_then(story::told);
    !request.spec.suspend
        && !request.spec.dry_run
        && matches!(
            told,
            None | Some(Reason::Checking | Reason::TargetBusy | Reason::ForeignChangeOrder)
        )
}

/// A name within the namespace, a UID across: nothing of another namespace is told.
fn name_for(other: &RestartRequest, request: &RestartRequest) -> String {
    let meta = &other.metadata;
    let same = meta.namespace == request.metadata.namespace;
    let text = if same {
        meta.name.as_ref()
    } else {
        meta.uid.as_ref()
    };
    text.cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use kube::runtime::{reflector, watcher::Event};
    use serde_json::{Value, json};

    use super::*;

    /// A request for `app-1`, created this many seconds after the first.
    fn request(name: &str, age: i64, version: &str, status: &Value) -> Value {
        let created = Timestamp::from_second(1_700_000_000 + age).unwrap();
        json!({
            "apiVersion": "restart-operator.dev/v1alpha1", "kind": "RestartRequest",
            "metadata": {
                "name": name, "namespace": "shop", "uid": name, "resourceVersion": version,
                "creationTimestamp": created.to_string(),
            },
            "spec": {"accountRef": {"name": "ali"}, "target": {"saeApplication": {"appId": "app-1"}}},
            "status": status,
        })
    }

    fn object(value: Value) -> RestartRequest {
        serde_json::from_value(value).unwrap()
    }

    fn backing_off() -> Value {
        json!({
            "observedGeneration": 1, "phase": "Pending",
            "conditions": [{
                "type": "Ready", "status": "False", "reason": "BackingOff", "message": "",
                "lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": 1,
            }],
        })
    }

    fn with_intent() -> Value {
        let attempt = json!({
            "number": 1, "attemptId": "ab".repeat(16), "holder": "a", "owned": 0,
            "signedAt": "2026-01-01T00:00:00Z", "notAfter": "2026-01-01T00:15:00Z",
            "targetHash": "ab".repeat(32), "credential": "0123456789abcdef",
        });
        json!({"observedGeneration": 1, "phase": "Submitting", "attempt": attempt})
    }

    fn cache(objects: &[&Value]) -> Vec<Store<View>> {
        let (store, mut writer) = reflector::store();
        for object in objects {
            let view: View = serde_json::from_value((*object).clone()).unwrap();
            writer.apply_watcher_event(&Event::Apply(view));
        }
        vec![store]
    }

    #[test]
    fn an_intent_that_the_cache_does_not_show_yet_holds_the_target() {
        let first = request("first", 0, "5", &backing_off());
        let second = request("second", 1, "6", &Value::Null);
        let (stores, memory) = (cache(&[&first, &second]), Memory::default());
        let second = object(second);
        assert_eq!(turn(&second, &stores, &memory), Turn::Ours);
        let written = object(request("first", 0, "7", &with_intent()));
        memory.update(&written, |entry| {
            entry.stored = Some(Box::new(written.clone()));
        });
        let held = Turn::Held {
            by: "first".to_owned(),
            position: 1,
        };
        assert_eq!(turn(&second, &stores, &memory), held);
    }

    #[test]
    fn of_two_whose_turn_it_is_at_the_same_time_one_writes_its_intent() {
        let first = request("first", 0, "5", &backing_off());
        let second = request("second", 1, "6", &Value::Null);
        let (stores, memory) = (cache(&[&first, &second]), Memory::default());
        let gate = Gate::default();
        let [first, second] = [first, second].map(object);
        let claim = gate.admit(&first, &stores, &memory);
        assert!(claim.is_some());
        assert!(gate.admit(&second, &stores, &memory).is_none());
        let written = object(request("first", 0, "7", &with_intent()));
        memory.update(&written, |entry| {
            entry.stored = Some(Box::new(written.clone()));
        });
        drop(claim);
        assert!(gate.admit(&second, &stores, &memory).is_none(), "held now");
        let ended = object(request("first", 0, "8", &backing_off()));
        memory.update(&ended, |entry| {
            entry.stored = Some(Box::new(ended.clone()));
        });
        assert!(gate.admit(&second, &stores, &memory).is_some());
    }
}
