//! Watches that are refused, reset or swallowed, each alone and all at once. A request that is under
//! way goes on by its timers, and the watch is back soon after the network.

use std::time::{Duration, Instant};

use futures::future::join_all;
use restart_operator::api::ConditionType;
use serde_json::json;

use crate::{
    stage::Stage,
    support::{
        gate::{
            fault::{Fault, Passes, Reply, Rule},
            weather::{End, Events},
        },
        wait,
        world::condition,
    },
};

const WATCHED: [&str; 3] = ["restartrequests", "cloudaccounts", "clustercloudaccounts"];
/// How soon a watch is back once the network is.
const BACK: Duration = Duration::from_secs(35);

/// How the network fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    /// Open watches are reset, new ones are refused by a reset.
    Refused,
    /// Open watches are silent, new ones are never answered; in the end all are reset.
    Swallowed,
}

impl Failure {
    /// It begins for these resources; the rule that ends it.
    fn begin(self, stage: &Stage, resources: &'static [&'static str]) -> u64 {
        let reply = match self {
            Self::Refused => Reply::Reset,
            Self::Swallowed => Reply::Nothing,
        };
        let rule = Rule::new(Fault::new(Passes::No, reply), move |asked| {
            ["watch", "list"].contains(&asked.verb) && resources.contains(&asked.resource.as_str())
        });
        let rule = stage.gate.inject(rule.always());
        for resource in resources {
            match self {
                Self::Refused => stage.gate.cut(resource, End::Reset),
                Self::Swallowed => stage.gate.events(resource, Events::Held),
            }
        }
        rule
    }

    fn end(self, stage: &Stage, resources: &[&str], rule: u64) {
        stage.gate.remove(rule);
        stage.gate.heal();
        if self == Self::Swallowed {
            for resource in resources {
                stage.gate.events(resource, Events::Pass);
                stage.gate.cut(resource, End::Reset);
            }
        }
    }
}

/// Fails `times` times for as long as `lasting` each, with a request under way or idle.
async fn comes_back(
    failure: Failure,
    resources: &'static [&'static str],
    lasting: Duration,
    times: usize,
) {
    let stage = Stage::new("network").await;
    let _operator = stage.shipped("pod").start();
    stage.until_ready("pod").await;
    for round in 0..times {
        let name = format!("under-way-{round}");
        stage.ask(&name).await;
        stage.world.until_phase(&name, "Running").await;
        let rule = failure.begin(&stage, resources);
        let began = Instant::now();
        stage.world.until_phase(&name, "Succeeded").await;
        if failure == Failure::Refused {
            for resource in resources {
                names_it(&stage, resource).await;
            }
        }
        // The failure has a length of its own; nothing is waited for here.
        tokio::time::sleep(lasting.saturating_sub(began.elapsed())).await;
        let opened = |resource: &&str| stage.gate.opened(resource);
        let before: Vec<usize> = resources.iter().map(opened).collect();
        failure.end(&stage, resources, rule);
        let healed = Instant::now();
        for (resource, before) in resources.iter().zip(before) {
            stage.until_watched(resource, before + 1).await;
        }
        stage.until_ready("pod").await;
        let took = healed.elapsed();
        assert!(
            took < BACK,
            "{failure:?} of {resources:?}: back after {took:?}"
        );
    }
    an_account_is_seen(&stage).await;
    stage.ask("afterwards").await;
    assert_eq!(stage.end_of("afterwards").await.0, "Succeeded");
}

/// The probe names the watch that is down.
async fn names_it(stage: &Stage, resource: &str) {
    wait::until(&format!("/readyz names {resource}"), async || {
        let (code, said) = stage.probe("pod", "/readyz").await;
        let line = said
            .lines()
            .any(|line| line.starts_with(&format!("{resource}: ")));
        code == 503 && line
    })
    .await;
}

/// A request waits for an account that does not exist yet, and goes on when it appears.
async fn an_account_is_seen(stage: &Stage) {
    let account = json!({"kind": "CloudAccount", "name": "later"});
    stage
        .world
        .ask("waiting", json!({"accountRef": account}))
        .await;
    let named = |request: &restart_operator::api::RestartRequest| {
        let told = request
            .status
            .as_ref()
            .is_some_and(|status| !status.conditions.is_empty());
        told && condition(request, ConditionType::Accepted).reason == "AccountNotFound"
    };
    stage
        .world
        .until("waiting", "missed its account", named)
        .await;
    stage
        .world
        .put_cloud_account("later", "no-such-secret")
        .await;
    let named = |request: &restart_operator::api::RestartRequest| {
        condition(request, ConditionType::Accepted).reason == "AccountNotReady"
    };
    stage.world.until("waiting", "saw its account", named).await;
    stage.world.edit("waiting", json!({"cancel": true})).await;
    stage.world.until_phase("waiting", "Cancelled").await;
}

/// Side by side: they mostly wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_watch_is_back_after_it_was_refused_or_swallowed_and_the_probe_names_it() {
    let each = |failure| {
        let one = move |place: usize| comes_back(failure, &WATCHED[place..=place], SHORT, 2);
        join_all((0..WATCHED.len()).map(one))
    };
    futures::join!(
        each(Failure::Refused),
        comes_back(Failure::Refused, &WATCHED, SHORT, 2),
        each(Failure::Swallowed),
        comes_back(Failure::Swallowed, &WATCHED, LONG, 1),
    );
}

const SHORT: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(45);
