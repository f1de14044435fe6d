//! The look for an order whose answer was lost.

use std::time::Duration;

use cloudsim::{Canned, Edit, Fault, FaultRule, NewOrder};
use jiff::SignedDuration;
use restart_operator::cloud::types::{Match, OrderState};

use super::{ORDER, checked, cloud, done, lost, minute, target};
use crate::fixture::{APP, RESTART, ambiguous, following, matches};

#[tokio::test]
async fn the_order_of_a_lost_answer_is_found_and_verified() {
    let cloud = cloud(minute()).await;
    let before = NewOrder::by_api(APP, cloudsim::DEFAULT_CREATOR).with_plan(done());
    cloud.sim.start_order(before).unwrap();
    let some = target(&["ecc-1", "ecc-2"]);
    let call = checked(&cloud, &some).await;
    let order = lost(&cloud, &some, &call).await;
    let look = cloud.caller.look(&some, &call).await.unwrap();
    assert_eq!(matches(&look), [(order.clone(), Match::Verified)]);
    assert!(look.complete);
    assert_eq!(look.cloud_time.as_second(), cloud.sim.now().as_second());
    assert!(look.candidates[0].line.contains(&order.0));
    // Orders for other instances are others' orders.
    let other = target(&["ecc-3"]);
    assert_eq!(
        matches(&cloud.caller.look(&other, &call).await.unwrap()),
        []
    );
    // Some answers name no instances.
    let edit = Edit::remove("/changeOrderInfo/Targets");
    cloud
        .sim
        .inject(FaultRule::on(ORDER, Fault::mutate([edit])));
    let look = cloud.caller.look(&some, &call).await.unwrap();
    assert_eq!(matches(&look), [(order, Match::Verified)]);
}

#[tokio::test]
async fn nothing_executed_means_no_candidate() {
    let cloud = cloud(minute()).await;
    let call = checked(&cloud, &target(&[])).await;
    cloud.sim.inject(FaultRule::on(RESTART, Fault::DropBefore));
    ambiguous(cloud.caller.submit_to(&target(&[]), &call).await);
    let look = cloud.caller.look(&target(&[]), &call).await.unwrap();
    assert_eq!((matches(&look), look.complete), (vec![], true));
}

#[tokio::test]
async fn orders_of_others_are_no_candidates_and_an_unlearned_creator_is_no_proof() {
    let mut cloud = cloud(minute()).await;
    let ours = cloudsim::DEFAULT_CREATOR;
    let call = checked(&cloud, &target(&[])).await;
    for order in [
        NewOrder::by_hand(APP),
        NewOrder {
            creator: ours.into(),
            ..NewOrder::by_hand(APP)
        },
        NewOrder::by_api(APP, "290000000000000777"),
        NewOrder::by_api(APP, ours).aged(120_000),
    ] {
        cloud.sim.start_order(order.with_plan(done())).unwrap();
    }
    let look = cloud.caller.look(&target(&[]), &call).await.unwrap();
    assert_eq!(matches(&look), []);
    let order = lost(&cloud, &target(&[]), &call).await;
    cloud.caller.access.creators = vec![];
    let look = cloud.caller.look(&target(&[]), &call).await.unwrap();
    assert!(matches(&look).contains(&(order, Match::CreatorUnknown)));
}

#[tokio::test]
async fn a_list_that_no_longer_shows_the_baseline_proves_nothing() {
    let cloud = cloud(minute()).await;
    let other = || {
        let order = NewOrder::by_hand(APP)
            .of_type("CoScaleOut")
            .with_plan(done());
        cloud.sim.start_order(order).unwrap()
    };
    other();
    let call = checked(&cloud, &target(&[])).await;
    for _ in 0..19 {
        other();
    }
    let look = cloud.caller.look(&target(&[]), &call).await.unwrap();
    assert!(look.complete);
    other();
    let look = cloud.caller.look(&target(&[]), &call).await.unwrap();
    assert_eq!((matches(&look), look.complete), (vec![], false));
}

#[tokio::test]
async fn an_order_that_has_not_started_or_is_not_readable_yet_is_looked_at_again() {
    let preparing = minute().preparing(Duration::from_secs(30));
    let cloud = cloud(preparing).await;
    let call = checked(&cloud, &target(&[])).await;
    let order = lost(&cloud, &target(&[]), &call).await;
    let not_started = [(order.clone(), Match::NotStarted)];
    let look = cloud.caller.look(&target(&[]), &call).await.unwrap();
    assert_eq!(matches(&look), not_started);
    cloud.sim.advance_clock(SignedDuration::from_secs(31));
    let empty = Fault::AnswerInstead(Canned::body(200, r#"{"Code":200}"#));
    cloud.sim.inject(FaultRule::on(ORDER, empty));
    let look = cloud.caller.look(&target(&[]), &call).await.unwrap();
    assert_eq!(matches(&look), not_started);
    let look = cloud.caller.look(&target(&[]), &call).await.unwrap();
    assert_eq!(matches(&look), [(order, Match::Verified)]);
}

#[tokio::test]
async fn lists_of_one_element_may_be_that_element() {
    let cloud = cloud(minute().batches(1)).await;
    cloud
        .sim
        .inject(FaultRule::new(Fault::ListAsSingleObject).always());
    let one = target(&["ecc-1"]);
    let call = checked(&cloud, &one).await;
    let order = lost(&cloud, &one, &call).await;
    let look = cloud.caller.look(&one, &call).await.unwrap();
    assert_eq!(matches(&look), [(order.clone(), Match::Verified)]);
    let followed = following(&order, &call);
    let report = cloud.caller.poll(&one, &followed).await.unwrap();
    assert_eq!((report.total, report.state), (1, OrderState::Running));
}
