//! The order of one application or of its instances: found when its answer was lost, followed to
//! its end.

use std::time::Duration;

use super::super::{
    classify,
    client::{Client, LIST},
    orders::{self, Sought},
    report::{self, wants_reason},
    wire::{ChangeOrder, OrderItem},
};
use crate::cloud::{
    Access,
    alibaba::{answer, window::Start},
    error::{CloudError, Kind},
    types::{Candidate, Look, Match, OrderId, OrderReport, Submission},
};

/// Pages that are searched for the creator of one of our orders, which is among the newest.
const CREATOR_PAGES: u32 = 3;

/// Pages that one look reads at most. What is older stays unseen, and the look says so.
const LOOK_PAGES: u32 = 20;

/// Orders that one look reads in detail at most.
const LOOK_ORDERS: usize = 20;

pub(super) async fn look(
    client: &Client,
    access: &Access,
    sought: Sought<'_>,
    call: &Submission,
) -> Result<Look, CloudError> {
    let started = client.0.clock.boot();
    let (list, mut look) = orders_above(client, access, sought, call, started).await?;
    let possible = list
        .iter()
        .filter(|item| sought.could_be(item, &access.creators));
    for (number, item) in possible.enumerate() {
        if number == LOOK_ORDERS || client.0.is_late(started) {
            look.complete = false;
            break;
        }
        match place(client, access, sought, call, item).await? {
            Place::Ours(match_) => look.candidates.push(Candidate {
                order: OrderId(item.change_order_id.clone()),
                match_,
                line: orders::line(item),
            }),
            Place::NotOurs => {}
            Place::TooOld => break,
        }
    }
    Ok(look)
}

// The listed orders above the baseline, newest first, and a look without candidates yet. The look's
// time is that of the first page: what was opened later may not be in the list.
async fn orders_above(
    client: &Client,
    access: &Access,
    sought: Sought<'_>,
    call: &Submission,
    started: Duration,
) -> Result<(Vec<OrderItem>, Look), CloudError> {
    let mut above: Vec<OrderItem> = Vec::new();
    let first = client.orders(access, sought.app_id, 1).await?;
    let cloud_time = first.cloud_time(LIST)?;
    let mut complete = orders::add_above(&mut above, first.data, &call.baseline);
    for page in 2..=LOOK_PAGES {
        if complete || client.0.is_late(started) {
            break;
        }
        let next = client.orders(access, sought.app_id, page).await?;
        complete = orders::add_above(&mut above, next.data, &call.baseline);
    }
    Ok((
        above,
        Look {
            candidates: Vec::new(),
            complete,
            cloud_time,
            notes: Vec::new(),
        },
    ))
}

enum Place {
    Ours(Match),
    NotOurs,
    TooOld,
}

async fn place(
    client: &Client,
    access: &Access,
    sought: Sought<'_>,
    call: &Submission,
    item: &OrderItem,
) -> Result<Place, CloudError> {
    let order = match read(client, access, &item.change_order_id).await {
        Ok(order) => order,
        // Listed and not found: the cloud's reads lag behind each other.
        Err(error) if error.kind == Kind::NotFound => {
            return Ok(Place::Ours(Match::NotStarted));
        }
        Err(error) => return Err(error),
    };
    if !sought.is_about(&order) {
        return Ok(Place::NotOurs);
    }
    Ok(match orders::start_of(&order, call) {
        Start::NotYet => Place::Ours(Match::NotStarted),
        Start::Inside if orders::is_known_creator(item, &access.creators) => {
            Place::Ours(Match::Verified)
        }
        Start::Inside => Place::Ours(Match::CreatorUnknown),
        Start::After => Place::NotOurs,
        Start::Before => Place::TooOld,
    })
}

pub(super) async fn report(
    client: &Client,
    access: &Access,
    app_id: &str,
    id: &OrderId,
) -> Result<OrderReport, CloudError> {
    let order = read(client, access, &id.0).await?;
    let mut report = report::report(&order, app_id);
    if wants_reason(report.state)
        && let Some(reason) = reason(client, access, &order).await
    {
        report.message = reason;
    }
    Ok(report)
}

// An order that names no application cannot be told to be ours.
pub(super) async fn read(
    client: &Client,
    access: &Access,
    id: &str,
) -> Result<ChangeOrder, CloudError> {
    let order = client.order(access, id).await?.data;
    if order.app_id.is_empty() {
        let message = "the order names no application";
        return Err(answer::unexpected("DescribeChangeOrder", message));
    }
    Ok(order)
}

/// The reason of the first failed batch. Only for people: without it the order's own message has
/// to do.
pub(super) async fn reason(
    client: &Client,
    access: &Access,
    order: &ChangeOrder,
) -> Option<String> {
    let failed = order
        .pipelines
        .iter()
        .find(|pipeline| classify::has_failed(pipeline))?;
    if failed.pipeline_id.is_empty() {
        return None;
    }
    let detail = client.pipeline(access, &failed.pipeline_id).await.ok()?;
    report::reason(&detail)
}

pub(super) async fn creator(
    client: &Client,
    access: &Access,
    app_id: &str,
    order: &OrderId,
) -> Result<Option<String>, CloudError> {
    let mut seen = Vec::new();
    for page in 1..=CREATOR_PAGES {
        let list = client.orders(access, app_id, page).await?.data;
        if let Some(item) = orders::listed(&list, order) {
            return Ok(orders::creator(item));
        }
        if orders::add_above(&mut seen, list, &[]) {
            break;
        }
    }
    Ok(None)
}
