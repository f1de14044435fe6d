//! The model: every order of events that the limits of a run allow.

use stateright::{Model, Property};

use crate::{
    cloud,
    config::{Mutant, Unchecked},
    core::Core,
    few::Few,
    object, shell,
    world::{Act, At, Backup, Call, Id, Order, Process, Put, Right, Whose, Why, World},
};

impl Model for Core {
    type State = World;
    type Action = Act;

    fn init_states(&self) -> Vec<World> {
        let newborn = self.keep(object::newborn(&self.config));
        let older = Order {
            whose: Whose::Older,
            at: None,
            listed: true,
        };
        vec![World {
            history: Few::of(&[newborn]),
            puts: Few::default(),
            calls: Few::default(),
            // To the guard, one from before the request looks like ours where the window is not tested.
            orders: if self.config.others > 0 && !self.config.has(Mutant::Adopt(Unchecked::Window))
            {
                Few::of(&[older])
            } else {
                Few::default()
            },
            instant: 0,
            processes: [Process::default(), Process::default()],
            incarnations: 0,
            sent: Few::default(),
            crashes: 0,
            timeouts: 0,
            others: 0,
            stale: 0,
            takeovers: 0,
            cancelled: false,
            restored: false,
            sent_twice: false,
            refused: false,
            cancelled_waiting: false,
        }]
    }

    fn actions(&self, world: &World, acts: &mut Vec<Act>) {
        if self.is_quiet(world) && self.facts(world.object().content).finished {
            return; // the tests of the core show what a finished request still does: nothing
        }
        for process in 0..2 {
            self.of_process(world, process, acts);
        }
        let faulty = world.timeouts < self.config.timeouts;
        for put in world.puts.iter() {
            acts.push(Act::Deliver {
                put: *put,
                lost: false,
            });
            if faulty && author_of_put(world, put).is_some() {
                acts.push(Act::Deliver {
                    put: *put,
                    lost: true,
                });
            }
        }
        for call in world.calls.iter() {
            self.of_call(world, *call, faulty, acts);
        }
        self.of_others(world, acts);
    }

    fn next_state(&self, last: &World, act: Act) -> Option<World> {
        let mut world = *last;
        self.apply(&mut world, act)?;
        self.tidy(&mut world);
        (world != *last).then_some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        crate::checks::properties()
    }
}

fn author_of_put(world: &World, put: &Put) -> Option<usize> {
    let waits = |p: &Process| matches!(p.at, At::Putting { put: awaited, .. } if awaited == *put);
    world.processes.iter().position(waits)
}

fn author_of_call(world: &World, call: &Call) -> Option<usize> {
    let waits = |p: &Process| {
        p.incarnation == call.author
            && matches!(p.at, At::Calling { call: awaited, .. } if awaited == call.call)
    };
    world.processes.iter().position(waits)
}

/// No pass begins on an old view any more: a version is the present one, or it is not.
fn forget_old_versions(world: &mut World) {
    let now = world.object();
    if now.version == 0 {
        return;
    }
    let age = |version: &mut u8| *version = u8::from(*version == now.version);
    world.puts.iter_mut().for_each(|put| age(&mut put.version));
    for p in &mut world.processes {
        match &mut p.at {
            At::Pass { base, .. } | At::Calling { base, .. } => age(&mut base.version),
            At::Putting { put, .. } => age(&mut put.version),
            At::Idle | At::Reading { .. } => {}
        }
    }
    world.history = Few::of(&[now.content, now.content]);
}

impl Core {
    /// The order is known, or the request is finished, and nothing is on its way to anybody or could
    /// be sent. What processes remember from before has no effect any more, which the tests of the
    /// core show: no result but a poll is absorbed then.
    fn is_quiet(&self, world: &World) -> bool {
        let facts = self.facts(world.object().content);
        let may_send = |p: &Process| {
            let unsent = |(_, right): &(Id, Right)| *right != Right::UsedUp;
            matches!(p.at, At::Calling { .. }) || p.rights.iter().any(unsent)
        };
        self.config.mutant.is_none()
            && !self.config.restore
            && (facts.submitted || facts.finished)
            && world.calls.is_empty()
            && world.puts.is_empty()
            && !world.processes.iter().any(may_send)
    }

    /// States that differ only in what has no effect any more are one.
    fn forget_the_past(&self, world: &mut World) {
        world.history = Few::of(&[world.object().content]);
        world.processes = [Process::default(), Process::default()];
        world.incarnations = 0;
        world.sent = Few::default();
        if self.facts(world.object().content).finished {
            world.instant = self.last_instant();
            world
                .orders
                .iter_mut()
                .for_each(|order| order.listed = true);
            (world.crashes, world.timeouts) = (0, 0);
            (world.stale, world.others) = (0, 0);
        }
    }

    fn of_process(&self, world: &World, process: usize, acts: &mut Vec<Act>) {
        let p = &world.processes[process];
        let faulty = world.timeouts < self.config.timeouts;
        if world.crashes < self.config.crashes {
            acts.push(Act::Crash { process });
        }
        match p.at {
            At::Idle => {
                let newest = world.history.len() - 1;
                let oldest = if world.stale < self.config.stale {
                    0
                } else {
                    newest
                };
                for view in oldest..=newest {
                    acts.extend([0, 1].map(|way| Act::Begin { process, view, way }));
                }
            }
            At::Pass { .. } => {
                acts.extend([0, 1].map(|way| Act::Step { process, way }));
            }
            At::Putting { .. } if faulty => acts.push(Act::PutTimeout { process }),
            At::Putting { .. } => {}
            At::Reading { .. } => {
                acts.push(Act::Read { process });
                if faulty {
                    acts.push(Act::GiveUp { process });
                }
            }
            At::Calling { .. } if faulty => {
                acts.push(Act::CallTimeout { process });
                if self.config.has(Mutant::TransportRetry) {
                    acts.push(Act::TransportRetry { process });
                }
            }
            At::Calling { .. } => {}
        }
    }

    fn of_call(&self, world: &World, call: Call, faulty: bool, acts: &mut Vec<Act>) {
        let waited_for = author_of_call(world, &call).is_some();
        let valid = cloud::is_valid(self, world, call.call);
        if valid {
            acts.push(Act::Execute { call, lost: false });
        }
        if waited_for && valid && faulty {
            acts.push(Act::Execute { call, lost: true });
        }
        if waited_for && faulty {
            acts.push(Act::Lose { call });
        }
        if waited_for {
            let why = Why::Later;
            acts.push(Act::Reject { call, why });
        }
        if waited_for && valid {
            let why = Why::Never;
            acts.push(Act::Reject { call, why });
            if !world.orders.is_empty() {
                let why = Why::Busy;
                acts.push(Act::Reject { call, why });
            }
        }
    }

    fn of_others(&self, world: &World, acts: &mut Vec<Act>) {
        let last = world.instant == self.last_instant();
        let config = &self.config;
        if !last {
            acts.push(Act::Advance);
            let hidden = world.orders.iter().enumerate().filter(|(_, o)| !o.listed);
            acts.extend(hidden.map(|(order, _)| Act::List { order }));
        }
        if world.others < config.others {
            if config.restore {
                // Of others, only an order that another request recorded meets the guard.
                if world.restored {
                    let whose = Whose::Neighbour;
                    acts.push(Act::OtherRestart { whose });
                }
            } else if last {
                let whose = Whose::Late;
                acts.push(Act::OtherRestart { whose });
            } else {
                let inside = [Whose::Stranger, Whose::Deployment, Whose::Neighbour];
                acts.extend(inside.map(|whose| Act::OtherRestart { whose }));
            }
        }
        if config.cancel && !world.cancelled && !self.facts(world.object().content).finished {
            acts.push(Act::Cancel);
        }
        // A restore takes longer than a list lags, and than a token is remembered.
        let quiet = (last || !config.token)
            && world.calls.is_empty()
            && world.orders.iter().all(|order| order.listed);
        if config.restore && !world.restored && quiet && world.object().version > 0 {
            let from = Backup::Etcd;
            acts.push(Act::Restore { from });
            let from = Backup::Velero;
            acts.push(Act::Restore { from });
        }
    }

    fn apply(&self, world: &mut World, act: Act) -> Option<()> {
        match act {
            Act::Begin { process, view, way } => {
                let view = world.view(view);
                if self.config.stale < u8::MAX && view != world.object() {
                    world.stale += 1;
                }
                shell::begin(self, world, process, view, way)?;
            }
            Act::Step { process, way } => {
                let At::Pass { base, own, seen } = world.processes[process].at else {
                    return None;
                };
                shell::step(self, world, process, (base, own, seen), way)?;
            }
            Act::Read { process } => {
                let At::Reading { done } = world.processes[process].at else {
                    return None;
                };
                shell::read(self, world, process, done);
            }
            Act::GiveUp { process } => {
                world.timeouts += 1;
                let At::Reading { done } = world.processes[process].at else {
                    return None;
                };
                shell::give_up(self, &mut world.processes[process], done);
            }
            Act::Crash { process } => {
                world.processes[process] = Process::default();
                world.crashes += 1;
            }
            Act::Deliver { put, lost } => self.deliver(world, put, lost),
            Act::PutTimeout { process } => {
                world.timeouts += 1;
                let At::Putting { done, .. } = world.processes[process].at else {
                    return None;
                };
                world.processes[process].at = At::Reading { done };
            }
            Act::Execute { call, lost } => self.execute(world, call, lost),
            Act::Reject { call, why } => {
                let done = cloud::rejected(self, world, call.call, why);
                self.answer(world, call, done);
            }
            Act::Lose { call } => {
                world.timeouts += 1;
                self.answer(world, call, shell::ambiguous(self, call.call));
            }
            Act::CallTimeout { process } => {
                world.timeouts += 1;
                let At::Calling { base, call } = world.processes[process].at else {
                    return None;
                };
                shell::record(self, world, process, base, shell::ambiguous(self, call));
            }
            Act::TransportRetry { process } => {
                world.timeouts += 1;
                let At::Calling { call, .. } = world.processes[process].at else {
                    return None;
                };
                let author = world.processes[process].incarnation;
                let again = true;
                world.calls.insert(Call {
                    author,
                    call,
                    again,
                });
            }
            Act::List { order } => world.orders[order].listed = true,
            Act::OtherRestart { whose } => {
                world.others += 1;
                world.orders.push(Order {
                    whose,
                    at: Some(world.instant),
                    listed: true,
                });
            }
            Act::Cancel => {
                world.cancelled = true;
                world.cancelled_waiting = self.facts(world.object().content).waiting;
                let edited = object::cancelled(&self.object(world.object().content));
                world.history.push(self.keep(edited));
            }
            Act::Restore { from } => self.restore(world, from),
            Act::Advance => world.instant += 1,
        }
        Some(())
    }

    /// The API server: a swap, if the version is the stored one and the admission rules agree.
    fn deliver(&self, world: &mut World, put: Put, lost: bool) {
        let author = author_of_put(world, &put);
        world.puts.retain(|waiting| *waiting != put);
        let forced = self.config.has(Mutant::IntentWithoutVersion) && put.opens;
        let stored = put.version == world.object().version || forced;
        if stored && self.config.cel && !self.admits(world.object().content, put.content) {
            world.refused = true;
        }
        if put.version == world.object().version {
            world.history.push(put.content);
        } else if forced {
            let mut object = (*self.object(world.object().content)).clone();
            object.status = self.object(put.content).status.clone();
            world.history.push(self.keep(object));
        }
        let Some(process) = author else { return };
        let At::Putting { done, go_on, .. } = world.processes[process].at else {
            return;
        };
        if stored && !lost {
            let object = world.object();
            shell::recorded(self, world, process, object, done, go_on);
        } else {
            world.timeouts += u8::from(lost);
            world.processes[process].at = At::Reading { done };
        }
    }

    fn execute(&self, world: &mut World, call: Call, lost: bool) {
        let number = cloud::remembered(self, world).unwrap_or_else(|| {
            world.orders.push(Order {
                whose: Whose::Ours(call.call),
                at: Some(world.instant),
                listed: self.config.token,
            });
            world.orders.len() - 1
        });
        world.timeouts += u8::from(lost);
        let done = if lost {
            shell::ambiguous(self, call.call)
        } else {
            cloud::accepted(self, call.call, number)
        };
        self.answer(world, call, done);
    }

    /// The call is over; its author, if it still waits, has its answer.
    fn answer(&self, world: &mut World, call: Call, done: Id) {
        let author = author_of_call(world, &call);
        world.calls.retain(|other| *other != call);
        let Some(process) = author else { return };
        let At::Calling { base, .. } = world.processes[process].at else {
            return;
        };
        shell::record(self, world, process, base, done);
    }

    /// The control plane was down: everything that was on its way is over, and the processes began
    /// anew on what is stored now.
    fn restore(&self, world: &mut World, from: Backup) {
        world.restored = true;
        world.puts = Few::default();
        let object = cloud::backup(self, world, from == Backup::Velero);
        let object = self.keep(object);
        // What was before is gone, but for its versions: nobody holds it any more.
        world.history.fill(object);
        world.history.push(object);
        world.processes = [Process::default(), Process::default()];
    }

    /// Drops what can have no effect any more: states that differ only in that are one.
    fn tidy(&self, world: &mut World) {
        let forced = self.config.has(Mutant::IntentWithoutVersion);
        let now = world.object().version;
        let refused = |put: &Put| put.version < now && !(forced && put.opens);
        world.puts.retain(|put| !refused(put));
        for p in &mut world.processes {
            if let At::Putting { put, done, .. } = p.at
                && refused(&put)
            {
                p.at = At::Reading { done };
            }
        }
        let before = *world;
        world.calls.retain(|call| {
            let waited_for = author_of_call(&before, call).is_some();
            waited_for || cloud::is_valid(self, &before, call.call)
        });
        if world.instant == self.last_instant() {
            for order in world.orders.iter_mut() {
                order.listed = true;
            }
        }
        if self.is_quiet(world) {
            self.forget_the_past(world);
        }
        if self.config.mutant.is_none() && world.stale >= self.config.stale {
            forget_old_versions(world);
        }
        if !self.config.fast_clock {
            world.processes.sort();
        }
    }
}
