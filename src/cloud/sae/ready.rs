//! How many instances stay ready during a restart, and what a person should know before it. Pure.

use crate::cloud::{
    text,
    types::{SaeApplication, SaeInstances, Warning},
};

/// Percent of the running instances that SAE keeps ready for `MinReadyInstances` = -1.
const PLATFORM_PERCENT: i64 = 25;

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

/// What a person should know before some instances are restarted, of `running` ones.
#[must_use]
pub fn instance_warnings(running: Option<i32>, target: &SaeInstances) -> Vec<Warning> {
    let named = i32::try_from(target.instance_ids.len()).unwrap_or(i32::MAX);
    match running {
        Some(running) if running <= 0 => vec![nothing_runs()],
        Some(1) => vec![single_instance()],
        Some(running) if named >= running => vec![Warning {
            code: "OutageExpected",
            message: format!(
                "All {running} running instances are named: the restart may take them down at the \
                 same time."
            ),
        }],
        Some(_) | None => Vec::new(),
    }
}

/// What a person should know before a batch, by the running instances of each application. The
/// call has no minimum of ready instances.
#[must_use]
pub fn batch_warnings(members: &[(&str, Option<i32>)]) -> Vec<Warning> {
    let named = |wanted: fn(i32) -> bool| {
        let ids = members
            .iter()
            .filter(|(_, running)| running.is_some_and(wanted));
        ids.map(|(id, _)| *id).collect::<Vec<_>>()
    };
    let mut warnings = Vec::new();
    let mut warn = |code, ids: Vec<&str>, what: &str| {
        if !ids.is_empty() {
            let message = text::clean(&format!("{what}: {}.", ids.join(", ")));
            warnings.push(Warning { code, message });
        }
    };
    warn(
        "NoRunningInstances",
        named(|running| running <= 0),
        "No instance is running of",
    );
    warn(
        "SingleInstance",
        named(|running| running == 1),
        "One instance is running, so that its restart interrupts the service, of",
    );
    warnings
}

fn nothing_runs() -> Warning {
    Warning {
        code: "NoRunningInstances",
        message: "No instance is running.".into(),
    }
}

fn single_instance() -> Warning {
    Warning {
        code: "SingleInstance",
        message: "One instance is running: its restart interrupts the service.".into(),
    }
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
    fn naming_every_instance_is_an_outage() {
        for (running, named, expected) in [
            (Some(3), 2, vec![]),
            (Some(3), 3, vec!["OutageExpected"]),
            (Some(2), 5, vec!["OutageExpected"]),
            (Some(1), 1, vec!["SingleInstance"]),
            (Some(0), 1, vec!["NoRunningInstances"]),
            (None, 1, vec![]),
        ] {
            let target = SaeInstances {
                region: String::new(),
                app_id: String::new(),
                instance_ids: (0..named).map(|n| format!("i-{n}")).collect(),
            };
            let found = instance_warnings(running, &target);
            let found: Vec<_> = found.iter().map(|warning| warning.code).collect();
            assert_eq!(found, expected, "{running:?} {named}");
        }
    }

    #[test]
    fn a_batch_names_its_endangered_members() {
        let found = batch_warnings(&[
            ("a", Some(1)),
            ("b", Some(2)),
            ("c", None),
            ("d", Some(0)),
            ("e", Some(1)),
        ]);
        let found: Vec<_> = found.iter().map(|w| (w.code, w.message.as_str())).collect();
        let single =
            "One instance is running, so that its restart interrupts the service, of: a, e.";
        assert_eq!(
            found,
            [
                ("NoRunningInstances", "No instance is running of: d."),
                ("SingleInstance", single)
            ]
        );
        assert_eq!(batch_warnings(&[("b", Some(2))]), []);
    }
}
