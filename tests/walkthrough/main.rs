//! What the documentation tells people to type, typed: the quickstart step by step with its output, and
//! every kubectl command of the other pages, with the real kubectl, server, operator and a simulated cloud.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

#[path = "../support/mod.rs"]
mod support;

mod page;
mod terminal;

use std::path::{Path, PathBuf};

use cloudsim::{Application, Fault, FaultRule};
use serde_json::json;
use support::world::World;

use page::{Block, Page};
use terminal::Terminal;

/// The application that the pages speak of.
const CHECKOUT: &str = "0099b7be-5f5b-4512-a7fc-56049ef1d3a7";
/// The request of the examples, which ends well.
const GOOD: &str = "checkout-inc-1042";
/// A request whose outcome is unknown.
const LOST: &str = "lost";
/// What needs an operator or a node in the cluster. The installation has tests of its own.
const ELSEWHERE: [&str; 2] = ["restart-operator-system", "node/"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

async fn world() -> World {
    World::with("docs", |config| {
        config.applications.push(Application::running(CHECKOUT));
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_quickstart_prints_what_it_says() {
    let world = world().await;
    let _operator = world.operator().await;
    let terminal = Terminal::new(&world);
    let mut typed = 0;
    for block in Page::read(&root().join("docs/tutorial/quickstart.md")).blocks {
        match block {
            Block::File { name, text } => terminal.write(&name, &text),
            Block::Session(steps) => {
                for step in steps {
                    let (_, printed) = terminal.run(&step.command).await;
                    step.check(&printed);
                    typed += 1;
                }
            }
            Block::Commands(_) => {}
        }
    }
    assert!(typed >= 12, "only {typed} commands were found");
}

/// Commands that change something are tried as the server's dry run. `NAME` is a request that has ended
/// well, or one whose outcome is unknown if the command settles it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kubectl_command_of_the_pages_is_accepted() {
    let world = world().await;
    let _operator = world.operator().await;
    world.ask(GOOD, json!({})).await;
    world.until_phase(GOOD, "Succeeded").await;
    world.put_cloud_account(GOOD, "keys").await;
    let lost = Fault::DropAfter;
    world
        .sim
        .inject(FaultRule::on("BatchRestartApplications", lost));
    let batch = json!({"saeApplication": null,
        "saeApplications": {"namespaceId": "cn-hangzhou", "appIds": [CHECKOUT]}});
    world.ask(LOST, json!({"target": batch})).await;
    world.until_phase(LOST, "Unknown").await;
    let terminal = Terminal::new(&world);
    let (mut typed, mut refused) = (0, Vec::new());
    for path in pages() {
        let shown = path.strip_prefix(root()).unwrap().display().to_string();
        for command in Page::read(&path).kubectl_commands() {
            if ELSEWHERE.iter().any(|other| command.contains(other)) {
                continue;
            }
            let name = if command.contains("resolution") {
                LOST
            } else {
                GOOD
            };
            let line =
                terminal::harmless(&command.replace("NAMESPACE", "shop").replace("NAME", name));
            let (ok, said) = terminal.run(&line).await;
            typed += 1;
            if !ok {
                refused.push(format!("{shown}: {line}\n{said}"));
            }
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    assert!(typed > 20, "only {typed} commands were found");
}

/// All pages below `docs` and the README, but for the quickstart, which has a test of its own.
fn pages() -> Vec<PathBuf> {
    let mut found = vec![root().join("README.md")];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "md") {
                found.push(path);
            }
        }
    }
    found.retain(|path| !path.ends_with("quickstart.md"));
    found.sort();
    found
}
