//! Reboots: what is executed, what is refused, what the ledger says of it.

use cloudsim::Instance;
use serde_json::{Value, json};

use super::client::{Draft, frozen, operations, pass, reboot, rebooting, refusal, result, status};

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = expected.iter();
    owned
        .map(|(id, code)| ((*id).to_owned(), (*code).to_owned()))
        .collect()
}

#[tokio::test]
async fn an_accepted_reboot_goes_from_running_over_rebooting_to_running() {
    let sim = frozen(vec![Instance::running("i-1")]).await;
    assert_eq!(status(&sim, "i-1").await.as_deref(), Some("RUNNING"));
    let answer = result(&reboot(&sim, &["i-1"], "token-1").await);
    assert_eq!(operations(&answer), pairs(&[("i-1", "")]));
    assert_eq!(status(&sim, "i-1").await.as_deref(), Some("REBOOTING"));
    pass(&sim, 9);
    assert_eq!(status(&sim, "i-1").await.as_deref(), Some("REBOOTING"));
    pass(&sim, 1);
    assert_eq!(status(&sim, "i-1").await.as_deref(), Some("RUNNING"));
}

#[tokio::test]
async fn get_and_form_post_are_both_accepted_and_have_the_envelope() {
    let sim = frozen(vec![Instance::running("i-1"), Instance::running("i-2")]).await;
    let get = Draft::get(&sim, "RebootInstances", &[("InstanceIds.1", "i-1")]).sign();
    let post = rebooting(&sim, &["i-2"], &[("ForceStop", "true")]).sign();
    for (draft, id) in [(get, "i-1"), (post, "i-2")] {
        let reply = draft.send(&sim).await;
        let body = reply.json();
        let metadata = &body["ResponseMetadata"];
        assert_eq!(
            (&metadata["Action"], &metadata["Version"]),
            (&json!("RebootInstances"), &json!("2020-04-01"))
        );
        assert_eq!(
            (&metadata["Service"], &metadata["Region"]),
            (&json!("ecs"), &json!("cn-beijing"))
        );
        let detail = &body["Result"]["OperationDetails"][0];
        assert_eq!(
            (&detail["InstanceId"], &detail["Error"]),
            (&json!(id), &Value::Null)
        );
        assert!(reply.header("x-acs-request-id").is_none());
        assert!(reply.header("date").is_some());
    }
    assert_eq!(sim.ledger().restarts().len(), 2);
}

#[tokio::test]
async fn the_ledger_names_each_reboot_with_token_date_and_key() {
    let sim = frozen(vec![Instance::running("i-1"), Instance::running("i-2")]).await;
    let draft = rebooting(&sim, &["i-2", "i-1"], &[("ClientToken", "token-1")]).sign();
    result(&draft.send(&sim).await);
    let ledger = sim.ledger();
    let restarts = ledger.restarts();
    let ids: Vec<_> = restarts
        .iter()
        .map(|restart| restart.app.as_str())
        .collect();
    assert_eq!(ids, ["i-2", "i-1"]);
    for restart in restarts {
        assert_eq!(restart.client_token.as_deref(), Some("token-1"));
        assert_eq!(restart.signed_at.as_deref(), Some(draft.x_date()));
        assert_eq!(restart.access_key_id, cloudsim::DEFAULT_KEY_ID);
        assert_eq!(restart.nonce, None);
    }
    let request = ledger.request(restarts[0].request).unwrap();
    assert_eq!(request.action.as_deref(), Some("RebootInstances"));
    assert_eq!(request.app.as_deref(), Some("i-2,i-1"));
    assert_eq!(request.params["InstanceIds.2"], "i-1");
    assert_eq!(request.signed_at.as_deref(), Some(draft.x_date()));
    assert_eq!(
        request.access_key_id.as_deref(),
        Some(cloudsim::DEFAULT_KEY_ID)
    );
    assert_eq!(ledger.restarts_by_client_token("token-1").len(), 2);
    assert_eq!(ledger.by_client_token("token-1").len(), 1);
    assert_eq!(ledger.restarts_of("i-1").len(), 1);
}

#[tokio::test]
async fn each_instance_is_judged_for_itself_inside_http_200() {
    let sim = frozen(vec![
        Instance::running("i-good"),
        Instance::running("i-locked").refusing("OperationDenied.ResourceLocked"),
        Instance::running("i-off").with_status("STOPPED"),
        Instance::running("i-far").in_region("cn-shanghai"),
        Instance::running("i-gone").with_status(""),
    ])
    .await;
    let ids = [
        "i-locked", "i-good", "i-off", "i-far", "i-gone", "", "i-none",
    ];
    let answer = result(&reboot(&sim, &ids, "token-1").await);
    let expected = pairs(&[
        ("i-locked", "OperationDenied.ResourceLocked"),
        ("i-good", ""),
        ("i-off", "InvalidInstanceStatus"),
        ("i-far", "InvalidInstance.NotFound"),
        ("i-gone", "InvalidInstance.NotFound"),
        ("", "MissingParameter.InstanceId"),
        ("i-none", "InvalidInstance.NotFound"),
    ]);
    assert_eq!(operations(&answer), expected);
    let ledger = sim.ledger();
    assert_eq!(ledger.restarts().len(), 1);
    assert!(ledger.all_requests()[0].is_served());
}

#[tokio::test]
async fn an_id_that_is_repeated_is_rebooted_once() {
    let sim = frozen(vec![Instance::running("i-1")]).await;
    let answer = result(&reboot(&sim, &["i-1", "i-1"], "token-1").await);
    let expected = pairs(&[("i-1", ""), ("i-1", "InvalidInstanceStatus")]);
    assert_eq!(operations(&answer), expected);
    assert_eq!(sim.ledger().restarts().len(), 1);
}

#[tokio::test]
async fn one_call_takes_one_to_a_hundred_ids() {
    let ids: Vec<_> = (1..=101).map(|n| format!("i-{n:03}")).collect();
    let sim = frozen(ids.iter().map(Instance::running).collect()).await;
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    for count in [0, 101] {
        let reply = reboot(&sim, &ids[..count], "token-1").await;
        assert_eq!(refusal(&reply), (400, "InvalidCount.Malformed".to_owned()));
    }
    assert!(sim.ledger().restarts().is_empty());
    let answer = result(&reboot(&sim, &ids[..100], "token-1").await);
    assert_eq!(operations(&answer).len(), 100);
    assert_eq!(sim.ledger().restarts().len(), 100);
}

#[tokio::test]
async fn a_call_with_an_argument_that_is_not_acceptable_is_refused_as_a_whole() {
    let sim = frozen(vec![Instance::running("i-1")]).await;
    let long = "t".repeat(65);
    for (more, code) in [
        (("ForceStop", "True"), "InvalidArgument"),
        (("DryRun", "true"), "InvalidArgument"),
        (("InstanceIds.3", "i-1"), "InvalidArgument"),
        (("InstanceIds.x", "i-1"), "InvalidArgument"),
        (("ClientToken", ""), "InvalidClientToken.Malformed"),
        (("ClientToken", &long), "InvalidClientToken.Malformed"),
        (("ClientToken", "zürich"), "InvalidClientToken.Malformed"),
    ] {
        let reply = rebooting(&sim, &["i-1"], &[more]).sign().send(&sim).await;
        assert_eq!(refusal(&reply), (400, code.to_owned()), "{more:?}");
    }
    assert!(sim.ledger().restarts().is_empty());
}

#[tokio::test]
async fn a_body_that_is_no_form_has_no_parameters() {
    let sim = frozen(vec![Instance::running("i-1")]).await;
    let draft = rebooting(&sim, &["i-1"], &[]).set("content-type", "application/json");
    let reply = draft.sign().send(&sim).await;
    assert_eq!(refusal(&reply), (400, "InvalidCount.Malformed".to_owned()));
}
