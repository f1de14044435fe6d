//! All interleavings of the passes that meet at one right to send. Each operation of the store is
//! one step, since a lock is held for it; a shutdown cuts a pass off after any step.

use std::time::Duration;

use restart_operator::cloud::{permit::Permits, types::AttemptId};

#[derive(Clone, Copy)]
enum Op {
    /// The author of the intent has seen it stored.
    Hold,
    Take,
    /// An answer is stored, whatever it is.
    Store,
    /// The attempt is forgotten, if an answer is stored.
    Forget,
}

use Op::{Forget, Hold, Store, Take};

/// The pass that wrote the intent: it holds the right once.
const AUTHOR: &[Op] = &[Hold, Take, Store, Forget];
/// A pass that came upon the intent: to send it, or to withhold it after a cancel.
const OTHER: &[Op] = &[Take, Store, Forget];

/// The permits that were given out, all told, when the passes act in this order.
fn given(order: &[Op]) -> usize {
    let permits = Permits::default();
    let attempt = AttemptId("ab".repeat(16));
    let (mut stored, mut given) = (false, 0);
    for op in order {
        match op {
            Hold => permits.hold(attempt.clone(), Duration::from_secs(10)),
            Take => given += usize::from(permits.take(&attempt, Duration::ZERO).is_ok()),
            Store => stored = true,
            Forget if stored => permits.forget(&attempt),
            Forget => {}
        }
    }
    given
}

/// Every order of the steps that keeps the order within each pass, and every beginning of one, so that
/// each pass is also cut off anywhere: the most permits that any gives, and how many there are.
fn most(rest: &mut [&[Op]], so_far: &mut Vec<Op>) -> (usize, usize) {
    let (mut most_given, mut orders) = (given(so_far), 1);
    for pass in 0..rest.len() {
        let [first, later @ ..] = rest[pass] else {
            continue;
        };
        let before = std::mem::replace(&mut rest[pass], later);
        so_far.push(*first);
        let (more, further) = most(rest, so_far);
        (most_given, orders) = (most_given.max(more), orders + further);
        so_far.pop();
        rest[pass] = before;
    }
    (most_given, orders)
}

#[test]
fn one_permit_at_most_whatever_three_passes_and_a_shutdown_do() {
    let (given, orders) = most(&mut [AUTHOR, OTHER, OTHER], &mut vec![]);
    assert_eq!(given, 1, "of {orders} orders");
    println!("permits: {orders} orders, one permit at most");
}

/// The same search finds the second permit of an author that would hold its right twice.
#[test]
fn an_author_that_holds_twice_is_found() {
    let twice: &[Op] = &[Hold, Hold, Take];
    assert_eq!(most(&mut [twice, OTHER], &mut vec![]).0, 2);
}
