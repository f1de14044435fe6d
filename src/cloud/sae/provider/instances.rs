//! Preflight of some instances of one application.

use std::collections::BTreeSet;

use super::{
    super::{
        client::{Client, STATUS},
        plan, ready,
    },
    application::{check_is_running, occupation},
};
use crate::cloud::{
    Access,
    alibaba::answer,
    error::{CloudError, Kind},
    types::{Check, SaeInstances},
};

const INSTANCES: &str = "DescribeApplicationInstances";

/// Pages of one group that are read at most.
const PAGES: u32 = 20;

pub(super) async fn check(
    client: &Client,
    access: &Access,
    target: &SaeInstances,
) -> Result<Check, CloudError> {
    let answer = client.status(access, &target.app_id).await?;
    let clock_offset = answer.clock_offset(STATUS)?;
    let status = answer.data;
    check_is_running(&status)?;
    check_instances(client, access, target).await?;
    let occupation = occupation(client, access, &target.app_id, &status).await?;
    Ok(Check {
        instances: status.running_instances,
        effective_min_ready: None,
        call: plan::instances(target).text(),
        warnings: ready::instance_warnings(status.running_instances, target),
        baseline: occupation.newest.into_iter().collect(),
        running: occupation.running,
        clock_offset,
    })
}

// Instances are listed by group, so the groups come first.
async fn check_instances(
    client: &Client,
    access: &Access,
    target: &SaeInstances,
) -> Result<(), CloudError> {
    let mut missing: BTreeSet<&str> = target.instance_ids.iter().map(String::as_str).collect();
    for group in client.groups(access, &target.app_id).await? {
        if missing.is_empty() {
            break;
        }
        find_in_group(client, access, target, &group.group_id, &mut missing).await?;
    }
    if missing.is_empty() {
        return Ok(());
    }
    let missing: Vec<&str> = missing.into_iter().collect();
    Err(answer::target_refused(
        INSTANCES,
        Kind::NotFound,
        &format!("the application has no instance {}", missing.join(", ")),
        "Check the instanceIds: an instance that was rebuilt has a new id.",
    ))
}

async fn find_in_group(
    client: &Client,
    access: &Access,
    target: &SaeInstances,
    group: &str,
    missing: &mut BTreeSet<&str>,
) -> Result<(), CloudError> {
    for page in 1..=PAGES {
        let listed = client
            .instances(access, &target.app_id, group, page)
            .await?;
        // A short page proves no end, since the cloud may cap pages; an empty one does.
        if listed.is_empty() {
            return Ok(());
        }
        for instance in listed {
            missing.remove(instance.instance_id.as_str());
        }
        if missing.is_empty() {
            return Ok(());
        }
    }
    Err(answer::unexpected(
        INSTANCES,
        "the application has more instances than can be listed",
    ))
}
