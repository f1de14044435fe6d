//! How a batch is judged: by the order of each application, whatever the order of the namespace
//! says.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use jiff::{SignedDuration, Timestamp};
use restart_operator::cloud::{
    sae::{
        batch::{Author, Parent, above, close, judged, report, restarts, running, unclear, unseen},
        wire::{ChangeOrder, OrderItem, OrderList},
    },
    types::{OrderId, OrderState, Part, PartState, SaeApplications},
};
use serde_json::{Value, json};

const STARTED: &str = "2026-11-22T07:00:00Z";

fn started() -> Timestamp {
    STARTED.parse().unwrap()
}

/// Seconds since the call, as the cloud writes times.
fn at(seconds: i64) -> i64 {
    started().as_millisecond() + seconds * 1000
}

fn target() -> SaeApplications {
    SaeApplications {
        region: "cn-hangzhou".into(),
        namespace_id: "cn-hangzhou:shop".into(),
        app_ids: vec!["a".into(), "b".into()],
    }
}

fn order(value: Value) -> ChangeOrder {
    serde_json::from_value(value).unwrap()
}

fn parent(status: i32) -> Parent {
    Parent::of_order(&order(json!({ "Status": status })), &target())
}

fn part(id: &str, state: PartState) -> Part {
    Part {
        state,
        ..unseen(id)
    }
}

fn item(id: &str, kind: &str, status: i32) -> OrderItem {
    OrderItem {
        change_order_id: id.into(),
        co_type_code: kind.into(),
        status: Some(status),
        ..OrderItem::default()
    }
}

#[test]
fn only_the_applications_make_a_success_and_nothing_that_the_parent_says() {
    use PartState::{Aborted, Failed, Rejected, Running, Succeeded, Unconfirmed, Waiting};
    for (a, b, state) in [
        (Succeeded, Succeeded, OrderState::Succeeded),
        (Succeeded, Failed, OrderState::PartlySucceeded),
        (Succeeded, Aborted, OrderState::PartlySucceeded),
        (Succeeded, Rejected, OrderState::PartlySucceeded),
        (Failed, Failed, OrderState::Failed),
        (Failed, Aborted, OrderState::Failed),
        (Aborted, Aborted, OrderState::Aborted),
        (Succeeded, Unconfirmed, OrderState::Unconfirmed),
        (Failed, Unconfirmed, OrderState::Unconfirmed),
        (Succeeded, Running, OrderState::Running),
        (Succeeded, Waiting, OrderState::Running),
        (Failed, Waiting, OrderState::Running),
        (Unconfirmed, Running, OrderState::Running),
    ] {
        for status in [0, 1, 2, 3, 6, 9, 10, 12, 77, -1] {
            let parts = vec![part("a", a), part("b", b)];
            let report = report(parent(status), parts);
            assert_eq!(report.state, state, "{a:?} {b:?} {status}");
            assert_eq!(report.total, 2);
        }
    }
}

#[test]
fn a_parent_that_waits_for_a_person_is_told_while_applications_are_open() {
    let report = |parent, a, b| report(parent, vec![part("a", a), part("b", b)]).state;
    let waiting = |parent| report(parent, PartState::Succeeded, PartState::Waiting);
    assert_eq!(waiting(parent(8)), OrderState::WaitsForConfirmation);
    assert_eq!(waiting(parent(11)), OrderState::WaitsForApproval);
    let stuck = Parent::of_order(&order(json!({ "Status": 1, "SubStatus": 1 })), &target());
    assert_eq!(waiting(stuck), OrderState::NeedsAttention);
    let done = report(parent(8), PartState::Succeeded, PartState::Succeeded);
    assert_eq!(done, OrderState::Succeeded);
}

#[test]
fn a_batch_whose_open_applications_all_stand_still_needs_attention() {
    let stuck = |id: &str| {
        let order = order(json!({ "AppId": id, "Status": 1, "SubStatus": 1 }));
        judged(id, "o", &order, started())
    };
    assert_eq!(stuck("a").state, PartState::Running);
    let state = |parts| report(parent(1), parts).state;
    let done = part("b", PartState::Succeeded);
    assert_eq!(state(vec![stuck("a"), done]), OrderState::NeedsAttention);
    let going = part("b", PartState::Running);
    assert_eq!(state(vec![stuck("a"), going]), OrderState::Running);
}

#[test]
fn an_application_without_an_order_is_given_up_two_minutes_after_the_parents_end() {
    let ended = |status: i32| {
        let order = order(json!({ "Status": status, "Pipelines": [
            { "StartTime": at(5), "UpdateTime": at(30) }, { "StartTime": at(31), "UpdateTime": at(40) },
        ] }));
        Parent::of_order(&order, &target())
    };
    let closed = |parent: &Parent, seconds: i64| {
        let mut parts = vec![part("a", PartState::Waiting), part("b", PartState::Running)];
        let now = started() + SignedDuration::from_secs(seconds);
        close(&mut parts, parent, started(), now);
        // What was seen to run is never given up.
        assert_eq!(parts[1].state, PartState::Running);
        parts[0].state
    };
    for status in [2, 3, 6, 10] {
        assert_eq!(closed(&ended(status), 159), PartState::Waiting, "{status}");
        assert_eq!(
            closed(&ended(status), 160),
            PartState::Unconfirmed,
            "{status}"
        );
    }
    for status in [0, 1, 8, 9, 11, 12, 77] {
        assert_eq!(closed(&ended(status), 9999), PartState::Waiting, "{status}");
    }
    // A parent that tells no time ended after the call, which is all that is known.
    assert_eq!(closed(&parent(2), 119), PartState::Waiting);
    assert_eq!(closed(&parent(2), 120), PartState::Unconfirmed);
    let listed = Parent::of_item(&item("p", "CoBatchRestartApplication", 2), &target());
    assert_eq!(closed(&listed, 120), PartState::Unconfirmed);
    // A time before the call is not believed.
    let early = order(json!({ "Status": 2, "Pipelines": { "UpdateTime": at(-3600) } }));
    let early = Parent::of_order(&early, &target());
    assert_eq!(closed(&early, 119), PartState::Waiting);
    assert_eq!(closed(&early, 120), PartState::Unconfirmed);
}

/// Ids of the orders on this page that could be the batch's.
fn found(page: &OrderList, baseline: &[&str], taken: &[&str], author: &Author) -> Vec<String> {
    let ids = |ids: &[&str]| {
        ids.iter()
            .map(|id| OrderId((*id).into()))
            .collect::<Vec<_>>()
    };
    let (baseline, taken) = (ids(baseline), ids(taken));
    let found = restarts(page, &baseline, &taken, author);
    found
        .iter()
        .map(|item| item.change_order_id.clone())
        .collect()
}

#[test]
fn an_application_is_judged_by_a_restart_above_the_baseline() {
    let page = OrderList {
        change_order_list: vec![
            item("o-5", "CoScaleOut", 2),
            item("", "CoRestartApplication", 2),
            item("o-4", "x.y.CoBatchRestartApplication", 1),
            item("o-3", "CoRestartApplication", 2),
            item("o-2", "CoDeploy", 2),
        ],
        total_size: None,
    };
    let ours = Author::known(vec![]);
    let above_of = |baseline: &[&str]| found(&page, baseline, &[], &ours);
    assert_eq!(
        found(&page, &[], &["o-4"], &ours),
        ["o-3"],
        "recorded by another request"
    );
    assert_eq!(above_of(&["o-3"]), ["o-4"]);
    assert_eq!(above_of(&[]), ["o-4", "o-3"]);
    assert!(above_of(&["o-4"]).is_empty());
    assert!(above_of(&["o-5"]).is_empty());
    assert_eq!(above(&page, &[OrderId("o-3".into())]).count(), 3);

    let part = running("a", &item("o-4", "CoRestartApplication", 1)).unwrap();
    assert_eq!(
        (part.state, part.order),
        (PartState::Running, Some(OrderId("o-4".into())))
    );
    for status in [2, 3, 6, 10] {
        let ended = item("o", "CoRestartApplication", status);
        assert_eq!(running("a", &ended), None, "{status}");
    }
}

#[test]
fn a_restart_by_somebody_else_is_not_the_batchs() {
    let by = |id: &str, user: &str, source: &str| OrderItem {
        create_user_id: user.into(),
        source: source.into(),
        ..item(id, "CoRestartApplication", 2)
    };
    let page = OrderList {
        change_order_list: vec![
            by("o-4", "u-1", "pop"),
            by("o-3", "u-2", "pop"),
            by("o-2", "u-1", "Console"),
            by("o-1", "", "pop"),
        ],
        total_size: None,
    };
    let by_author = |author: &Author| found(&page, &[], &[], author);
    let known = Author::known(vec!["u-1".into()]);
    assert_eq!(by_author(&known), ["o-4", "o-1"]);
    assert_eq!(Author::of(&by("p", "u-1", "pop")), known);
    assert_eq!(by_author(&Author::of(&by("p", "u-1", "console"))), ["o-2"]);
    assert_eq!(
        by_author(&Author::of(&by("p", "", "pop"))),
        ["o-4", "o-3", "o-1"]
    );
}

#[test]
fn of_two_that_could_be_the_batchs_neither_is_believed() {
    let [one, two] = ["o-1", "o-2"].map(|id| item(id, "CoRestartApplication", 2));
    let part = unclear("a", &[&one, &two]);
    assert_eq!((part.state, part.order), (PartState::Unconfirmed, None));
    let message = part.error.unwrap().message;
    assert!(message.contains("o-1, o-2"), "{message}");
    let long = item(&"x".repeat(100), "CoRestartApplication", 2);
    let message = unclear("a", &[&long; 20]).error.unwrap().message;
    assert!(message.len() <= 512, "{}", message.len());
}

#[test]
fn each_status_of_an_applications_order_has_its_state() {
    for (status, batches, state) in [
        (2, json!([]), PartState::Succeeded),
        (
            2,
            json!([{ "Status": 2 }, { "Status": 2 }]),
            PartState::Succeeded,
        ),
        (
            2,
            json!([{ "Status": 2 }, { "Status": 3 }]),
            PartState::Failed,
        ),
        (3, json!([]), PartState::Failed),
        (10, json!([]), PartState::Failed),
        (6, json!([]), PartState::Aborted),
        (0, json!([]), PartState::Running),
        (1, json!([]), PartState::Running),
        (8, json!([]), PartState::Running),
        (11, json!([]), PartState::Running),
        (77, json!([]), PartState::Running),
    ] {
        let order = order(
            json!({ "AppId": "a", "Status": status, "Pipelines": batches,
            "ErrorMessage": "disk <b>full</b>" }),
        );
        let part = judged("a", "o-1", &order, started());
        assert_eq!(part.state, state, "{status} {batches}");
        assert_eq!(part.order, Some(OrderId("o-1".into())));
        let error = part.error.map(|error| (error.code, error.message));
        let expected = matches!(state, PartState::Failed | PartState::Aborted)
            .then(|| (status.to_string(), "disk full".to_owned()));
        assert_eq!(error, expected, "{status}");
    }
}

#[test]
fn an_order_from_before_the_call_or_of_another_application_says_nothing() {
    let judged = |app: &str, began: i64| {
        let order = order(json!({ "AppId": app, "Status": 2,
            "Pipelines": [{ "Status": 2, "StartTime": began }] }));
        judged("a", "o-1", &order, started())
    };
    assert_eq!(judged("a", at(-60)).state, PartState::Succeeded);
    assert_eq!(judged("a", at(-61)), unseen("a"));
    assert_eq!(judged("b", at(5)), unseen("a"));
}

#[test]
fn the_parent_belongs_to_the_namespace_as_far_as_it_tells() {
    let of = |value: Value| report(Parent::of_order(&order(value), &target()), vec![]).same_target;
    assert!(of(json!({ "Status": 1 })));
    assert!(of(json!({ "Status": 1, "AppId": "b" })));
    assert!(!of(json!({ "Status": 1, "AppId": "c" })));
    let listed = |namespace: &str| {
        let item = OrderItem {
            namespace_id: namespace.into(),
            ..item("p", "CoBatchRestartApplication", 1)
        };
        report(Parent::of_item(&item, &target()), vec![]).same_target
    };
    assert!(listed("cn-hangzhou:shop"));
    assert!(listed(""));
    assert!(!listed("cn-hangzhou"));
}

#[test]
fn the_reasons_of_the_applications_are_told_together() {
    let failed = |id: &str, message: &str| {
        let order = order(json!({ "AppId": id, "Status": 3, "ErrorMessage": message }));
        judged(id, "o", &order, started())
    };
    let report = report(
        parent(3),
        vec![failed("a", "disk full"), failed("b", "success")],
    );
    assert_eq!(report.message, "a: disk full; b: status 3");
    assert_eq!((report.total, report.succeeded, report.failed), (2, 0, 2));
}
