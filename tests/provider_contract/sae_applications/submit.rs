//! The call for a batch, and the look after a lost answer, which only tells.

use cloudsim::{Canned, Fault, FaultRule};
use restart_operator::cloud::{
    error::{Kind, Retry},
    types::{Answer, Submission},
};

use super::{LIST, NAMESPACE, RESTART, app, cloud, pass, restarted, target};
use crate::fixture::{ambiguous, intent};

#[tokio::test]
async fn each_class_of_refusal_is_told_apart() {
    for (http, code, kind, retry) in [
        (
            404,
            "InvalidNamespaceId.NotFound",
            Kind::NotFound,
            Some(Retry::Never),
        ),
        (
            400,
            "Invalid.App.List.Not.Same.Namespace",
            Kind::Mismatch,
            Some(Retry::Never),
        ),
        (
            400,
            "Mamespace.Have.No.Applications",
            Kind::Mismatch,
            Some(Retry::Never),
        ),
        (400, "user.indebt", Kind::Billing, Some(Retry::Never)),
        (400, "System.Upgrading", Kind::Transient, Some(Retry::Later)),
        (
            400,
            "Throttling.Api",
            Kind::Throttled,
            Some(Retry::WhenFree),
        ),
        (500, "InternalError", Kind::Transient, None),
        (400, "SomethingElse", Kind::Unexpected, None),
    ] {
        let cloud = cloud([app("a")]).await;
        let fault = Fault::AnswerInstead(Canned::code(http, code));
        cloud.sim.inject(FaultRule::on(RESTART, fault));
        let answer = cloud.caller.submit_to(&target(&["a"]), &intent()).await;
        match (retry, answer) {
            (Some(retry), Answer::Rejected(error)) => {
                assert_eq!((error.kind, error.retry), (kind, retry), "{code}");
            }
            (None, Answer::Ambiguous(error)) => assert_eq!(error.kind, kind, "{code}"),
            (_, answer) => panic!("{code}: {answer:?}"),
        }
    }
}

#[tokio::test]
async fn a_lost_answer_is_told_and_never_resolved() {
    let cloud = cloud([app("a"), app("b")]).await;
    let target = target(&["a", "b"]);
    let old = restarted(&cloud, &target).await;
    pass(&cloud, 61);
    let check = cloud.caller.check(&target).await.unwrap();
    let call = Submission {
        baseline: check.baseline,
        ..intent()
    };
    let empty = cloud.caller.look(&target, &call).await.unwrap();
    assert_eq!((empty.candidates, empty.notes), (vec![], vec![]));
    assert!(!empty.complete);

    cloud.sim.inject(FaultRule::on(RESTART, Fault::DropAfter));
    ambiguous(cloud.caller.submit_to(&target, &call).await);
    let parent = cloud.sim.orders_of_namespace(NAMESPACE)[0].id.clone();
    let look = cloud.caller.look(&target, &call).await.unwrap();
    assert_eq!(look.candidates, []);
    assert!(!look.complete);
    assert_eq!(look.cloud_time.as_second(), cloud.sim.now().as_second());
    let [of_namespace, of_a, of_b] = look.notes.as_slice() else {
        panic!("{:?}", look.notes)
    };
    assert!(of_namespace.starts_with(&format!("namespace: {parent}")));
    assert!(of_a.starts_with("a: ") && of_b.starts_with("b: "));
    assert!(!look.notes.iter().any(|note| note.contains(&old.order.0)));

    // What cannot be read is told too, and the rest is looked at all the same.
    let refused = Fault::AnswerInstead(Canned::code(403, "Forbidden.RAM"));
    cloud.sim.inject(FaultRule::on(LIST, refused));
    let look = cloud.caller.look(&target, &call).await.unwrap();
    assert_eq!(look.notes.len(), 3);
    assert!(look.notes[1].starts_with("a: ") && !look.notes[1].contains("CoRestart"));
}
