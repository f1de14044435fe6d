//! Restarts of ours that no request has recorded, looked for before a new one is sent.

use super::{
    super::{
        client::Client,
        orders::{self, Sought},
    },
    order,
};
use crate::cloud::{
    Access,
    alibaba::window::{self, Start},
    error::{CloudError, Kind},
    types::{Candidate, Match, OrderId},
};

/// The newest page alone: an order that is newer than a waiting request is among the newest.
pub(super) async fn orders(
    client: &Client,
    access: &Access,
    sought: Sought<'_>,
    since: jiff::Timestamp,
    known: &[OrderId],
) -> Result<Vec<Candidate>, CloudError> {
    let page = client.orders(access, sought.app_id, 1).await?.data;
    let possible = page.change_order_list.iter().filter(|item| {
        sought.could_be(item, &access.creators)
            && !known.iter().any(|order| order.0 == item.change_order_id)
    });
    let mut found = Vec::new();
    for item in possible {
        let match_ = match order::read(client, access, &item.change_order_id).await {
            // Listed and not found: the cloud's reads lag behind each other.
            Err(error) if error.kind == Kind::NotFound => Match::NotStarted,
            Err(error) => return Err(error),
            Ok(order) if !sought.is_about(&order) => continue,
            Ok(order) => match window::after(orders::starts(&order), since) {
                Start::Before => break, // those that follow are older
                Start::NotYet if orders::has_ended(item) => continue,
                Start::NotYet => Match::NotStarted,
                Start::Inside | Start::After => {
                    if orders::is_known_creator(item, &access.creators) {
                        Match::Verified
                    } else {
                        Match::CreatorUnknown
                    }
                }
            },
        };
        found.push(Candidate {
            order: OrderId(item.change_order_id.clone()),
            match_,
            line: orders::line(item),
        });
    }
    Ok(found)
}
