//! The shipped protocol holds.

use crate::{config::Config, run::holds};

const NONE: Config = Config {
    crashes: 0, timeouts: 0, stale: 0, others: 0, cancel: false, token: false, takeovers: 0,
    restore: false, fast_clock: false, cel: false, mutant: None,
};

#[test]
fn tune() {
    let text = std::env::var("RUN").unwrap();
    let mut c = NONE;
    for word in text.split(',') {
        let (k, v) = word.split_once('=').unwrap();
        let v: u8 = v.parse().unwrap();
        match k {
            "c" => c.crashes = v, "t" => c.timeouts = v, "s" => c.stale = v, "o" => c.others = v,
            "x" => c.cancel = v > 0, "token" => c.token = v > 0, "own" => c.takeovers = v, "r" => c.restore = v > 0,
            "fast" => c.fast_clock = v > 0, "cel" => c.cel = v > 0, _ => panic!(),
        }
    }
    holds(&text, c, &[]);
}
