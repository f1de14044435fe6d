//! The control plane when something breaks: servers that are killed or frozen, and a test that is killed.
//! What the operator makes of such faults does not belong here.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Duration,
};

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, api::PostParams};

use support::{
    controlplane::{
        ControlPlane,
        needs::{Need, left_out},
        start::Server,
        users::User,
    },
    failure::{Failure, Outcome, While},
    wait::until,
};

fn config_map(name: &str) -> ConfigMap {
    let mut object = ConfigMap::default();
    object.metadata.name = Some(name.into());
    object
}

/// Whether a process runs. One that has ended and that nobody waits for does not.
fn is_running(pid: u32) -> bool {
    let state = Command::new("ps")
        .args(["-o", "stat=", "-p", &pid.to_string()])
        .output()
        .unwrap();
    let state = String::from_utf8_lossy(&state.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}

fn pids(plane: &mut ControlPlane) -> Outcome<Vec<u32>> {
    let servers = plane.servers()?;
    let all = [Server::Etcd, Server::Apiserver, Server::ControllerManager];
    Ok(all
        .into_iter()
        .filter_map(|server| servers.pid(server))
        .collect())
}

#[tokio::test]
async fn clients_go_on_after_the_api_server_was_killed_and_started_again() -> Outcome<()> {
    let test = "clients_go_on_after_the_api_server_was_killed_and_started_again";
    if left_out(test, &[Need::OwnServers])? {
        return Ok(());
    }
    let mut plane = ControlPlane::start_bare().await?;
    let admin = plane.client(User::Admin).await?;
    let config_maps: Api<ConfigMap> = Api::namespaced(admin, "default");
    let before = config_maps
        .create(&PostParams::default(), &config_map("kept"))
        .await;
    let before = before.while_doing("create a config map")?;
    let old = plane.servers()?.pid(Server::Apiserver);

    plane.restart_apiserver().await?;

    assert_ne!(plane.servers()?.pid(Server::Apiserver), old);
    // The connection of the client is dead, and it may notice with its first request.
    until("the old client reads again", async || {
        config_maps.get("kept").await.is_ok()
    })
    .await;
    let after = config_maps
        .get("kept")
        .await
        .while_doing("read a config map")?;
    assert_eq!(after.metadata.uid, before.metadata.uid);
    Ok(())
}

#[tokio::test]
async fn a_frozen_etcd_holds_a_write_back_and_even_then_all_can_be_stopped() -> Outcome<()> {
    let test = "a_frozen_etcd_holds_a_write_back_and_even_then_all_can_be_stopped";
    if left_out(test, &[Need::OwnServers])? {
        return Ok(());
    }
    let mut plane = ControlPlane::start_bare().await?;
    let admin = plane.client(User::Admin).await?;
    let config_maps: Api<ConfigMap> = Api::namespaced(admin, "default");
    let post = PostParams::default();
    let late = config_map("late");

    plane.freeze(Server::Etcd)?;
    let mut write = Box::pin(config_maps.create(&post, &late));
    let early = tokio::time::timeout(Duration::from_millis(500), &mut write).await;
    assert!(early.is_err(), "written while etcd was frozen: {early:?}");
    plane.thaw(Server::Etcd)?;
    write.await.while_doing("write after etcd was woken")?;

    let folder = plane.folder().to_owned();
    let pids = pids(&mut plane)?;
    assert_eq!(pids.len(), 2);
    plane.freeze(Server::Etcd)?;
    plane.stop();
    assert!(
        !pids.into_iter().any(is_running),
        "a server outlived its stop"
    );
    assert!(
        !folder.exists() || std::env::var_os("KEEP").is_some(),
        "data was left behind"
    );
    Ok(())
}

/// What the child of the next test prints before it waits to be killed.
const READY: &str = "control plane of the victim: ";
const VICTIM: &str = "RESTART_OPERATOR_TEST_VICTIM";

#[tokio::test]
#[ignore = "the child process of no_server_outlives_the_kill_of_the_process_that_started_it"]
async fn starts_a_control_plane_and_waits_to_be_killed() -> Outcome<()> {
    if std::env::var_os(VICTIM).is_none() {
        return Ok(());
    }
    let mut plane = ControlPlane::start().await?;
    let pids = pids(&mut plane)?;
    let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
    println!("{READY}{} {}", plane.folder().display(), pids.join(" "));
    std::future::pending().await
}

#[tokio::test]
async fn no_server_outlives_the_kill_of_the_process_that_started_it() -> Outcome<()> {
    let test = "no_server_outlives_the_kill_of_the_process_that_started_it";
    if left_out(test, &[Need::OwnServers])? {
        return Ok(());
    }
    let this = std::env::current_exe().while_doing("find this test binary")?;
    let mut victim = Command::new(this)
        .args(["--exact", "starts_a_control_plane_and_waits_to_be_killed"])
        .args(["--ignored", "--nocapture", "--test-threads=1"])
        .env(VICTIM, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .while_doing("start a child process")?;
    let printed = BufReader::new(victim.stdout.take().unwrap());
    let ready = printed.lines().map_while(Result::ok).find_map(|line| {
        let (_, rest) = line.split_once(READY)?;
        Some(rest.to_owned())
    });
    // By signal 9: it gets no chance to clean up.
    victim.kill().while_doing("kill the child process")?;
    victim.wait().while_doing("wait for the child process")?;

    let ready = ready.ok_or_else(|| Failure::new("the child ended before it was ready"))?;
    let (folder, pids) = ready.split_once(' ').unwrap();
    let pids: Vec<u32> = pids.split(' ').map(|pid| pid.parse().unwrap()).collect();
    assert!(pids.len() >= 2, "{ready}");
    until("no server is left", async || {
        !pids.iter().any(|pid| is_running(*pid))
    })
    .await;
    std::fs::remove_dir_all(folder).while_doing("remove what the killed process left")?;
    Ok(())
}
