//! What a restart of one application would do: the call, how many instances stay ready, and what
//! a person should know before. Pure.

use crate::cloud::{
    text,
    types::{SaeApplication, Warning},
};

/// Path of `RestartApplication`, sent with `PUT`.
pub const RESTART_PATH: &str = "/pop/v1/sam/app/restartApplication";

/// Bytes that the shown form of the call may have.
const CALL_BYTES: usize = 1024;

/// Percent of the running instances that SAE keeps ready for `MinReadyInstances` = -1.
const PLATFORM_PERCENT: i64 = 25;

/// Names and values of the query. What is unset is left out, never sent empty.
#[must_use]
pub fn parameters(app: &SaeApplication) -> Vec<(&'static str, String)> {
    let mut query = vec![("AppId", app.app_id.clone())];
    if let Some(minimum) = app.min_ready_instances {
        query.push(("MinReadyInstances", minimum.to_string()));
    }
    if let Some(ratio) = app.min_ready_instance_ratio {
        query.push(("MinReadyInstanceRatio", ratio.to_string()));
    }
    if let Some(enable) = app.auto_enable_application_scaling_rule {
        query.push(("AutoEnableApplicationScalingRule", enable.to_string()));
    }
    query
}

/// The call as it would be sent, without signature, for people. At most 1024 bytes.
#[must_use]
pub fn call_text(app: &SaeApplication) -> String {
    let query: Vec<String> = parameters(app)
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    text::clean_to(
        &format!("PUT {RESTART_PATH}?{}", query.join("&")),
        CALL_BYTES,
    )
}

/// Instances that stay ready during the restart, of `running` ones. Unset when the call leaves it
/// to the cloud, or when it depends on a number that is not known.
///
/// A ratio of 0 to 100 percent is rounded up and wins over the number; -1 as the number stands for
/// 25 percent, rounded up (SAE `RestartApplication`).
#[must_use]
pub fn effective_min_ready(running: Option<i32>, app: &SaeApplication) -> Option<i32> {
    let percent = |percent: i64| {
        let ready = (i64::from(running?) * percent + 99) / 100;
        i32::try_from(ready).ok()
    };
    match (ratio_in_use(app), app.min_ready_instances) {
        (Some(0), _) => Some(0),
        (Some(ratio), _) => percent(i64::from(ratio)),
        (None, Some(number)) if number >= 0 => Some(number),
        (None, Some(_)) => percent(PLATFORM_PERCENT),
        (None, None) => None,
    }
}

/// What a person should know before the restart.
#[must_use]
pub fn warnings(running: Option<i32>, app: &SaeApplication) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |code, message: String| warnings.push(Warning { code, message });
    let effective = effective_min_ready(running, app);
    match (running, effective) {
        (Some(running), _) if running <= 0 => {
            warn("NoRunningInstances", "No instance is running.".into());
        }
        (_, Some(0)) => warn(
            "OutageExpected",
            "The restart may take down every instance at the same time: 0 are kept ready.".into(),
        ),
        (Some(running), Some(ready)) if ready >= running => warn(
            "NoRoomToRestart",
            format!(
                "{ready} of {running} running instances are to be kept ready: none is left to restart."
            ),
        ),
        _ => {}
    }
    if running == Some(1) {
        warn(
            "SingleInstance",
            "One instance is running: its restart interrupts the service.".into(),
        );
    }
    if let (Some(ratio), Some(number)) = (ratio_in_use(app), app.min_ready_instances) {
        warn(
            "RatioTakesPrecedence",
            format!(
                "minReadyInstanceRatio {ratio} is used, minReadyInstances {number} is ignored by SAE."
            ),
        );
    }
    warnings
}

// -1, the documented default, switches the ratio off.
fn ratio_in_use(app: &SaeApplication) -> Option<i32> {
    app.min_ready_instance_ratio
        .filter(|ratio| (0..=100).contains(ratio))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(number: Option<i32>, ratio: Option<i32>) -> SaeApplication {
        SaeApplication {
            region: "cn-hangzhou".into(),
            app_id: "0099b7be-5f5b".into(),
            min_ready_instances: number,
            min_ready_instance_ratio: ratio,
            auto_enable_application_scaling_rule: None,
        }
    }

    fn codes(running: Option<i32>, app: &SaeApplication) -> Vec<&'static str> {
        warnings(running, app)
            .iter()
            .map(|warning| warning.code)
            .collect()
    }

    #[test]
    fn the_effective_minimum_follows_the_rules_of_sae() {
        for (running, number, ratio, effective) in [
            (Some(5), Some(-1), None, Some(2)),
            (Some(4), Some(-1), None, Some(1)),
            (Some(5), Some(3), None, Some(3)),
            (Some(5), Some(3), Some(-1), Some(3)),
            (Some(5), Some(3), Some(50), Some(3)),
            (Some(5), Some(1), Some(100), Some(5)),
            (Some(5), Some(3), Some(0), Some(0)),
            (Some(5), None, Some(1), Some(1)),
            (Some(5), None, None, None),
            (Some(5), None, Some(-1), None),
            (None, Some(2), None, Some(2)),
            (None, Some(-1), None, None),
            (None, None, Some(50), None),
            (None, None, Some(0), Some(0)),
            (Some(i32::MAX), None, Some(100), Some(i32::MAX)),
        ] {
            let app = app(number, ratio);
            assert_eq!(
                effective_min_ready(running, &app),
                effective,
                "{running:?} {app:?}"
            );
        }
    }

    #[test]
    fn each_danger_has_its_warning() {
        for (running, number, ratio, expected) in [
            (Some(5), Some(0), None, vec!["OutageExpected"]),
            (Some(5), None, Some(0), vec!["OutageExpected"]),
            (None, Some(0), None, vec!["OutageExpected"]),
            (Some(5), Some(5), None, vec!["NoRoomToRestart"]),
            (Some(5), Some(4), None, vec![]),
            (Some(1), None, None, vec!["SingleInstance"]),
            (
                Some(1),
                Some(1),
                None,
                vec!["NoRoomToRestart", "SingleInstance"],
            ),
            (Some(0), Some(1), None, vec!["NoRunningInstances"]),
            (Some(5), Some(1), Some(50), vec!["RatioTakesPrecedence"]),
            (Some(5), Some(1), Some(-1), vec![]),
            (None, None, None, vec![]),
        ] {
            let app = app(number, ratio);
            assert_eq!(codes(running, &app), expected, "{running:?} {app:?}");
        }
    }

    #[test]
    fn unset_parameters_are_left_out_of_the_call() {
        assert_eq!(
            call_text(&app(None, None)),
            "PUT /pop/v1/sam/app/restartApplication?AppId=0099b7be-5f5b"
        );
        let mut full = app(Some(1), Some(-1));
        full.auto_enable_application_scaling_rule = Some(false);
        assert_eq!(
            call_text(&full),
            "PUT /pop/v1/sam/app/restartApplication?AppId=0099b7be-5f5b&MinReadyInstances=1\
             &MinReadyInstanceRatio=-1&AutoEnableApplicationScalingRule=false"
        );
    }
}
