//! What a poll saw of a change order. Pure.

use super::{
    classify::{count, has_failed, has_succeeded, order_state},
    orders::{name, type_code},
    wire::{ChangeOrder, PipelineDetail},
};
use crate::cloud::{
    text,
    types::{OrderReport, OrderState},
};

/// What a poll saw of an order, with the order's own message.
#[must_use]
pub fn report(order: &ChangeOrder, app_id: &str) -> OrderReport {
    // -1 stands for an answer without the number; like every unknown number it is no end.
    let status = order.status.unwrap_or(-1);
    let batches = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    OrderReport {
        state: order_state(status, order.sub_status, &order.pipelines),
        status,
        sub_status: order.sub_status,
        kind: name(type_code(&order.co_type_code)),
        same_target: order.app_id == app_id,
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

/// The order's own message, without the word success that a good order carries there.
#[must_use]
pub fn own_message(message: &str) -> String {
    let message = text::clean(message);
    let junk = ["success", "null"]
        .iter()
        .any(|word| message.eq_ignore_ascii_case(word));
    if junk { String::new() } else { message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::sae::wire::Pipeline;

    fn order(status: i32, sub_status: i32, batches: &[i32]) -> ChangeOrder {
        ChangeOrder {
            change_order_id: "o-1".into(),
            app_id: "app-1".into(),
            co_type_code: "msg.docker.app.actions.CoRestartApplication".into(),
            status: Some(status),
            sub_status: Some(sub_status),
            error_message: "success".into(),
            batch_count: Some(3),
            pipelines: batches
                .iter()
                .map(|status| Pipeline {
                    status: Some(*status),
                    ..Pipeline::default()
                })
                .collect(),
            co_targets: vec![],
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
            let report = report(&order(status, sub_status, batches), "app-1");
            assert_eq!(report.state, state, "{status} {sub_status} {batches:?}");
        }
    }

    #[test]
    fn a_report_counts_batches_and_drops_the_word_success() {
        let report = report(&order(1, 0, &[2, 3, 6, 1]), "app-1");
        assert_eq!((report.total, report.succeeded, report.failed), (4, 1, 2));
        assert_eq!(report.kind, "CoRestartApplication");
        assert_eq!(report.message, "");
        assert!(report.same_target);
        let mut foreign = order(1, 0, &[]);
        foreign.app_id = "app-2".into();
        foreign.error_message = "<b>disk</b>\nfull".into();
        let report = super::report(&foreign, "app-1");
        assert!(!report.same_target);
        assert_eq!((report.total, report.message.as_str()), (3, "disk full"));
    }
}
