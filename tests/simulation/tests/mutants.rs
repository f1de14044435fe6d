//! Each rule of the protocol is needed: without it some world breaks an invariant, and the judges see
//! it. The operator is bent by the harness; nothing in it can be switched off.

use simulation::{Campaign, Mutant};

/// Worlds in which a mutant must be found.
const WORLDS: u64 = 2_000;

#[test]
fn without_any_one_rule_some_world_breaks() {
    let mut survivors = Vec::new();
    for mutant in Mutant::ALL {
        let summary = Campaign {
            seeds: 0..WORLDS,
            mutant: Some(mutant),
            stops: true,
        }
        .run();
        match summary.failed.first() {
            Some((seed, violations)) => println!(
                "{mutant:?}: seed {seed} after {:.1} s: {violations:?}",
                summary.took.as_secs_f64()
            ),
            None => survivors.push(mutant),
        }
    }
    assert!(survivors.is_empty(), "not found: {survivors:?}");
}
