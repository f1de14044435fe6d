//! What a request to the API server asks for, in the words of its roles.

use http::{Method, request::Parts};
use serde_json::Value;

/// One request as it came to the door.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The verb of its role: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`.
    pub verb: &'static str,
    /// Plural and subresource, such as `restartrequests/status`.
    pub resource: String,
    /// Empty: of the whole cluster.
    pub namespace: String,
    /// The object that it is about; for an Event the object that the Event is about. Empty: many.
    pub name: String,
    /// The phase that a status write sets; empty for everything else.
    pub phase: String,
}

impl Asked {
    pub(super) fn of(head: &Parts, body: &[u8]) -> Self {
        let path = Path::of(head.uri.path());
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
        let about = text("/regarding/name").or(text("/metadata/name"));
        let name = match path.name {
            "" => about.unwrap_or_default(),
            _ if path.plural == "events" => about.unwrap_or(path.name),
            name => name,
        };
        let writes_status = path.subresource == "status" && head.method == Method::PUT;
        let phase = text("/status/phase").filter(|_| writes_status);
        Self {
            verb: verb(head, !path.name.is_empty()),
            resource: match path.subresource {
                "" => path.plural.to_owned(),
                sub => format!("{}/{sub}", path.plural),
            },
            namespace: path.namespace.to_owned(),
            name: name.to_owned(),
            phase: phase.unwrap_or_default().to_owned(),
        }
    }

    /// Verb and resource, such as `update restartrequests/status`.
    pub fn kind(&self) -> String {
        format!("{} {}", self.verb, self.resource)
    }

    /// It opens a watch of this resource.
    pub fn watches(&self, resource: &str) -> bool {
        self.verb == "watch" && self.resource == resource
    }
}

/// The parts of a path: `/apis/GROUP/VERSION/namespaces/NAMESPACE/PLURAL/NAME/SUBRESOURCE`.
#[derive(Default)]
struct Path<'a> {
    namespace: &'a str,
    plural: &'a str,
    name: &'a str,
    subresource: &'a str,
}

impl<'a> Path<'a> {
    fn of(path: &'a str) -> Self {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let (["apis", _, _, rest @ ..] | ["api", _, rest @ ..]) = parts.as_slice() else {
            return Self::default();
        };
        let (namespace, rest) = match rest {
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
            rest => ("", rest),
        };
        let part = |place: usize| rest.get(place).copied().unwrap_or_default();
        Self {
            namespace,
            plural: part(0),
            name: part(1),
            subresource: part(2),
        }
    }
}

fn verb(head: &Parts, named: bool) -> &'static str {
    let watches = head
        .uri
        .query()
        .is_some_and(|query| query.contains("watch=true"));
    match head.method {
        Method::GET if watches => "watch",
        Method::GET if named => "get",
        Method::GET => "list",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        _ => "other",
    }
}
