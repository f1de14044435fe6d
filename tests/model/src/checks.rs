//! What must hold in every state, and what must be possible at all.

use stateright::Property;

use crate::{
    cloud,
    core::Core,
    world::{Whose, World},
};

/// No intent is sent twice.
pub const P0: &str = "P0 an attempt id is sent at most once";
/// At most once.
pub const P1: &str = "P1 at most one restart of ours is executed";
/// Nothing false is told of an order.
pub const P2: &str = "P2 an order that is named is a restart of ours";
/// Nothing false is told of the absence of one.
pub const P3: &str = "P3 an end without a restart: none was executed, none can be";
/// A cancel that came before the call holds.
pub const P4: &str = "P4 no restart after a cancel stored while waiting";
/// The second fence never refuses the first.
pub const P5: &str = "P5 the admission rules accept every status that is written";

pub const ALL: [&str; 6] = [P0, P1, P2, P3, P4, P5];

pub const SUCCEEDED: &str = "a restart succeeds";
pub const ADOPTED: &str = "an order is found and taken as ours";
pub const NOT_EXECUTED: &str = "a lost call is proved not executed";
pub const UNKNOWN: &str = "a person is asked";
pub const TAKEN_OVER: &str = "a call is sent again with its token, and accepted";

pub fn properties() -> Vec<Property<Core>> {
    vec![
        Property::always(P0, |_, w: &World| !w.sent_twice),
        Property::always(P1, |_, w: &World| w.executed() <= 1),
        Property::always(P2, named_is_ours),
        Property::always(P3, nothing_can_happen),
        Property::always(P4, |_, w: &World| !w.cancelled_waiting || w.executed() == 0),
        Property::always(P5, |_, w: &World| !w.refused),
        Property::sometimes(SUCCEEDED, |core: &Core, w: &World| {
            core.facts(w.object().content).succeeded
        }),
        Property::sometimes(ADOPTED, |core: &Core, w: &World| {
            core.facts(w.object().content).adopted
        }),
        Property::sometimes(NOT_EXECUTED, |core: &Core, w: &World| {
            core.facts(w.object().content).not_executed
        }),
        Property::sometimes(UNKNOWN, |core: &Core, w: &World| {
            core.facts(w.object().content).unknown
        }),
        Property::sometimes(TAKEN_OVER, |core: &Core, w: &World| {
            w.takeovers > 0 && core.facts(w.object().content).succeeded
        }),
    ]
}

fn named_is_ours(core: &Core, world: &World) -> bool {
    let facts = core.facts(world.object().content);
    match facts.order {
        Some(number) => matches!(world.orders[number].whose, Whose::Ours(_)),
        None => !facts.succeeded,
    }
}

/// A status that was rolled back cannot know what it said before: then only P1 is asked for.
fn nothing_can_happen(core: &Core, world: &World) -> bool {
    if !core.facts(world.object().content).denies || world.restored {
        return true;
    }
    let open = |call: &crate::world::Call| cloud::is_valid(core, world, call.call);
    world.executed() == 0 && !world.calls.iter().any(open)
}
