//! Objects as plain JSON on the test server, so that a test sends exactly what it says.

use std::sync::Arc;

use http::Method;
use kube::Client;
use serde_json::{Value, json};

use crate::support::{
    controlplane::{ControlPlane, namespace, users::User},
    failure::Outcome,
};

/// A namespace of one test, and the administrator in it.
pub struct Server {
    pub plane: Arc<ControlPlane>,
    pub namespace: String,
    client: Client,
}

/// An accepted object, or the code and message of the refusal.
pub type Answer = Result<Value, (u16, String)>;

impl Server {
    pub async fn for_test(prefix: &str) -> Outcome<Self> {
        let plane = ControlPlane::shared_or_start().await?;
        let namespace = namespace::create(&plane, prefix).await?;
        let client = plane.client(User::Admin).await?;
        Ok(Self {
            plane,
            namespace,
            client,
        })
    }

    /// `object` under a name of this test, in its namespace.
    pub fn place(&self, object: &Value, name: &str) -> Value {
        let mut placed = object.clone();
        placed["metadata"]["name"] = json!(format!("{}-{name}", self.namespace));
        if placed["kind"] != "ClusterCloudAccount" {
            placed["metadata"]["namespace"] = json!(self.namespace);
        }
        placed
    }

    /// Creates an object; nothing is stored.
    pub async fn try_create(&self, object: &Value) -> Answer {
        self.send(
            Method::POST,
            &format!("{}?{STRICT}&dryRun=All", collection(object)),
            object,
        )
        .await
    }

    pub async fn create(&self, object: &Value) -> Answer {
        self.send(
            Method::POST,
            &format!("{}?{STRICT}", collection(object)),
            object,
        )
        .await
    }

    /// Replaces the object, but not its status.
    pub async fn replace(&self, object: &Value) -> Answer {
        self.send(Method::PUT, &format!("{}?{STRICT}", path(object)), object)
            .await
    }

    /// Replaces the status and nothing else.
    pub async fn replace_status(&self, object: &Value) -> Answer {
        self.send(
            Method::PUT,
            &format!("{}/status?{STRICT}", path(object)),
            object,
        )
        .await
    }

    pub async fn delete(&self, object: &Value) {
        let gone = self.send(Method::DELETE, &path(object), &json!({})).await;
        gone.expect("what a test made can be deleted");
    }

    async fn send(&self, method: Method, path: &str, object: &Value) -> Answer {
        let body = serde_json::to_vec(object).unwrap();
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("Content-Type", "application/json")
            .body(body)
            .unwrap();
        match self.client.request(request).await {
            Ok(stored) => Ok(stored),
            Err(kube::Error::Api(status)) => Err((status.code, status.message)),
            Err(error) => panic!("no answer from the API server: {error}"),
        }
    }
}

/// Unknown fields are refused, as kubectl asks for.
const STRICT: &str = "fieldValidation=Strict";

fn collection(object: &Value) -> String {
    let plural = match object["kind"].as_str() {
        Some("RestartRequest") => "restartrequests",
        Some("CloudAccount") => "cloudaccounts",
        Some("ClusterCloudAccount") => "clustercloudaccounts",
        other => panic!("no kind of ours: {other:?}"),
    };
    let group = "/apis/restart-operator.dev/v1alpha1";
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("{group}/namespaces/{namespace}/{plural}"),
        None => format!("{group}/{plural}"),
    }
}

fn path(object: &Value) -> String {
    format!(
        "{}/{}",
        collection(object),
        object["metadata"]["name"].as_str().unwrap()
    )
}
