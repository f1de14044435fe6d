//! What a poll saw of a change order. Pure.

use super::{
    classify::{has_failed, has_succeeded, order_state},
    wire::{OrderInfo, Pipeline},
};
use crate::cloud::{
    text,
    types::{OrderReport, OrderState},
};

/// What a poll saw of an order. `same_target` is for the caller to say: the order does not name its
/// application.
#[must_use]
pub fn report(order: &OrderInfo, same_target: bool) -> OrderReport {
    // -1 stands for an answer without the number; like every unknown number it is no end.
    let status = order.status.unwrap_or(-1);
    let count = |is: fn(&Pipeline) -> bool| {
        let found = order.pipelines.iter().filter(|batch| is(batch)).count();
        i32::try_from(found).unwrap_or(i32::MAX)
    };
    let state = order_state(status, &order.pipelines);
    let is_bad = !matches!(state, OrderState::Running | OrderState::Succeeded);
    OrderReport {
        state,
        status,
        sub_status: None,
        kind: String::new(),
        same_target,
        total: order.batch_count.unwrap_or(0).max(count(|_| true)),
        // A batch of which a part failed is no success.
        succeeded: count(|batch| has_succeeded(batch) && !has_failed(batch)),
        failed: count(has_failed),
        parts: Vec::new(),
        message: if is_bad { reason(order) } else { String::new() },
    }
}

// The message of the first failed task that has one, with the task's error code.
fn reason(order: &OrderInfo) -> String {
    let tasks = order
        .pipelines
        .iter()
        .flat_map(|batch| &batch.stages)
        .flat_map(|stage| &stage.tasks);
    tasks
        .filter(|task| matches!(task.task_status, Some(3 | 6 | 7 | 10)))
        .map(|task| {
            let message = if task.task_error_message.is_empty() {
                &task.task_message
            } else {
                &task.task_error_message
            };
            text::clean(&format!("{} {message}", task.task_error_code))
        })
        .find(|reason| !reason.is_empty())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(status: i32, batches: &[i32]) -> OrderInfo {
        OrderInfo {
            change_order_id: "o-1".into(),
            status: Some(status),
            batch_count: Some(2),
            pipelines: batches
                .iter()
                .map(|status| Pipeline {
                    pipeline_status: Some(*status),
                    ..Pipeline::default()
                })
                .collect(),
            targets: None,
        }
    }

    #[test]
    fn each_status_number_has_its_class() {
        use OrderState::{
            Aborted, Failed, PartlySucceeded, Running, Succeeded, WaitsForConfirmation,
        };
        for (status, batches, state) in [
            (0, &[][..], Running),
            (1, &[2, 1], Running),
            (2, &[], Succeeded),
            (2, &[2, 2], Succeeded),
            (2, &[2, 3], PartlySucceeded),
            (2, &[7, 2], PartlySucceeded),
            (2, &[7], PartlySucceeded),
            (2, &[3, 10], Failed),
            (3, &[2, 3], Failed),
            (6, &[2, 6], Aborted),
            (7, &[2, 7], PartlySucceeded),
            (8, &[2], WaitsForConfirmation),
            (9, &[2], Running),
            (10, &[], Failed),
            (4, &[], Running),
            (5, &[], Running),
            (11, &[], Running),
            (12, &[], Running),
            (77, &[2, 2], Running),
        ] {
            let report = report(&order(status, batches), true);
            assert_eq!(report.state, state, "{status} {batches:?}");
        }
        let unset = OrderInfo::default();
        assert_eq!(report(&unset, true).state, Running);
    }

    #[test]
    fn a_report_counts_batches_and_tells_why_a_task_failed() {
        let numbers = report(&order(1, &[2, 3, 7, 1]), true);
        assert_eq!(
            (numbers.total, numbers.succeeded, numbers.failed),
            (4, 1, 2)
        );
        assert_eq!(numbers.message, "");
        let json = r#"{"Status":3,"PipelineInfoList":{"PipelineInfo":{"PipelineStatus":3,
            "StartTime":"1763712550000","StageDetailList":{"StageDetailDTO":[{"TaskList":{
            "TaskInfoDTO":[{"TaskStatus":"2","TaskErrorMessage":"fine"},{"TaskStatus":"3",
            "TaskErrorCode":"EDAS-10002","TaskErrorMessage":"<p>timed\n out</p>"}]}}]}}}}"#;
        let order: OrderInfo = serde_json::from_str(json).unwrap();
        assert_eq!(order.pipelines[0].start_time, Some(1_763_712_550_000));
        let failed = report(&order, false);
        assert!(!failed.same_target);
        assert_eq!(failed.message, "EDAS-10002 timed out");
        assert_eq!((failed.total, failed.failed), (1, 1));
    }
}
