//! The restart call, whether it may be made, and what a person should know before. Pure.

use super::wire::{AppInfo, ApplicationItem};
use crate::cloud::{
    alibaba::answer::target_refused,
    error::{CloudError, Kind},
    text,
    types::{EdasApplication, Warning},
};

/// The cloud's name of the restart call.
pub const RESTART: &str = "RestartApplication";

/// Path of the restart call, sent with `POST`.
pub const RESTART_PATH: &str = "/pop/v5/changeorder/co_restart";

/// Bytes that the shown form of the call may have.
const CALL_BYTES: usize = 1024;

/// `ClusterType` of an ECS cluster, the only one that this call serves.
const ECS_CLUSTER: i32 = 2;

/// `ClusterType` of a Kubernetes cluster of EDAS, and of an imported one.
const KUBERNETES: [i32; 2] = [3, 5];

/// Names and values of the query. Without ids every instance is restarted.
#[must_use]
pub fn parameters(app: &EdasApplication) -> Vec<(&'static str, String)> {
    let mut query = vec![("AppId", app.app_id.clone())];
    if !app.ecc_ids.is_empty() {
        query.push(("EccInfo", app.ecc_ids.join(",")));
    }
    query
}

/// The call as it would be sent, without signature, for people. At most 1024 bytes.
#[must_use]
pub fn call_text(app: &EdasApplication) -> String {
    let query: Vec<String> = parameters(app)
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    text::clean_to(
        &format!("POST {RESTART_PATH}?{}", query.join("&")),
        CALL_BYTES,
    )
}

/// Only applications of ECS clusters are restarted by this call.
pub fn check_cluster(app: &EdasApplication, listed: &[ApplicationItem]) -> Result<(), CloudError> {
    let operation = "ListApplication";
    let Some(item) = listed.iter().find(|item| item.app_id == app.app_id) else {
        return Err(target_refused(
            operation,
            Kind::NotFound,
            "the application is not listed",
            "Check the appId and the region of the account.",
        ));
    };
    match item.cluster_type {
        Some(ECS_CLUSTER) => Ok(()),
        Some(other) if KUBERNETES.contains(&other) => Err(target_refused(
            operation,
            Kind::Unsupported,
            &format!("the application runs in a Kubernetes cluster (ClusterType {other})"),
            "Restart its Deployment in that cluster instead, with kubectl rollout restart.",
        )),
        other => {
            let cluster = other.map_or_else(|| "of no type".into(), |other| other.to_string());
            Err(target_refused(
                operation,
                Kind::Unsupported,
                &format!(
                    "the cluster of the application is no ECS cluster (ClusterType {cluster})"
                ),
                "Only applications of ECS clusters (ClusterType 2) can be restarted here.",
            ))
        }
    }
}

/// Every named instance must belong to the application.
pub fn check_instances(app: &EdasApplication, info: &AppInfo) -> Result<(), CloudError> {
    let missing: Vec<&str> = app
        .ecc_ids
        .iter()
        .filter(|id| !info.ecc_list.iter().any(|ecc| ecc.ecc_id == **id))
        .map(String::as_str)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(target_refused(
        "QueryApplicationStatus",
        Kind::NotFound,
        &format!("the application has no instance {}", missing.join(", ")),
        "Check the eccIds: EDAS shows them on the page of the application's instances.",
    ))
}

/// Number of running instances, if it is told.
#[must_use]
pub fn running(info: &AppInfo) -> Option<i32> {
    info.application.as_ref()?.running_instance_count
}

/// What a person should know before the restart.
#[must_use]
pub fn warnings(running: Option<i32>, app: &EdasApplication) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |code, message: String| warnings.push(Warning { code, message });
    let named = i32::try_from(app.ecc_ids.len()).unwrap_or(i32::MAX);
    if named == 0 {
        let all = running.map_or_else(String::new, |running| format!(" ({running} running)"));
        warn(
            "WholeApplication",
            format!("No eccIds are given: every instance of the application is restarted{all}."),
        );
    }
    match running {
        Some(running) if running <= 0 => {
            warn("NoRunningInstances", "No instance is running.".into());
        }
        Some(1) => warn(
            "SingleInstance",
            "One instance is running: its restart interrupts the service.".into(),
        ),
        Some(running) if named >= running => warn(
            "OutageExpected",
            format!(
                "All {running} running instances are named: the restart may take them down at the \
                 same time."
            ),
        ),
        Some(_) | None => {}
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(eccs: &[&str]) -> EdasApplication {
        EdasApplication {
            region: "cn-hangzhou".into(),
            app_id: "app-1".into(),
            ecc_ids: eccs.iter().map(|id| (*id).to_owned()).collect(),
        }
    }

    fn listed(json: &str) -> Vec<ApplicationItem> {
        let list: super::super::wire::ApplicationList = serde_json::from_str(json).unwrap();
        list.application_list
    }

    #[test]
    fn without_ids_the_call_names_none() {
        assert_eq!(
            call_text(&app(&[])),
            "POST /pop/v5/changeorder/co_restart?AppId=app-1"
        );
        assert_eq!(
            call_text(&app(&["e-1", "e-2"])),
            "POST /pop/v5/changeorder/co_restart?AppId=app-1&EccInfo=e-1,e-2"
        );
    }

    #[test]
    fn only_a_listed_application_of_an_ecs_cluster_passes() {
        let item = |cluster: &str| {
            format!(
                r#"{{"ApplicationList":{{"Application":[{{"AppId":"app-0","ClusterType":2}},
                {{"AppId":"app-1","ClusterType":{cluster}}}]}}}}"#
            )
        };
        let kind = |json: &str| {
            check_cluster(&app(&[]), &listed(json))
                .err()
                .map(|e| e.kind)
        };
        assert_eq!(kind(&item("2")), None);
        assert_eq!(kind(&item("\"2\"")), None);
        for other in ["0", "1", "3", "5", "null", "\"x\""] {
            assert_eq!(kind(&item(other)), Some(Kind::Unsupported), "{other}");
        }
        for empty in [
            "{}",
            r#"{"ApplicationList":{}}"#,
            r#"{"ApplicationList":{"Application":[]}}"#,
            r#"{"ApplicationList":{"Application":{"AppId":"app-2","ClusterType":2}}}"#,
        ] {
            assert_eq!(kind(empty), Some(Kind::NotFound), "{empty}");
        }
        let error = check_cluster(&app(&[]), &listed(&item("5"))).unwrap_err();
        assert!(error.advice.contains("kubectl rollout restart"));
    }

    #[test]
    fn each_danger_has_its_warning() {
        for (running, eccs, expected) in [
            (Some(5), &[][..], vec!["WholeApplication"]),
            (None, &[], vec!["WholeApplication"]),
            (Some(1), &[], vec!["WholeApplication", "SingleInstance"]),
            (Some(0), &["e-1"], vec!["NoRunningInstances"]),
            (Some(2), &["e-1"], vec![]),
            (Some(2), &["e-1", "e-2"], vec!["OutageExpected"]),
            (None, &["e-1"], vec![]),
        ] {
            let codes: Vec<_> = warnings(running, &app(eccs))
                .iter()
                .map(|warning| warning.code)
                .collect();
            assert_eq!(codes, expected, "{running:?} {eccs:?}");
        }
    }
}
