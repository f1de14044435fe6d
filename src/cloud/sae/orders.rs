//! Change orders: which of them could be ours, who holds the target, what a poll saw. Pure.
//!
//! Times are compared by the epoch fields of the batches only: the creation times are texts
//! without a time zone, for people.

use jiff::SignedDuration;

use super::{
    classify::{count, has_failed, has_succeeded, order_state},
    wire::{ChangeOrder, OrderItem, OrderList, PipelineDetail},
};
use crate::cloud::{
    text,
    types::{OrderId, OrderReport, OrderState, RunningOrder, SaeApplication, Submission},
};

/// Machine code of the order that `RestartApplication` opens.
const RESTART_TYPE: &str = "CoRestartApplication";

/// How much earlier than `signedAt` an order of ours may have started: the clock skew that the
/// protocol allows.
const BEFORE_SIGNED: SignedDuration = SignedDuration::from_secs(60);

/// How much later than `notAfter` an order of ours may have started: skew and settling time.
const AFTER_EXPIRY: SignedDuration = SignedDuration::from_secs(180);

/// When an order started, seen from the window of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// No batch has started.
    NotYet,
    /// Before the window: neither it nor any older order is ours.
    Before,
    /// Inside.
    Inside,
    /// After the window.
    After,
}

/// When an order started: by its earliest batch.
#[must_use]
pub fn start_of(order: &ChangeOrder, call: &Submission) -> Start {
    let started = order
        .pipelines
        .iter()
        .filter_map(|p| p.start_time)
        .filter(|ms| *ms > 0)
        .min();
    let Some(started) = started else {
        return Start::NotYet;
    };
    let early = call.signed_at.as_millisecond() - millis(BEFORE_SIGNED);
    let late = call.not_after.as_millisecond() + millis(AFTER_EXPIRY);
    if started < early {
        Start::Before
    } else if started > late {
        Start::After
    } else {
        Start::Inside
    }
}

/// Whether a listed order could come from a restart call of ours: a restart, not from the console,
/// and not by a creator that is known to be another. `creators` are the user ids that our orders
/// appear under; empty when none was learned.
#[must_use]
pub fn could_be_ours(item: &OrderItem, creators: &[String]) -> bool {
    type_code(&item.co_type_code) == RESTART_TYPE
        && !item.source.eq_ignore_ascii_case("console")
        && (creators.is_empty()
            || item.create_user_id.is_empty()
            || is_known_creator(item, creators))
}

/// Whether the order's creator is known to be ours.
#[must_use]
pub fn is_known_creator(item: &OrderItem, creators: &[String]) -> bool {
    !item.create_user_id.is_empty() && creators.contains(&item.create_user_id)
}

/// The order that occupies the application, for the person who waits for it. `named` is the id that
/// `DescribeApplicationStatus` names; empty when it names none.
#[must_use]
pub fn running_order(named: &str, list: &OrderList) -> RunningOrder {
    let items = &list.change_order_list;
    let by_id = items
        .iter()
        .find(|item| !named.is_empty() && item.change_order_id == named);
    let open = || items.iter().find(|item| named.is_empty() && is_open(item));
    match by_id.or_else(open) {
        Some(item) => RunningOrder {
            id: OrderId(item.change_order_id.clone()),
            kind: name(type_code(&item.co_type_code)),
            created_by: item.create_user_id.clone(),
            since: name(&item.create_time),
        },
        None => RunningOrder {
            id: OrderId(named.to_owned()),
            kind: String::new(),
            created_by: String::new(),
            since: String::new(),
        },
    }
}

/// One line about a candidate, for the person who has to decide.
#[must_use]
pub fn line(item: &OrderItem) -> String {
    let or_unknown = |text: &str| {
        if text.is_empty() {
            "unknown".into()
        } else {
            name(text)
        }
    };
    format!(
        "{} {} by {} at {}",
        item.change_order_id,
        or_unknown(type_code(&item.co_type_code)),
        or_unknown(&item.create_user_id),
        or_unknown(&item.create_time),
    )
}

/// What a poll saw of an order, with the order's own message.
#[must_use]
pub fn report(order: &ChangeOrder, app: &SaeApplication) -> OrderReport {
    // -1 stands for an answer without the number; like every unknown number it is no end.
    let status = order.status.unwrap_or(-1);
    let batches = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    OrderReport {
        state: order_state(status, order.sub_status, &order.pipelines),
        status,
        sub_status: order.sub_status,
        kind: name(type_code(&order.co_type_code)),
        same_target: order.app_id == app.app_id,
        total: order
            .batch_count
            .unwrap_or(0)
            .max(batches(order.pipelines.len())),
        succeeded: batches(count(&order.pipelines, has_succeeded)),
        failed: batches(count(&order.pipelines, has_failed)),
        message: own_message(&order.error_message),
    }
}

/// Whether the reason of this state is worth one more read.
#[must_use]
pub const fn wants_reason(state: OrderState) -> bool {
    match state {
        OrderState::Failed | OrderState::PartlySucceeded => true,
        OrderState::Running
        | OrderState::WaitsForConfirmation
        | OrderState::WaitsForApproval
        | OrderState::NeedsAttention
        | OrderState::Succeeded
        | OrderState::Aborted => false,
    }
}

/// The reason of a failed batch: the message of its first failed task that has one, with the
/// task's error code.
#[must_use]
pub fn reason(detail: &PipelineDetail) -> Option<String> {
    let tasks = detail.stage_list.iter().flat_map(|stage| &stage.task_list);
    let mut failed = tasks.filter(|task| matches!(task.status, Some(3 | 6 | 10)));
    let task = failed.find(|task| !task.error_message.is_empty())?;
    let reason = text::clean(&format!("{} {}", task.error_code, task.error_message));
    (!reason.is_empty()).then_some(reason)
}

// Namespace-level orders have shown a prefixed form, so the last dot part counts.
fn type_code(code: &str) -> &str {
    code.rsplit('.').next().unwrap_or(code)
}

fn is_open(item: &OrderItem) -> bool {
    matches!(item.status, Some(0 | 1 | 8 | 9 | 11 | 12))
}

// A good order carries the word success as its error message.
fn own_message(message: &str) -> String {
    let message = text::clean(message);
    let junk = ["success", "null"]
        .iter()
        .any(|word| message.eq_ignore_ascii_case(word));
    if junk { String::new() } else { message }
}

fn name(text: &str) -> String {
    text::clean_to(text, text::NAME_BYTES)
}

fn millis(duration: SignedDuration) -> i64 {
    duration.as_secs() * 1000
}
