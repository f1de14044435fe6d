//! Preflight of one application, which that of its instances begins with.

use super::super::{
    client::{Client, LIST, STATUS},
    orders, plan, ready,
    wire::{ApplicationStatus, OrderList},
};
use crate::cloud::{
    Access,
    alibaba::answer,
    error::{CloudError, Kind},
    types::{Check, OrderId, RunningOrder, SaeApplication},
};

pub(super) async fn check(
    client: &Client,
    access: &Access,
    app: &SaeApplication,
) -> Result<Check, CloudError> {
    let answer = client.status(access, &app.app_id).await?;
    let clock_offset = answer.clock_offset(STATUS)?;
    let status = answer.data;
    check_is_running(&status)?;
    let occupation = occupation(client, access, &app.app_id, &status).await?;
    Ok(Check {
        instances: status.running_instances,
        effective_min_ready: ready::effective_min_ready(status.running_instances, app),
        call: plan::application(app).text(),
        warnings: ready::warnings(status.running_instances, app),
        baseline: occupation.newest.into_iter().collect(),
        running: occupation.running,
        clock_offset,
    })
}

/// The last order of an application.
pub(super) struct Occupation {
    /// The newest order; unset when the application never had one.
    pub(super) newest: Option<OrderId>,
    /// The order that occupies the application now.
    pub(super) running: Option<RunningOrder>,
}

/// The status alone, if it names the last order and that is over; else with the list, since the
/// name of an old order expires.
pub(super) async fn occupation(
    client: &Client,
    access: &Access,
    app_id: &str,
    status: &ApplicationStatus,
) -> Result<Occupation, CloudError> {
    let named = &status.last_change_order_id;
    let busy = status.last_change_order_running == Some(true);
    if !named.is_empty() && !busy {
        return Ok(Occupation {
            newest: Some(OrderId(named.clone())),
            running: None,
        });
    }
    let page = client.orders(access, app_id, 1).await?.data;
    let newest = if named.is_empty() {
        newest_listed(&page)?
    } else {
        Some(OrderId(named.clone()))
    };
    Ok(Occupation {
        newest,
        running: busy.then(|| orders::running_order(named, &page)),
    })
}

// An order that is listed without an id would be no baseline, and all orders would look new.
fn newest_listed(page: &OrderList) -> Result<Option<OrderId>, CloudError> {
    match page.change_order_list.first() {
        None => Ok(None),
        Some(first) if first.change_order_id.is_empty() => Err(answer::unexpected(
            LIST,
            "the newest order is listed without an id",
        )),
        Some(first) => Ok(Some(OrderId(first.change_order_id.clone()))),
    }
}

/// Only a running application is restarted.
pub(super) fn check_is_running(status: &ApplicationStatus) -> Result<(), CloudError> {
    match status.current_status.as_str() {
        "RUNNING" => Ok(()),
        "STOPPED" => Err(answer::target_refused(
            STATUS,
            Kind::NotRunning,
            "the application is stopped",
            "Start the application; a restart serves running ones only.",
        )),
        other => Err(CloudError {
            kind: Kind::Transient,
            ..answer::unexpected(
                STATUS,
                &format!("the state of the application is {other:?}"),
            )
        }),
    }
}
