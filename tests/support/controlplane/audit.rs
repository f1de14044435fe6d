//! What was asked of the API server, counted from its audit log.
//!
//! Counts are exact for every request that was answered before the log is read: the server writes the
//! line first and answers then. A control plane may be shared, so filter by user or by namespace.

use std::{collections::HashMap, fs, path::Path};

use serde::Deserialize;

use crate::support::failure::{Outcome, While};

/// One request that the API server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub user: String,
    pub verb: String,
    /// Empty when the request was for no object, as `/readyz`.
    pub group: String,
    pub resource: String,
    /// Empty for the object itself.
    pub subresource: String,
    pub namespace: String,
    pub name: String,
    pub uri: String,
    /// The HTTP status; 0 if the server gave up without one.
    pub code: u16,
}

/// Requests, and ways to keep only some of them.
///
/// ```text
/// plane.audit()?.user("operator").verb("update").resource("restartrequests").subresource("status").count()
/// ```
#[derive(Clone, Debug)]
pub struct Requests(Vec<Request>);

impl Requests {
    /// All requests of a log.
    pub fn read(log: &Path) -> Outcome<Self> {
        let text = fs::read_to_string(log).while_doing(format_args!("read {}", log.display()))?;
        Self::parse(&text).while_doing(format_args!("understand {}", log.display()))
    }

    /// All requests in the text of a log. A last line that is still being written is left out.
    pub fn parse(log: &str) -> Result<Self, serde_json::Error> {
        let complete = log.rfind('\n').map_or("", |end| &log[..end]);
        let mut requests: Vec<Request> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for line in complete.lines() {
            let event: Event = serde_json::from_str(line)?;
            let id = event.audit_id.clone();
            let request = Request::from(event);
            // A watch has a line when it begins and another when it ends, with one id.
            if let Some(place) = places.get(&id) {
                requests[*place] = request;
            } else {
                places.insert(id, requests.len());
                requests.push(request);
            }
        }
        Ok(Self(requests))
    }

    /// Only those for which `keep` holds.
    #[must_use]
    pub fn keep(mut self, keep: impl Fn(&Request) -> bool) -> Self {
        self.0.retain(keep);
        self
    }

    /// Only those of this user; a service account is `system:serviceaccount:NAMESPACE:NAME`.
    #[must_use]
    pub fn user(self, user: &str) -> Self {
        self.keep(|request| request.user == user)
    }

    /// Only those with this verb of RBAC: a PUT is `update`, a GET is `get`, `list` or `watch`.
    #[must_use]
    pub fn verb(self, verb: &str) -> Self {
        self.keep(|request| request.verb == verb)
    }

    /// Only reads.
    #[must_use]
    pub fn reads(self) -> Self {
        self.keep(|request| matches!(request.verb.as_str(), "get" | "list" | "watch"))
    }

    /// Only those for this resource, in the plural.
    #[must_use]
    pub fn resource(self, resource: &str) -> Self {
        self.keep(|request| request.resource == resource)
    }

    /// Only those for this subresource; `""` keeps those for the object itself.
    #[must_use]
    pub fn subresource(self, subresource: &str) -> Self {
        self.keep(|request| request.subresource == subresource)
    }

    /// Only those in this namespace.
    #[must_use]
    pub fn namespace(self, namespace: &str) -> Self {
        self.keep(|request| request.namespace == namespace)
    }

    /// Only those for the object of this name. A create has a name only when the client chose it.
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        self.keep(|request| request.name == name)
    }

    /// Only those that were answered so.
    #[must_use]
    pub fn code(self, code: u16) -> Self {
        self.keep(|request| request.code == code)
    }

    /// How many are left.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The requests that are left, in the order of their answers.
    pub fn list(&self) -> &[Request] {
        &self.0
    }
}

/// A line of the log.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(rename = "auditID")]
    audit_id: String,
    verb: String,
    #[serde(rename = "requestURI")]
    request_uri: String,
    user: Named,
    impersonated_user: Option<Named>,
    #[serde(default)]
    object_ref: ObjectRef,
    #[serde(default)]
    response_status: ResponseStatus,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    username: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ObjectRef {
    api_group: String,
    resource: String,
    subresource: String,
    namespace: String,
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ResponseStatus {
    code: u16,
}

impl From<Event> for Request {
    fn from(event: Event) -> Self {
        Self {
            user: event.impersonated_user.unwrap_or(event.user).username,
            verb: event.verb,
            group: event.object_ref.api_group,
            resource: event.object_ref.resource,
            subresource: event.object_ref.subresource,
            namespace: event.object_ref.namespace,
            name: event.object_ref.name,
            uri: event.request_uri,
            code: event.response_status.code,
        }
    }
}
