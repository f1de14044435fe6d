//! A picture of one request: the three looks that people take, compared with the committed text.

use std::{fs, path::PathBuf, process::Output};

use restart_operator::api::Phase;

use crate::{
    plain::Plain,
    support::{controlplane::users::User, world::World},
};

/// Runs kubectl as admin in the namespace of a world.
pub(crate) async fn kubectl(world: &World, arguments: &[&str]) -> Output {
    let mut command = tokio::process::Command::from(world.plane.kubectl(User::Admin));
    command
        .args(["--namespace", &world.namespace])
        .args(arguments);
    command.output().await.expect("kubectl")
}

/// The same, for a command that succeeds and warns of nothing.
pub(crate) async fn shown(world: &World, arguments: &[&str]) -> String {
    let output = kubectl(world, arguments).await;
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && complaint.is_empty(),
        "{arguments:?}: {complaint}"
    );
    String::from_utf8(output.stdout).expect("text")
}

/// Compares what kubectl shows of `name` with the picture of `phase`, once it has this many Events.
pub(crate) async fn compare(world: &World, name: &str, phase: &str, events: usize) {
    world.events(name, events).await;
    let seen = look(world, name).await;
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/kubectl_view/snapshots")
        .join(format!("{phase}.txt"));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &seen).unwrap();
    }
    let drawn = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        seen == drawn,
        "{phase} looks otherwise than its picture; UPDATE_SNAPSHOTS=1 cargo test --test kubectl_view \
         draws it anew\n--- drawn\n{drawn}\n--- seen\n{seen}"
    );
}

/// An object that changes between the looks is looked at again, so that they show one moment.
async fn look(world: &World, name: &str) -> String {
    loop {
        let before = world
            .requests()
            .list(&kube::api::ListParams::default())
            .await
            .unwrap();
        let list = shown(world, &["get", "rr"]).await;
        let wide = shown(world, &["get", "rr", "-o", "wide"]).await;
        let told = shown(world, &["describe", "rr", name]).await;
        let after = world
            .requests()
            .list(&kube::api::ListParams::default())
            .await
            .unwrap();
        if before.items != after.items {
            continue;
        }
        let objects: Vec<_> = after
            .items
            .iter()
            .map(|o| serde_json::to_value(o).unwrap())
            .collect();
        let ledger = world.ledger();
        let restarts = ledger.restarts();
        let orders: Vec<_> = restarts
            .iter()
            .map(|restart| restart.order.clone())
            .collect();
        let plain = Plain::of(&objects, &world.namespace, &orders);
        return format!(
            "$ kubectl get rr\n{}\n$ kubectl get rr -o wide\n{}\n$ kubectl describe rr {name}\n{}",
            plain.table(&list),
            plain.table(&wide),
            plain.description(&told),
        );
    }
}

#[test]
fn every_phase_has_its_picture() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kubectl_view/snapshots");
    let mut drawn: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    drawn.sort();
    let mut phases: Vec<_> = Phase::ALL
        .iter()
        .map(|phase| format!("{phase}.txt"))
        .collect();
    phases.sort();
    assert_eq!(drawn, phases);
}
