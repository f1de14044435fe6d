//! The fuzzer of one target, which FUZZ_TARGET names.
#![no_main]

#[path = "../../targets/mod.rs"]
mod targets;

use std::sync::LazyLock;

static TARGET: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let found = targets::ALL.iter().find(|(known, _)| *known == name);
    found.expect("FUZZ_TARGET names no target").1
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| TARGET(data));
