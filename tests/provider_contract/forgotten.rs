//! The look for a restart of ours that no request has recorded, before a new one is sent.

use cloudsim::{Canned, DEFAULT_CREATOR, Edit, Fault, FaultRule, NewOrder, OrderPlan};
use jiff::{SignedDuration, Timestamp};
use restart_operator::cloud::types::{Candidate, EdasApplication, Match, OrderId, Target};

use crate::fixture::{APP, Cloud, target};

fn done() -> OrderPlan {
    OrderPlan {
        duration_ms: 0,
        ..OrderPlan::default()
    }
}

fn ours() -> NewOrder {
    NewOrder::by_api(APP, DEFAULT_CREATOR).with_plan(done())
}

fn edas() -> Target {
    Target::EdasApplication(EdasApplication {
        region: "cn-hangzhou".into(),
        app_id: APP.into(),
        ecc_ids: vec![],
    })
}

async fn newer_than(
    cloud: &Cloud,
    target: &Target,
    since: Timestamp,
    known: &[OrderId],
) -> Vec<(OrderId, Match)> {
    let caller = &cloud.caller;
    let found = caller
        .provider
        .forgotten(&caller.access, target, since, known);
    let found = found.await.unwrap();
    let pair = |candidate: Candidate| (candidate.order, candidate.match_);
    found.into_iter().map(pair).collect()
}

/// A cloud of each product that resolves, with the target that is asked about.
async fn both() -> [(Cloud, Target); 2] {
    [
        (Cloud::start().await, target()),
        (Cloud::edas().await, edas()),
    ]
}

#[tokio::test]
async fn only_newer_restarts_of_ours_that_are_not_known_are_told() {
    for (cloud, target) in both().await {
        let since = cloud.sim.now() - SignedDuration::from_secs(60);
        let put = |order: NewOrder| OrderId(cloud.sim.start_order(order).unwrap());
        put(ours().aged(90_000));
        assert_eq!(newer_than(&cloud, &target, since, &[]).await, []);
        put(NewOrder::by_hand(APP).with_plan(done()));
        put(NewOrder::by_api(APP, "290000000000000777").with_plan(done()));
        assert_eq!(newer_than(&cloud, &target, since, &[]).await, []);
        let first = put(ours().aged(30_000));
        let second = put(ours());
        let found = newer_than(&cloud, &target, since, &[]).await;
        let expected = [
            (second.clone(), Match::Verified),
            (first.clone(), Match::Verified),
        ];
        assert_eq!(found, expected, "newest first");
        let found = newer_than(&cloud, &target, since, &[second]).await;
        assert_eq!(found, [(first, Match::Verified)]);
    }
}

#[tokio::test]
async fn without_a_learned_creator_it_may_be_ours() {
    for (mut cloud, target) in both().await {
        let since = cloud.sim.now() - SignedDuration::from_secs(60);
        let order = OrderId(cloud.sim.start_order(ours()).unwrap());
        cloud.caller.access.creators = vec![];
        let found = newer_than(&cloud, &target, since, &[]).await;
        assert_eq!(found, [(order, Match::CreatorUnknown)]);
    }
}

#[tokio::test]
async fn what_never_started_is_waited_for_only_while_it_may_still_start() {
    let minute = std::time::Duration::from_secs(60);
    for (cloud, target) in both().await {
        cloud.sim.freeze_clock();
        let since = cloud.sim.now() - SignedDuration::from_secs(60);
        let preparing = OrderPlan::lasting(2 * minute).preparing(minute);
        let order = cloud.sim.start_order(ours().with_plan(preparing)).unwrap();
        let found = newer_than(&cloud, &target, since, &[]).await;
        assert_eq!(found, [(OrderId(order.clone()), Match::NotStarted)]);
        // Aborted before its first batch: nothing was restarted, and nothing will be.
        assert!(cloud.sim.end_order(&order, 6));
        assert_eq!(newer_than(&cloud, &target, since, &[]).await, []);
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_an_error_and_no_answer() {
    for (cloud, target) in both().await {
        let refused = Fault::AnswerInstead(Canned::code(503, "ServiceUnavailable"));
        for action in ["ListChangeOrders", "ListRecentChangeOrder"] {
            cloud
                .sim
                .inject(FaultRule::on(action, refused.clone()).always());
        }
        let caller = &cloud.caller;
        let look = caller
            .provider
            .forgotten(&caller.access, &target, cloud.sim.now(), &[]);
        assert!(look.await.is_err());
    }
}

#[tokio::test]
async fn an_edas_order_of_another_type_than_our_own_is_not_ours() {
    let cloud = Cloud::edas().await;
    let since = cloud.sim.now() - SignedDuration::from_secs(60);
    cloud.sim.start_order(ours().of_type("CoDeploy")).unwrap();
    let named = newer_than(&cloud, &edas(), since, &[]).await;
    assert_eq!(named.len(), 1, "no type is documented");
    let (call, target) = (crate::fixture::intent(), edas());
    let order = cloud.caller.restart_of(&target, &call).await;
    let caller = &cloud.caller;
    let creator = caller.provider.creator(&caller.access, &target, &order);
    assert_eq!(creator.await.unwrap().as_deref(), Some(DEFAULT_CREATOR));
    let found = newer_than(&cloud, &edas(), since, &[]).await;
    assert_eq!(found, [(order, Match::Verified)]);
    // An order that names no type may be of any.
    let edit = Edit::remove("/ChangeOrderList/ChangeOrder/0/CoTypeCode");
    let unnamed = FaultRule::on("ListRecentChangeOrder", Fault::mutate([edit]));
    cloud.sim.inject(unnamed);
    assert_eq!(newer_than(&cloud, &edas(), since, &[]).await, found);
}
