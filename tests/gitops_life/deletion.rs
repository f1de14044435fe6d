//! What deletes a request by itself, and what becomes of it then.

use std::time::Duration;

use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use restart_operator::api::RestartRequest;
use serde_json::json;

use crate::{
    support::{
        policy,
        world::{World, phase_of},
    },
    tool::{SOON, flux, in_git, lasting, promised, restarts, seconds_from_now},
};

/// How long after `startBefore` the deletion is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often the tool applies its files.
const INTERVAL: Duration = Duration::from_millis(200);

/// What keeps a hook until Argo CD has seen its end.
const FINALIZER: &str = "argocd.argoproj.io/hook-finalizer";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_time_to_live_and_a_tool_do_not_loop() {
    promised(
        "`ttlSecondsAfterFinished` deletes it while it is still in Git",
        "it comes back once, is Skipped, and stays",
    );
    let world = World::new("ttl").await;
    let _operator = world.operator().await;
    let before = seconds_from_now(SOON);
    let spec = json!({"startBefore": before.to_string(), "ttlSecondsAfterFinished": 0});
    let file = in_git(&world, "first", &spec);
    let first = flux(&world, &file).await.unwrap();
    world.until_phase("first", "Succeeded").await;
    // The tool at work: what is missing is created. Another uid is the second object.
    let uid = first.metadata.uid;
    let second = loop {
        let object = flux(&world, &file).await.unwrap();
        if object.metadata.uid != uid {
            break object;
        }
        tokio::time::sleep(INTERVAL).await;
        assert!(jiff::Timestamp::now() < before + PATIENCE, "never deleted");
    };
    // So that what comes back is Skipped.
    let margin = policy::short().delete_margin;
    let created = second.metadata.creation_timestamp.clone().unwrap().0;
    assert!(created >= before + margin, "deleted at {created}");
    let skipped = world.until_phase("first", "Skipped").await;
    // It is given a chance to be deleted too: another request has its whole life meanwhile.
    world.ask("other", json!({})).await;
    world.until_phase("other", "Succeeded").await;
    assert_eq!(world.get("first").await.metadata.uid, skipped.metadata.uid);
    assert_eq!(restarts(&world), 2, "first and other");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hook_restarts_each_time_and_is_followed_while_it_is_deleted() {
    promised("a hook is run again", "it restarts again");
    let world = lasting("hook", Duration::from_secs(3)).await;
    let _operator = world.operator().await;
    for times in 1..=2 {
        let mut file = in_git(&world, "unused", &json!({}));
        file["metadata"] = json!({
            "generateName": "after-sync-", "finalizers": [FINALIZER],
            "annotations": {"argocd.argoproj.io/hook": "PostSync"},
        });
        let hook: RestartRequest = serde_json::from_value(file).unwrap();
        let hook = world
            .requests()
            .create(&PostParams::default(), &hook)
            .await
            .unwrap();
        let name = hook.metadata.name.unwrap();
        let sent = |object: &RestartRequest| phase_of(object) == "Running";
        world.until(&name, "was Running", sent).await;
        // Argo CD's finalizer keeps it until the sync has seen the end.
        world
            .requests()
            .delete(&name, &DeleteParams::default())
            .await
            .unwrap();
        let object = world.until_phase(&name, "Succeeded").await;
        assert!(object.metadata.deletion_timestamp.is_some());
        let api = world.requests();
        let let_go = Patch::Merge(json!({"metadata": {"finalizers": null}}));
        let plain = PatchParams::default();
        api.patch(&name, &plain, &let_go).await.unwrap();
        assert!(world.requests().get_opt(&name).await.unwrap().is_none());
        assert_eq!(restarts(&world), times);
    }
}
