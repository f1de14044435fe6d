//! What the cache keeps of a `RestartRequest`: the object without its managed fields, or, when it
//! cannot be decoded, its metadata and the reason. One bad object never stops the watch.

use std::borrow::Cow;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::api::RestartRequest;

/// A cached request.
#[derive(Clone, Debug)]
pub struct View {
    metadata: ObjectMeta,
    /// The object, or why it cannot be read.
    pub object: Result<Box<RestartRequest>, String>,
}

impl<'de> Deserialize<'de> for View {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let object = RestartRequest::deserialize(&value).map_err(|error| error.to_string());
        let mut metadata = match &object {
            Ok(request) => request.metadata.clone(),
            Err(_) => {
                ObjectMeta::deserialize(value.get("metadata").unwrap_or(&serde_json::Value::Null))
                    .map_err(D::Error::custom)?
            }
        };
        metadata.managed_fields = None;
        let object = object.map(|mut request| {
            request.metadata.managed_fields = None;
            Box::new(request)
        });
        Ok(Self { metadata, object })
    }
}

impl Resource for View {
    type DynamicType = ();
    type Scope = <RestartRequest as Resource>::Scope;

    fn kind(dt: &()) -> Cow<'_, str> {
        RestartRequest::kind(dt)
    }

    fn group(dt: &()) -> Cow<'_, str> {
        RestartRequest::group(dt)
    }

    fn version(dt: &()) -> Cow<'_, str> {
        RestartRequest::version(dt)
    }

    fn plural(dt: &()) -> Cow<'_, str> {
        RestartRequest::plural(dt)
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_that_cannot_be_decoded_keeps_its_name() {
        let text = r#"{"apiVersion": "restart-operator.dev/v1alpha1", "kind": "RestartRequest",
            "metadata": {"name": "odd", "namespace": "shop"}, "spec": {"target": 7}}"#;
        let view: View = serde_json::from_str(text).unwrap();
        assert_eq!(view.meta().name.as_deref(), Some("odd"));
        assert!(view.object.is_err());
    }

    #[test]
    fn managed_fields_are_not_kept() {
        let text = r#"{"apiVersion": "restart-operator.dev/v1alpha1", "kind": "RestartRequest",
            "metadata": {"name": "good", "managedFields": [{"manager": "kubectl"}]},
            "spec": {"accountRef": {"name": "a"}, "target": {"saeApplication": {"appId": "x"}}}}"#;
        let view: View = serde_json::from_str(text).unwrap();
        assert!(view.meta().managed_fields.is_none());
        assert!(view.object.unwrap().metadata.managed_fields.is_none());
    }
}
