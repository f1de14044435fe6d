//! The three restart calls, as they are sent and as they are shown. Pure.

use crate::cloud::{
    text,
    types::{SaeApplication, SaeApplications, SaeInstances},
};

/// Bytes that the shown form of a call may have.
const CALL_BYTES: usize = 1024;

/// A restart call, always sent with `PUT`.
#[derive(Debug, PartialEq, Eq)]
pub struct RestartCall {
    /// The cloud's name of it.
    pub operation: &'static str,
    /// Its path.
    pub path: &'static str,
    /// Names and values of the query. What is unset is left out, never sent empty.
    pub parameters: Vec<(&'static str, String)>,
}

impl RestartCall {
    /// The call without signature, for people. At most 1024 bytes.
    #[must_use]
    pub fn text(&self) -> String {
        let query: Vec<String> = self
            .parameters
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        text::clean_to(
            &format!("PUT {}?{}", self.path, query.join("&")),
            CALL_BYTES,
        )
    }
}

/// `RestartApplication`.
#[must_use]
pub fn application(app: &SaeApplication) -> RestartCall {
    let mut parameters = vec![("AppId", app.app_id.clone())];
    if let Some(minimum) = app.min_ready_instances {
        parameters.push(("MinReadyInstances", minimum.to_string()));
    }
    if let Some(ratio) = app.min_ready_instance_ratio {
        parameters.push(("MinReadyInstanceRatio", ratio.to_string()));
    }
    if let Some(enable) = app.auto_enable_application_scaling_rule {
        parameters.push(("AutoEnableApplicationScalingRule", enable.to_string()));
    }
    RestartCall {
        operation: "RestartApplication",
        path: "/pop/v1/sam/app/restartApplication",
        parameters,
    }
}

/// `RestartInstances`.
#[must_use]
pub fn instances(target: &SaeInstances) -> RestartCall {
    RestartCall {
        operation: "RestartInstances",
        path: "/pop/v1/sam/app/restartInstances",
        parameters: vec![
            ("AppId", target.app_id.clone()),
            ("InstanceIds", target.instance_ids.join(",")),
        ],
    }
}

/// `BatchRestartApplications`.
#[must_use]
pub fn applications(target: &SaeApplications) -> RestartCall {
    RestartCall {
        operation: "BatchRestartApplications",
        path: "/pop/v1/sam/app/batchRestartApplications",
        parameters: vec![
            ("NamespaceId", target.namespace_id.clone()),
            ("AppIds", target.app_ids.join(",")),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unset_parameters_are_left_out_of_the_call() {
        let mut app = SaeApplication {
            region: "cn-hangzhou".into(),
            app_id: "0099b7be-5f5b".into(),
            min_ready_instances: None,
            min_ready_instance_ratio: None,
            auto_enable_application_scaling_rule: None,
        };
        assert_eq!(
            application(&app).text(),
            "PUT /pop/v1/sam/app/restartApplication?AppId=0099b7be-5f5b"
        );
        app.min_ready_instances = Some(1);
        app.min_ready_instance_ratio = Some(-1);
        app.auto_enable_application_scaling_rule = Some(false);
        assert_eq!(
            application(&app).text(),
            "PUT /pop/v1/sam/app/restartApplication?AppId=0099b7be-5f5b&MinReadyInstances=1\
             &MinReadyInstanceRatio=-1&AutoEnableApplicationScalingRule=false"
        );
    }

    #[test]
    fn ids_are_joined_by_commas_in_the_order_of_the_target() {
        let target = SaeInstances {
            region: "cn-hangzhou".into(),
            app_id: "app".into(),
            instance_ids: vec!["i-1".into(), "i-2".into()],
        };
        assert_eq!(
            instances(&target).text(),
            "PUT /pop/v1/sam/app/restartInstances?AppId=app&InstanceIds=i-1,i-2"
        );
        let target = SaeApplications {
            region: "cn-hangzhou".into(),
            namespace_id: "cn-hangzhou:shop".into(),
            app_ids: vec!["a".into(), "b".into()],
        };
        assert_eq!(
            applications(&target).text(),
            "PUT /pop/v1/sam/app/batchRestartApplications?NamespaceId=cn-hangzhou:shop&AppIds=a,b"
        );
    }

    #[test]
    fn the_shown_call_is_short_even_for_a_hundred_ids() {
        let target = SaeInstances {
            region: String::new(),
            app_id: "app".into(),
            instance_ids: (0..100).map(|n| format!("{n:0128}")).collect(),
        };
        assert!(instances(&target).text().len() <= CALL_BYTES);
        assert!(instances(&target).parameters[1].1.len() > 12_800);
    }
}
