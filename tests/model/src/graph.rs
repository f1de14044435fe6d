//! From every state that can be reached, some way without a further fault leads to an end, or to a
//! person.

use std::collections::HashMap;

use stateright::Model;

use crate::{
    config::Config,
    core::Core,
    world::{Act, World},
};

/// All states, and for each the states from which one fair step leads to it.
struct Graph {
    states: Vec<World>,
    before: Vec<Vec<usize>>,
}

/// What comes about by itself. The rest is a fault, or somebody's will.
fn is_fair(act: &Act) -> bool {
    matches!(
        act,
        Act::Begin { .. }
            | Act::Step { .. }
            | Act::Read { .. }
            | Act::Deliver { lost: false, .. }
            | Act::Execute { lost: false, .. }
            | Act::Reject { .. }
            | Act::List { .. }
            | Act::Advance
    )
}

fn explore(core: &Core) -> Graph {
    let mut states = core.init_states();
    let mut number: HashMap<World, usize> = states.iter().map(|state| (*state, 0)).collect();
    let mut before = vec![vec![]];
    let mut acts = vec![];
    let mut next = 0;
    while next < states.len() {
        let state = states[next];
        acts.clear();
        core.actions(&state, &mut acts);
        for act in &acts {
            let Some(after) = core.next_state(&state, *act) else {
                continue;
            };
            let found = *number.entry(after).or_insert_with(|| {
                states.push(after);
                before.push(vec![]);
                states.len() - 1
            });
            if is_fair(act) {
                before[found].push(next);
            }
        }
        next += 1;
    }
    Graph { states, before }
}

/// Goes back from the ends; what is not met has no way there.
fn ends_everywhere(name: &str, config: Config) {
    let core = Core::new(config);
    let Graph { states, before } = explore(&core);
    let is_end = |state: &World| {
        let facts = core.facts(state.object().content);
        facts.finished || facts.unknown
    };
    let mut met: Vec<bool> = states.iter().map(is_end).collect();
    let mut open: Vec<usize> = (0..states.len()).filter(|number| met[*number]).collect();
    assert!(!open.is_empty(), "{name}: no end at all");
    while let Some(number) = open.pop() {
        for earlier in &before[number] {
            if !std::mem::replace(&mut met[*earlier], true) {
                open.push(*earlier);
            }
        }
    }
    println!("{name}: {} states, each can end", states.len());
    if let Some(stuck) = met.iter().position(|met| !met) {
        let object = core.object(states[stuck].object().content);
        panic!(
            "{name}: no way to an end from {:#?}\n{:#?}",
            states[stuck], object.status
        );
    }
}

#[test]
fn every_state_can_end_with_a_list() {
    let config = Config {
        crashes: 1,
        timeouts: 1,
        others: 0,
        ..Config::NONE
    };
    ends_everywhere("1 crash, 1 time-out", config);
}

#[test]
fn every_state_can_end_after_a_cancel() {
    let config = Config {
        timeouts: 1,
        cancel: true,
        ..Config::NONE
    };
    ends_everywhere("1 time-out, cancel", config);
}

#[test]
fn every_state_can_end_with_a_token() {
    let config = Config {
        timeouts: 1,
        token: true,
        takeovers: 1,
        ..Config::NONE
    };
    ends_everywhere("token, 1 time-out, 1 takeover", config);
}
