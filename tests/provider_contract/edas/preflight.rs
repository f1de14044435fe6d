//! The preflight: what it reads, and what ends a request before anything is sent.

use cloudsim::{Application, NewOrder, OrderPlan};
use restart_operator::cloud::{
    error::{Delivery, Kind, Retry},
    types::OrderId,
};

use super::{cloud, done, minute, target};
use crate::fixture::{APP, Cloud};

#[tokio::test]
async fn a_kubernetes_application_is_refused_with_the_right_advice() {
    for (cluster, kubernetes) in [(5, true), (3, true), (0, false), (1, false)] {
        let cloud = Cloud::edas().await;
        let application = Application::edas(APP).on_cluster(cluster);
        cloud.sim.put_application(application);
        let error = cloud.caller.check(&target(&[])).await.unwrap_err();
        assert_eq!(
            (error.kind, error.delivery, error.retry),
            (Kind::Unsupported, Delivery::Refused, Retry::Never)
        );
        assert_eq!(
            error.advice.contains("kubectl rollout restart"),
            kubernetes,
            "{cluster}"
        );
        // Nothing but the cluster was asked for.
        assert_eq!(cloud.sim.ledger().all_requests().len(), 1);
    }
}

#[tokio::test]
async fn what_does_not_exist_ends_the_request() {
    let cloud = cloud(minute()).await;
    let error = cloud
        .caller
        .check(&target(&["ecc-1", "ecc-9"]))
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.retry), (Kind::NotFound, Retry::Never));
    assert_eq!(error.message, "the application has no instance ecc-9");
    cloud.sim.remove_application(APP);
    let error = cloud.caller.check(&target(&[])).await.unwrap_err();
    assert_eq!(
        (error.kind, error.delivery),
        (Kind::NotFound, Delivery::Refused)
    );
}

#[tokio::test]
async fn a_busy_application_names_the_order_that_holds_it() {
    for (status, busy) in [(1, true), (8, true), (9, true), (2, false), (7, false)] {
        let cloud = cloud(minute()).await;
        let plan = OrderPlan {
            final_status: status,
            ..done()
        };
        let deploy = NewOrder::by_hand(APP).of_type("CoDeploy").with_plan(plan);
        let id = cloud.sim.start_order(deploy).unwrap();
        let check = cloud.caller.check(&target(&[])).await.unwrap();
        assert_eq!(check.baseline, [OrderId(id.clone())]);
        let running = check.running.map(|order| (order.id.0, order.kind));
        assert_eq!(running, busy.then(|| (id, "CoDeploy".into())), "{status}");
    }
}
