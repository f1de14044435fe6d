//! The orders of a batch: looked at when its answer was lost, followed to their end.

use super::{
    super::{
        batch::{self, Author, Parent},
        client::{Client, NAMESPACE_LIST},
        orders::{self, add_above},
        wire::OrderItem,
    },
    order::reason,
};
use crate::cloud::{
    Access,
    alibaba::client::Timed,
    error::{CloudError, Kind},
    text,
    types::{Following, Look, OrderId, OrderReport, Part, PartState, SaeApplications, Submission},
};

/// Pages of the namespace's orders in which a batch of ours, which is among the newest, is searched.
const PARENT_PAGES: u32 = 3;

/// Orders of the namespace that a look names.
const NOTES: usize = 5;

/// Tells which orders are new, for the person who has to decide. It proves nothing: how a batch
/// shows in the lists is not documented.
pub(super) async fn look(
    client: &Client,
    access: &Access,
    target: &SaeApplications,
    call: &Submission,
) -> Result<Look, CloudError> {
    let started = client.0.clock.boot();
    let answer = client
        .namespace_orders(access, &target.namespace_id, 1)
        .await?;
    let cloud_time = answer.cloud_time(NAMESPACE_LIST)?;
    let mut notes: Vec<String> = batch::above(&answer.data, &call.baseline)
        .take(NOTES)
        .map(|item| batch::note("namespace", item))
        .collect();
    for id in &target.app_ids {
        if client.0.is_late(started) {
            notes.push("not every application was looked at".to_owned());
            break;
        }
        match client.orders(access, id, 1).await {
            Ok(page) => {
                let newest = batch::above(&page.data, &call.baseline).next();
                notes.extend(newest.map(|item| batch::note(id, item)));
            }
            Err(error) => notes.push(text::clean(&format!("{id}: {}", error.message))),
        }
    }
    Ok(Look {
        candidates: Vec::new(),
        complete: false,
        cloud_time,
        notes,
    })
}

pub(super) async fn report(
    client: &Client,
    access: &Access,
    target: &SaeApplications,
    following: &Following,
) -> Result<OrderReport, CloudError> {
    let parent = parent(client, access, target, &following.order).await?;
    let cloud_time = parent.cloud_time(NAMESPACE_LIST)?;
    let author = author(client, access, target, following).await?;
    let mut parts = parts(client, access, target, following, author.as_ref()).await?;
    batch::close(&mut parts, &parent.data, following.started, cloud_time);
    Ok(batch::report(parent.data, parts))
}

// Whether the order of a batch can be read like any other is not documented; if not, it is listed.
async fn parent(
    client: &Client,
    access: &Access,
    target: &SaeApplications,
    id: &OrderId,
) -> Result<Timed<Parent>, CloudError> {
    let not_found = match client.order(access, &id.0).await {
        Ok(answer) => return Ok(answer.map(|order| Parent::of_order(&order, target))),
        Err(error) if error.kind == Kind::NotFound => error,
        Err(error) => return Err(error),
    };
    let item = listed(client, access, target, id).await?.ok_or(not_found)?;
    Ok(item.map(|item| Parent::of_item(&item, target)))
}

// The order of the namespace in its list.
async fn listed(
    client: &Client,
    access: &Access,
    target: &SaeApplications,
    id: &OrderId,
) -> Result<Option<Timed<OrderItem>>, CloudError> {
    let mut seen = Vec::new();
    for page in 1..=PARENT_PAGES {
        let answer = client
            .namespace_orders(access, &target.namespace_id, page)
            .await?;
        if let Some(item) = orders::listed(&answer.data, id) {
            let item = item.clone();
            return Ok(Some(answer.map(|_| item)));
        }
        if add_above(&mut seen, answer.data, &[]) {
            break;
        }
    }
    Ok(None)
}

// Whose orders the members' are. Not known while the batch is not listed: then nothing new is taken
// for a member's. No read when the user of the key was learned, or when every order is known.
async fn author(
    client: &Client,
    access: &Access,
    target: &SaeApplications,
    following: &Following,
) -> Result<Option<Author>, CloudError> {
    let has_order = |id: &String| {
        let mut parts = following.parts.iter();
        parts.any(|part| part.id == *id && part.order.is_some())
    };
    if !access.creators.is_empty() || target.app_ids.iter().all(has_order) {
        return Ok(Some(Author::known(access.creators.clone())));
    }
    let item = listed(client, access, target, &following.order).await?;
    Ok(item.map(|item| Author::of(&item.data)))
}

// What cannot be read now stays as it was, so that each poll brings the batch further; only if
// nothing at all can be read is that an error. A poll that takes too long leaves the rest for the
// next one.
async fn parts(
    client: &Client,
    access: &Access,
    target: &SaeApplications,
    following: &Following,
    author: Option<&Author>,
) -> Result<Vec<Part>, CloudError> {
    let started = client.0.clock.boot();
    let mut parts = Vec::new();
    let mut read = 0;
    let mut failure = None;
    for id in &target.app_ids {
        let stored = following.parts.iter().find(|part| part.id == *id);
        let stored = stored.cloned().unwrap_or_else(|| batch::unseen(id));
        if is_settled(stored.state) || failure.is_some() || client.0.is_late(started) {
            parts.push(stored);
            continue;
        }
        match part(client, access, id, &stored, following, author).await {
            Ok(part) => {
                read += 1;
                parts.push(part);
            }
            Err(error) => {
                failure = Some(error);
                parts.push(stored);
            }
        }
    }
    match failure {
        Some(error) if read == 0 => Err(error),
        _ => Ok(parts),
    }
}

// What was seen to its end is not read again: a later restart of the application is not ours.
const fn is_settled(state: PartState) -> bool {
    matches!(
        state,
        PartState::Succeeded | PartState::Failed | PartState::Aborted | PartState::Rejected
    )
}

async fn part(
    client: &Client,
    access: &Access,
    app_id: &str,
    stored: &Part,
    following: &Following,
    author: Option<&Author>,
) -> Result<Part, CloudError> {
    let order = if let Some(order) = &stored.order {
        order.0.clone()
    } else {
        let Some(author) = author else {
            return Ok(stored.clone());
        };
        let page = client.orders(access, app_id, 1).await?.data;
        let found = batch::restarts(&page, &following.baseline, &following.taken, author);
        let item = match found.as_slice() {
            [] => return Ok(batch::unseen(app_id)),
            [item] => item,
            [..] => return Ok(batch::unclear(app_id, &found)),
        };
        if let Some(part) = batch::running(app_id, item) {
            return Ok(part);
        }
        item.change_order_id.clone()
    };
    let read = match client.order(access, &order).await {
        Ok(read) => read.data,
        // Listed and not found: the cloud's reads lag behind each other.
        Err(error) if error.kind == Kind::NotFound => return Ok(stored.clone()),
        Err(error) => return Err(error),
    };
    let mut part = batch::judged(app_id, &order, &read, following.started);
    if part.state == PartState::Failed
        && let Some(why) = reason(client, access, &read).await
        && let Some(error) = &mut part.error
    {
        error.message = why;
    }
    Ok(part)
}

/// Aborts the batch and what is known to run of it. All of them are asked for; a refusal that is
/// not "it is over already" comes back, so that it is asked for again.
pub(super) async fn abort(
    client: &Client,
    access: &Access,
    following: &Following,
) -> Result<(), CloudError> {
    let members = following
        .parts
        .iter()
        .filter(|part| part.state == PartState::Running)
        .filter_map(|part| part.order.as_ref());
    let mut over = None;
    let mut refused = None;
    let mut accepted = false;
    for order in std::iter::once(&following.order).chain(members) {
        match client.abort(access, &order.0).await {
            Ok(()) => accepted = true,
            Err(error) if error.kind == Kind::NotRunning => over = Some(error),
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    match (refused, over) {
        (Some(error), _) => Err(error),
        (None, Some(error)) if !accepted => Err(error),
        (None, _) => Ok(()),
    }
}

/// The creator of the batch, as the namespace lists it.
pub(super) async fn creator(
    client: &Client,
    access: &Access,
    target: &SaeApplications,
    order: &OrderId,
) -> Result<Option<String>, CloudError> {
    let item = listed(client, access, target, order).await?;
    Ok(item.and_then(|item| orders::creator(&item.data)))
}
