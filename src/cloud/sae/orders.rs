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

/// Adds the orders of a page that stand above the baseline, each once: pages shift while they are
/// read. True when the list was read down to the baseline or to its end.
///
/// A page that is shorter than asked for does not prove the end, since the cloud may cap pages; an
/// empty page and the total do.
pub fn add_above(above: &mut Vec<OrderItem>, page: OrderList, baseline: &[OrderId]) -> bool {
    if page.change_order_list.is_empty() {
        return true;
    }
    for item in page.change_order_list {
        if baseline.iter().any(|id| id.0 == item.change_order_id) {
            return true;
        }
        if !above
            .iter()
            .any(|known| known.change_order_id == item.change_order_id)
        {
            above.push(item);
        }
    }
    let total = page
        .total_size
        .and_then(|total| usize::try_from(total).ok());
    total.is_some_and(|total| above.len() >= total)
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
        parts: Vec::new(),
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
        | OrderState::Aborted
        | OrderState::Unconfirmed => false,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::{sae::wire::Pipeline, types::AttemptId};

    fn item(id: &str) -> OrderItem {
        OrderItem {
            change_order_id: id.into(),
            co_type_code: RESTART_TYPE.into(),
            status: Some(1),
            create_time: "2026-11-22 15:08:09".into(),
            create_user_id: "u-1".into(),
            source: "pop".into(),
        }
    }

    fn batch(status: i32, start_time: Option<i64>) -> Pipeline {
        Pipeline {
            pipeline_id: "p".into(),
            status: Some(status),
            start_time,
        }
    }

    fn order(status: i32, sub_status: i32, batches: &[i32]) -> ChangeOrder {
        ChangeOrder {
            change_order_id: "o-1".into(),
            app_id: "app-1".into(),
            co_type_code: "msg.docker.app.actions.CoRestartApplication".into(),
            status: Some(status),
            sub_status: Some(sub_status),
            error_message: "success".into(),
            batch_count: Some(3),
            pipelines: batches.iter().map(|status| batch(*status, None)).collect(),
        }
    }

    fn app() -> SaeApplication {
        SaeApplication {
            region: "cn-hangzhou".into(),
            app_id: "app-1".into(),
            min_ready_instances: None,
            min_ready_instance_ratio: None,
            auto_enable_application_scaling_rule: None,
        }
    }

    fn page(ids: &[&str], total: Option<i64>) -> OrderList {
        OrderList {
            change_order_list: ids.iter().map(|id| item(id)).collect(),
            total_size: total,
        }
    }

    #[test]
    fn each_status_number_has_its_class() {
        use OrderState::{
            Aborted, Failed, NeedsAttention, PartlySucceeded, Running, Succeeded, WaitsForApproval,
            WaitsForConfirmation,
        };
        for (status, sub_status, batches, state) in [
            (0, 0, &[][..], Running),
            (1, 0, &[2, 1], Running),
            (1, 1, &[2, 1], NeedsAttention),
            (0, 1, &[], Running),
            (2, 0, &[], Succeeded),
            (2, 0, &[2, 2, 2], Succeeded),
            (2, 1, &[2, 2, 2], Succeeded),
            (2, 0, &[2, 2, 3], PartlySucceeded),
            (2, 0, &[10, 2, 2], PartlySucceeded),
            (2, 0, &[2, 6, 2], PartlySucceeded),
            (2, 0, &[3, 6, 10], Failed),
            (3, 0, &[2, 3], Failed),
            (10, 0, &[], Failed),
            (6, 0, &[2, 6], Aborted),
            (8, 0, &[2], WaitsForConfirmation),
            (9, 0, &[2], Running),
            (11, 0, &[], WaitsForApproval),
            (12, 0, &[], Running),
            (4, 0, &[], Running),
            (5, 0, &[], Running),
            (7, 0, &[2, 2], Running),
            (77, 0, &[2, 2], Running),
            (-1, 0, &[2, 2], Running),
        ] {
            let report = report(&order(status, sub_status, batches), &app());
            assert_eq!(report.state, state, "{status} {sub_status} {batches:?}");
        }
    }

    #[test]
    fn a_report_counts_batches_and_drops_the_word_success() {
        let report = report(&order(1, 0, &[2, 3, 6, 1]), &app());
        assert_eq!((report.total, report.succeeded, report.failed), (4, 1, 2));
        assert_eq!(report.kind, RESTART_TYPE);
        assert_eq!(report.message, "");
        assert!(report.same_target);
        let mut foreign = order(1, 0, &[]);
        foreign.app_id = "app-2".into();
        foreign.error_message = "<b>disk</b>\nfull".into();
        let report = super::report(&foreign, &app());
        assert!(!report.same_target);
        assert_eq!((report.total, report.message.as_str()), (3, "disk full"));
    }

    #[test]
    fn the_window_is_closed_by_the_skew_and_the_settling_time() {
        let signed: jiff::Timestamp = "2026-11-22T07:00:00Z".parse().unwrap();
        let call = Submission {
            attempt: AttemptId("a".into()),
            number: 1,
            owned: 0,
            signed_at: signed,
            not_after: signed + SignedDuration::from_secs(900),
            target_hash: String::new(),
            nonce: String::new(),
            credential: String::new(),
            baseline: vec![],
        };
        let at = |seconds: i64| signed.as_millisecond() + seconds * 1000;
        let start = |times: &[Option<i64>]| {
            let mut order = order(1, 0, &[]);
            order.pipelines = times.iter().map(|time| batch(1, *time)).collect();
            start_of(&order, &call)
        };
        assert_eq!(start(&[]), Start::NotYet);
        assert_eq!(start(&[None, Some(0)]), Start::NotYet);
        assert_eq!(start(&[Some(at(-60))]), Start::Inside);
        assert_eq!(start(&[Some(at(-60) - 1)]), Start::Before);
        assert_eq!(start(&[Some(at(1080))]), Start::Inside);
        assert_eq!(start(&[Some(at(1080) + 1)]), Start::After);
        // The earliest batch counts, wherever it stands.
        assert_eq!(start(&[Some(at(2000)), None, Some(at(10))]), Start::Inside);
        assert_eq!(start(&[Some(at(10)), Some(at(-61))]), Start::Before);
    }

    #[test]
    fn only_a_restart_by_the_api_and_not_by_a_stranger_could_be_ours() {
        let ours = ["u-1".to_owned()];
        assert!(could_be_ours(&item("o"), &ours));
        assert!(could_be_ours(&item("o"), &[]));
        assert!(!could_be_ours(&item("o"), &["u-2".to_owned()]));
        let other = |change: fn(&mut OrderItem)| {
            let mut item = item("o");
            change(&mut item);
            could_be_ours(&item, &ours)
        };
        assert!(!other(|item| item.co_type_code = "CoDeploy".into()));
        assert!(!other(
            |item| item.co_type_code = "CoRestartInstances".into()
        ));
        assert!(!other(|item| item.source = "Console".into()));
        assert!(other(
            |item| item.co_type_code = "x.CoRestartApplication".into()
        ));
        // Unnamed is not known to be another's; and not known to be ours.
        assert!(other(|item| item.create_user_id = String::new()));
        let unnamed = OrderItem {
            create_user_id: String::new(),
            ..item("o")
        };
        assert!(!is_known_creator(&unnamed, &[String::new()]));
    }

    #[test]
    fn pages_are_read_down_to_the_baseline_or_to_the_end() {
        let baseline = [OrderId("o-1".into())];
        let mut above = vec![];
        assert!(!add_above(
            &mut above,
            page(&["o-4", "o-3"], Some(9)),
            &baseline
        ));
        // The list moved by one while it was read.
        assert!(add_above(
            &mut above,
            page(&["o-3", "o-2", "o-1", "o-0"], Some(9)),
            &baseline
        ));
        let ids: Vec<_> = above
            .iter()
            .map(|item| item.change_order_id.as_str())
            .collect();
        assert_eq!(ids, ["o-4", "o-3", "o-2"]);

        assert!(add_above(&mut vec![], page(&[], Some(9)), &baseline));
        assert!(add_above(
            &mut vec![],
            page(&["o-9", "o-8"], Some(2)),
            &baseline
        ));
        // A short page alone proves nothing: the cloud may cap pages.
        assert!(!add_above(&mut vec![], page(&["o-9"], None), &baseline));
        assert!(!add_above(&mut vec![], page(&["o-9"], Some(2)), &[]));
    }

    #[test]
    fn the_order_that_holds_the_target_is_described_as_far_as_it_is_listed() {
        let mut deploy = item("o-2");
        deploy.co_type_code = "CoDeploy".into();
        let list = OrderList {
            change_order_list: vec![
                OrderItem {
                    status: Some(2),
                    ..item("o-3")
                },
                deploy,
            ],
            total_size: None,
        };
        let named = running_order("o-2", &list);
        assert_eq!(
            (named.id.0.as_str(), named.kind.as_str()),
            ("o-2", "CoDeploy")
        );
        assert_eq!(
            (named.created_by.as_str(), named.since.as_str()),
            ("u-1", "2026-11-22 15:08:09")
        );
        assert_eq!(running_order("", &list), named);
        assert_eq!(running_order("o-9", &list).id.0, "o-9");
        assert_eq!(running_order("o-9", &list).kind, "");
        assert_eq!(
            line(&item("o-2")),
            "o-2 CoRestartApplication by u-1 at 2026-11-22 15:08:09"
        );
    }
}
