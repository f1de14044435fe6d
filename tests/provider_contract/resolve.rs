//! The look for an order whose answer was lost.

use std::{sync::Arc, time::Duration};

use cloudsim::{Canned, Edit, Fault, FaultRule, NewOrder, OrderPlan};
use jiff::SignedDuration;
use restart_operator::cloud::{
    error::{CloudError, Kind},
    types::{Look, Match, OrderId, Submission},
};

use crate::fixture::{
    APP, Caller, Cloud, HurriedClock, RESTART, ambiguous, intent, matches, quick, target,
};

async fn look(cloud: &Cloud, call: &Submission) -> Result<Look, CloudError> {
    cloud
        .caller
        .provider
        .resolve(&cloud.caller.access, &target(), call)
        .await
}

/// A restart that was executed and whose answer was lost.
async fn lost(cloud: &Cloud, call: &Submission) -> OrderId {
    cloud.sim.inject(FaultRule::on(RESTART, Fault::DropAfter));
    ambiguous(cloud.caller.submit(call).await);
    OrderId(cloud.sim.ledger().restarts().last().unwrap().order.clone())
}

#[tokio::test]
async fn the_order_of_a_lost_answer_is_found_and_verified() {
    let cloud = Cloud::start().await;
    let call = intent();
    let order = lost(&cloud, &call).await;
    let look = look(&cloud, &call).await.unwrap();
    assert_eq!(matches(&look), [(order.clone(), Match::Verified)]);
    assert!(look.complete);
    assert!(look.candidates[0].line.contains(&order.0));
    assert!((look.cloud_time - cloud.sim.now()).get_seconds().abs() <= 1);
}

#[tokio::test]
async fn nothing_executed_means_no_candidate() {
    let cloud = Cloud::start().await;
    let call = intent();
    cloud.sim.inject(FaultRule::on(RESTART, Fault::DropBefore));
    ambiguous(cloud.caller.submit(&call).await);
    let look = look(&cloud, &call).await.unwrap();
    assert_eq!(matches(&look), []);
    assert!(look.complete);
}

#[tokio::test]
async fn without_a_learned_creator_nothing_is_verified_and_a_stranger_is_no_candidate() {
    let mut cloud = Cloud::start().await;
    let call = intent();
    let order = lost(&cloud, &call).await;
    cloud.caller.access.creators = vec![];
    assert_eq!(
        matches(&look(&cloud, &call).await.unwrap()),
        [(order, Match::CreatorUnknown)]
    );
    cloud.caller.access.creators = vec!["290000000000000777".into()];
    assert_eq!(matches(&look(&cloud, &call).await.unwrap()), []);
}

#[tokio::test]
async fn orders_of_others_in_the_window_are_no_candidates() {
    let cloud = Cloud::start().await;
    let call = intent();
    let ours = cloudsim::DEFAULT_CREATOR;
    let done = OrderPlan {
        duration_ms: 0,
        ..OrderPlan::default()
    };
    for order in [
        NewOrder::by_hand(APP),
        NewOrder {
            creator: ours.into(),
            ..NewOrder::by_hand(APP)
        },
        NewOrder::by_api(APP, "290000000000000777"),
        NewOrder::by_api(APP, ours).of_type("CoDeploy"),
        NewOrder::by_api(APP, ours).of_type("CoRestartInstances"),
    ] {
        cloud
            .sim
            .start_order(order.with_plan(done.clone()))
            .unwrap();
    }
    let look = look(&cloud, &call).await.unwrap();
    assert_eq!(matches(&look), []);
    assert!(look.complete);
}

#[tokio::test]
async fn our_own_orders_outside_the_window_or_below_the_baseline_are_no_candidates() {
    let cloud = Cloud::start().await;
    let ours = cloudsim::DEFAULT_CREATOR;
    let done = OrderPlan {
        duration_ms: 0,
        ..OrderPlan::default()
    };
    let old = NewOrder::by_api(APP, ours)
        .with_plan(done.clone())
        .aged(120_000);
    cloud.sim.start_order(old).unwrap();
    let call = intent();
    assert_eq!(matches(&look(&cloud, &call).await.unwrap()), []);

    // One more, inside the window by its time and below the baseline by its place.
    let before = cloud
        .sim
        .start_order(NewOrder::by_api(APP, ours).with_plan(done))
        .unwrap();
    let mut call = intent();
    call.baseline = vec![OrderId(before)];
    let order = lost(&cloud, &call).await;
    assert_eq!(
        matches(&look(&cloud, &call).await.unwrap()),
        [(order, Match::Verified)]
    );
    // What started after the window is not ours either.
    call.signed_at -= SignedDuration::from_secs(3600);
    call.not_after -= SignedDuration::from_secs(3600);
    assert_eq!(matches(&look(&cloud, &call).await.unwrap()), []);
}

#[tokio::test]
async fn an_order_that_has_not_started_is_looked_at_again() {
    let cloud = Cloud::start().await;
    let plan = OrderPlan::lasting(Duration::from_secs(60)).preparing(Duration::from_secs(30));
    cloud
        .sim
        .put_application(cloudsim::Application::running(APP).with_plan(plan));
    cloud.sim.freeze_clock();
    let call = intent();
    let order = lost(&cloud, &call).await;
    assert_eq!(
        matches(&look(&cloud, &call).await.unwrap()),
        [(order.clone(), Match::NotStarted)]
    );
    cloud.sim.advance_clock(SignedDuration::from_secs(31));
    assert_eq!(
        matches(&look(&cloud, &call).await.unwrap()),
        [(order, Match::Verified)]
    );
}

#[tokio::test]
async fn a_list_that_lags_shows_the_order_later() {
    let cloud = Cloud::start().await;
    let call = intent();
    let order = lost(&cloud, &call).await;
    let lag = cloud
        .sim
        .inject(FaultRule::on("ListChangeOrders", Fault::ListLag { ms: 60_000 }).always());
    assert_eq!(matches(&look(&cloud, &call).await.unwrap()), []);
    cloud.sim.advance_clock(SignedDuration::from_secs(61));
    assert_eq!(
        matches(&look(&cloud, &call).await.unwrap()),
        [(order.clone(), Match::Verified)]
    );
    cloud.sim.remove_fault(lag);

    // Listed and not yet readable: the reads lag behind each other.
    let not_found = Fault::AnswerInstead(Canned::code(400, "InvalidChangeOrder.NotFound"));
    cloud
        .sim
        .inject(FaultRule::on("DescribeChangeOrder", not_found));
    assert_eq!(
        matches(&look(&cloud, &call).await.unwrap()),
        [(order, Match::NotStarted)]
    );
}

#[tokio::test]
async fn a_long_list_is_read_page_by_page_down_to_the_baseline() {
    let cloud = Cloud::start().await;
    let done = OrderPlan {
        duration_ms: 0,
        ..OrderPlan::default()
    };
    let other = |_| {
        let order = NewOrder::by_hand(APP)
            .of_type("CoScaleOut")
            .with_plan(done.clone());
        cloud.sim.start_order(order).unwrap()
    };
    let orders: Vec<String> = (0..20).map(other).collect();
    let mut call = intent();
    call.baseline = vec![OrderId(orders[19].clone())];
    let order = lost(&cloud, &call).await;
    cloud.sim.advance_clock(SignedDuration::from_secs(10));
    for number in 0..120 {
        other(number);
    }
    let look = look(&cloud, &call).await.unwrap();
    assert_eq!(matches(&look), [(order, Match::Verified)]);
    assert!(look.complete);
    let ledger = cloud.sim.ledger();
    let pages: Vec<_> = ledger
        .requests("ListChangeOrders")
        .iter()
        .map(|r| {
            (
                r.params["CurrentPage"].clone(),
                r.params["PageSize"].clone(),
            )
        })
        .collect();
    assert_eq!(
        pages,
        [("1", "50"), ("2", "50"), ("3", "50")].map(|(a, b)| (a.into(), b.into()))
    );
}

#[tokio::test]
async fn a_list_without_an_end_is_given_up_after_twenty_pages() {
    let cloud = Cloud::start().await;
    let page = r#"{"Code":"200","Data":{"TotalSize":99999,"ChangeOrderList":[
        {"ChangeOrderId":"x","CoTypeCode":"CoDeploy"}]}}"#;
    cloud.sim.inject(
        FaultRule::on(
            "ListChangeOrders",
            Fault::AnswerInstead(Canned::body(200, page)),
        )
        .always(),
    );
    let look = look(&cloud, &intent()).await.unwrap();
    assert_eq!(matches(&look), []);
    assert!(!look.complete);
    assert_eq!(cloud.sim.ledger().requests("ListChangeOrders").len(), 20);
}

#[tokio::test]
async fn a_look_reads_twenty_orders_in_detail_and_says_that_it_stopped() {
    let cloud = Cloud::start().await;
    let plan = OrderPlan::lasting(Duration::from_secs(60)).preparing(Duration::from_secs(60));
    for _ in 0..25 {
        let order = NewOrder::by_api(APP, cloudsim::DEFAULT_CREATOR).with_plan(plan.clone());
        cloud.sim.force_order(order).unwrap();
    }
    let look = look(&cloud, &intent()).await.unwrap();
    assert_eq!(look.candidates.len(), 20);
    assert!(!look.complete);
    assert_eq!(cloud.sim.ledger().requests("DescribeChangeOrder").len(), 20);
}

#[tokio::test]
async fn a_look_that_takes_too_long_stops_and_says_so() {
    let mut cloud = Cloud::start().await;
    let call = intent();
    lost(&cloud, &call).await;
    let clock = Arc::new(HurriedClock::default());
    cloud.caller = Caller::with_clock(cloud.sim.base_url(), &quick(), clock);
    let look = look(&cloud, &call).await.unwrap();
    assert_eq!(matches(&look), []);
    assert!(!look.complete);
    assert_eq!(cloud.sim.ledger().requests("DescribeChangeOrder").len(), 0);
}

#[tokio::test]
async fn an_order_that_turns_out_to_be_of_another_application_is_no_candidate() {
    let cloud = Cloud::start().await;
    let call = intent();
    lost(&cloud, &call).await;
    let edit = Edit::set("/Data/AppId", "another");
    cloud
        .sim
        .inject(FaultRule::on("DescribeChangeOrder", Fault::mutate([edit])));
    assert_eq!(matches(&look(&cloud, &call).await.unwrap()), []);
}

#[tokio::test]
async fn a_look_is_as_old_as_its_first_page() {
    let cloud = Cloud::start().await;
    cloud.sim.freeze_clock();
    let begun = cloud.sim.now();
    let call = intent();
    for _ in 0..60 {
        let done = OrderPlan {
            duration_ms: 0,
            ..OrderPlan::default()
        };
        cloud
            .sim
            .start_order(NewOrder::by_hand(APP).with_plan(done))
            .unwrap();
    }
    let hold = FaultRule::on("ListChangeOrders", Fault::HoldBefore).nth(2);
    cloud.sim.inject(hold);
    let later = async {
        cloud
            .sim
            .wait_for_hold(Duration::from_secs(10))
            .await
            .unwrap();
        cloud.sim.advance_clock(SignedDuration::from_secs(300));
        cloud.sim.release();
    };
    let (look, ()) = tokio::join!(look(&cloud, &call), later);
    let look = look.unwrap();
    assert!(look.complete);
    assert_eq!(look.cloud_time.as_second(), begun.as_second());
}

#[tokio::test]
async fn two_orders_of_ours_in_the_window_are_both_shown() {
    let cloud = Cloud::start().await;
    let call = intent();
    let first = lost(&cloud, &call).await;
    cloud.sim.advance_clock(SignedDuration::from_secs(10));
    let second = lost(&cloud, &intent()).await;
    let found = matches(&look(&cloud, &call).await.unwrap());
    assert_eq!(found, [(second, Match::Verified), (first, Match::Verified)]);
}

#[tokio::test]
async fn a_list_with_one_element_may_be_a_single_object() {
    let cloud = Cloud::start().await;
    let call = intent();
    let order = lost(&cloud, &call).await;
    cloud
        .sim
        .inject(FaultRule::new(Fault::ListAsSingleObject).always());
    assert_eq!(
        matches(&look(&cloud, &call).await.unwrap()),
        [(order, Match::Verified)]
    );
}

#[tokio::test]
async fn a_refused_or_unreadable_list_is_an_error_and_never_an_empty_look() {
    let cloud = Cloud::start().await;
    let call = intent();
    lost(&cloud, &call).await;
    for (action, fault, kind) in [
        (
            "ListChangeOrders",
            Canned::code(403, "Forbidden.RAM"),
            Kind::Forbidden,
        ),
        (
            "ListChangeOrders",
            Canned::body(200, "{}"),
            Kind::Unexpected,
        ),
        ("ListChangeOrders", Canned::status(503), Kind::Transient),
        ("DescribeChangeOrder", Canned::status(503), Kind::Transient),
        (
            "DescribeChangeOrder",
            Canned::body(200, "<html>"),
            Kind::Unexpected,
        ),
    ] {
        cloud
            .sim
            .inject(FaultRule::on(action, Fault::AnswerInstead(fault)));
        assert_eq!(look(&cloud, &call).await.unwrap_err().kind, kind);
    }
}
