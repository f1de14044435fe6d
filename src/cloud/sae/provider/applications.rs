//! Preflight of a batch: some applications of one namespace.

use std::collections::BTreeSet;

use super::{
    super::{
        client::{Client, STATUS},
        plan, ready,
        wire::ApplicationStatus,
    },
    application::{check_is_running, occupation},
};
use crate::cloud::{
    Access,
    alibaba::{answer, client::Timed},
    error::{CloudError, Kind},
    text,
    types::{Check, OrderId, SaeApplications},
};

/// Pages of applications that are read at most.
const PAGES: u32 = 20;

pub(super) async fn check(
    client: &Client,
    access: &Access,
    target: &SaeApplications,
) -> Result<Check, CloudError> {
    let namespace = client.namespace(access, &target.namespace_id).await?;
    let in_namespace = in_namespace(client, access, target).await?;
    let mut members = Vec::new();
    let mut baseline = Vec::new();
    let mut running = None;
    let mut clock_offset = None;
    if !namespace.last_change_order_id.is_empty() {
        baseline.push(OrderId(namespace.last_change_order_id));
    }
    for id in &target.app_ids {
        let answer = member(client, access, id, &in_namespace).await?;
        clock_offset = Some(answer.clock_offset(STATUS)?);
        let occupation = occupation(client, access, id, &answer.data).await?;
        baseline.extend(occupation.newest);
        running = running.or(occupation.running);
        members.push((id.as_str(), answer.data.running_instances));
    }
    let Some(clock_offset) = clock_offset else {
        return Err(answer::unexpected(STATUS, "the batch is empty"));
    };
    Ok(Check {
        instances: members.iter().try_fold(0_i32, |sum, (_, running)| {
            running.map(|running| sum.saturating_add(running))
        }),
        effective_min_ready: None,
        call: plan::applications(target).text(),
        warnings: ready::batch_warnings(&members),
        baseline,
        running,
        clock_offset,
    })
}

// The ids of the target that the namespace lists.
async fn in_namespace(
    client: &Client,
    access: &Access,
    target: &SaeApplications,
) -> Result<BTreeSet<String>, CloudError> {
    let mut found = BTreeSet::new();
    for page in 1..=PAGES {
        let listed = client
            .applications(access, &target.namespace_id, page)
            .await?;
        if listed.is_empty() {
            return Ok(found);
        }
        found.extend(
            listed
                .into_iter()
                .filter(|app| [target.namespace_id.as_str(), ""].contains(&&*app.namespace_id))
                .map(|app| app.app_id)
                .filter(|id| target.app_ids.contains(id)),
        );
        if found.len() == target.app_ids.len() {
            return Ok(found);
        }
    }
    Err(answer::unexpected(
        "ListApplications",
        "the namespace has more applications than can be listed",
    ))
}

// An application that exists and is not listed lives in another namespace.
async fn member(
    client: &Client,
    access: &Access,
    id: &str,
    in_namespace: &BTreeSet<String>,
) -> Result<Timed<ApplicationStatus>, CloudError> {
    let of_it = |error: CloudError| CloudError {
        message: text::clean(&format!("application {id}: {}", error.message)),
        ..error
    };
    let answer = client.status(access, id).await.map_err(of_it)?;
    if !in_namespace.contains(id) {
        return Err(answer::target_refused(
            "ListApplications",
            Kind::Mismatch,
            &format!("application {id} is not in the namespace"),
            "All applications of one request must be in the named namespace.",
        ));
    }
    check_is_running(&answer.data).map_err(of_it)?;
    Ok(answer)
}
