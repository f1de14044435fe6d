//! The cloud: what its list shows, judged by the shipped filters of SAE, and what it says of calls.

use jiff::SignedDuration;
use restart_operator::{
    api::RestartRequest,
    cloud::{
        alibaba::window::{self, Start},
        sae::{
            orders::{self, Sought},
            wire::{ChangeOrder, OrderItem, OrderList},
        },
        types::{Answer, Candidate, Look, Match, Submission},
    },
    protocol::{
        absorb::{Done, Hindrance, Rivals},
        state,
    },
};
use serde_json::json;

use crate::{
    config::{Config, Mutant, Unchecked, Unguarded},
    core::{Core, Made},
    few::Few,
    object,
    world::{Id, Order, Whose, Why, World},
};

const TYPE: &str = "CoRestartApplication";
const CREATOR: &str = "u-1";
const STRANGER: &str = "u-2";
const SOUGHT: Sought<'static> = Sought {
    app_id: object::APP,
    type_code: TYPE,
    instances: &[],
};

/// The numbers of the orders that the list shows. At the last instant it is complete.
fn listed(core: &Core, world: &World) -> Vec<usize> {
    let all = world.instant == core.last_instant();
    let shown = world.orders.iter().enumerate();
    shown
        .filter(|(_, order)| all || order.listed)
        .map(|(number, _)| number)
        .collect()
}

/// A preflight: clear, or hindered by a restart that nobody recorded.
pub fn check(core: &Core, world: &World, on: Id) -> Done {
    let config = &core.config;
    let newest = listed(core, world).last().copied();
    // Neighbours of the model are newer than the request: their records do not spare the look.
    let hidden = config.has(Mutant::Restored(Unguarded::Reach))
        && newest.is_some_and(|number| world.orders[number].whose == Whose::Neighbour);
    if !config.token && !config.has(Mutant::Restored(Unguarded::Guard)) && !hidden {
        let orders = forgotten(core, world, on);
        if !orders.is_empty() {
            return Done::Checked(Err(Hindrance::Forgotten(orders)));
        }
    }
    Done::Checked(Ok(object::check(newest.filter(|_| !config.token))))
}

/// As the controller and SAE's provider look for them, newest first: from a second before the
/// request's creation, without those that another request has recorded.
fn forgotten(core: &Core, world: &World, on: Id) -> Vec<Candidate> {
    let creators = [CREATOR.to_owned()];
    let since = state::created(&core.object(on)) - SignedDuration::from_secs(1);
    let mut found = vec![];
    for number in listed(core, world).into_iter().rev() {
        let whose = world.orders[number].whose;
        let (item, order) = (item(number, whose), detail(core, world.orders[number]));
        if !SOUGHT.could_be(&item, &creators) || !SOUGHT.is_about(&order) {
            continue;
        }
        if window::after(orders::starts(&order), since) == Start::Before {
            break;
        }
        if whose != Whose::Neighbour {
            found.push(Candidate {
                order: object::order(number),
                match_: Match::Verified,
                line: orders::line(&item),
            });
        }
    }
    found
}

/// A look at the list for the outcome of a call.
pub fn resolve(core: &Core, world: &World, call: Id) -> Done {
    let call = core.call(call);
    Done::Resolved {
        attempt: call.attempt.clone(),
        look: Ok(look(core, world, &call)),
        rivals: rivals(&core.config, world),
    }
}

/// An answer to a call.
pub fn answered(core: &Core, call: Id, answer: Answer, look: Option<(Look, Rivals)>) -> Done {
    Done::Answered {
        answer: crate::mutant::answer(&core.config, answer),
        call: Box::new((*core.call(call)).clone()),
        look,
    }
}

/// A rejection, with the look that follows a busy target.
pub fn rejected(core: &Core, world: &World, call: Id, why: Why) -> Id {
    let busy = why == Why::Busy && !core.config.token;
    let orders = if busy { world.orders } else { Few::default() };
    let of = Made::Rejected(call, why, orders, world.instant);
    core.make(of, || {
        let look = busy.then(|| {
            let look = look(core, world, &core.call(call));
            (look, rivals(&core.config, world))
        });
        let answer = Answer::Rejected(object::rejection(why));
        answered(core, call, answer, look)
    })
}

/// The call was executed, or its token stands for an order.
pub fn accepted(core: &Core, call: Id, order: usize) -> Id {
    core.make(Made::Accepted(call, order), || {
        let acceptance = object::accepted(order, core.config.token);
        answered(core, call, Answer::Accepted(acceptance), None)
    })
}

fn rivals(config: &Config, world: &World) -> Rivals {
    let recorded = |order: &Order| {
        order.whose == Whose::Neighbour && !config.has(Mutant::Adopt(Unchecked::Recorded))
    };
    let orders = world.orders.iter().enumerate();
    Rivals {
        recorded: orders
            .filter(|(_, order)| recorded(order))
            .map(|(number, _)| object::order(number))
            .collect(),
        unresolved: None,
    }
}

fn look(core: &Core, world: &World, call: &Submission) -> Look {
    let mut look = Look {
        candidates: vec![],
        complete: false,
        cloud_time: core.time(world.instant),
        notes: vec![],
    };
    if core.config.token {
        return look; // no list
    }
    let lacks = |test| core.config.has(Mutant::Adopt(test));
    let newest_first: Vec<usize> = listed(core, world).into_iter().rev().collect();
    let page = OrderList {
        change_order_list: newest_first
            .iter()
            .map(|number| item(*number, world.orders[*number].whose))
            .collect(),
        total_size: i64::try_from(newest_first.len()).ok(),
    };
    let baseline = if lacks(Unchecked::Baseline) {
        &[]
    } else {
        call.baseline.as_slice()
    };
    let mut above = vec![];
    look.complete = orders::add_above(&mut above, page, baseline);
    let mut creators = vec![CREATOR.to_owned()];
    if lacks(Unchecked::Creator) {
        creators.push(STRANGER.to_owned());
    }
    for mut item in above {
        if lacks(Unchecked::Type) {
            item.co_type_code = TYPE.to_owned();
        }
        if !SOUGHT.could_be(&item, &creators) {
            continue;
        }
        let number = object::order_number(&item.change_order_id).unwrap();
        let order = detail(core, world.orders[number]);
        if !SOUGHT.is_about(&order) {
            continue;
        }
        let start = if lacks(Unchecked::Window) {
            Start::Inside
        } else {
            orders::start_of(&order, call)
        };
        let match_ = match start {
            Start::Before => break,
            Start::After => continue,
            Start::NotYet => Match::NotStarted,
            Start::Inside if orders::is_known_creator(&item, &creators) => Match::Verified,
            Start::Inside => Match::CreatorUnknown,
        };
        look.candidates.push(Candidate {
            order: object::order(number),
            match_,
            line: orders::line(&item),
        });
    }
    look
}

fn item(number: usize, whose: Whose) -> OrderItem {
    let (type_, creator) = match whose {
        Whose::Deployment => ("CoDeploy", CREATOR),
        Whose::Stranger => (TYPE, STRANGER),
        Whose::Ours(_) | Whose::Older | Whose::Neighbour | Whose::Late => (TYPE, CREATOR),
    };
    OrderItem {
        change_order_id: object::order(number).0,
        co_type_code: type_.into(),
        create_user_id: creator.into(),
        source: "pop".into(),
        status: Some(2),
        ..OrderItem::default()
    }
}

fn detail(core: &Core, order: Order) -> ChangeOrder {
    let start = order
        .at
        .map_or_else(|| object::at(-30), |instant| core.time(instant));
    let json = json!({"AppId": object::APP, "Pipelines": [{"StartTime": start.as_millisecond()}]});
    serde_json::from_value(json).unwrap()
}

/// Whether the gateway still takes the call.
pub fn is_valid(core: &Core, world: &World, call: Id) -> bool {
    core.config.never_late() || core.seconds(world.instant) < core.end(call)
}

/// The order that the token of a call stands for, while the cloud remembers it.
pub fn remembered(core: &Core, world: &World) -> Option<usize> {
    let now = core.seconds(world.instant);
    let mut orders = world.orders.iter();
    let known = |order: &Order| matches!(order.whose, Whose::Ours(call) if now < core.end(call));
    core.config.token.then(|| orders.position(known)).flatten()
}

/// The request as a backup has it.
pub fn backup(core: &Core, world: &World, anew: bool) -> RestartRequest {
    if anew {
        object::created_anew(&core.config, core.time(world.instant))
    } else {
        object::newborn(&core.config)
    }
}
