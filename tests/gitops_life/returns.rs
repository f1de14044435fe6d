//! A request that comes back: how often the cloud really restarted.

use std::time::Duration;

use restart_operator::api::{ClusterCloudAccount, RestartRequest};
use serde_json::json;

use crate::{
    engines,
    support::{
        wait,
        world::{APP, World, story},
    },
    tool::{
        SOON, argo_cd, delete, flux, in_git, kubectl, lasting, promised, promises, restarts,
        seconds_from_now, succeeds, until_passed, verdict, words,
    },
};

#[test]
fn every_promise_of_the_page_has_its_test() {
    let tests = [
        include_str!("deletion.rs"),
        include_str!("field_managers.rs"),
        include_str!("returns.rs"),
    ];
    let promises = promises();
    assert!(promises.len() >= 12, "{promises:#?}");
    for promise in promises {
        let quoted = format!("\"{promise}\"");
        assert!(
            tests.iter().any(|test| test.contains(&quoted)),
            "no test: {promise}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn applied_again_it_calls_nothing() {
    promised(
        "the tool applies a finished request again",
        "nothing is called",
    );
    let world = World::new("again").await;
    let before = seconds_from_now(3600).to_string();
    let file = in_git(&world, "first", &json!({"startBefore": before}));
    flux(&world, &file).await.unwrap();
    // Before the operator has seen it: the server's own default.
    let fresh = world.get("first").await.status.unwrap();
    assert_eq!(fresh.observed_generation, -1);
    let unseen = verdict(&world, "first").await;
    assert_eq!(words(&unseen), ["InProgress", "Progressing", "InProgress"]);

    let operator = world.operator().await;
    world.until_phase("first", "Succeeded").await;
    let calls = world.ledger().all_requests().len();
    for _ in 0..3 {
        flux(&world, &file).await.unwrap();
    }
    // An edit after the end, which a tool makes when the file changes: seen, and that is all.
    let mut edited = file.clone();
    edited["spec"]["ttlSecondsAfterFinished"] = json!(86400);
    flux(&world, &edited).await.unwrap();
    let seen = |object: &RestartRequest| {
        object
            .status
            .as_ref()
            .map(|status| status.observed_generation)
            == object.metadata.generation
    };
    world.until("first", "saw the edit", seen).await;
    let wait = [
        "wait",
        "rr/first",
        "--for=condition=Finished",
        "--timeout=30s",
    ];
    let here = ["--namespace", &world.namespace];
    succeeds(&kubectl(&world, &[&wait[..], &here[..]].concat(), ""));
    let finished = verdict(&world, "first").await;
    assert_eq!(words(&finished), ["Current", "Healthy", "Current"]);
    operator.stop().await;
    assert_eq!(world.ledger().all_requests().len(), calls);
    assert_eq!(restarts(&world), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn back_after_start_before_it_is_skipped_and_green() {
    promised(
        "it was deleted and is created again at or after `startBefore`",
        "it is Skipped: nothing is called",
    );
    let world = World::new("skipped").await;
    let _operator = world.operator().await;
    let before = seconds_from_now(SOON);
    let file = in_git(&world, "first", &json!({"startBefore": before.to_string()}));
    argo_cd(&world, &file);
    world.until_phase("first", "Succeeded").await;
    account_is_healthy(&world).await;
    until_passed(before).await;
    let calls = world.ledger().all_requests().len();
    for _ in 0..2 {
        delete(&world, "first").await;
        argo_cd(&world, &file);
        let object = world.until_phase("first", "Skipped").await;
        assert_eq!(story(&object).0, "CreatedAfterStartBefore");
        let green = verdict(&world, "first").await;
        assert_eq!(words(&green), ["Current", "Healthy", "Current"]);
    }
    assert_eq!(world.ledger().all_requests().len(), calls);
    assert_eq!(restarts(&world), 1);
}

/// The account as the operator wrote it, by the same script and rules.
async fn account_is_healthy(world: &World) {
    let api: kube::Api<ClusterCloudAccount> = kube::Api::all(world.admin.clone());
    let judged = async || {
        let account = api.get(&world.namespace).await.unwrap();
        engines::judge(&[serde_json::to_value(account).unwrap()]).remove(0)
    };
    let good = async || {
        let verdict = judged().await;
        (verdict.kstatus.as_str(), verdict.argo()) == ("Current", "Healthy")
    };
    wait::until("the account is Current and Healthy", good).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn back_before_start_before_it_restarts_again() {
    promised(
        "it was deleted and is created again before `startBefore`",
        "it restarts again",
    );
    let world = World::new("before").await;
    let _operator = world.operator().await;
    let before = seconds_from_now(3600).to_string();
    let file = in_git(&world, "first", &json!({"startBefore": before}));
    for times in 1..=2 {
        flux(&world, &file).await.unwrap();
        world.until_phase("first", "Succeeded").await;
        assert_eq!(restarts(&world), times);
        delete(&world, "first").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn back_without_start_before_it_restarts_again() {
    promised(
        "it was deleted and is created again, without `startBefore`",
        "it restarts again, however late",
    );
    let world = World::new("without").await;
    let _operator = world.operator().await;
    let file = in_git(&world, "first", &json!({}));
    for times in 1..=2 {
        argo_cd(&world, &file);
        world.until_phase("first", "Succeeded").await;
        assert_eq!(restarts(&world), times);
        delete(&world, "first").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn back_while_the_first_order_runs_it_restarts_after_it() {
    promised(
        "it was deleted while its restart ran and is created again before `startBefore`",
        "it restarts again, after the first restart and never beside it",
    );
    let order = Duration::from_secs(4);
    let world = lasting("beside", order).await;
    let _operator = world.operator().await;
    let before = seconds_from_now(3600).to_string();
    let file = in_git(&world, "first", &json!({"startBefore": before}));
    flux(&world, &file).await.unwrap();
    world.until_phase("first", "Running").await;
    for _ in 0..3 {
        delete(&world, "first").await;
        flux(&world, &file).await.unwrap();
        world.until_phase("first", "Queued").await;
    }
    world.until_phase("first", "Succeeded").await;
    let ledger = world.ledger();
    let [first, second] = ledger.restarts_of(APP)[..] else {
        panic!("{ledger:#?}")
    };
    assert!(second.at.duration_since(first.at) >= order.try_into().unwrap());
    // The cloud was not asked while it was busy, so it had nothing to refuse.
    assert_eq!(ledger.requests("RestartApplication").len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_velero_restores_is_not_restarted() {
    promised(
        "Velero restores it without its status",
        "it is NotExecuted with reason `RestoredFromBackup`: nothing is called",
    );
    let world = World::new("velero").await;
    let _operator = world.operator().await;
    let mut file = in_git(&world, "first", &json!({}));
    file["metadata"]["labels"] = json!({"velero.io/restore-name": "nightly"});
    argo_cd(&world, &file);
    let object = world.until_phase("first", "NotExecuted").await;
    assert_eq!(story(&object).0, "RestoredFromBackup");
    assert_eq!(world.ledger().all_requests().len(), 0);
}
