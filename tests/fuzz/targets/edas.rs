//! Every answer of EDAS.

use restart_operator::cloud::{
    edas::{
        classify::{acknowledgement, read_answer, restart_answer},
        codes, orders,
        report::report,
        wire::{ApplicationList, OrderAnswer, OrderInfo, OrderList, StatusAnswer},
    },
    exchange::Reply,
    types::{EdasApplication, OrderId, OrderState},
};
use serde::de::DeserializeOwned;

const PARAMETERS: [&str; 2] = ["AppId", "EccInfo"];
const OPERATION: &str = "RestartApplication";

pub(crate) fn answers(data: &[u8]) {
    let Some(reply) = super::reply(data) else {
        return;
    };
    let answer = restart_answer(OPERATION, &reply, &PARAMETERS);
    let message = String::from_utf8_lossy(&reply.body);
    super::check_restart(&reply, &answer, |code| {
        codes::lookup(code, &message, &PARAMETERS).is_some_and(|row| row.retry.is_some())
    });
    let acknowledged = acknowledgement(OPERATION, &reply, &PARAMETERS).is_ok();
    assert!(!acknowledged || (200..300).contains(&reply.status));
    if let Some(order) = read::<OrderAnswer>(&reply).and_then(|answer| answer.order) {
        an_order(&order);
    }
    if let Some(list) = read::<OrderList>(&reply) {
        a_list(&list);
    }
    read::<ApplicationList>(&reply);
    read::<StatusAnswer>(&reply);
}

fn read<T: DeserializeOwned>(reply: &Reply) -> Option<T> {
    let read = read_answer(OPERATION, reply, &PARAMETERS);
    read.inspect_err(super::check_error).ok()
}

fn an_order(order: &OrderInfo) {
    let app = EdasApplication {
        region: "cn-hangzhou".into(),
        app_id: "app-1".into(),
        ecc_ids: vec!["ecc-1".into()],
    };
    let _ = orders::start_of(order, &super::call());
    let told = report(order, orders::is_about(order, &app));
    super::check_report(&told);
    if told.state == OrderState::Succeeded {
        assert_eq!(told.status, 2, "only 2 is a success");
    }
}

fn a_list(list: &OrderList) {
    let items = &list.change_order_list;
    let baseline: Vec<OrderId> = orders::baseline(items);
    assert!(orders::reaches_back(items, &baseline));
    for item in items {
        super::check_text(&orders::line(item), 8 * 128);
        // An order that stood there before the call is never ours.
        let listed = baseline.iter().any(|id| id.0 == item.change_order_id);
        assert!(!(listed && orders::could_be_ours(item, &baseline, &[], None)));
    }
    if let Some(running) = orders::running_order(items) {
        super::check_name(&running.kind);
    }
}
