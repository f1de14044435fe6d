//! Objects that are brought back: out of a backup, by `replace --force`, by a tool that applies what is
//! in Git.

use serde_json::{Value, json};

use crate::{
    states::end,
    support::world::{World, phase_of},
};

fn start_before(seconds: i64) -> Value {
    let now = jiff::Timestamp::now().as_second();
    let time = jiff::Timestamp::from_second(now + seconds).unwrap();
    json!({"startBefore": time.to_string()})
}

async fn bring_back(world: &World, name: &str, spec: Value) {
    let labels = json!({"velero.io/restore-name": "nightly"});
    let metadata = json!({"name": name, "namespace": world.namespace, "labels": labels});
    world.ask_as(metadata, spec).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn out_of_a_backup_without_its_status_it_never_runs() {
    let world = World::new("velero").await;
    let _operator = world.operator().await;
    bring_back(&world, "first", json!({})).await;
    let object = world.until_finished("first").await;
    assert_eq!(
        end(&object),
        ("NotExecuted", "RestoredFromBackup".to_owned())
    );
    // The older rule is the first that fits.
    bring_back(&world, "second", start_before(-60)).await;
    let object = world.until_finished("second").await;
    assert_eq!(phase_of(&object), "Skipped");
    bring_back(&world, "third", start_before(3600)).await;
    let object = world.until_finished("third").await;
    assert_eq!(
        end(&object),
        ("NotExecuted", "RestoredFromBackup".to_owned())
    );
    assert_eq!(world.ledger().all_requests().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replaced_by_force_it_is_a_new_request_until_start_before() {
    let world = World::new("replace").await;
    let _operator = world.operator().await;
    let first = world.ask("first", start_before(3600)).await;
    world.until_phase("first", "Succeeded").await;
    world.delete("first").await.unwrap();
    world.until_gone("first").await;
    let again = world.ask("first", start_before(3600)).await;
    assert_ne!(first.metadata.uid, again.metadata.uid);
    world.until_phase("first", "Succeeded").await;
    assert_eq!(world.restarts(), 2);
    world.delete("first").await.unwrap();
    world.until_gone("first").await;
    world.ask("first", start_before(0)).await;
    let object = world.until_finished("first").await;
    assert_eq!(phase_of(&object), "Skipped");
    assert_eq!(world.restarts(), 2);
}
