//! Each mutant of the protocol is found, by name.

use crate::{
    checks::{P1, P2, P3},
    config::{Config, Mutant, Unchecked, Unguarded},
    run::breaks,
};

const ONE: Config = Config {
    crashes: 1,
    timeouts: 1,
    ..Config::NONE
};

fn with(mutant: Mutant) -> Config {
    Config {
        mutant: Some(mutant),
        ..ONE
    }
}

fn token(mutant: Mutant) -> Config {
    Config {
        crashes: 0,
        token: true,
        takeovers: 1,
        ..with(mutant)
    }
}

#[test]
fn m1_call_before_intent() {
    breaks("M1", P1, with(Mutant::CallBeforeIntent));
}

#[test]
fn m2_intent_without_version() {
    breaks("M2", P1, with(Mutant::IntentWithoutVersion));
}

#[test]
fn m3_takeover_calls() {
    breaks("M3", P1, with(Mutant::TakeoverCalls));
}

#[test]
fn m4_ambiguous_is_rejection() {
    breaks("M4", P1, with(Mutant::AmbiguousIsRejection));
}

#[test]
fn m5_transport_retry() {
    breaks("M5", P1, with(Mutant::TransportRetry));
}

#[test]
fn m6_sign_at_send() {
    breaks("M6", P3, with(Mutant::SignAtSend));
}

fn adopt(name: &str, unchecked: Unchecked) {
    let config = Config {
        crashes: 0,
        others: 1,
        ..with(Mutant::Adopt(unchecked))
    };
    breaks(name, P2, config);
}

#[test]
fn m7a_adopt_without_creator() {
    adopt("M7a", Unchecked::Creator);
}

#[test]
fn m7b_adopt_without_baseline() {
    adopt("M7b", Unchecked::Baseline);
}

#[test]
fn m7c_adopt_without_type() {
    adopt("M7c", Unchecked::Type);
}

#[test]
fn m7d_adopt_without_window() {
    adopt("M7d", Unchecked::Window);
}

#[test]
fn m7e_adopt_without_recorded() {
    adopt("M7e", Unchecked::Recorded);
}

fn restored(unguarded: Unguarded) -> Config {
    Config {
        crashes: 0,
        timeouts: 0,
        restore: true,
        ..with(Mutant::Restored(unguarded))
    }
}

#[test]
fn m8a_restored_label_ignored() {
    breaks("M8a", P1, restored(Unguarded::Label));
}

/// Where there is no list, the waiting time is the only layer.
#[test]
fn m8b_restored_deadline_from_now() {
    let config = Config {
        token: true,
        ..restored(Unguarded::StartDeadline)
    };
    breaks("M8b", P1, config);
}

#[test]
fn m8c_restored_without_guard() {
    breaks("M8c", P1, restored(Unguarded::Guard));
}

/// One of ours that nobody recorded is hidden by the order of a newer request.
#[test]
fn m8d_restored_guard_stops_at_a_newer_record() {
    let config = Config {
        others: 1,
        ..restored(Unguarded::Reach)
    };
    breaks("M8d", P1, config);
}

#[test]
fn m9a_resend_without_swap() {
    breaks("M9a", P1, token(Mutant::ResendWithoutSwap));
}

#[test]
fn m9b_release_after_resend() {
    breaks("M9b", P1, token(Mutant::ReleaseAfterResend));
}

#[test]
fn m9_resend_and_release() {
    breaks("M9", P1, token(Mutant::ResendAndRelease));
}

#[test]
fn m10_unbounded_resend() {
    let config = Config {
        crashes: 1,
        ..token(Mutant::UnboundedResend)
    };
    breaks("M10", P1, config);
}
