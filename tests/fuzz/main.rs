//! Every input in `corpus`, the seeds and what the fuzzer once found, through the code it is for.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a target ends where something does not hold"
)]

#[path = "targets/mod.rs"]
mod targets;

use std::{fs, panic::catch_unwind, path::Path};

#[test]
fn every_input_of_the_corpus_holds() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    for (name, target) in targets::ALL {
        let inputs = fs::read_dir(corpus.join(name)).expect("a folder for each target");
        let mut count = 0;
        for input in inputs {
            let path = input.expect("an input").path();
            let data = fs::read(&path).expect("an input");
            let held = catch_unwind(|| target(&data));
            assert!(held.is_ok(), "{} does not hold", path.display());
            count += 1;
        }
        assert!(count >= 3, "{name} has {count} inputs");
    }
}
