//! A process: the order of a pass as the controller has it, around the shipped `decide`, `absorb`
//! and `Permits`. One function is what happens without waiting for anybody.

use std::time::Duration;

use restart_operator::{
    cloud::{
        permit::{Mine, NoPermit, Permits},
        types::{Answer, AttemptId, OrderState, Submission},
    },
    protocol::absorb::{Done, Opening},
};

use crate::{
    cloud,
    config::Mutant,
    core::{Core, Made, Move, Taken},
    object,
    world::{At, Call, Id, Process, Put, Right, Seen, Stored, World},
};

/// A pass begins, on what the cache has.
pub fn begin(core: &Core, world: &mut World, process: usize, view: Stored, way: u8) -> Option<()> {
    match world.processes[process].unsaved {
        Some(_) if way > 0 => return None,
        Some(done) => record(core, world, process, view, done),
        None => step(core, world, process, (view, false, Seen::Nothing), way)?,
    }
    Some(())
}

/// One turn of a pass. `None`: nothing comes of it.
pub fn step(
    core: &Core,
    world: &mut World,
    process: usize,
    (mut base, own, seen): (Stored, bool, Seen),
    way: u8,
) -> Option<()> {
    if whose(core, &world.processes[process], base) == Mine::Unsent && !own {
        // The right to send needs an object that certainly shows it.
        if core.facts(base.content).anew != core.facts(world.object().content).anew {
            world.processes[process].at = At::Idle;
            return Some(());
        }
        base = world.object();
    }
    let clock = core.clock(world, process);
    let mine = whose(core, &world.processes[process], base);
    let check = match seen {
        Seen::Check(check) => Some(check),
        Seen::Nothing | Seen::AbortTried => None,
    };
    let next = core.decide(base.content, mine, check, seen == Seen::AbortTried, clock);
    let ways = match next {
        Move::Poll | Move::Abort => 2,
        _ => 1,
    };
    if way >= ways {
        return None;
    }
    let done = match next {
        Move::Nothing => return None,
        Move::Done(done) => done,
        Move::Check => {
            let of = Made::Check(base.content, world.orders, world.instant);
            core.make(of, || cloud::check(core, world, base.content))
        }
        Move::Open(number) => open(core, world, process, (number, check?, clock)),
        Move::Submit(call) => return submit(core, world, process, base, call),
        Move::Withhold(call) => match take(core, world, process, call) {
            Ok(()) | Err(NoPermit::TooLate) => not_sent(core, call),
            Err(NoPermit::NotMine | NoPermit::AlreadyTaken) => ambiguous(core, call),
        },
        Move::TakeOver(call) => {
            if world.takeovers == core.config.takeovers {
                return None;
            }
            world.takeovers += 1;
            if core.config.has(Mutant::ResendWithoutSwap)
                || core.config.has(Mutant::ResendAndRelease)
            {
                send(world, process, base, call);
                return Some(());
            }
            take_over(core, world, process, call)
        }
        Move::Resolve(call) => {
            let of = Made::Resolve(call, world.orders, world.instant);
            core.make(of, || cloud::resolve(core, world, call))
        }
        Move::Poll => polled(core, base, way),
        Move::Abort => {
            let number = core.facts(base.content).order?;
            core.make(Made::Aborted(number, way == 0), || Done::Aborted {
                order: object::order(number),
                result: if way == 0 {
                    Ok(())
                } else {
                    Err(object::no_answer())
                },
            })
        }
    };
    record(core, world, process, base, done);
    Some(())
}

fn polled(core: &Core, base: Stored, way: u8) -> Id {
    let facts = core.facts(base.content);
    let number = facts.order.unwrap_or_default();
    let state = match way {
        0 => OrderState::Succeeded,
        _ if facts.abort_asked => OrderState::Aborted,
        _ => OrderState::Failed,
    };
    let way = if facts.abort_asked { way * 2 } else { way };
    core.make(Made::Polled(number, way), || Done::Polled {
        order: object::order(number),
        report: Ok(object::ended(state)),
        progress_due: true,
    })
}

/// An answer that a rejection by this side is.
fn not_sent(core: &Core, call: Id) -> Id {
    core.make(Made::NotSent(call), || {
        cloud::answered(core, call, Answer::Rejected(object::not_sent()), None)
    })
}

/// No answer, or one that proves nothing.
pub fn ambiguous(core: &Core, call: Id) -> Id {
    core.make(Made::Ambiguous(call), || {
        cloud::answered(core, call, Answer::Ambiguous(object::no_answer()), None)
    })
}

/// The intent, as the shell fills it in.
fn new_call(core: &Core, number: i32, check: Id, clock: u8) -> Submission {
    let policy = &core.policy;
    let life = if core.config.token {
        policy.signature_life_token
    } else {
        policy.signature_life
    };
    let signed_at = core.time(clock);
    Submission {
        attempt: AttemptId(String::new()),
        number,
        owned: 0,
        signed_at,
        not_after: signed_at + life,
        target_hash: "ab".repeat(32),
        nonce: if core.config.token {
            "token".into()
        } else {
            format!("nonce-{number}")
        },
        credential: "0123456789abcdef".into(),
        baseline: core.check(check).baseline,
    }
}

/// An attempt id that no other process and no other intent has. One that was never sent to the API
/// server can be drawn again: nobody knows it.
fn drawn(p: &Process) -> AttemptId {
    AttemptId(format!("{:016x}{:016x}", p.incarnation, p.drawn))
}

fn open(
    core: &Core,
    world: &mut World,
    process: usize,
    (number, check, clock): (i32, Id, u8),
) -> Id {
    let p = name(world, process);
    let of = Made::Open(p.incarnation, p.drawn, number, check, clock);
    core.make(of, || {
        let call = Submission {
            attempt: drawn(p),
            ..new_call(core, number, check, clock)
        };
        core.keep_call(call.clone());
        Done::Opened(Box::new(Opening {
            call,
            holder: "pod".into(),
            check: core.check(check),
        }))
    })
}

fn take_over(core: &Core, world: &mut World, process: usize, call: Id) -> Id {
    let p = name(world, process);
    core.make(Made::TakeOver(p.incarnation, p.drawn, call), || {
        let from = core.call(call);
        let call = Submission {
            attempt: drawn(p),
            owned: from.owned + 1,
            ..(*from).clone()
        };
        core.keep_call(call.clone());
        Done::TakenOver {
            from: from.attempt.clone(),
            call: Box::new(call),
            holder: "pod".into(),
        }
    })
}

/// From its first write on, a process is told apart from the others.
fn name(world: &mut World, process: usize) -> &Process {
    if world.processes[process].incarnation == 0 {
        world.incarnations += 1;
        world.processes[process].incarnation = world.incarnations;
    }
    &world.processes[process]
}

/// The only place that sends.
fn submit(core: &Core, world: &mut World, process: usize, base: Stored, call: Id) -> Option<()> {
    if core.config.has(Mutant::TakeoverCalls) && world.processes[process].right(call).is_none() {
        world.processes[process].set_right(call, Right::Unsent(i64::MAX));
    }
    let done = match take(core, world, process, call) {
        Ok(()) => {
            send(world, process, base, call);
            return Some(());
        }
        Err(NoPermit::TooLate) => not_sent(core, call),
        Err(NoPermit::NotMine | NoPermit::AlreadyTaken) => ambiguous(core, call),
    };
    record(core, world, process, base, done);
    Some(())
}

fn send(world: &mut World, process: usize, base: Stored, call: Id) {
    world.sent_twice |= world.sent.contains(&call);
    world.sent.insert(call);
    let author = name(world, process).incarnation;
    world.processes[process].at = At::Calling { base, call };
    let mut sent = Call {
        author,
        call,
        again: false,
    };
    sent.again = world.calls.contains(&sent);
    world.calls.insert(sent);
}

/// Whose the intent of this object is, by the shipped rights.
fn whose(core: &Core, p: &Process, base: Stored) -> Mine {
    let facts = core.facts(base.content);
    match facts.intent {
        None => Mine::NotMine,
        Some(_) if facts.ambiguous => Mine::Sent,
        Some(call) => {
            let (_, mine, _) = core.take(p.right(call), 0);
            if core.config.has(Mutant::TakeoverCalls) && mine == Mine::NotMine {
                return Mine::Unsent;
            }
            mine
        }
    }
}

fn take(core: &Core, world: &mut World, process: usize, call: Id) -> Result<(), NoPermit> {
    let now = core.seconds(world.instant);
    let p = &mut world.processes[process];
    let (taken, _, after) = core.take(p.right(call), now);
    if after == Mine::Sent {
        p.set_right(call, Right::UsedUp);
    }
    taken
}

/// What the shipped store says that has this right to an intent.
pub fn take_permit(right: Option<Right>, now: i64) -> Taken {
    let permits = Permits::default();
    let attempt = AttemptId("ab".repeat(16));
    match right {
        None => {}
        Some(Right::Unsent(until)) => permits.hold(attempt.clone(), boot(until)),
        Some(Right::UsedUp) => {
            permits.hold(attempt.clone(), Duration::ZERO);
            // Too late: used up all the same.
            let _ = permits.take(&attempt, Duration::MAX);
        }
    }
    let before = permits.mine(&attempt);
    let taken = permits.take(&attempt, boot(now)).map(drop);
    (taken, before, permits.mine(&attempt))
}

/// The boot clock, which began a day before the request.
fn boot(seconds: i64) -> Duration {
    Duration::from_secs(seconds.saturating_add(86_400).unsigned_abs())
}

/// Applies a result to an object, and sends the PUT if that changes it.
pub fn record(core: &Core, world: &mut World, process: usize, base: Stored, done: Id) {
    let (content, go_on) = core.absorb(base.content, done, core.clock(world, process));
    if content == base.content {
        return recorded(core, world, process, base, done, go_on);
    }
    let result = core.done(done);
    let opens = matches!(*result, Done::Opened(_));
    let forced = opens && core.config.has(Mutant::IntentWithoutVersion);
    if base.version < world.object().version && !forced {
        // The swap is refused, whenever it comes.
        world.processes[process].at = At::Reading { done };
        return;
    }
    let author = name(world, process).incarnation;
    let p = &mut world.processes[process];
    let put = Put {
        author,
        version: base.version,
        content,
        opens,
    };
    p.at = At::Putting { put, done, go_on };
    let written = match &*result {
        Done::Opened(opening) => Some(&opening.call.attempt),
        Done::TakenOver { call, .. } => Some(&call.attempt),
        _ => None,
    };
    if written == Some(&drawn(p)) {
        p.drawn += 1;
    }
    world.puts.insert(put);
    if core.config.has(Mutant::CallBeforeIntent) && opens {
        let wanted = Stored {
            version: base.version + 1,
            content,
        };
        recorded(core, world, process, wanted, done, go_on);
    }
}

/// A result is stored, or changes nothing.
pub fn recorded(
    core: &Core,
    world: &mut World,
    process: usize,
    stored: Stored,
    done: Id,
    go_on: bool,
) {
    let facts = core.facts(stored.content);
    let result = core.done(done);
    let p = &mut world.processes[process];
    hold_if_ours(core, p, &facts, &result);
    if p.unsaved.take().is_some() {
        p.at = At::Pass {
            base: stored,
            own: false,
            seen: Seen::Nothing,
        };
        return;
    }
    if !go_on {
        if let Some(over) = facts.answered {
            p.forget(over);
        }
        p.at = At::Idle;
        return;
    }
    let seen = match &*result {
        Done::Checked(Ok(check)) => Seen::Check(core.keep_check(check.clone())),
        Done::Aborted { .. } => Seen::AbortTried,
        _ => Seen::Nothing,
    };
    p.at = At::Pass {
        base: stored,
        own: true,
        seen,
    };
}

/// The right to send belongs to the process that wrote the intent and has seen it stored.
fn hold_if_ours(core: &Core, p: &mut Process, facts: &crate::core::Facts, done: &Done) {
    let written = match done {
        Done::Opened(opening) => &opening.call,
        Done::TakenOver { call, .. } => call,
        _ => return,
    };
    let Some(call) = facts.intent.filter(|_| !facts.ambiguous) else {
        return;
    };
    if core.call(call).attempt != written.attempt || p.right(call).is_some() {
        return;
    }
    let until = if core.config.never_late() {
        i64::MAX
    } else {
        object::seconds(written.not_after - core.policy.send_margin)
    };
    p.set_right(call, Right::Unsent(until));
}

/// After anything but a success the object is read again, and the same is applied to it.
pub fn read(core: &Core, world: &mut World, process: usize, done: Id) {
    let now = world.object();
    record(core, world, process, now, done);
}

/// Only answers to a call are worth keeping.
pub fn give_up(core: &Core, p: &mut Process, done: Id) {
    if matches!(*core.done(done), Done::Answered { .. }) {
        p.unsaved = Some(done);
    }
    p.at = At::Idle;
}
