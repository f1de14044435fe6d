//! The preflight of a batch: one bad member ends the request.

use cloudsim::{Application, ApplicationStatus, NewOrder};
use restart_operator::cloud::{
    error::{Delivery, Kind, Retry},
    types::{OrderId, OrderState, PartState, SaeApplications, Target},
};

use super::{ORDER, app, cloud, pass, poll, requests, restarted, states, target};

#[tokio::test]
async fn the_baseline_has_the_namespaces_order_and_one_of_each_application() {
    let cloud = cloud([app("a"), app("b")]).await;
    let target = target(&["a", "b"]);
    let followed = restarted(&cloud, &target).await;
    pass(&cloud, 61);
    let check = cloud.caller.check(&target).await.unwrap();
    let ledger = cloud.sim.ledger();
    let members = ledger.restarts_of_batch(&followed.order.0);
    let expected: Vec<OrderId> = std::iter::once(followed.order.clone())
        .chain(members.iter().map(|one| OrderId(one.order.clone())))
        .collect();
    assert_eq!(check.baseline, expected);

    // The old orders are not taken for the new ones.
    let mut again = restarted(&cloud, &target).await;
    let report = poll(&cloud, &target, &mut again).await;
    assert_eq!(states(&report), [PartState::Running; 2]);
    for part in &report.parts {
        assert!(!expected.contains(part.order.as_ref().unwrap()));
    }
}

#[tokio::test]
async fn one_bad_member_ends_the_whole_request_before_anything_is_sent() {
    let elsewhere = Application::running("elsewhere");
    let stopped = app("stopped").with_status(ApplicationStatus::Stopped);
    let unknown = app("unknown").with_status(ApplicationStatus::Unknown);
    let cloud = cloud([app("a"), elsewhere, stopped, unknown]).await;
    for (ids, kind, delivery, named) in [
        (
            &["a", "nobody"][..],
            Kind::NotFound,
            Delivery::Refused,
            "nobody",
        ),
        (
            &["a", "elsewhere"],
            Kind::Mismatch,
            Delivery::Refused,
            "elsewhere",
        ),
        (
            &["a", "stopped"],
            Kind::NotRunning,
            Delivery::Refused,
            "stopped",
        ),
        (
            &["a", "unknown"],
            Kind::Transient,
            Delivery::Unknown,
            "unknown",
        ),
    ] {
        let error = cloud.caller.check(&target(ids)).await.unwrap_err();
        assert_eq!((error.kind, error.delivery), (kind, delivery), "{ids:?}");
        assert!(error.message.contains(named), "{}", error.message);
    }
    let Target::SaeApplications(batch) = target(&["a"]) else {
        panic!("not a batch")
    };
    let nowhere = Target::SaeApplications(SaeApplications {
        namespace_id: "cn-hangzhou:nowhere".into(),
        ..batch
    });
    let error = cloud.caller.check(&nowhere).await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("InvalidNamespaceId.NotFound"));
    assert_eq!((error.kind, error.retry), (Kind::NotFound, Retry::Never));
}

#[tokio::test]
async fn a_busy_member_is_waited_for() {
    let cloud = cloud([app("a"), app("b")]).await;
    let deploy = NewOrder::by_hand("b").of_type("CoDeploy");
    let id = cloud.sim.start_order(deploy).unwrap();
    let check = cloud.caller.check(&target(&["a", "b"])).await.unwrap();
    let running = check.running.unwrap();
    assert_eq!((running.id.0, running.kind.as_str()), (id, "CoDeploy"));
}

#[tokio::test]
async fn fifty_applications_are_found_among_hundreds() {
    let ids: Vec<String> = (0..250).map(|number| format!("app-{number:03}")).collect();
    let cloud = cloud(ids.iter().map(|id| app(id))).await;
    let chosen: Vec<&str> = ids[200..].iter().map(String::as_str).collect();
    let target = target(&chosen);
    let mut followed = restarted(&cloud, &target).await;
    assert_eq!(requests(&cloud, "ListApplications"), 3);
    assert_eq!(cloud.restarts(), 50);
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!((report.total, report.state), (50, OrderState::Running));
    // One read of the parent and one of each application: none is read twice.
    assert_eq!(requests(&cloud, ORDER), 1);
    pass(&cloud, 61);
    let report = poll(&cloud, &target, &mut followed).await;
    assert_eq!(
        (report.succeeded, report.state),
        (50, OrderState::Succeeded)
    );
    assert_eq!(requests(&cloud, ORDER), 52);
}
