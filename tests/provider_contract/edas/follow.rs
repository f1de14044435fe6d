//! Following an order that names neither its application nor its type.

use cloudsim::{Application, Canned, Fault, FaultRule, NewOrder};
use jiff::SignedDuration;
use restart_operator::cloud::{
    error::Kind,
    types::{Following, OrderId, OrderState},
};

use super::{LIST, ORDER, cloud, minute, restarted, target};
use crate::fixture::APP;

#[tokio::test]
async fn a_partial_end_is_no_success_and_says_why() {
    let plan = minute().ending(7).failing_for(["ecc-3"]);
    let cloud = cloud(plan).await;
    let followed = restarted(&cloud, &target(&[])).await;
    cloud.sim.advance_clock(SignedDuration::from_secs(61));
    let report = cloud.caller.poll(&target(&[]), &followed).await.unwrap();
    assert_eq!(
        (report.state, report.status),
        (OrderState::PartlySucceeded, 7)
    );
    assert_eq!((report.total, report.succeeded, report.failed), (2, 1, 1));
    assert!(
        report.message.starts_with("EDAS-10002 "),
        "{}",
        report.message
    );
    let ledger = cloud.sim.ledger();
    assert_eq!(ledger.restarted_parts("edas", APP), ["ecc-1", "ecc-2"]);
}

#[tokio::test]
async fn each_end_has_its_state() {
    for (status, state) in [
        (3, OrderState::Failed),
        (10, OrderState::Failed),
        (6, OrderState::Aborted),
        (8, OrderState::WaitsForConfirmation),
        (9, OrderState::Running),
        (77, OrderState::Running),
    ] {
        let cloud = cloud(minute().ending(status)).await;
        let followed = restarted(&cloud, &target(&[])).await;
        cloud.sim.advance_clock(SignedDuration::from_secs(61));
        let report = cloud.caller.poll(&target(&[]), &followed).await.unwrap();
        assert_eq!(report.state, state, "{status}");
    }
}

#[tokio::test]
async fn an_abort_is_accepted_while_the_order_runs_and_refused_after_its_end() {
    let cloud = cloud(minute()).await;
    let followed = restarted(&cloud, &target(&[])).await;
    cloud.caller.abort(&target(&[]), &followed).await.unwrap();
    let report = cloud.caller.poll(&target(&[]), &followed).await.unwrap();
    assert_eq!(report.state, OrderState::Aborted);
    let error = cloud
        .caller
        .abort(&target(&[]), &followed)
        .await
        .unwrap_err();
    assert_eq!(error.code.as_deref(), Some("601"));
}

#[tokio::test]
async fn an_order_that_a_person_named_must_be_listed_with_the_application() {
    let cloud = cloud(minute()).await;
    let followed = restarted(&cloud, &target(&[])).await;
    let named = |order: &str| Following {
        order: OrderId(order.into()),
        named: true,
        ..followed.clone()
    };
    let ours = named(&followed.order.0);
    assert!(cloud.caller.poll(&target(&[]), &ours).await.is_ok());
    let another = Application::edas("another").with_plan(minute());
    cloud.sim.put_application(another);
    let order = cloud.sim.start_order(NewOrder::by_hand("another")).unwrap();
    let foreign = named(&order);
    let error = cloud.caller.poll(&target(&[]), &foreign).await.unwrap_err();
    assert_eq!(error.kind, Kind::NotFound);

    // Of one that nobody named one read is enough, even with no order before it.
    assert_eq!(followed.baseline, []);
    let lists = || cloud.sim.inspect(|ledger| ledger.requests(LIST).len());
    let before = lists();
    assert!(cloud.caller.poll(&target(&[]), &followed).await.is_ok());
    assert_eq!(lists(), before);
}

#[tokio::test]
async fn an_answer_about_no_order_or_another_one_is_no_state() {
    let cloud = cloud(minute()).await;
    let followed = restarted(&cloud, &target(&[])).await;
    for (body, kind) in [
        (r#"{"Code":200}"#, Kind::NotFound),
        (r#"{"Code":200,"changeOrderInfo":null}"#, Kind::NotFound),
        (
            r#"{"Code":200,"changeOrderInfo":{"ChangeOrderId":"another","Status":2}}"#,
            Kind::Unexpected,
        ),
        (r#"{"Code":601,"Message":"x"}"#, Kind::Unexpected),
        ("{}", Kind::Unexpected),
        ("[]", Kind::Unexpected),
    ] {
        let answer = Fault::AnswerInstead(Canned::body(200, body));
        cloud.sim.inject(FaultRule::on(ORDER, answer));
        let error = cloud
            .caller
            .poll(&target(&[]), &followed)
            .await
            .unwrap_err();
        assert_eq!(error.kind, kind, "{body}");
    }
}

#[tokio::test]
async fn the_creator_of_an_order_is_learned_from_the_list() {
    let cloud = cloud(minute()).await;
    let whole = target(&[]);
    let followed = restarted(&cloud, &whole).await;
    let caller = &cloud.caller;
    let creator = async |order: &OrderId| {
        let creator = caller.provider.creator(&caller.access, &whole, order);
        creator.await.unwrap()
    };
    assert_eq!(
        creator(&followed.order).await.as_deref(),
        Some(cloudsim::DEFAULT_CREATOR)
    );
    assert_eq!(creator(&OrderId("no-such-order".into())).await, None);
}
