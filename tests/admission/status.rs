//! How a PUT of status behaves: what the operator's one write relies on, and the largest object there is.

use serde_json::{Value, json};

use crate::{server::Server, support::failure::Outcome, table};

/// A stored request whose attempt is open.
async fn with_intent(server: &Server) -> Value {
    let request = server.place(&table::bases()["request"], "x");
    let mut stored = server
        .create(&request)
        .await
        .expect("a fresh request is accepted");
    table::merge(
        &mut stored,
        &json!({ "status": table::moves().named["intent"] }),
    );
    server
        .replace_status(&stored)
        .await
        .expect("an intent is accepted")
}

fn patched(object: &Value, patch: &Value) -> Value {
    let mut changed = object.clone();
    table::merge(&mut changed, patch);
    changed
}

#[tokio::test]
async fn a_fresh_request_is_born_with_all_defaults() -> Outcome<()> {
    let server = Server::for_test("fresh").await?;
    let request = server.place(&table::bases()["request"], "x");
    let stored = server.create(&request).await.expect("accepted");
    assert_eq!(
        stored["status"],
        json!({"observedGeneration": -1, "phase": "Pending"})
    );
    let spec = &stored["spec"];
    assert_eq!(spec["accountRef"]["kind"], "CloudAccount");
    for (field, value) in [
        ("dryRun", json!(false)),
        ("suspend", json!(false)),
        ("cancel", json!(false)),
        ("startDeadlineSeconds", json!(3600)),
        ("activeDeadlineSeconds", json!(3600)),
        ("backoffLimit", json!(3)),
    ] {
        assert_eq!(spec[field], value, "{field}");
    }
    Ok(())
}

#[tokio::test]
async fn a_status_put_is_a_swap_on_version_and_uid() -> Outcome<()> {
    let server = Server::for_test("swap").await?;
    let stored = with_intent(&server).await;
    let code = |answer: Result<Value, (u16, String)>| answer.map_or_else(|(code, _)| code, |_| 200);

    let unversioned = patched(&stored, &json!({"metadata": {"resourceVersion": null}}));
    assert_eq!(code(server.replace_status(&unversioned).await), 422);
    let stale = patched(&stored, &json!({"metadata": {"resourceVersion": "1"}}));
    assert_eq!(code(server.replace_status(&stale).await), 409);
    let other = json!({"metadata": {"uid": "00000000-0000-0000-0000-000000000000"}});
    assert_eq!(
        code(server.replace_status(&patched(&stored, &other)).await),
        409
    );

    let equal = server
        .replace_status(&stored)
        .await
        .expect("an equal write is accepted");
    assert_eq!(
        equal["metadata"]["resourceVersion"],
        stored["metadata"]["resourceVersion"]
    );
    Ok(())
}

#[tokio::test]
async fn a_status_put_touches_nothing_but_status() -> Outcome<()> {
    let server = Server::for_test("only").await?;
    let stored = with_intent(&server).await;
    let more = json!({
        "metadata": {"labels": {"a": "b"}}, "spec": {"suspend": true}, "status": {"phase": "Submitting"},
    });
    let after = server
        .replace_status(&patched(&stored, &more))
        .await
        .expect("accepted");
    assert_eq!(after["status"]["phase"], "Submitting");
    assert_eq!(after["spec"], stored["spec"]);
    assert_eq!(after["metadata"]["labels"], Value::Null);
    assert_eq!(
        after["metadata"]["generation"],
        stored["metadata"]["generation"]
    );
    Ok(())
}

#[tokio::test]
async fn an_omitted_status_cannot_hide_an_attempt() -> Outcome<()> {
    let server = Server::for_test("omit").await?;
    let stored = with_intent(&server).await;
    let (code, message) = server
        .replace_status(&patched(&stored, &json!({"status": null})))
        .await
        .expect_err("refused");
    assert_eq!(code, 422);
    assert!(
        message.contains("status.attempt: Forbidden: attempt stays"),
        "{message}"
    );
    Ok(())
}

/// Everything at its upper bound. Rules have a budget at run time too, and this is what uses most of it.
fn largest() -> (Value, Value) {
    let ids: Vec<String> = (0..100).map(|n| format!("{n:0>128}")).collect();
    let error = json!({
        "code": "c".repeat(128), "message": "m".repeat(1024), "requestId": "r".repeat(128),
    });
    let mut attempt = table::moves().named["intent"]["attempt"].clone();
    let fill = json!({
        "baselineOrderIds": ids, "holder": "h".repeat(128), "nonce": "n".repeat(64),
        "clientToken": "t".repeat(64), "error": error,
    });
    table::merge(&mut attempt, &fill);
    let targets: Vec<Value> = ids
        .iter()
        .map(|id| json!({"id": id, "state": "Waiting", "orderId": id, "error": error}))
        .collect();
    let warning = json!({"code": "c".repeat(64), "message": "m".repeat(1024)});
    let spec = json!({
        "accountRef": {"name": "a".repeat(253)},
        "reason": "r".repeat(512),
        "startBefore": "2026-11-22T18:00:00Z",
        "ttlSecondsAfterFinished": 1,
        "target": {"saeInstances": {"appId": "a".repeat(128), "instanceIds": ids}},
    });
    let status = json!({
        "observedGeneration": 1,
        "attempt": attempt,
        "targets": targets,
        "preflight": {
            "time": "2026-11-22T07:08:09Z", "call": "c".repeat(1024), "principal": "p".repeat(256),
            "warnings": vec![warning; 16],
        },
        "conditions": conditions("False"),
    });
    (spec, status)
}

/// All seven, with full texts.
fn conditions(finished: &str) -> Value {
    [
        "Accepted",
        "Submitted",
        "Succeeded",
        "Finished",
        "Ready",
        "Reconciling",
        "Stalled",
    ]
    .iter()
    .map(|name| {
        json!({
            "type": name, "status": if *name == "Finished" { finished } else { "False" },
            "reason": "R".repeat(64), "message": "m".repeat(1024),
            "lastTransitionTime": "2026-11-22T07:08:09Z", "observedGeneration": 1,
        })
    })
    .collect()
}

#[tokio::test]
async fn the_largest_object_stays_within_the_budget_of_the_rules() -> Outcome<()> {
    let server = Server::for_test("large").await?;
    let (spec, status) = largest();
    let mut request = server.place(&table::bases()["request"], "x");
    request["spec"] = spec;
    let mut stored = server.create(&request).await.expect("created");
    let walk = [
        status,
        json!({"attempt": {"answer": "Accepted"}, "changeOrder": {"id": "o".repeat(128), "attribution": "Direct"}}),
        json!({"completionTime": "2026-11-22T07:08:09Z", "conditions": conditions("True")}),
        json!({"observedGeneration": 2}),
    ];
    for (step, patch) in walk.iter().enumerate() {
        let next = patched(&stored, &json!({ "status": patch }));
        stored = server
            .replace_status(&next)
            .await
            .unwrap_or_else(|no| panic!("step {step}: {no:?}"));
    }
    let edited = server
        .replace(&patched(&stored, &json!({"spec": {"suspend": true}})))
        .await;
    edited.expect("the largest object can still be edited");
    Ok(())
}
