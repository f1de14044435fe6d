//! What people and other tools do: they create, edit and delete requests, restart and deploy
//! applications themselves, and answer when the outcome of a call is not known.

use cloudsim::{DEFAULT_CREATOR, DEFAULT_KEY_ID, DEFAULT_KEY_SECRET};
use jiff::{SignedDuration, Timestamp};
use restart_operator::{
    api::{CloudAccount, Phase, Resolution, RestartRequest},
    cloud::credential::Credential,
};
use serde_json::{Value, json};

use crate::{
    cloud::{EDAS, Foreign, SAE},
    oracle,
    plan::{Act, pick},
    run::{Event, Run},
    store::{NAMESPACE, Store},
    time::{Ms, SECOND, at, since_beginning},
};

/// One account per cloud, both with the key that the simulated cloud knows.
pub(crate) fn put_accounts(store: &mut Store, knows_creators: bool) {
    let key = Credential::new(DEFAULT_KEY_ID.to_owned(), DEFAULT_KEY_SECRET.into(), None);
    for (name, provider, region) in [
        ("ali", "AlibabaCloud", "cn-hangzhou"),
        ("volc", "Volcengine", "cn-beijing"),
    ] {
        let creators = json!({"sae": DEFAULT_CREATOR, "edas": DEFAULT_CREATOR});
        let identity = if knows_creators {
            json!({"creators": creators})
        } else {
            Value::Null
        };
        let account = json!({
            "apiVersion": "restart-operator.dev/v1alpha1", "kind": "CloudAccount",
            "metadata": {"name": name, "namespace": NAMESPACE, "uid": format!("uid-{name}"),
                "generation": 1, "resourceVersion": "0"},
            "spec": {"provider": provider, "region": region, "callsPerMinute": 6000,
                "credentials": {"secretRef": {"name": name}}},
            "status": {"observedGeneration": -1, "credential": key.fingerprint(), "identity": identity},
        });
        let account: CloudAccount = serde_json::from_value(account).expect("an account");
        // Both values are no secrets: they are known to everybody who has the simulator.
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "data": {
                "accessKeyId": encoded(DEFAULT_KEY_ID), "accessKeySecret": encoded(DEFAULT_KEY_SECRET),
            },
        });
        store.put_account(account, secret);
    }
}

fn encoded(text: &str) -> Value {
    json!(k8s_openapi::ByteString(text.as_bytes().to_vec()))
}

impl Run {
    /// A request is created.
    pub(crate) fn create(&mut self, index: usize) {
        let request = self.plan.requests[index].clone();
        self.store
            .create(&request.name, &request.spec, &json!({}), self.now);
    }

    /// Somebody acts on a request.
    pub(crate) fn act(&mut self, index: usize, act: Act) {
        let request = self.plan.requests[index].clone();
        let (name, now) = (request.name.as_str(), self.now);
        self.trace.line(now, || format!("people: {act:?} {name}"));
        match act {
            Act::Cancel => self
                .store
                .edit(name, now, |object| object.spec.cancel = true),
            Act::Suspend(on) => self
                .store
                .edit(name, now, |object| object.spec.suspend = on),
            Act::Delete => {
                self.delete(name);
            }
            Act::Recreate => {
                if self.delete(name) {
                    self.coverage.recreated += 1;
                    self.store.create(name, &request.spec, &json!({}), now);
                }
            }
            Act::Restore => {
                if self.delete(name) {
                    self.coverage.restored += 1;
                    let label = json!({"velero.io/restore-name": "nightly"});
                    self.store.create(name, &request.spec, &label, now);
                }
            }
            Act::RollBack => self.roll_back(name),
        }
    }

    /// Deletes as the shipped admission policy allows: not while an attempt is open or an order
    /// runs.
    fn delete(&mut self, name: &str) -> bool {
        let is_open = self.store.get(name).is_none_or(|object| {
            let phase = object.status.as_ref().map(|status| status.phase);
            matches!(
                phase,
                Some(Phase::Submitting | Phase::Resolving | Phase::Running | Phase::Paused)
            )
        });
        !is_open && self.store.delete(name, self.now)
    }

    /// The status goes back to before the call, as after a restore of etcd. Only what the start
    /// deadline protects is tried: nothing else knows of it.
    fn roll_back(&mut self, name: &str) {
        let Some(object) = self.store.get(name).cloned() else {
            return;
        };
        let deadline = waiting_since(&object)
            + SignedDuration::from_secs(i64::from(object.spec.start_deadline_seconds) + 400);
        if at(self.now) < deadline {
            return;
        }
        let uid = object.metadata.uid.clone();
        let before = self.store.changes.iter().find_map(|change| {
            let old = change.object.as_ref()?;
            (old.metadata.uid == uid).then(|| old.status.clone())
        });
        if let (Some(status), Some(uid)) = (before, uid) {
            self.coverage.rolled_back += 1;
            self.rolled_back.insert(uid);
            self.store.roll_back(name, status, self.now);
        }
    }

    /// Somebody else acts on the target of a request whose intent is open.
    pub(crate) fn foreign(&mut self, name: &str) {
        let Some(app) = self.app_of(name) else { return };
        // A restart of EDAS has no documented type, so a deployment by our own key passes for one there:
        // the reason for a key of its own.
        let own = if app == EDAS {
            Foreign::Stranger
        } else {
            Foreign::OwnDeploy
        };
        let kind = pick(&mut self.rng, &[Foreign::Console, Foreign::Stranger, own]);
        self.start_foreign(kind, app);
    }

    /// Another tool restarts with our key, where the protocol can tell that apart: before any
    /// request, or after the window of the only open one has closed.
    pub(crate) fn twin(&mut self, app: &'static str) {
        let may_meet = self.store.all().any(|(_, object)| {
            let status = object.status.as_ref();
            let is_finished = status.is_some_and(|status| status.completion_time.is_some());
            let attempt = status.and_then(|status| status.attempt.as_ref());
            let closed = attempt.is_some_and(|attempt| {
                status.is_some_and(|s| matches!(s.phase, Phase::Resolving | Phase::Unknown))
                    && since_beginning(attempt.not_after.0) + 181 * SECOND < self.now
            });
            !is_finished && !closed
        });
        let all_created = self
            .plan
            .requests
            .iter()
            .all(|request| request.at <= self.now);
        if !may_meet && (self.now < 10 || all_created) {
            self.start_foreign(Foreign::OwnRestart, app);
        }
    }

    fn start_foreign(&mut self, kind: Foreign, app: &str) {
        let lasts = pick(&mut self.rng, &[2, 2, 20, 200]) * SECOND;
        let started = self.cloud.act(kind, app, lasts, self.now);
        self.coverage.foreign += u64::from(started);
        self.trace
            .line(self.now, || format!("others: {kind:?} on {app}: {started}"));
    }

    /// The application of the request of this name.
    pub(crate) fn app_of(&self, name: &str) -> Option<&'static str> {
        let mut requests = self.plan.requests.iter();
        Some(requests.find(|request| request.name == name)?.app)
    }

    /// A person looks at every request whose outcome is not known. Mostly the answer is right; a
    /// wrong order is named too, which has to be refused.
    pub(crate) fn resolve(&mut self) {
        let unknown: Vec<_> = self
            .store
            .all()
            .filter(|(_, object)| {
                let status = object.status.as_ref();
                status.is_some_and(|status| status.phase == Phase::Unknown)
            })
            .map(|(name, object)| (name.clone(), object.clone()))
            .collect();
        for (name, object) in unknown {
            let answer = self.answer(&object);
            self.trace.line(self.now, || {
                format!("people: {name} is resolved by {answer:?}")
            });
            self.store
                .edit(&name, self.now, |object| object.spec.resolution = answer);
        }
    }

    fn answer(&mut self, object: &RestartRequest) -> Option<Resolution> {
        let adopt = |order: String| Resolution {
            adopt: Some(order),
            not_executed: None,
        };
        let ours = oracle::restarts_of(&self.cloud, object);
        if self.rng.u32(0..4) == 0
            && let Some(wrong) = self.wrong_order(object)
        {
            self.coverage.wrong_words += 1;
            return Some(adopt(wrong));
        }
        match ours.first() {
            None => Some(Resolution {
                adopt: None,
                not_executed: Some(true),
            }),
            Some(restart) => {
                let order = restart
                    .parent
                    .clone()
                    .unwrap_or_else(|| restart.order.clone());
                Some(adopt(order))
            }
        }
    }

    /// An order of another request, or of another application. A word about instances or about a
    /// batch cannot be checked, so nobody is to blame for a wrong one there.
    fn wrong_order(&mut self, object: &RestartRequest) -> Option<String> {
        let target = &object.spec.target;
        if target.volcengine_instances.is_some() || target.sae_applications.is_some() {
            return None;
        }
        let recorded = self.store.all().find_map(|(_, other)| {
            let order = other.status.as_ref()?.change_order.as_ref()?.id.clone()?;
            let same = other.metadata.uid == object.metadata.uid;
            (!same).then_some(order)
        });
        recorded.or_else(|| {
            let app = if target.edas_application.is_some() {
                SAE[0]
            } else {
                SAE[1]
            };
            self.cloud.act(Foreign::Console, app, SECOND, self.now);
            Some(self.cloud.0.orders_of(app).first()?.id.clone())
        })
    }

    /// Every suspended request goes on: people look at their requests some day.
    pub(crate) fn resume_all(&mut self) {
        let names: Vec<String> = self.store.all().map(|(name, _)| name.clone()).collect();
        for name in names {
            self.store
                .edit(&name, self.now, |object| object.spec.suspend = false);
        }
    }

    /// What an opened intent brings about: others who act at this very time.
    pub(crate) fn intent_seen(&mut self, name: &str, object: &RestartRequest) {
        let Some(attempt) = object.status.as_ref().and_then(|s| s.attempt.as_ref()) else {
            return;
        };
        if self.is_calm {
            return;
        }
        if self.rng.u32(0..1_000) < self.plan.foreign_odds {
            let wait = pick(&mut self.rng, &[0, 5, 60, 800]) * SECOND + self.rng.u64(1..5_000);
            self.after(wait, Event::Foreign(name.to_owned()));
        }
        if self.plan.twins
            && let Some(app) = self.app_of(name)
        {
            let late: Ms = since_beginning(attempt.not_after.0) + 182 * SECOND;
            self.at(late, Event::Twin(app));
        }
    }
}

fn waiting_since(object: &RestartRequest) -> Timestamp {
    let created = object
        .metadata
        .creation_timestamp
        .as_ref()
        .map(|time| time.0);
    let resumed = object
        .status
        .as_ref()
        .and_then(|status| status.waiting_since.as_ref())
        .map(|time| time.0);
    resumed.or(created).unwrap_or(Timestamp::MAX)
}
