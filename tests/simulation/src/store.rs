//! The API server of a run: a linearizable store with resource versions and UIDs, and the answers of
//! a real one to the requests that the operator makes. No watch: what caches see is the scheduler's.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::core::cel::Validator;
use restart_operator::{
    api::{CloudAccount, RestartRequest, RestartRequestStatus},
    controller::view::View,
};
use serde_json::{Value, json};

use crate::time::{Ms, at};

/// The namespace of everything.
pub const NAMESPACE: &str = "shop";

/// One stored change of a request.
#[derive(Clone, Debug)]
pub struct Change {
    /// When.
    pub at: Ms,
    /// Name of the request.
    pub name: String,
    /// UID of the request.
    pub uid: String,
    /// Resource version.
    pub version: u64,
    /// The object afterwards; `None`: deleted.
    pub object: Option<Arc<RestartRequest>>,
    /// It was a write of `/status`.
    pub by_operator: bool,
}

/// The store.
#[derive(Debug, Default)]
pub struct Store {
    version: u64,
    made: u64,
    requests: BTreeMap<String, Arc<RestartRequest>>,
    accounts: BTreeMap<String, CloudAccount>,
    secrets: BTreeMap<String, Value>,
    views: BTreeMap<u64, Arc<View>>,
    /// Every change, oldest first.
    pub changes: Vec<Change>,
    /// Account versions that caches have not been told of.
    pub changed_accounts: Vec<String>,
    /// The CRD's schema with its rules; without it nothing but versions is checked.
    pub schema: Option<Value>,
    /// What a correct operator never does.
    pub violations: Vec<String>,
    /// Events that were written.
    pub events: u64,
}

/// The schema of the shipped CRD.
#[must_use]
pub fn schema() -> Value {
    let crd: Value = serde_saphyr::from_str(include_str!(
        "../../../crds/restart-operator.dev_restartrequests.yaml"
    ))
    .expect("the shipped CRD");
    crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone()
}

/// People's side.
impl Store {
    /// Stores an account and the Secret of the same name.
    pub fn put_account(&mut self, account: CloudAccount, secret: Value) {
        let name = account.metadata.name.clone().unwrap();
        self.secrets.insert(name.clone(), secret);
        self.accounts.insert(name, account);
    }

    /// The account as it is stored.
    #[must_use]
    pub fn account(&self, name: &str) -> &CloudAccount {
        &self.accounts[name]
    }

    /// Names of all accounts.
    #[must_use]
    pub fn account_names(&self) -> Vec<String> {
        self.accounts.keys().cloned().collect()
    }

    /// Creates a request, with the defaults of the CRD. Nothing if the name is taken.
    pub fn create(&mut self, name: &str, spec: &Value, labels: &Value, now: Ms) {
        if self.requests.contains_key(name) {
            return;
        }
        self.made += 1;
        let uid = format!("00000000-0000-4000-8000-{:012}", self.made);
        let created = at(now - now % 1_000);
        let object = json!({
            "apiVersion": "restart-operator.dev/v1alpha1", "kind": "RestartRequest",
            "metadata": {
                "name": name, "namespace": NAMESPACE, "uid": uid, "generation": 1,
                "labels": labels, "creationTimestamp": Time(created),
            },
            "spec": spec,
            "status": {"observedGeneration": -1, "phase": "Pending"},
        });
        let object = serde_json::from_value(object).expect("a request");
        self.store(object, false, now);
    }

    /// Changes the spec of a request, if it exists and if that changes anything.
    pub fn edit(&mut self, name: &str, now: Ms, change: impl FnOnce(&mut RestartRequest)) {
        let Some(object) = self.requests.get(name) else {
            return;
        };
        let mut edited = (**object).clone();
        change(&mut edited);
        if edited.spec == object.spec {
            return;
        }
        edited.metadata.generation = edited.metadata.generation.map(|g| g + 1);
        self.store(edited, false, now);
    }

    /// Deletes a request; false if it is not there.
    pub fn delete(&mut self, name: &str, now: Ms) -> bool {
        let Some(object) = self.requests.remove(name) else {
            return false;
        };
        self.version += 1;
        self.changes.push(Change {
            at: now,
            name: name.to_owned(),
            uid: uid(&object),
            version: self.version,
            object: None,
            by_operator: false,
        });
        true
    }

    /// The status of a request goes back to an old one.
    pub fn roll_back(&mut self, name: &str, status: Option<RestartRequestStatus>, now: Ms) {
        if let Some(object) = self.requests.get(name) {
            let mut old = (**object).clone();
            old.status = status;
            self.store(old, false, now);
        }
    }

    /// The request as it is stored.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<RestartRequest>> {
        self.requests.get(name)
    }

    /// All requests, by name.
    pub fn all(&self) -> impl Iterator<Item = (&String, &Arc<RestartRequest>)> {
        self.requests.iter()
    }

    /// What a cache holds of a stored version.
    pub fn view(&mut self, change: &Change) -> Option<Arc<View>> {
        let object = change.object.as_ref()?;
        let view = self.views.entry(change.version).or_insert_with(|| {
            let value = serde_json::to_value(&**object).unwrap();
            Arc::new(serde_json::from_value(value).unwrap())
        });
        Some(Arc::clone(view))
    }

    fn store(&mut self, mut object: RestartRequest, by_operator: bool, now: Ms) {
        self.version += 1;
        object.metadata.resource_version = Some(self.version.to_string());
        let name = object.metadata.name.clone().unwrap();
        let object = Arc::new(object);
        self.changes.push(Change {
            at: now,
            name: name.clone(),
            uid: uid(&object),
            version: self.version,
            object: Some(Arc::clone(&object)),
            by_operator,
        });
        self.requests.insert(name, object);
    }
}

/// The operator's side.
impl Store {
    /// Handles one request now.
    pub fn handle(&mut self, request: &Request<Bytes>, now: Ms) -> Response<Bytes> {
        let path: Vec<&str> = request.uri().path().split('/').skip(1).collect();
        match (request.method(), &path[..]) {
            (&Method::GET, ["api", "v1", "namespaces", _, "secrets", name]) => {
                self.secrets.get(*name).map_or_else(not_found, ok)
            }
            (_, [_, "events.k8s.io", ..]) => {
                self.events += 1;
                let event = serde_json::from_slice(request.body()).unwrap_or_default();
                ok(&event_of(event))
            }
            (&Method::GET, [_, _, _, _, _, "cloudaccounts", name]) => {
                self.accounts.get(*name).map_or_else(not_found, ok)
            }
            (&Method::PUT, [_, _, _, _, _, "cloudaccounts", name, "status"]) => {
                self.put_account_status(name, request.body())
            }
            (&Method::GET, [_, _, _, _, _, "restartrequests"]) => {
                let items: Vec<&RestartRequest> = self.requests.values().map(|o| &**o).collect();
                ok(&json!({
                    "apiVersion": "restart-operator.dev/v1alpha1", "kind": "RestartRequestList",
                    "metadata": {"resourceVersion": self.version.to_string()}, "items": items,
                }))
            }
            (&Method::GET, [_, _, _, _, _, "restartrequests", name]) => self
                .requests
                .get(*name)
                .map_or_else(not_found, |object| ok(&**object)),
            (&Method::PUT, [_, _, _, _, _, "restartrequests", name, "status"]) => {
                self.put_status(name, request, now)
            }
            (&Method::DELETE, [_, _, _, _, _, "restartrequests", name]) => {
                self.delete_exactly(name, request.body(), now)
            }
            (method, _) => panic!("the operator asked for {method} {}", request.uri()),
        }
    }

    fn put_status(&mut self, name: &str, request: &Request<Bytes>, now: Ms) -> Response<Bytes> {
        let Ok(sent) = serde_json::from_slice::<RestartRequest>(request.body()) else {
            return refusal(StatusCode::BAD_REQUEST, "BadRequest");
        };
        let Some(stored) = self.requests.get(name).map(Arc::clone) else {
            return not_found();
        };
        let unconditional = request.headers().contains_key(UNCONDITIONAL);
        if !unconditional {
            if sent.metadata.resource_version.is_none() || sent.status.is_none() {
                self.violations.push(format!(
                    "a status of {name} was written without version or status"
                ));
                return refusal(StatusCode::UNPROCESSABLE_ENTITY, "Invalid");
            }
            if sent.metadata.uid != stored.metadata.uid
                || sent.metadata.resource_version != stored.metadata.resource_version
            {
                return refusal(StatusCode::CONFLICT, "Conflict");
            }
        }
        if sent.status == stored.status {
            self.violations.push(format!(
                "a status of {name} was written that changes nothing"
            ));
            return ok(&*stored);
        }
        let mut next = (*stored).clone();
        next.status = sent.status;
        if let Some(errors) = self.judge(&next, &stored) {
            self.violations
                .push(format!("the server refuses a status of {name}: {errors}"));
            return refusal(StatusCode::UNPROCESSABLE_ENTITY, "Invalid");
        }
        self.store(next, true, now);
        ok(&*self.requests[name])
    }

    /// The rules of the shipped CRD on this update.
    fn judge(&self, new: &RestartRequest, old: &RestartRequest) -> Option<String> {
        let schema = self.schema.as_ref()?;
        let [new, old] = [new, old].map(|object| serde_json::to_value(object).unwrap());
        let errors = Validator::new().validate(schema, &new, Some(&old)).err()?;
        let texts = errors
            .as_slice()
            .iter()
            .map(|error| format!("{}: {}", error.field_path, error.message));
        Some(texts.collect::<Vec<_>>().join("; "))
    }

    fn delete_exactly(&mut self, name: &str, body: &Bytes, now: Ms) -> Response<Bytes> {
        let wanted: Value = serde_json::from_slice(body).unwrap_or_default();
        let Some(stored) = self.requests.get(name).map(Arc::clone) else {
            return not_found();
        };
        let (uid, version) = (&stored.metadata.uid, &stored.metadata.resource_version);
        if wanted["preconditions"] != json!({"uid": uid, "resourceVersion": version}) {
            return refusal(StatusCode::CONFLICT, "Conflict");
        }
        self.delete(name, now);
        ok(&*stored)
    }

    fn put_account_status(&mut self, name: &str, body: &Bytes) -> Response<Bytes> {
        let Ok(sent) = serde_json::from_slice::<CloudAccount>(body) else {
            return refusal(StatusCode::BAD_REQUEST, "BadRequest");
        };
        let Some(stored) = self.accounts.get_mut(name) else {
            return not_found();
        };
        if sent.metadata.resource_version != stored.metadata.resource_version {
            return refusal(StatusCode::CONFLICT, "Conflict");
        }
        self.version += 1;
        stored.status = sent.status;
        stored.metadata.resource_version = Some(self.version.to_string());
        self.changed_accounts.push(name.to_owned());
        ok(stored)
    }
}

/// The header that a broken operator writes a status with: as a merge patch, it names no version.
pub const UNCONDITIONAL: &str = "x-unconditional";

/// The UID of a stored object.
#[must_use]
pub fn uid(object: &RestartRequest) -> String {
    object.metadata.uid.clone().unwrap_or_default()
}

fn event_of(mut event: Value) -> Value {
    event["metadata"]["resourceVersion"] = json!("1");
    event
}

fn ok(object: &impl serde::Serialize) -> Response<Bytes> {
    Response::new(Bytes::from(serde_json::to_vec(object).unwrap()))
}

fn not_found() -> Response<Bytes> {
    refusal(StatusCode::NOT_FOUND, "NotFound")
}

/// A refusal in the server's form.
#[must_use]
pub fn refusal(code: StatusCode, reason: &str) -> Response<Bytes> {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": reason, "reason": reason, "code": code.as_u16(),
    });
    let mut response = ok(&status);
    *response.status_mut() = code;
    response
}
