//! Change orders: which of them could be ours, and who holds the application. Pure.
//!
//! The list has the newest orders only and no pages, so a look is complete only while an order of
//! the baseline is still listed.

use super::wire::{OrderInfo, OrderItem};
use crate::cloud::{
    alibaba::window::{self, Start},
    text,
    types::{EdasApplication, OrderId, RunningOrder, Submission},
};

/// Ids that a baseline has at most.
const BASELINE: usize = 20;

/// The newest orders before a call.
#[must_use]
pub fn baseline(list: &[OrderItem]) -> Vec<OrderId> {
    let ids = list.iter().map(|item| &item.change_order_id);
    let ids = ids.filter(|id| !id.is_empty()).take(BASELINE);
    ids.cloned().map(OrderId).collect()
}

/// The order that occupies the application, for the person who waits for it.
#[must_use]
pub fn running_order(list: &[OrderItem]) -> Option<RunningOrder> {
    let item = list
        .iter()
        .find(|item| matches!(item.status, Some(0 | 1 | 8 | 9)))?;
    Some(RunningOrder {
        id: OrderId(item.change_order_id.clone()),
        kind: name(&item.co_type_code),
        created_by: item.create_user_id.clone(),
        since: name(&item.create_time),
    })
}

/// Whether the list reaches back to the time before the call.
#[must_use]
pub fn reaches_back(list: &[OrderItem], baseline: &[OrderId]) -> bool {
    let is_listed = |id: &OrderId| listed(list, id).is_some();
    baseline.is_empty() || baseline.iter().any(is_listed)
}

/// The order of that id.
#[must_use]
pub fn listed<'a>(list: &'a [OrderItem], order: &OrderId) -> Option<&'a OrderItem> {
    list.iter().find(|item| item.change_order_id == order.0)
}

/// Whether a listed order could come from a restart call of ours: not there before, by the API, not
/// of another type, and not by a creator that is known to be another. The type of a restart is not
/// documented; `type_code` is that of an order of ours, if one was seen.
#[must_use]
pub fn could_be_ours(
    item: &OrderItem,
    baseline: &[OrderId],
    creators: &[String],
    type_code: Option<&str>,
) -> bool {
    let is_new = !baseline.iter().any(|id| id.0 == item.change_order_id);
    is_new
        && item.source.eq_ignore_ascii_case("pop")
        && type_code.is_none_or(|code| item.co_type_code.is_empty() || item.co_type_code == code)
        && (creators.is_empty()
            || item.create_user_id.is_empty()
            || is_known_creator(item, creators))
}

/// Nothing more will happen to it: what has not started by now never will.
#[must_use]
pub fn has_ended(item: &OrderItem) -> bool {
    matches!(item.status, Some(2 | 3 | 6 | 7 | 10))
}

/// Whether the order's creator is known to be ours.
#[must_use]
pub fn is_known_creator(item: &OrderItem, creators: &[String]) -> bool {
    !item.create_user_id.is_empty() && creators.contains(&item.create_user_id)
}

/// Whether an order is about these instances, as far as it names any.
#[must_use]
pub fn is_about(order: &OrderInfo, app: &EdasApplication) -> bool {
    let Some(targets) = order.targets.as_ref().filter(|t| !t.items.is_empty()) else {
        return true;
    };
    let mut named = targets.items.clone();
    named.sort_unstable();
    named.dedup();
    app.ecc_ids.is_empty() || named == app.ecc_ids
}

/// When an order started: by its earliest batch.
#[must_use]
pub fn start_of(order: &OrderInfo, call: &Submission) -> Start {
    window::start(starts(order), call)
}

/// When the batches of an order started.
pub fn starts(order: &OrderInfo) -> impl Iterator<Item = i64> {
    order.pipelines.iter().filter_map(|batch| batch.start_time)
}

/// One line about a candidate, for the person who has to decide.
#[must_use]
pub fn line(item: &OrderItem) -> String {
    let or_unknown = |text: &str| {
        if text.is_empty() {
            "unknown".into()
        } else {
            name(text)
        }
    };
    format!(
        "{} {} by {} at {} of the cloud's local time",
        item.change_order_id,
        or_unknown(&item.co_type_code),
        or_unknown(&item.create_user_id),
        or_unknown(&item.create_time),
    )
}

fn name(text: &str) -> String {
    text::clean_to(text, text::NAME_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: &str) -> OrderItem {
        OrderItem {
            change_order_id: id.into(),
            co_type_code: "CoRestart".into(),
            status: Some(2),
            create_time: "2026-11-22 15:08:09".into(),
            create_user_id: "u-1".into(),
            source: "pop".into(),
        }
    }

    fn ids(list: &[&str]) -> Vec<OrderId> {
        list.iter().map(|id| OrderId((*id).to_owned())).collect()
    }

    #[test]
    fn the_baseline_has_the_twenty_newest_ids() {
        let list: Vec<_> = (0..30).map(|n| item(&format!("o-{n}"))).collect();
        let baseline = baseline(&list);
        assert_eq!(baseline.len(), 20);
        assert_eq!(baseline[0].0, "o-0");
        assert_eq!(super::baseline(&[item("")]), []);
    }

    #[test]
    fn an_open_order_holds_the_application() {
        for (status, holds) in [
            (Some(0), true),
            (Some(1), true),
            (Some(8), true),
            (Some(9), true),
            (Some(2), false),
            (Some(3), false),
            (Some(6), false),
            (Some(7), false),
            (Some(10), false),
            (Some(77), false),
            (None, false),
        ] {
            let open = OrderItem {
                status,
                ..item("o-1")
            };
            let running = running_order(&[item("o-2"), open]);
            assert_eq!(running.is_some(), holds, "{status:?}");
            assert!(running.is_none_or(|order| order.id.0 == "o-1"));
        }
    }

    #[test]
    fn a_list_without_the_baseline_proves_nothing() {
        let list = [item("o-2"), item("o-1")];
        assert!(reaches_back(&list, &[]));
        assert!(reaches_back(&list, &ids(&["o-1", "o-0"])));
        assert!(!reaches_back(&list, &ids(&["o-0"])));
        assert!(!reaches_back(&[], &ids(&["o-0"])));
    }

    #[test]
    fn only_a_new_order_by_the_api_and_not_by_a_stranger_could_be_ours() {
        let ours = ["u-1".to_owned()];
        let other = |change: fn(&mut OrderItem)| {
            let mut item = item("o-1");
            change(&mut item);
            could_be_ours(&item, &ids(&["o-0"]), &ours, Some("CoRestart"))
        };
        assert!(other(|_| {}));
        assert!(!other(|item| item.change_order_id = "o-0".into()));
        assert!(!other(|item| item.create_user_id = "u-2".into()));
        assert!(!other(|item| item.source = "console".into()));
        assert!(!other(|item| item.source = String::new()));
        assert!(other(|item| item.create_user_id = String::new()));
        assert!(!other(|item| item.co_type_code = "CoDeploy".into()));
        assert!(other(|item| item.co_type_code = String::new()));
        assert!(could_be_ours(&item("o-1"), &[], &[], None));
    }

    #[test]
    fn named_instances_must_be_exactly_ours() {
        let app = |eccs: &[&str]| EdasApplication {
            region: String::new(),
            app_id: "app-1".into(),
            ecc_ids: eccs.iter().map(|id| (*id).to_owned()).collect(),
        };
        let order = |targets: &str| -> OrderInfo {
            serde_json::from_str(&format!(r#"{{"Targets":{targets}}}"#)).unwrap()
        };
        for (targets, named, is_ours) in [
            (r#"{"Items":["e-2","e-1"]}"#, &["e-1", "e-2"][..], true),
            (r#"{"Items":["e-1"]}"#, &["e-1", "e-2"], false),
            (r#"{"Items":["e-1","e-2"]}"#, &["e-1"], false),
            (r#"{"Items":["e-1","e-2"]}"#, &[], true),
            (r#"{"Items":[]}"#, &["e-1"], true),
            ("{}", &["e-1"], true),
            ("null", &["e-1"], true),
        ] {
            let told = is_about(&order(targets), &app(named));
            assert_eq!(told, is_ours, "{targets} {named:?}");
        }
    }
}
