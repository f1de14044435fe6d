//! Where an order stands at a moment, computed from its plan and the time alone.
//!
//! No background work moves an order, so that a test may set the clock and see the result at once.

use jiff::{SignedDuration, Timestamp};

use super::Order;
use super::plan::{ABORTED, RUNNING, SUCCEEDED};

/// Status of an order or pipeline that has not started (SAE order status 0).
const PREPARING: i64 = 0;

/// An order at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Order status number.
    pub status: i64,
    /// 0 normal, 1 abnormal.
    pub sub_status: i64,
    /// One per batch, first batch first.
    pub pipelines: Vec<PipelineProgress>,
    /// When the order ended, if its status is a final one.
    pub finished: Option<Timestamp>,
}

/// A pipeline (batch) at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PipelineProgress {
    /// Same numbers as an order's status.
    pub status: i64,
    /// When the batch started; `None` before.
    pub started: Option<Timestamp>,
    /// When the batch last moved; `None` before it started.
    pub updated: Option<Timestamp>,
}

impl Progress {
    pub(super) fn of(order: &Order, now: Timestamp) -> Self {
        let end = order.created + millis(order.plan.duration_ms);
        match order.ended {
            Some((at, status)) if at <= now => Self::cut(order, at, status),
            _ if now >= end => Self::at_end(order, end),
            _ => Self::on_the_way(order, now),
        }
    }

    fn on_the_way(order: &Order, now: Timestamp) -> Self {
        let pipelines: Vec<_> = spans(order).map(|span| span.at(now)).collect();
        let started = pipelines.iter().any(|pipeline| pipeline.started.is_some());
        let status = if started { RUNNING } else { PREPARING };
        Self {
            status,
            sub_status: 0,
            pipelines,
            finished: None,
        }
    }

    fn at_end(order: &Order, end: Timestamp) -> Self {
        let plan = &order.plan;
        let last = spans(order).count().saturating_sub(1);
        let pipelines = spans(order).enumerate().map(|(place, span)| {
            let usual = if place == last {
                plan.final_status
            } else {
                SUCCEEDED
            };
            let status = plan.pipeline_statuses.get(place).copied().unwrap_or(usual);
            PipelineProgress {
                status,
                started: Some(span.start),
                updated: Some(span.end),
            }
        });
        Self {
            status: plan.final_status,
            sub_status: plan.final_sub_status,
            pipelines: pipelines.collect(),
            finished: order.product.ends(plan.final_status).then_some(end),
        }
    }

    /// An end from outside the plan: what had finished stays, the rest gets the new status.
    fn cut(order: &Order, at: Timestamp, status: i64) -> Self {
        let before = if at >= order.created + millis(order.plan.duration_ms) {
            Self::at_end(order, order.created + millis(order.plan.duration_ms))
        } else {
            Self::on_the_way(order, at)
        };
        let pipelines = before
            .pipelines
            .into_iter()
            .map(|pipeline| match pipeline.status {
                PREPARING if status == ABORTED => pipeline,
                done if order.product.ends(done) => pipeline,
                _ => PipelineProgress {
                    status,
                    started: pipeline.started.or(Some(at)),
                    updated: Some(at),
                },
            });
        Self {
            status,
            sub_status: 0,
            pipelines: pipelines.collect(),
            finished: order.product.ends(status).then_some(at),
        }
    }
}

/// The time in which one batch is worked on.
struct Span {
    start: Timestamp,
    end: Timestamp,
}

impl Span {
    fn at(&self, now: Timestamp) -> PipelineProgress {
        if now < self.start {
            PipelineProgress {
                status: PREPARING,
                started: None,
                updated: None,
            }
        } else if now < self.end {
            let (started, updated) = (Some(self.start), Some(now));
            PipelineProgress {
                status: RUNNING,
                started,
                updated,
            }
        } else {
            let (started, updated) = (Some(self.start), Some(self.end));
            PipelineProgress {
                status: SUCCEEDED,
                started,
                updated,
            }
        }
    }
}

/// Equal shares of the time between preparation and end, one per batch, one after another.
fn spans(order: &Order) -> impl Iterator<Item = Span> {
    let plan = &order.plan;
    let batches = u64::from(plan.batches.max(1));
    let prepare = plan.prepare_ms.min(plan.duration_ms);
    let work = plan.duration_ms - prepare;
    let created = order.created;
    let edge = move |batch: u64| {
        let share = u128::from(work) * u128::from(batch) / u128::from(batches);
        created + millis(prepare + u64::try_from(share).unwrap_or(u64::MAX))
    };
    (0..batches).map(move |batch| Span {
        start: edge(batch),
        end: edge(batch + 1),
    })
}

/// Milliseconds, capped at about 300 years so that adding them to a timestamp of our time is safe.
fn millis(value: u64) -> SignedDuration {
    const CAP: i64 = 300 * 365 * 86_400_000;
    SignedDuration::from_millis(i64::try_from(value).unwrap_or(CAP).min(CAP))
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::super::{NewOrder, Order, OrderPlan, ProductKind};

    fn order(plan: OrderPlan) -> Order {
        Order::new(
            "o".into(),
            ProductKind::Sae,
            NewOrder::by_hand("a"),
            plan,
            Timestamp::UNIX_EPOCH,
        )
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_millis(ms)
    }

    fn statuses(order: &Order, ms: i64) -> (i64, Vec<i64>) {
        let progress = order.progress(at(ms));
        (
            progress.status,
            progress.pipelines.iter().map(|p| p.status).collect(),
        )
    }

    fn plan() -> OrderPlan {
        OrderPlan {
            prepare_ms: 100,
            duration_ms: 500,
            batches: 2,
            ..OrderPlan::default()
        }
    }

    #[test]
    fn an_order_passes_preparation_and_each_batch_in_turn() {
        let order = order(plan());
        assert_eq!(statuses(&order, 0), (0, vec![0, 0]));
        assert_eq!(statuses(&order, 100), (1, vec![1, 0]));
        assert_eq!(statuses(&order, 300), (1, vec![2, 1]));
        assert_eq!(statuses(&order, 500), (2, vec![2, 2]));
        assert_eq!(order.progress(at(9_000)).finished, Some(at(500)));
        assert_eq!(order.progress(at(300)).pipelines[1].started, Some(at(300)));
    }

    #[test]
    fn an_order_that_is_not_final_at_its_end_never_finishes() {
        for status in [1, 8, 11, 77] {
            let order = order(plan().ending(status));
            assert_eq!(statuses(&order, 9_000), (status, vec![2, status]));
            assert_eq!(order.progress(at(9_000)).finished, None);
            assert!(order.is_running(at(9_000)));
        }
    }

    #[test]
    fn an_abort_stops_the_running_batch_and_leaves_the_others() {
        let mut order = order(plan().batches(4));
        order.end(at(250), 6);
        assert_eq!(statuses(&order, 9_000), (6, vec![2, 6, 0, 0]));
        assert_eq!(order.progress(at(9_000)).finished, Some(at(250)));
    }

    #[test]
    fn an_order_may_succeed_with_a_failed_pipeline() {
        let order = order(OrderPlan {
            pipeline_statuses: vec![3, 2],
            ..plan()
        });
        assert_eq!(statuses(&order, 500), (2, vec![3, 2]));
    }
}
