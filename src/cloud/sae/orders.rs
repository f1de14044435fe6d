//! Change orders as lists show them: which of them could be ours, and who holds the target. Pure.

use super::wire::{ChangeOrder, OrderItem, OrderList};
use crate::cloud::{
    alibaba::window::{self, Start},
    text,
    types::{OrderId, RunningOrder, SaeApplication, SaeInstances, Submission},
};

/// What an order of ours must look like.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'a> {
    /// Its application.
    pub app_id: &'a str,
    /// Last dot part of its type code.
    pub type_code: &'static str,
    /// The instances that it is about, sorted; none for the whole application.
    pub instances: &'a [String],
}

impl<'a> Sought<'a> {
    /// The order that `RestartApplication` opens.
    #[must_use]
    pub fn application(target: &'a SaeApplication) -> Self {
        Self {
            app_id: &target.app_id,
            type_code: "CoRestartApplication",
            instances: &[],
        }
    }

    /// The order that `RestartInstances` opens.
    #[must_use]
    pub fn instances(target: &'a SaeInstances) -> Self {
        Self {
            app_id: &target.app_id,
            type_code: "CoRestartInstances",
            instances: &target.instance_ids,
        }
    }

    /// Whether a listed order could come from a restart call of ours: of the right type, not from
    /// the console, and not by a creator that is known to be another. `creators` are the user ids
    /// that our orders appear under; empty when none was learned.
    #[must_use]
    pub fn could_be(&self, item: &OrderItem, creators: &[String]) -> bool {
        type_code(&item.co_type_code) == self.type_code
            && !is_of_console(item)
            && (creators.is_empty()
                || item.create_user_id.is_empty()
                || is_known_creator(item, creators))
    }

    /// Whether an order is about this target: its application, and its instances as far as the
    /// cloud names them.
    #[must_use]
    pub fn is_about(&self, order: &ChangeOrder) -> bool {
        let same_instances = self.instances.is_empty() || order.co_targets.is_empty() || {
            let mut named = order.co_targets.clone();
            named.sort_unstable();
            named.dedup();
            named == self.instances
        };
        order.app_id == self.app_id && same_instances
    }
}

/// When an order started: by its earliest batch.
#[must_use]
pub fn start_of(order: &ChangeOrder, call: &Submission) -> Start {
    window::start(starts(order), call)
}

/// When the batches of an order started.
pub fn starts(order: &ChangeOrder) -> impl Iterator<Item = i64> {
    order.pipelines.iter().filter_map(|batch| batch.start_time)
}

/// Whether a person opened the order in the console: no call of ours does.
#[must_use]
pub fn is_of_console(item: &OrderItem) -> bool {
    item.source.eq_ignore_ascii_case("console")
}

/// Whether the order's creator is known to be ours.
#[must_use]
pub fn is_known_creator(item: &OrderItem, creators: &[String]) -> bool {
    !item.create_user_id.is_empty() && creators.contains(&item.create_user_id)
}

/// Adds the orders of a page that stand above the baseline, each once: pages shift while they are
/// read. True when the list was read down to the baseline or to its end.
///
/// A page that is shorter than asked for does not prove the end, since the cloud may cap pages; an
/// empty page and the total do.
pub fn add_above(above: &mut Vec<OrderItem>, page: OrderList, baseline: &[OrderId]) -> bool {
    if page.change_order_list.is_empty() {
        return true;
    }
    for item in page.change_order_list {
        if baseline.iter().any(|id| id.0 == item.change_order_id) {
            return true;
        }
        if !above
            .iter()
            .any(|known| known.change_order_id == item.change_order_id)
        {
            above.push(item);
        }
    }
    let total = page
        .total_size
        .and_then(|total| usize::try_from(total).ok());
    total.is_some_and(|total| above.len() >= total)
}

/// The order that occupies the application, for the person who waits for it. `named` is the id that
/// `DescribeApplicationStatus` names; empty when it names none.
#[must_use]
pub fn running_order(named: &str, list: &OrderList) -> RunningOrder {
    let items = &list.change_order_list;
    let by_id = items
        .iter()
        .find(|item| !named.is_empty() && item.change_order_id == named);
    let open = || items.iter().find(|item| named.is_empty() && is_open(item));
    match by_id.or_else(open) {
        Some(item) => RunningOrder {
            id: OrderId(item.change_order_id.clone()),
            kind: name(type_code(&item.co_type_code)),
            created_by: item.create_user_id.clone(),
            since: name(&item.create_time),
        },
        None => RunningOrder {
            id: OrderId(named.to_owned()),
            kind: String::new(),
            created_by: String::new(),
            since: String::new(),
        },
    }
}

/// The order of that id on a page.
#[must_use]
pub fn listed<'a>(page: &'a OrderList, order: &OrderId) -> Option<&'a OrderItem> {
    let mut items = page.change_order_list.iter();
    items.find(|item| item.change_order_id == order.0)
}

/// The user id of an order's creator, if the list has it.
#[must_use]
pub fn creator(item: &OrderItem) -> Option<String> {
    let creator = &item.create_user_id;
    (!creator.is_empty()).then(|| creator.clone())
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
        or_unknown(type_code(&item.co_type_code)),
        or_unknown(&item.create_user_id),
        or_unknown(&item.create_time),
    )
}

/// The type of an order. Namespace-level orders have shown a prefixed form, so the last dot part
/// counts.
#[must_use]
pub fn type_code(code: &str) -> &str {
    code.rsplit('.').next().unwrap_or(code)
}

fn is_open(item: &OrderItem) -> bool {
    matches!(item.status, Some(0 | 1 | 8 | 9 | 11 | 12))
}

/// Nothing more will happen to it: what has not started by now never will.
#[must_use]
pub fn has_ended(item: &OrderItem) -> bool {
    matches!(item.status, Some(2 | 3 | 6 | 10))
}

/// A short text of the cloud, cleaned.
#[must_use]
pub fn name(text: &str) -> String {
    text::clean_to(text, text::NAME_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Sought<'static> = Sought {
        app_id: "app-1",
        type_code: "CoRestartApplication",
        instances: &[],
    };

    fn item(id: &str) -> OrderItem {
        OrderItem {
            change_order_id: id.into(),
            co_type_code: WHOLE.type_code.into(),
            status: Some(1),
            create_time: "2026-11-22 15:08:09".into(),
            create_user_id: "u-1".into(),
            source: "pop".into(),
            namespace_id: String::new(),
        }
    }

    fn page(ids: &[&str], total: Option<i64>) -> OrderList {
        OrderList {
            change_order_list: ids.iter().map(|id| item(id)).collect(),
            total_size: total,
        }
    }

    #[test]
    fn only_a_restart_by_the_api_and_not_by_a_stranger_could_be_ours() {
        let ours = ["u-1".to_owned()];
        assert!(WHOLE.could_be(&item("o"), &ours));
        assert!(WHOLE.could_be(&item("o"), &[]));
        assert!(!WHOLE.could_be(&item("o"), &["u-2".to_owned()]));
        let other = |change: fn(&mut OrderItem)| {
            let mut item = item("o");
            change(&mut item);
            WHOLE.could_be(&item, &ours)
        };
        assert!(!other(|item| item.co_type_code = "CoDeploy".into()));
        assert!(!other(
            |item| item.co_type_code = "CoRestartInstances".into()
        ));
        assert!(!other(|item| item.source = "Console".into()));
        assert!(other(
            |item| item.co_type_code = "x.CoRestartApplication".into()
        ));
        // Unnamed is not known to be another's; and not known to be ours.
        assert!(other(|item| item.create_user_id = String::new()));
        let unnamed = OrderItem {
            create_user_id: String::new(),
            ..item("o")
        };
        assert!(!is_known_creator(&unnamed, &[String::new()]));
    }

    #[test]
    fn an_order_of_instances_is_about_exactly_the_named_ones_if_it_names_any() {
        let ids = ["i-1".to_owned(), "i-2".to_owned()];
        let sought = Sought {
            type_code: "CoRestartInstances",
            instances: &ids,
            ..WHOLE
        };
        let order = |targets: &str| -> ChangeOrder {
            let json = format!(r#"{{"AppId":"app-1","CoTargets":{targets}}}"#);
            serde_json::from_str(&json).unwrap()
        };
        for (targets, is_about) in [
            (r#"["i-2","i-1"]"#, true),
            (r#"["i-1"]"#, false),
            (r#"["i-1","i-2","i-3"]"#, false),
            (r#"["i-1","i-3"]"#, false),
            ("[]", true),
            ("null", true),
            (r#"{"what":"ever"}"#, true),
        ] {
            assert_eq!(sought.is_about(&order(targets)), is_about, "{targets}");
        }
        assert!(WHOLE.is_about(&order(r#"["i-1"]"#)));
        let elsewhere = Sought {
            app_id: "app-2",
            ..sought
        };
        assert!(!elsewhere.is_about(&order("[]")));
        assert!(sought.could_be(
            &OrderItem {
                co_type_code: "CoRestartInstances".into(),
                ..item("o")
            },
            &[]
        ));
        assert!(!sought.could_be(&item("o"), &[]));
    }

    #[test]
    fn pages_are_read_down_to_the_baseline_or_to_the_end() {
        let baseline = [OrderId("o-1".into())];
        let mut above = vec![];
        assert!(!add_above(
            &mut above,
            page(&["o-4", "o-3"], Some(9)),
            &baseline
        ));
        // The list moved by one while it was read.
        assert!(add_above(
            &mut above,
            page(&["o-3", "o-2", "o-1", "o-0"], Some(9)),
            &baseline
        ));
        let ids: Vec<_> = above
            .iter()
            .map(|item| item.change_order_id.as_str())
            .collect();
        assert_eq!(ids, ["o-4", "o-3", "o-2"]);

        assert!(add_above(&mut vec![], page(&[], Some(9)), &baseline));
        assert!(add_above(
            &mut vec![],
            page(&["o-9", "o-8"], Some(2)),
            &baseline
        ));
        // A short page alone proves nothing: the cloud may cap pages.
        assert!(!add_above(&mut vec![], page(&["o-9"], None), &baseline));
        assert!(!add_above(&mut vec![], page(&["o-9"], Some(2)), &[]));
    }

    #[test]
    fn the_order_that_holds_the_target_is_described_as_far_as_it_is_listed() {
        let mut deploy = item("o-2");
        deploy.co_type_code = "CoDeploy".into();
        let list = OrderList {
            change_order_list: vec![
                OrderItem {
                    status: Some(2),
                    ..item("o-3")
                },
                deploy,
            ],
            total_size: None,
        };
        let named = running_order("o-2", &list);
        assert_eq!(
            (named.id.0.as_str(), named.kind.as_str()),
            ("o-2", "CoDeploy")
        );
        assert_eq!(
            (named.created_by.as_str(), named.since.as_str()),
            ("u-1", "2026-11-22 15:08:09")
        );
        assert_eq!(running_order("", &list), named);
        assert_eq!(running_order("o-9", &list).id.0, "o-9");
        assert_eq!(running_order("o-9", &list).kind, "");
        assert_eq!(
            line(&item("o-2")),
            "o-2 CoRestartApplication by u-1 at 2026-11-22 15:08:09 of the cloud's local time"
        );
    }
}
