//! One run, and what is demanded of it.

use std::time::Instant;

use stateright::{Checker, HasDiscoveries, Model};

use crate::{checks, config::Config, core::Core};

/// Explores everything that a configuration allows. Panics with the shortest way to a broken
/// property; else tells how much was seen. All of `goals` must have been reached.
pub fn holds(name: &str, config: Config, goals: &[&str]) {
    let begin = Instant::now();
    let checker = Core::new(config)
        .checker()
        .threads(1)
        .finish_when(HasDiscoveries::AnyOf(checks::ALL.into()))
        .spawn_bfs()
        .join();
    let found = checker.discoveries();
    println!(
        "{name}: {} unique states, depth {}, {:.1} s",
        checker.unique_state_count(),
        checker.max_depth(),
        begin.elapsed().as_secs_f64(),
    );
    for property in checks::ALL {
        if let Some(path) = found.get(property) {
            let last = path.last_state();
            let object = checker.model().object(last.object().content);
            let steps: Vec<String> = path
                .clone()
                .into_actions()
                .iter()
                .map(|act| format!("  {act:?}"))
                .collect();
            panic!(
                "{name} breaks {property}:\n{}\n{last:?}\n{:#?}",
                steps.join("\n"),
                object.status
            );
        }
    }
    for goal in goals {
        assert!(found.contains_key(goal), "{name} never reaches: {goal}");
    }
}

/// Explores until a mutant breaks this property.
pub fn breaks(name: &str, property: &'static str, config: Config) {
    let begin = Instant::now();
    let checker = Core::new(config)
        .checker()
        .threads(1)
        .finish_when(HasDiscoveries::AnyOf([property].into()))
        .spawn_bfs()
        .join();
    let found = checker.discoveries();
    let path = found
        .get(property)
        .unwrap_or_else(|| panic!("{name} survives: {} states", checker.unique_state_count()));
    let steps = path.clone().into_actions();
    println!(
        "{name}: breaks {property}; {} unique states, {} steps, {:.1} s",
        checker.unique_state_count(),
        steps.len(),
        begin.elapsed().as_secs_f64(),
    );
    for step in steps {
        println!("  {step:?}");
    }
}
