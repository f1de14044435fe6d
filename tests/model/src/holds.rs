//! The shipped protocol holds, whatever happens within each run's limits.
//!
//! The short runs are part of `make test`. `make model` makes all of them, with wider limits.

use crate::{
    checks::{ADOPTED, NOT_EXECUTED, SUCCEEDED, TAKEN_OVER, UNKNOWN},
    config::Config,
    run::holds,
};

const LIST: [&str; 3] = [SUCCEEDED, ADOPTED, NOT_EXECUTED];
const TOKEN: [&str; 3] = [SUCCEEDED, UNKNOWN, TAKEN_OVER];

const CRASH: Config = Config {
    crashes: 1,
    timeouts: 1,
    ..Config::NONE
};

#[test]
fn old_views() {
    let config = Config { stale: 1, ..CRASH };
    holds("1 crash, 1 time-out, 1 old view", config, &LIST);
}

/// Every status that is written passes the admission rules, too.
#[test]
fn any_old_view() {
    let config = Config {
        crashes: 1,
        stale: u8::MAX,
        cel: true,
        ..Config::NONE
    };
    holds("1 crash, any old view", config, &LIST);
}

#[test]
fn restarts_by_others() {
    let config = Config { others: 1, ..CRASH };
    holds("1 crash, 1 time-out, 1 restart by others", config, &LIST);
}

#[test]
fn two_time_outs() {
    let config = Config {
        timeouts: 2,
        ..CRASH
    };
    holds("1 crash, 2 time-outs", config, &LIST);
}

#[test]
fn two_crashes() {
    let config = Config {
        crashes: 2,
        ..CRASH
    };
    holds("2 crashes, 1 time-out", config, &LIST);
}

#[test]
fn cancel() {
    let config = Config {
        cancel: true,
        ..CRASH
    };
    holds("1 crash, 1 time-out, cancel", config, &LIST);
}

#[test]
fn token_taken_over_after_a_crash() {
    let config = Config {
        token: true,
        takeovers: 1,
        ..CRASH
    };
    holds("token, 1 crash, 1 time-out, 1 takeover", config, &TOKEN);
}

#[test]
fn token_taken_over_twice() {
    let config = Config {
        timeouts: 1,
        token: true,
        takeovers: 2,
        ..Config::NONE
    };
    holds("token, 1 time-out, 2 takeovers", config, &TOKEN);
}

#[test]
fn a_clock_that_is_ahead() {
    let config = Config {
        fast_clock: true,
        crashes: 1,
        ..Config::NONE
    };
    holds("1 crash, one clock ahead", config, &[SUCCEEDED, ADOPTED]);
}

#[test]
fn a_restored_status() {
    let config = Config {
        restore: true,
        ..Config::NONE
    };
    holds("restored, with a list", config, &[SUCCEEDED, UNKNOWN]);
}

/// A newer request restarts the same target after the restore.
#[test]
fn a_restored_status_and_a_newer_request() {
    let config = Config {
        restore: true,
        others: 1,
        ..Config::NONE
    };
    holds("restored, 1 newer request", config, &[SUCCEEDED, UNKNOWN]);
}

#[test]
fn a_restored_status_without_a_list() {
    let config = Config {
        restore: true,
        token: true,
        ..Config::NONE
    };
    holds("restored, without a list", config, &[SUCCEEDED]);
}

#[test]
#[ignore = "minutes: make model"]
fn restarts_by_others_and_two_time_outs() {
    let config = Config {
        timeouts: 2,
        others: 1,
        ..CRASH
    };
    holds("1 crash, 2 time-outs, 1 restart by others", config, &LIST);
}

#[test]
#[ignore = "minutes: make model"]
fn two_crashes_and_two_time_outs() {
    let config = Config {
        crashes: 2,
        timeouts: 2,
        ..Config::NONE
    };
    holds("2 crashes, 2 time-outs", config, &LIST);
}

#[test]
#[ignore = "minutes: make model"]
fn cancel_and_two_time_outs() {
    let config = Config {
        timeouts: 2,
        cancel: true,
        ..CRASH
    };
    holds("1 crash, 2 time-outs, cancel", config, &LIST);
}

#[test]
#[ignore = "minutes: make model"]
fn token_with_two_takeovers_and_two_time_outs() {
    let config = Config {
        timeouts: 2,
        token: true,
        takeovers: 2,
        ..CRASH
    };
    holds("token, 1 crash, 2 time-outs, 2 takeovers", config, &TOKEN);
}
