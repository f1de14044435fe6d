//! What each process sees of the store, and when: late, in jumps, and now and then an old state. Also
//! the events of a run, each in one line.

use std::sync::atomic::Ordering;

use restart_operator::api::Phase;

use crate::{
    plan::pick,
    run::{Event, Run},
    time::{MINUTE, Ms, SECOND},
};

impl Run {
    /// An event of the queue happens.
    pub(crate) fn handle(&mut self, event: Event) {
        match event {
            Event::Arrive(id) => self.arrive(id),
            Event::Return(id) => self.come_back(id),
            Event::Due(index, life) if self.replicas[index].life == life => {
                self.begin_passes(index);
            }
            Event::See(index, life, place) if self.replicas[index].life == life => {
                self.see(index, place, false);
            }
            Event::SeeAccount(index, life, name) if self.replicas[index].life == life => {
                let account = self.store.account(&name).clone();
                if let Some(process) = &mut self.replicas[index].process {
                    process.see_account(&account);
                }
            }
            Event::Travel => self.travel(),
            Event::Start(index) if self.replicas[index].process.is_none() => self.start(index),
            // Of a process that is dead, or that runs already.
            Event::Due(..) | Event::See(..) | Event::SeeAccount(..) | Event::Start(_) => {}
            Event::Thaw(index) => self.thaw(index),
            Event::Jump(index, off) => {
                let label = self.label(index);
                self.trace.line(self.now, || {
                    format!("{label}: its clock is {off} ms ahead now")
                });
                self.coverage.jumped += 1;
                self.replicas[index].off.store(off, Ordering::Relaxed);
            }
            Event::Create(index) => self.create(index),
            Event::Act(index, act) => self.act(index, act),
            Event::Foreign(name) => self.foreign(&name),
            Event::Twin(app) => self.twin(app),
            Event::Resolve => self.resolve(),
            Event::Calm => self.calm(),
            Event::Stop => self.is_over = true,
        }
    }

    /// Every process is told of what was stored since the last time, each after a while of its own.
    pub(crate) fn tell_caches(&mut self) {
        while self.told < self.store.changes.len() {
            let place = self.told;
            self.told += 1;
            let change = self.change(place);
            self.trace_change(place);
            for index in 0..self.replicas.len() {
                let lag = self.lag();
                let life = self.replicas[index].life;
                self.after(lag, Event::See(index, life, place));
            }
            let opened = change.object.as_ref().filter(|object| {
                let phase = object.status.as_ref().map(|status| status.phase);
                change.by_operator && phase == Some(Phase::Submitting)
            });
            if let Some(object) = opened {
                self.intent_seen(&change.name, object);
            }
        }
        for name in std::mem::take(&mut self.store.changed_accounts) {
            for index in 0..self.replicas.len() {
                let lag = self.lag();
                let life = self.replicas[index].life;
                self.after(lag, Event::SeeAccount(index, life, name.clone()));
            }
        }
    }

    fn lag(&mut self) -> Ms {
        let most = if self.is_calm {
            20
        } else {
            self.plan.watch_lag
        };
        let stretch = if self.rng.u32(0..10) == 0 && !self.is_calm {
            10
        } else {
            1
        };
        self.rng.u64(1..=most) * stretch
    }

    fn trace_change(&mut self, place: usize) {
        let change = self.change(place);
        self.trace.line(change.at, || {
            let Some(object) = &change.object else {
                return format!("    {} v{}: deleted", change.name, change.version);
            };
            let status = object.status.as_ref();
            let reason = status.and_then(restart_operator::protocol::story::told);
            let message = status.map_or("", restart_operator::protocol::story::message);
            format!(
                "    {} v{}: {} {} {message}",
                change.name,
                change.version,
                status.map_or("", |status| status.phase.as_str()),
                reason.map_or("", |reason| reason.as_str()),
            )
        });
    }

    /// A cache is told of a change. A watch does not go back; a time travel does.
    fn see(&mut self, index: usize, place: usize, backwards: bool) {
        let change = self.change(place);
        let mut later = self.store.changes[place..].iter().skip(1);
        if self.is_calm && later.any(|other| other.name == change.name) {
            // A watch that was slow before does not bring back what it has shown to be deleted.
            return;
        }
        let Some(process) = &mut self.replicas[index].process else {
            return;
        };
        let known = process.cached_version(&change.name);
        if !backwards && known.is_some_and(|known| known > change.version) {
            return;
        }
        if process.see(&change, &mut self.store) {
            let now = self.now;
            self.set_due(index, &change.name, now);
            self.begin_passes(index);
        }
    }

    /// The first list of a new process, which may be an old one.
    pub(crate) fn fill_caches(&mut self, index: usize) {
        for name in self.store.account_names() {
            let account = self.store.account(&name).clone();
            if let Some(process) = &mut self.replicas[index].process {
                process.see_account(&account);
            }
        }
        let is_old = !self.is_calm && self.plan.travels > 0 && self.rng.bool();
        let end = self.store.changes.len();
        let shown = if is_old { self.rng.usize(0..=end) } else { end };
        self.show(index, shown);
        if shown < end {
            self.catch_up(index);
        }
    }

    /// The state of the store after so many changes.
    fn show(&mut self, index: usize, changes: usize) {
        let mut last = std::collections::BTreeMap::new();
        for place in 0..changes {
            last.insert(self.store.changes[place].name.clone(), place);
        }
        for place in last.into_values() {
            self.see(index, place, true);
        }
    }

    /// Some time later the cache shows the present again.
    fn catch_up(&mut self, index: usize) {
        let wait = pick(&mut self.rng, &[1, 20, 200]) * SECOND;
        let life = self.replicas[index].life;
        let mut last = std::collections::BTreeMap::new();
        for (place, change) in self.store.changes.iter().enumerate() {
            last.insert(change.name.clone(), place);
        }
        for place in last.into_values() {
            self.after(wait, Event::See(index, life, place));
        }
    }

    /// A watch connects to an API server that is far behind.
    fn travel(&mut self) {
        let index = self.rng.usize(0..self.replicas.len());
        let end = self.store.changes.len();
        let back = self.rng.usize(0..=end);
        let label = self.label(index);
        self.trace.line(self.now, || {
            format!("{label}: its caches are back at change {back} of {end}")
        });
        self.coverage.travelled += 1;
        self.show(index, back);
        self.catch_up(index);
    }

    fn thaw(&mut self, index: usize) {
        if self.replicas[index].frozen_until.take().is_some() {
            let label = self.label(index);
            self.trace.line(self.now, || format!("{label}: goes on"));
            self.begin_passes(index);
        }
    }

    /// Faults stop: processes run, clocks are right, caches show the present, people are back.
    fn calm(&mut self) {
        self.is_calm = true;
        self.trace.line(self.now, || "calm".to_owned());
        self.resume_all();
        for index in 0..self.replicas.len() {
            self.replicas[index].off.store(0, Ordering::Relaxed);
            self.thaw(index);
            if self.replicas[index].process.is_none() {
                self.start(index);
            }
            let end = self.store.changes.len();
            self.show(index, end);
        }
        if self.rng.bool() {
            self.after(40 * MINUTE, Event::Resolve);
        }
    }

    /// Everything has ended, and nothing is on its way: for a while nothing more may happen.
    pub(crate) fn look_whether_all_is_over(&mut self) {
        if !self.is_calm || self.settled_at.is_some() || !self.flights.is_empty() {
            return;
        }
        let is_idle = self.replicas.iter().all(|replica| {
            let process = replica.process.as_ref();
            process.is_some_and(crate::replica::Process::is_idle)
        });
        if is_idle && self.is_settled() && !self.is_resolve_near() {
            self.settled_at = Some(self.now);
            self.trace
                .line(self.now, || "everything has ended".to_owned());
            self.after(20 * MINUTE, Event::Stop);
        }
    }

    /// Every request has ended, or waits for a person.
    pub(crate) fn is_settled(&self) -> bool {
        self.store.all().all(|(_, object)| {
            object.status.as_ref().is_some_and(|status| {
                status.completion_time.is_some() || status.phase == Phase::Unknown
            })
        })
    }

    /// A person may still answer.
    fn is_resolve_near(&self) -> bool {
        let waits = self.store.all().any(|(_, object)| {
            let status = object.status.as_ref();
            status.is_some_and(|status| status.phase == Phase::Unknown)
        });
        waits && self.now < self.plan.calm_at + 50 * MINUTE
    }
}
