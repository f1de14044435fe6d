//! Every reachable state can still end.
use std::collections::HashMap;
use stateright::Model;
use crate::{core::Core, world::{Act, World}};

pub struct Graph { pub states: Vec<World>, pub edges: Vec<(u32,u32)> }

pub fn graph(core: &Core, fair: impl Fn(&Act)->bool) -> Graph {
    let mut number: HashMap<World,u32> = HashMap::new();
    let mut states = core.init_states();
    for s in &states { number.insert(*s, 0); }
    let mut edges = vec![];
    let mut next = 0;
    let mut acts = vec![];
    while next < states.len() {
        let state = states[next];
        acts.clear();
        core.actions(&state, &mut acts);
        for act in &acts {
            let Some(after) = core.next_state(&state, *act) else { continue };
            let n = *number.entry(after).or_insert_with(|| { states.push(after); u32::try_from(states.len()-1).unwrap() });
            if fair(act) { edges.push((u32::try_from(next).unwrap(), n)); }
        }
        next += 1;
    }
    Graph { states, edges }
}

#[test]
fn statistics() {
    use crate::{config::Config, world::At};
    for config in [Config{stale:1,..Config::default()}, Config{crashes:1,stale:0,..Config::default()}] {
    let core = Core::new(config);
    let g = graph(&core, |_| true);
    println!("{} states {} edges", g.states.len(), g.edges.len());
    let mut by: HashMap<String, usize> = HashMap::new();
    for s in &g.states {
        let o = core.object(s.object().content);
        let f = core.facts(s.object().content);
        let phase = o.status.as_ref().map(|s| s.phase);
        *by.entry(format!("1 {phase:?} n{:?}", o.status.as_ref().and_then(|s| s.attempt.as_ref()).map(|a| a.number))).or_default() += 1;
        *by.entry(format!("2 versions {}", s.history.len())).or_default() += 1;
        *by.entry(format!("3 instant {}", s.instant)).or_default() += 1;
        for p in &s.processes {
            let at = match p.at { At::Idle => "idle".to_owned(), At::Pass{..} => "pass".into(), At::Putting{done,..} => format!("putting {}", kind(&core, done)), At::Reading{done} => format!("reading {}", kind(&core, done)), At::Calling{..} => "calling".into() };
            *by.entry(format!("4 {at}")).or_default() += 1;
        }
        *by.entry(format!("5 finished {} calls {}", f.finished, s.calls.len())).or_default() += 1;
        *by.entry(format!("6 orders {} listed {}", s.orders.len(), s.orders.iter().filter(|o| o.listed).count())).or_default() += 1;
        *by.entry(format!("7 puts {}", s.puts.len())).or_default() += 1;
    }
    let mut by: Vec<_> = by.into_iter().collect(); by.sort();
    for (k,v) in by { println!("{k}: {v}"); }
    }
}
fn kind(core: &Core, done: u16) -> String { format!("{:?}", core.done(done)).chars().take(22).collect() }
