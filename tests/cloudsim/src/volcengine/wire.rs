//! The JSON of Volcengine: the envelope of every answer, instances, system events, times.

use jiff::{Timestamp, tz};
use serde_json::{Map, Value, json};

use super::authorization::Authorization;
use super::call::VERSION;
use super::errors;
use super::fleet::{Event, Instance, LocalVolume, Resident};
use super::gateway::Admitted;
use crate::answer::{Answer, AnswerBody};
use crate::{Incoming, Refusal, query};

/// Times are written in this zone, as the cloud's own samples have them.
const ZONE: tz::Offset = tz::offset(8);

/// `ResponseMetadata` and `Result` of a call that was done.
pub(super) fn success(request_id: &str, admitted: &Admitted, result: &Value) -> Value {
    json!({
        "ResponseMetadata": {
            "RequestId": request_id,
            "Action": admitted.call.action,
            "Version": VERSION,
            "Service": admitted.scope.service,
            "Region": admitted.scope.region,
        },
        "Result": result,
    })
}

/// The body of a refusal. What cannot be read from the request is left out, as gateways do.
pub(crate) fn error_body(request: &Incoming, refusal: &Refusal, request_id: &str) -> Value {
    let mut metadata = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            metadata.insert(name.to_owned(), value);
        }
    };
    let params = query::params(&request.query);
    let text = |text: &String| Value::from(text.as_str());
    put("RequestId", Some(request_id.into()));
    put("Action", params.get("Action").map(text));
    put("Version", params.get("Version").map(text));
    if let Some(Ok(read)) = request.header("authorization").map(Authorization::parse) {
        put("Service", Some(read.scope.service.into()));
        put("Region", Some(read.scope.region.into()));
    }
    put("Error", Some(error(refusal)));
    json!({ "ResponseMetadata": metadata })
}

fn error(refusal: &Refusal) -> Value {
    let mut error = json!({ "Code": refusal.code, "Message": refusal.message });
    if let Some(number) = errors::number(&refusal.code) {
        error["CodeN"] = number.into();
    }
    error
}

/// The whole answer to a refused request. A hint to wait is sent as `Retry-After` in seconds, the
/// header that the vendor's Go SDK reads.
pub(crate) fn refused(request: &Incoming, refusal: &Refusal, request_id: &str) -> Answer {
    let body = error_body(request, refusal, request_id).to_string();
    let wait = refusal.retry_after_ms.map(|ms| ms.div_ceil(1_000));
    let header = |wait: u64| ("retry-after".to_owned(), wait.to_string());
    Answer {
        http: refusal.http,
        headers: wait.map(header).into_iter().collect(),
        body: AnswerBody::Whole(body.into()),
    }
}

/// One element of `OperationDetails`. `Error` is null where there is none.
pub(super) fn operation(id: &str, error: Option<(String, String)>) -> Value {
    let error = error.map(|(code, message)| json!({ "Code": code, "Message": message }));
    json!({ "InstanceId": id, "Error": error })
}

/// One element of `Instances`.
pub(super) fn instance(resident: &Resident, at: Timestamp) -> Value {
    let Instance {
        id,
        name,
        type_id,
        region,
        local_volumes,
        ..
    } = &resident.instance;
    json!({
        "InstanceId": id,
        "InstanceName": name,
        "Description": "",
        "Hostname": name,
        "Status": resident.status(at),
        "StoppedMode": "",
        "InstanceTypeId": type_id,
        "ZoneId": format!("{region}-a"),
        "VpcId": "vpc-simulated",
        "ProjectName": "default",
        "ImageId": "image-simulated",
        "OsName": "Linux",
        "OsType": "Linux",
        "Cpus": 2,
        "MemorySize": 8_192,
        "CreatedAt": time(resident.created),
        "UpdatedAt": time(resident.updated(at)),
        "ExpiredAt": "",
        "InstanceChargeType": "PostPaid",
        "SpotStrategy": "NoSpot",
        "DeletionProtection": false,
        "Tags": [],
        "LocalVolumes": local_volumes.iter().map(local_volume).collect::<Vec<_>>(),
        "Volumes": [],
        "NetworkInterfaces": [],
        "EipAddress": null,
        "Placement": {
            "Tenancy": "Default",
            "DedicatedHostId": "",
            "DedicatedHostClusterId": "",
            "Affinity": "",
        },
    })
}

fn local_volume(volume: &LocalVolume) -> Value {
    json!({
        "VolumeType": volume.volume_type,
        "Count": volume.count,
        "Size": volume.size,
    })
}

/// One element of `SystemEvents`.
pub(super) fn event(event: &Event, at: Timestamp) -> Value {
    let ended = event.has_ended(at);
    let end = if ended {
        time(event.ended)
    } else {
        String::new()
    };
    json!({
        "Id": event.id,
        "ResourceId": event.instance,
        "Type": event.kind,
        "Category": "ResourceEvent",
        "Status": event.status(at),
        "ImpactLevel": "General",
        "CreatedAt": time(event.created),
        "UpdatedAt": time(if ended { event.ended } else { event.created }),
        "OperatedStartAt": time(event.created),
        "OperatedEndAt": end,
        "ExtraInfo": {},
    })
}

/// RFC 3339 in whole seconds with an offset.
fn time(at: Timestamp) -> String {
    let whole = Timestamp::from_second(at.as_second()).unwrap_or(at);
    whole.display_with_offset(ZONE).to_string()
}
