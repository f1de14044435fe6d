//! What became of a batch: judged by the order of each application, never by the order of the
//! namespace alone. Pure.
//!
//! How a batch shows in the lists is not documented: one order of the namespace, its parent, and
//! one ordinary order per application are expected, because that is what batch starts and stops do.

use jiff::{SignedDuration, Timestamp};

use super::{
    classify::order_state,
    orders::{creator, is_known_creator, is_of_console, line, name, starts, type_code},
    report::own_message,
    wire::{ChangeOrder, OrderItem, OrderList},
};
use crate::cloud::{
    alibaba::window,
    text,
    types::{OrderId, OrderReport, OrderState, Part, PartError, PartState, SaeApplications},
};

/// How long after the end of the parent an application may still have no order: the lists' lag.
const SILENCE: SignedDuration = SignedDuration::from_secs(120);

/// The order of the namespace that the call opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    state: OrderState,
    status: i32,
    sub_status: Option<i32>,
    kind: String,
    same_target: bool,
    message: String,
    /// Its last change in milliseconds since 1970, as far as it is told.
    changed: Option<i64>,
}

impl Parent {
    /// As `DescribeChangeOrder` shows it.
    #[must_use]
    pub fn of_order(order: &ChangeOrder, target: &SaeApplications) -> Self {
        let status = order.status.unwrap_or(-1);
        let is_member = || target.app_ids.contains(&order.app_id);
        Self {
            state: order_state(status, order.sub_status, &order.pipelines),
            status,
            sub_status: order.sub_status,
            kind: name(type_code(&order.co_type_code)),
            same_target: order.app_id.is_empty() || is_member(),
            message: own_message(&order.error_message),
            changed: last_change(order),
        }
    }

    /// As the list of the namespace shows it.
    #[must_use]
    pub fn of_item(item: &OrderItem, target: &SaeApplications) -> Self {
        let status = item.status.unwrap_or(-1);
        let namespace = &item.namespace_id;
        Self {
            state: order_state(status, None, &[]),
            status,
            sub_status: None,
            kind: name(type_code(&item.co_type_code)),
            same_target: namespace.is_empty() || *namespace == target.namespace_id,
            message: String::new(),
            changed: None,
        }
    }

    /// When it ended; unset while it goes on. Without a time of its own, the time of the call,
    /// which is certainly not later.
    #[must_use]
    pub fn ended(&self, started: Timestamp) -> Option<Timestamp> {
        let changed = self
            .changed
            .and_then(|ms| Timestamp::from_millisecond(ms).ok());
        is_end(self.status).then(|| changed.unwrap_or(started).max(started))
    }
}

fn last_change(order: &ChangeOrder) -> Option<i64> {
    let times = order
        .pipelines
        .iter()
        .flat_map(|batch| [batch.start_time, batch.update_time]);
    times.flatten().filter(|ms| *ms > 0).max()
}

const fn is_end(status: i32) -> bool {
    matches!(status, 2 | 3 | 6 | 10)
}

/// Who opens the orders of the applications: whoever opened that of the namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    creators: Vec<String>,
    in_console: bool,
}

impl Author {
    /// This operator, with the user ids that its orders appear under.
    #[must_use]
    pub const fn known(creators: Vec<String>) -> Self {
        Self {
            creators,
            in_console: false,
        }
    }

    /// As the list of the namespace shows the batch.
    #[must_use]
    pub fn of(parent: &OrderItem) -> Self {
        Self {
            creators: creator(parent).into_iter().collect(),
            in_console: is_of_console(parent),
        }
    }

    fn could_open(&self, item: &OrderItem) -> bool {
        let unnamed = self.creators.is_empty() || item.create_user_id.is_empty();
        is_of_console(item) == self.in_console
            && (unnamed || is_known_creator(item, &self.creators))
    }
}

/// The orders of an application that could be the batch's: restarts above the baseline by its
/// author that no other request has recorded. `page` is newest first, and so are they.
#[must_use]
pub fn restarts<'a>(
    page: &'a OrderList,
    baseline: &'a [OrderId],
    taken: &[OrderId],
    author: &Author,
) -> Vec<&'a OrderItem> {
    let could_be = |item: &&OrderItem| {
        let id = &item.change_order_id;
        let is_restart = type_code(&item.co_type_code).contains("Restart");
        let is_taken = taken.iter().any(|taken| taken.0 == *id);
        !id.is_empty() && is_restart && !is_taken && author.could_open(item)
    };
    above(page, baseline).filter(could_be).collect()
}

/// The listed orders that stand above the baseline, newest first.
pub fn above<'a>(
    page: &'a OrderList,
    baseline: &'a [OrderId],
) -> impl Iterator<Item = &'a OrderItem> {
    let is_old = |item: &&OrderItem| !baseline.iter().any(|id| id.0 == item.change_order_id);
    page.change_order_list.iter().take_while(is_old)
}

/// One line for the person who has to decide about a call whose answer was lost.
#[must_use]
pub fn note(whose: &str, item: &OrderItem) -> String {
    text::clean(&format!("{whose}: {}", line(item)))
}

/// An application of which nothing was seen.
#[must_use]
pub fn unseen(app_id: &str) -> Part {
    Part {
        id: app_id.to_owned(),
        state: PartState::Waiting,
        order: None,
        error: None,
    }
}

/// An application of which several orders could be the batch's. Whichever is taken, its end may be
/// that of somebody else's restart.
#[must_use]
pub fn unclear(app_id: &str, orders: &[&OrderItem]) -> Part {
    let ids: Vec<_> = orders
        .iter()
        .map(|item| item.change_order_id.as_str())
        .collect();
    let message = format!(
        "any of the orders {} could be of this batch",
        ids.join(", ")
    );
    Part {
        state: PartState::Unconfirmed,
        error: Some(PartError {
            code: String::new(),
            message: text::clean(&message),
        }),
        ..unseen(app_id)
    }
}

/// An application whose order is listed as going on. Unset if it is listed as ended: how it ended
/// is read from the order itself.
#[must_use]
pub fn running(app_id: &str, item: &OrderItem) -> Option<Part> {
    let ended = is_end(item.status.unwrap_or(-1));
    (!ended).then(|| Part {
        state: PartState::Running,
        order: Some(OrderId(item.change_order_id.clone())),
        ..unseen(app_id)
    })
}

/// An application by its own order. `started` is the date of the call: an order that began before
/// it says nothing about the call, and neither does one of another application.
#[must_use]
pub fn judged(app_id: &str, id: &str, order: &ChangeOrder, started: Timestamp) -> Part {
    let began = window::earliest(starts(order));
    if order.app_id != app_id || began.is_some_and(|ms| window::is_before(ms, started)) {
        return unseen(app_id);
    }
    let status = order.status.unwrap_or(-1);
    let state = match order_state(status, order.sub_status, &order.pipelines) {
        OrderState::Succeeded => PartState::Succeeded,
        OrderState::PartlySucceeded | OrderState::Failed => PartState::Failed,
        OrderState::Aborted => PartState::Aborted,
        OrderState::Running
        | OrderState::WaitsForConfirmation
        | OrderState::WaitsForApproval
        | OrderState::NeedsAttention
        | OrderState::Unconfirmed => PartState::Running,
    };
    let message = match (own_message(&order.error_message), order.sub_status, state) {
        (message, _, PartState::Failed | PartState::Aborted) => Some(message),
        (message, Some(1), PartState::Running) => Some(if message.is_empty() {
            "the order stopped advancing".to_owned()
        } else {
            message
        }),
        _ => None,
    };
    Part {
        id: app_id.to_owned(),
        state,
        order: Some(OrderId(id.to_owned())),
        error: message.map(|message| PartError {
            code: status.to_string(),
            message,
        }),
    }
}

/// Applications without an order, long enough after the end of the parent, will get none.
pub fn close(parts: &mut [Part], parent: &Parent, started: Timestamp, cloud_time: Timestamp) {
    let Some(ended) = parent.ended(started) else {
        return;
    };
    if cloud_time.duration_since(ended) < SILENCE {
        return;
    }
    for part in parts {
        if part.state == PartState::Waiting {
            part.state = PartState::Unconfirmed;
        }
    }
}

/// The parent's numbers with the applications' end. Nothing that the parent says makes a success.
#[must_use]
pub fn report(parent: Parent, parts: Vec<Part>) -> OrderReport {
    let count = |states: &[PartState]| {
        let found = parts.iter().filter(|part| states.contains(&part.state));
        i32::try_from(found.count()).unwrap_or(i32::MAX)
    };
    let failed = [PartState::Failed, PartState::Aborted, PartState::Rejected];
    let message = reasons(&parts);
    OrderReport {
        state: state(&parent, &parts),
        status: parent.status,
        sub_status: parent.sub_status,
        kind: parent.kind,
        same_target: parent.same_target,
        total: i32::try_from(parts.len()).unwrap_or(i32::MAX),
        succeeded: count(&[PartState::Succeeded]),
        failed: count(&failed),
        message: if message.is_empty() {
            parent.message
        } else {
            message
        },
        parts,
    }
}

fn state(parent: &Parent, parts: &[Part]) -> OrderState {
    let any = |state| parts.iter().any(|part| part.state == state);
    let all = |state| parts.iter().all(|part| part.state == state);
    if any(PartState::Waiting) || any(PartState::Running) {
        return if waits_for_a_person(parent.state) {
            parent.state
        } else if is_stuck(parts) {
            OrderState::NeedsAttention
        } else {
            OrderState::Running
        };
    }
    if any(PartState::Unconfirmed) {
        OrderState::Unconfirmed
    } else if all(PartState::Succeeded) {
        OrderState::Succeeded
    } else if any(PartState::Succeeded) {
        OrderState::PartlySucceeded
    } else if all(PartState::Aborted) {
        OrderState::Aborted
    } else {
        OrderState::Failed
    }
}

const fn waits_for_a_person(state: OrderState) -> bool {
    matches!(
        state,
        OrderState::WaitsForConfirmation
            | OrderState::WaitsForApproval
            | OrderState::NeedsAttention
    )
}

// Everything that still goes on stopped advancing.
fn is_stuck(parts: &[Part]) -> bool {
    let mut open = parts.iter().filter(|part| !part.state.is_final());
    open.all(|part| part.error.is_some())
}

fn reasons(parts: &[Part]) -> String {
    let failed = parts.iter().filter_map(|part| {
        let error = part.error.as_ref()?;
        let why = if error.message.is_empty() {
            format!("status {}", error.code)
        } else {
            error.message.clone()
        };
        Some(format!("{}: {why}", part.id))
    });
    text::clean(&failed.collect::<Vec<_>>().join("; "))
}
