//! Whose order a member of a batch is judged by. A batch learns the orders of its members from lists
//! alone, and each may be the one that another request opened for the same application.
//!
//! Recorded orders of others are passed over from the start, by the cache. Before the end of a batch
//! is told, one live list of the requests says whether that still holds.

use super::{Context, rivals};
use crate::{
    api::RestartRequest,
    cloud::types::{OrderId, OrderReport, OrderState, Part, PartState},
};

/// What another request says about the order that a member is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claim {
    /// It may be of its call as well as of ours.
    Open,
    /// Its call certainly opened it.
    Its,
}

/// Orders of a batch's members that other requests have recorded, as far as this process knows.
/// Nothing for other targets: they know their order.
pub(super) fn taken(on: &RestartRequest, ctx: &Context) -> Vec<OrderId> {
    if on.spec.target.sae_applications.is_none() {
        return Vec::new();
    }
    let mut taken = rivals::recorded_in_caches(on, ctx);
    taken.extend(ctx.records.others(on));
    taken
}

/// The report as it may be told: an end of a batch stands only on orders that no other request
/// claims. One list of the requests, at the end of a batch.
pub(super) async fn confirm(
    report: OrderReport,
    on: &RestartRequest,
    ctx: &Context,
) -> Result<OrderReport, kube::Error> {
    if on.spec.target.sae_applications.is_none() || !has_ended(report.state) {
        return Ok(report);
    }
    let others = rivals::others(on, ctx).await?;
    for other in &others {
        ctx.records.note(other);
    }
    Ok(doubt(report, |part| {
        let claims = others.iter();
        claims
            .filter_map(|other| rivals::claim(other, part, on, ctx))
            .max()
    }))
}

const fn has_ended(state: OrderState) -> bool {
    matches!(
        state,
        OrderState::Succeeded
            | OrderState::PartlySucceeded
            | OrderState::Failed
            | OrderState::Aborted
    )
}

/// Takes back what stands on a claimed order. What is certainly another's is looked for again, and
/// will be passed over; of what may be either's, nothing is known.
fn doubt(mut report: OrderReport, claim: impl Fn(&Part) -> Option<Claim>) -> OrderReport {
    for part in report.parts.iter_mut().filter(|part| part.order.is_some()) {
        match claim(part) {
            None => {}
            Some(Claim::Open) => part.state = PartState::Unconfirmed,
            Some(Claim::Its) => {
                *part = Part {
                    id: part.id.clone(),
                    state: PartState::Waiting,
                    order: None,
                    error: None,
                };
            }
        }
    }
    let count = |states: &[PartState]| {
        let found = report.parts.iter();
        found.filter(|part| states.contains(&part.state)).count()
    };
    let number = |states: &[PartState]| i32::try_from(count(states)).unwrap_or(i32::MAX);
    let failed = [PartState::Failed, PartState::Aborted, PartState::Rejected];
    let state = if count(&[PartState::Waiting]) > 0 {
        OrderState::Running
    } else if count(&[PartState::Unconfirmed]) > 0 {
        OrderState::Unconfirmed
    } else {
        report.state
    };
    OrderReport {
        state,
        succeeded: number(&[PartState::Succeeded]),
        failed: number(&failed),
        ..report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> OrderReport {
        let part = |id: &str| Part {
            id: id.into(),
            state: PartState::Succeeded,
            order: Some(OrderId(format!("order-{id}"))),
            error: None,
        };
        OrderReport {
            state: OrderState::Succeeded,
            status: 2,
            sub_status: None,
            kind: String::new(),
            same_target: true,
            total: 2,
            succeeded: 2,
            failed: 0,
            parts: vec![part("a"), part("b")],
            message: String::new(),
        }
    }

    fn claimed(claim: Claim) -> OrderReport {
        doubt(report(), |part| (part.id == "b").then_some(claim))
    }

    #[test]
    fn without_a_claim_nothing_changes() {
        assert_eq!(doubt(report(), |_| None), report());
    }

    #[test]
    fn an_order_of_another_request_is_no_evidence() {
        let doubted = claimed(Claim::Its);
        assert_eq!((doubted.state, doubted.succeeded), (OrderState::Running, 1));
        let part = &doubted.parts[1];
        assert_eq!((part.state, &part.order), (PartState::Waiting, &None));
    }

    #[test]
    fn an_order_that_may_be_of_either_proves_nothing_and_stays_recorded() {
        let doubted = claimed(Claim::Open);
        assert_eq!(doubted.state, OrderState::Unconfirmed);
        assert_eq!(doubted.succeeded, 1);
        assert_eq!(doubted.parts[1].state, PartState::Unconfirmed);
        assert_eq!(doubted.parts[1].order, report().parts[1].order);
    }
}
