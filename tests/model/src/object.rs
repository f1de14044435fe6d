//! Real objects and real data of the clouds, as far as the model needs them.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::core::cel::{Validator, apply_defaults};
use restart_operator::{
    api::RestartRequest,
    cloud::{
        error::{CloudError, Delivery, Kind, Retry},
        types::{Acceptance, Check, OrderId, OrderReport, OrderState, Part, PartState},
    },
};
use serde_json::{Value, json};

use crate::{config::Config, world::Why};

pub const UID: &str = "0d6a2c5e";
pub const RESTORED_LABEL: &str = "velero.io/restore-name";
pub const APP: &str = "app-1";

const BIRTH: i64 = 1_700_000_000;

/// Seconds after the creation of the request.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(BIRTH + seconds).unwrap()
}

pub fn seconds(time: Timestamp) -> i64 {
    time.as_second() - BIRTH
}

/// The request as the API server gives birth to it.
pub fn newborn(config: &Config) -> RestartRequest {
    let target = if config.token {
        json!({"volcengineInstances": {"instanceIds": ["i-1"]}})
    } else {
        json!({"saeApplication": {"appId": APP}})
    };
    let object = json!({
        "apiVersion": "restart-operator.dev/v1alpha1", "kind": "RestartRequest",
        "metadata": {
            "name": "checkout", "namespace": "shop", "uid": UID, "generation": 1,
            "creationTimestamp": at(0).to_string(),
        },
        "spec": {
            "accountRef": {"name": "ali"}, "target": target, "backoffLimit": 1,
            "startDeadlineSeconds": config.start_deadline(),
        },
    });
    serde_json::from_value(apply_defaults(&SCHEMA, &object)).unwrap()
}

/// The same object, created again from a backup.
pub fn created_anew(config: &Config, now: Timestamp) -> RestartRequest {
    let mut object = newborn(config);
    let meta = &mut object.metadata;
    meta.uid = Some("7c1f90aa".into());
    meta.creation_timestamp = Some(Time(now));
    meta.labels = Some([(RESTORED_LABEL.to_owned(), "nightly".to_owned())].into());
    object
}

/// The author sets `spec.cancel`.
pub fn cancelled(request: &RestartRequest) -> RestartRequest {
    let mut object = request.clone();
    object.spec.cancel = true;
    object.metadata.generation = object.metadata.generation.map(|number| number + 1);
    object
}

/// Times and texts that no decision reads: they would only tell apart what is the same.
pub fn forget_what_is_for_people(request: &mut RestartRequest) {
    let Some(status) = &mut request.status else {
        return;
    };
    for condition in &mut status.conditions {
        condition.last_transition_time = Time(at(0));
        condition.message = String::new();
    }
    status.preflight = None;
    status.queue = None;
    if let Some(attempt) = &mut status.attempt {
        attempt.error = None;
    }
    let end = status.completion_time.as_mut();
    let order = status.change_order.as_mut();
    let abort = order.and_then(|order| order.abort_requested_at.as_mut());
    for time in [end, abort].into_iter().flatten() {
        *time = Time(at(0));
    }
}

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../crds/restart-operator.dev_restartrequests.yaml"
    );
    let text = std::fs::read_to_string(path).unwrap();
    let crd: Value = serde_saphyr::from_str(&text).unwrap();
    crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone()
});

/// The API server's rules on this update.
pub fn judge(new: &RestartRequest, old: &RestartRequest) -> bool {
    let [new, old] = [new, old].map(|object| serde_json::to_value(object).unwrap());
    Validator::new().validate(&SCHEMA, &new, Some(&old)).is_ok()
}

pub fn order(number: usize) -> OrderId {
    OrderId(format!("o-{number}"))
}

pub fn order_number(id: &str) -> Option<usize> {
    id.strip_prefix("o-")?.parse().ok()
}

/// What a preflight finds.
pub fn check(newest: Option<usize>) -> Check {
    Check {
        instances: Some(4),
        effective_min_ready: Some(1),
        call: "the call".into(),
        warnings: vec![],
        baseline: newest.map(order).into_iter().collect(),
        running: None,
        clock_offset: SignedDuration::ZERO,
    }
}

pub fn accepted(number: usize, token: bool) -> Acceptance {
    let part = Part {
        id: "i-1".into(),
        state: PartState::Waiting,
        order: None,
        error: None,
    };
    Acceptance {
        order: order(number),
        request_id: Some(order(number).0),
        parts: if token { vec![part] } else { vec![] },
    }
}

/// A poll that tells of the end.
pub fn ended(state: OrderState) -> OrderReport {
    OrderReport {
        state,
        status: 0,
        sub_status: None,
        kind: "CoRestartApplication".into(),
        same_target: true,
        total: 1,
        succeeded: 0,
        failed: 0,
        parts: vec![],
        message: String::new(),
    }
}

pub fn rejection(why: Why) -> CloudError {
    let (kind, retry) = match why {
        Why::Later => (Kind::Transient, Retry::Later),
        Why::Busy => (Kind::Busy, Retry::WhenFree),
        Why::Never => (Kind::Forbidden, Retry::Never),
    };
    error(kind, Delivery::Refused, retry)
}

/// A connection that broke, an answer that did not come.
pub fn no_answer() -> CloudError {
    error(Kind::Unexpected, Delivery::Unknown, Retry::Later)
}

pub fn not_sent() -> CloudError {
    error(Kind::Transient, Delivery::NotSent, Retry::Later)
}

fn error(kind: Kind, delivery: Delivery, retry: Retry) -> CloudError {
    CloudError {
        operation: "restart",
        kind,
        delivery,
        retry,
        code: None,
        message: "the cloud's words".into(),
        advice: "",
        request_id: None,
        retry_after: None,
    }
}
