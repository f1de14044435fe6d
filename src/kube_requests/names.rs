//! The words that a request to the API server is counted by: those of RBAC, from closed lists.
//! Names of objects and namespaces are read past.

use http::{Method, StatusCode};

/// Resources that this operator uses, and their kinds; anything else is `other`.
const RESOURCES: [(&str, &str); 7] = [
    ("restartrequests", "RestartRequest"),
    ("cloudaccounts", "CloudAccount"),
    ("clustercloudaccounts", "ClusterCloudAccount"),
    ("secrets", "Secret"),
    ("namespaces", "Namespace"),
    ("leases", "Lease"),
    ("events", "Event"),
];

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    /// Plural name of the resource, or `other`.
    pub(super) resource: &'static str,
    /// Kind of the resource; `None` for `other`.
    pub(super) kind: Option<&'static str>,
    /// One object is named.
    pub(super) named: bool,
}

/// Reads `/api/v1/...` and `/apis/GROUP/VERSION/...`, with or without `namespaces/NAME/`.
pub(super) fn subject(path: &str) -> Subject {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let parts = match parts.as_slice() {
        ["api", _, rest @ ..] | ["apis", _, _, rest @ ..] => rest,
        _ => &[],
    };
    let (plural, rest) = match parts {
        ["namespaces", _, plural, rest @ ..] | [plural, rest @ ..] => (*plural, rest),
        [] => ("", parts),
    };
    let known = RESOURCES.iter().find(|(known, _)| *known == plural);
    Subject {
        resource: known.map_or("other", |(known, _)| known),
        kind: known.map(|(_, kind)| *kind),
        named: !rest.is_empty(),
    }
}

pub(super) fn is_watch(query: &str) -> bool {
    query
        .split('&')
        .any(|pair| matches!(pair, "watch=true" | "watch=1"))
}

pub(super) fn verb(method: &Method, named: bool, watches: bool) -> &'static str {
    match (method.as_str(), named) {
        ("GET", _) if watches => "watch",
        ("GET", true) => "get",
        ("GET", false) => "list",
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        ("DELETE", true) => "delete",
        ("DELETE", false) => "deletecollection",
        _ => "other",
    }
}

pub(super) fn code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200 => "200",
        201 => "201",
        401 => "401",
        403 => "403",
        404 => "404",
        409 => "409",
        410 => "410",
        422 => "422",
        429 => "429",
        500 => "500",
        503 => "503",
        504 => "504",
        code if code < 300 => "2xx",
        code if code < 500 => "4xx",
        _ => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "/apis/restart-operator.dev/v1alpha1";

    fn read(path: &str) -> (&'static str, bool) {
        let Subject {
            resource, named, ..
        } = subject(path);
        (resource, named)
    }

    #[test]
    fn a_path_is_told_by_its_resource_and_by_whether_it_names_an_object() {
        for (path, expected) in [
            (
                format!("{OURS}/restartrequests"),
                ("restartrequests", false),
            ),
            (
                format!("{OURS}/namespaces/n/restartrequests"),
                ("restartrequests", false),
            ),
            (
                format!("{OURS}/namespaces/n/restartrequests/r/status"),
                ("restartrequests", true),
            ),
            (
                format!("{OURS}/clustercloudaccounts/a"),
                ("clustercloudaccounts", true),
            ),
            (
                "/apis/events.k8s.io/v1/namespaces/n/events".to_owned(),
                ("events", false),
            ),
            ("/api/v1/namespaces/shop".to_owned(), ("namespaces", true)),
            ("/api/v1/namespaces".to_owned(), ("namespaces", false)),
        ] {
            assert_eq!(read(&path), expected, "{path}");
        }
    }

    #[test]
    fn a_namespace_or_an_object_that_is_named_like_a_resource_does_not_mislead() {
        assert_eq!(
            read("/api/v1/namespaces/leases/secrets/events"),
            ("secrets", true)
        );
        assert_eq!(read("/api/v1/namespaces/leases"), ("namespaces", true));
        assert_eq!(
            read(&format!(
                "{OURS}/namespaces/n/restartrequests/secrets/status"
            )),
            ("restartrequests", true)
        );
        assert_eq!(
            read("/apis/apps/v1/namespaces/n/deployments/secrets").0,
            "other"
        );
    }

    #[test]
    fn what_the_operator_has_no_business_with_is_other() {
        for path in [
            "",
            "/",
            "/version",
            "/api",
            "/apis/apps/v1/deployments",
            "/x/y/z",
        ] {
            assert_eq!(subject(path).resource, "other", "{path}");
            assert_eq!(subject(path).kind, None, "{path}");
        }
    }

    #[test]
    fn verbs_are_those_of_rbac() {
        let verb = |method, named, query| verb(&method, named, is_watch(query));
        assert_eq!(verb(Method::GET, false, "&limit=500"), "list");
        assert_eq!(
            verb(Method::GET, false, "&watch=true&timeoutSeconds=290"),
            "watch"
        );
        assert_eq!(verb(Method::GET, true, ""), "get");
        assert_eq!(verb(Method::PUT, true, ""), "update");
        assert_eq!(verb(Method::POST, false, ""), "create");
        assert_eq!(verb(Method::DELETE, true, ""), "delete");
        assert_eq!(verb(Method::HEAD, false, ""), "other");
    }
}
