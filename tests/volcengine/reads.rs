//! What a read is answered with.

use http::HeaderMap;
use restart_operator::cloud::{
    error::{CloudError, Delivery, Kind, Retry},
    exchange::Reply,
    volcengine::{
        classify::read_answer,
        wire::{EventList, InstanceList},
    },
};
use serde_json::{Value, json};

use crate::codes::reply;

fn list(status: u16, body: &Value) -> Result<InstanceList, CloudError> {
    read_answer("DescribeInstances", &reply(status, body.to_string()))
}

fn result(result: &Value) -> Value {
    json!({ "ResponseMetadata": { "RequestId": "r-1" }, "Result": result })
}

#[test]
fn instances_are_read_with_whatever_stands_beside_them() {
    let full = json!({
        "InstanceId": "i-a",
        "Status": "RUNNING",
        "InstanceTypeId": "ecs.g3i.large",
        "LocalVolumes": [{ "VolumeType": "LOCAL_SSD", "Count": 1, "Size": 100 }],
        "EipAddress": null,
        "Cpus": 4,
    });
    let bare = json!({ "InstanceId": "i-b", "LocalVolumes": null, "Status": null });
    let body = result(&json!({ "Instances": [full, bare], "NextToken": "n", "TotalCount": 9 }));
    let InstanceList {
        instances,
        next_token,
    } = list(200, &body).unwrap();
    assert_eq!(next_token, "n");
    assert_eq!(instances[0].status, "RUNNING");
    assert!(instances[0].has_local_volumes && !instances[1].has_local_volumes);
    assert_eq!(
        (
            instances[1].status.as_str(),
            instances[1].instance_type_id.as_str()
        ),
        ("", "")
    );
}

#[test]
fn a_list_may_be_null_or_one_object_but_not_absent() {
    let none = result(&json!({ "Instances": null, "NextToken": null }));
    assert_eq!(list(200, &none).unwrap().instances, []);
    let one = result(&json!({ "Instances": { "InstanceId": "i-a" } }));
    assert_eq!(list(200, &one).unwrap().instances.len(), 1);
    for absent in [json!({}), json!(null), json!([]), json!("none")] {
        let error = list(200, &result(&absent)).unwrap_err();
        assert_eq!(error.kind, Kind::Unexpected);
        assert_eq!(error.request_id.as_deref(), Some("r-1"));
    }
    let events: Result<EventList, _> = read_answer(
        "DescribeSystemEvents",
        &reply(200, result(&json!({})).to_string()),
    );
    assert!(events.is_err());
}

#[test]
fn a_list_has_an_upper_bound() {
    let many = vec![json!({ "InstanceId": "i-a" }); 1001];
    assert!(list(200, &result(&json!({ "Instances": many }))).is_err());
}

#[test]
fn an_error_counts_whatever_the_status_is() {
    let body = json!({
        "ResponseMetadata": { "RequestId": "r-1", "Error": { "Code": "AccountFlowLimitExceeded" } },
        "Result": { "Instances": [] },
    });
    for status in [200, 429] {
        let error = list(status, &body).unwrap_err();
        assert_eq!(
            (error.kind, error.retry),
            (Kind::Throttled, Retry::WhenFree)
        );
        assert_eq!(error.delivery, Delivery::Refused);
    }
}

#[test]
fn an_answer_without_metadata_is_an_error_that_says_what_the_gateway_said() {
    for (status, kind) in [
        (200, Kind::Unexpected),
        (429, Kind::Throttled),
        (502, Kind::Transient),
    ] {
        let flat = json!({ "HTTPCode": status, "errorcode": 7, "message": "try\nlater" });
        let error = list(status, &flat).unwrap_err();
        assert_eq!((error.kind, error.delivery), (kind, Delivery::Unknown));
        assert!(error.message.starts_with("try later: HTTP "), "{error:?}");
    }
}

#[test]
fn a_good_result_under_a_bad_status_is_an_error() {
    let body = result(&json!({ "Instances": [] }));
    assert_eq!(list(503, &body).unwrap_err().kind, Kind::Transient);
    assert_eq!(list(302, &body).unwrap_err().kind, Kind::Unexpected);
}

#[test]
fn the_wait_that_the_cloud_asks_for_is_at_most_an_hour() {
    for (text, seconds) in [("7", Some(7)), ("99999", Some(3600)), ("soon", None)] {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", text.parse().unwrap());
        let reply = Reply {
            status: 429,
            headers,
            body: Vec::new(),
        };
        let error = read_answer::<InstanceList>("DescribeInstances", &reply).unwrap_err();
        assert_eq!(error.retry_after.map(|wait| wait.as_secs()), seconds);
    }
}
