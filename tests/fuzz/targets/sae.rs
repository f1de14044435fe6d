//! Every answer of SAE: the restart calls, the reads, and what is concluded from orders and lists.

use restart_operator::cloud::{
    error::CloudError,
    exchange::Reply,
    sae::{
        batch::{self, Parent},
        classify::{acknowledgement, order_state, read_answer, read_list, restart_answer},
        codes, orders,
        report::{reason, report},
        wire::{
            ApplicationPage, ApplicationStatus, ChangeOrder, Group, InstancePage,
            NamespaceResources, OrderList, PipelineDetail,
        },
    },
    types::{OrderId, OrderState, SaeApplication, SaeApplications},
};
use serde::de::DeserializeOwned;

const PARAMETERS: [&str; 2] = ["AppId", "MinReadyInstances"];
const OPERATION: &str = "RestartApplication";

pub(crate) fn answers(data: &[u8]) {
    let Some(reply) = super::reply(data) else {
        return;
    };
    let answer = restart_answer(OPERATION, &reply, &PARAMETERS);
    super::check_restart(&reply, &answer, |code| {
        codes::lookup(code, "", &PARAMETERS).is_some_and(|row| row.retry.is_some())
    });
    let acknowledged = acknowledgement(OPERATION, &reply, &PARAMETERS).is_ok();
    assert!(!acknowledged || (200..300).contains(&reply.status));
    if let Some(order) = read::<ChangeOrder>(&reply) {
        an_order(&order);
    }
    if let [Some(list), Some(first), Some(second)] = [(); 3].map(|()| read::<OrderList>(&reply)) {
        a_list(&list, [first, second]);
    }
    let detail = read::<PipelineDetail>(&reply);
    if let Some(text) = detail.as_ref().and_then(reason) {
        super::check_text(&text, 4096);
    }
    read::<ApplicationStatus>(&reply);
    read::<InstancePage>(&reply);
    read::<ApplicationPage>(&reply);
    read::<NamespaceResources>(&reply);
    checked(read_list::<Group>(OPERATION, &reply, &PARAMETERS));
}

fn read<T: DeserializeOwned>(reply: &Reply) -> Option<T> {
    checked(read_answer(OPERATION, reply, &PARAMETERS))
}

fn checked<T>(result: Result<T, CloudError>) -> Option<T> {
    result.inspect_err(super::check_error).ok()
}

fn an_order(order: &ChangeOrder) {
    let app = SaeApplication {
        region: "cn-hangzhou".into(),
        app_id: "app-1".into(),
        min_ready_instances: None,
        min_ready_instance_ratio: None,
        auto_enable_application_scaling_rule: None,
    };
    let told = report(order, &app.app_id);
    super::check_report(&told);
    assert_eq!(told.same_target, order.app_id == app.app_id);
    if told.state == OrderState::Succeeded {
        assert_eq!(told.status, 2, "only 2 is a success");
    }
    let started = super::call().signed_at;
    let _ = orders::start_of(order, &super::call());
    let _ = orders::Sought::application(&app).is_about(order);
    let target = SaeApplications {
        region: app.region.clone(),
        namespace_id: "cn-hangzhou".into(),
        app_ids: vec![app.app_id.clone()],
    };
    let parent = Parent::of_order(order, &target);
    let part = batch::judged(&app.app_id, "o-1", order, started);
    let mut parts = vec![part, batch::unseen("app-2")];
    batch::close(&mut parts, &parent, started, started);
    super::check_report(&batch::report(parent, parts));
}

/// A list, and the same page read twice more.
fn a_list(list: &OrderList, [page, again]: [OrderList; 2]) {
    let running = orders::running_order("", list);
    super::check_name(&running.kind);
    super::check_name(&running.since);
    for item in &list.change_order_list {
        super::check_text(&orders::line(item), 8 * 128);
        super::check_text(&batch::note("namespace", item), 8 * 128);
        let creators: Vec<String> = orders::creator(item).into_iter().collect();
        assert_eq!(
            orders::is_known_creator(item, &creators),
            !creators.is_empty()
        );
    }
    let first = list.change_order_list.first();
    let baseline: Vec<OrderId> = first
        .map(|item| OrderId(item.change_order_id.clone()))
        .into_iter()
        .collect();
    let mut above = Vec::new();
    // The newest order stood there before: nothing is new.
    let complete = orders::add_above(&mut above, page, &baseline);
    assert!(complete && above.is_empty());
    let anybody = batch::Author::known(Vec::new());
    assert!(batch::restarts(list, &baseline, &[], &anybody).is_empty());
    orders::add_above(&mut above, again, &[]);
    assert!(above.len() <= list.change_order_list.len());
    let state = order_state(i32::try_from(above.len()).unwrap_or(0), None, &[]);
    assert!(state != OrderState::Unconfirmed);
}
