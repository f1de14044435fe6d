//! Messages on their way: they leave a process, arrive, and their answers come back, each at a moment
//! of its own. A message arrives whether or not its sender still lives.

use bytes::Bytes;
use cloudsim::FaultRule;
use futures::channel::oneshot;
use http::{Request, Response, StatusCode};

use crate::{
    fate::{self, Fate, Trip},
    net::{Back, Message, Sent},
    run::{Event, Run},
    store::refusal,
};

/// A message on its way.
pub(crate) struct Flight {
    /// Machine and process.
    pub(crate) from: (usize, u32),
    message: Message,
    back: Option<oneshot::Sender<Back>>,
    trip: Trip,
    answer: Option<Back>,
}

impl Sent {
    /// A write of a status, a connection for a restart, or a restart: the moments at which a kill
    /// hurts most.
    pub(crate) fn is_important(&self) -> bool {
        match &self.message {
            Message::Kube(request) => request.method() == http::Method::PUT,
            Message::Connect | Message::Cloud(_, true) => true,
            Message::Cloud(_, false) => false,
        }
    }
}

impl Run {
    /// A pass over `name` has sent something.
    pub(crate) fn depart(&mut self, index: usize, name: &str, sent: Sent) {
        let trip = self.trip(&sent.message);
        let label = self.label(index);
        self.trace.line(self.now, || {
            format!(
                "{label} {name}: {} [{}]",
                text(&sent.message),
                trip.fate.word()
            )
        });
        self.note(name, &sent.message, &trip.fate);
        let flight = Flight {
            from: (index, self.replicas[index].life),
            message: sent.message,
            back: Some(sent.back),
            trip,
            answer: None,
        };
        self.take_off(flight);
    }

    fn trip(&mut self, message: &Message) -> Trip {
        let plan = &self.plan;
        let odds = |of: u32| if self.is_calm { 0 } else { of };
        match message {
            Message::Kube(_) => fate::kube(&mut self.rng, odds(plan.kube_odds)),
            Message::Connect => fate::connect(&mut self.rng, odds(plan.restart_odds)),
            Message::Cloud(_, false) => {
                fate::read(&mut self.rng, odds(plan.cloud_odds), plan.cloud.list_lag)
            }
            Message::Cloud(_, true) => {
                let copies = plan.cloud.nonce_filter;
                fate::restart(&mut self.rng, odds(plan.restart_odds), copies)
            }
        }
    }

    fn note(&mut self, name: &str, message: &Message, fate: &Fate) {
        self.coverage.messages += 1;
        let is_restart = matches!(message, Message::Cloud(_, true));
        if is_restart {
            self.coverage.calls += 1;
        }
        match fate {
            Fate::AnswerLost if is_restart => self.coverage.answers_lost += 1,
            Fate::Lost if is_restart => self.coverage.calls_lost += 1,
            Fate::Twice(_) => self.coverage.copies += 1,
            Fate::LateBehind(..) => self.coverage.late_writes += 1,
            Fate::Instead(409) => self.coverage.conflicts += 1,
            _ => {}
        }
        // Only a person's answer is verified, as often as the cloud does not tell.
        let is_asked = self
            .store
            .get(name)
            .is_some_and(|object| object.spec.resolution.is_some());
        if self.settled_at.is_some()
            && !is_asked
            && matches!(message, Message::Cloud(..) | Message::Connect)
        {
            self.restless.push(format!(
                "I6: {name} was finished, and the cloud was called: {}",
                text(message)
            ));
        }
    }

    fn take_off(&mut self, mut flight: Flight) {
        let (there, back) = (flight.trip.there, flight.trip.back);
        let at_once = match flight.trip.fate {
            Fate::Refused => Some(Back::Refused),
            Fate::Lost => Some(Back::Lost),
            Fate::Instead(code) => Some(Back::Answer(status(code))),
            Fate::LateBehind(code, after) => {
                let early = Flight {
                    back: flight.back.take(),
                    answer: Some(Back::Answer(status(code))),
                    message: Message::Connect,
                    ..flight.copy()
                };
                let id = self.board(early);
                self.after(after, Event::Return(id));
                None
            }
            Fate::Fine | Fate::AnswerLost | Fate::Fault(_) | Fate::Twice(_) => None,
        };
        flight.answer = at_once;
        let event = match flight.answer {
            Some(_) => Event::Return,
            None => Event::Arrive,
        };
        let wait = if flight.answer.is_some() { back } else { there };
        let id = self.board(flight);
        self.after(wait, event(id));
    }

    fn board(&mut self, flight: Flight) -> u64 {
        self.made += 1;
        self.flights.insert(self.made, flight);
        self.made
    }

    /// A message is handled. It may have been taken off the wire by a kill.
    pub(crate) fn arrive(&mut self, id: u64) {
        let Some(mut flight) = self.flights.remove(&id) else {
            return;
        };
        if let Fate::Twice(after) = flight.trip.fate {
            let mut copy = flight.copy();
            copy.trip.fate = Fate::Fine;
            let id = self.board(copy);
            self.after(after, Event::Arrive(id));
        }
        let answer = match &flight.message {
            Message::Kube(request) => Back::Answer(self.store.handle(request, self.now)),
            Message::Connect => Back::Answer(Response::default()),
            Message::Cloud(request, _) => self.call(request, &flight.trip.fate),
        };
        self.trace.line(self.now, || {
            format!("  {} -> {}", text(&flight.message), answer_text(&answer))
        });
        flight.answer = Some(match flight.trip.fate {
            Fate::AnswerLost => Back::Lost,
            _ => answer,
        });
        let back = flight.trip.back;
        let id = self.board(flight);
        self.after(back, Event::Return(id));
    }

    fn call(&mut self, request: &Request<Bytes>, fate: &Fate) -> Back {
        if let Fate::Fault(fault) = fate {
            self.cloud.0.inject(FaultRule::new(fault.clone()));
        }
        let answer = self.cloud.deliver(request, self.now);
        self.cloud.0.clear_faults();
        answer.map_or(Back::Lost, Back::Answer)
    }

    /// What comes back reaches the sender, if it still waits.
    pub(crate) fn come_back(&mut self, id: u64) {
        let Some(mut flight) = self.flights.remove(&id) else {
            return;
        };
        if let (Some(back), Some(answer)) = (flight.back.take(), flight.answer.take()) {
            let _ = back.send(answer);
        }
    }
}

impl Flight {
    /// The same message, for which nobody waits.
    fn copy(&self) -> Self {
        let message = match &self.message {
            Message::Kube(request) => Message::Kube(request.clone()),
            Message::Connect => Message::Connect,
            Message::Cloud(request, restart) => Message::Cloud(request.clone(), *restart),
        };
        Self {
            from: self.from,
            message,
            back: None,
            trip: self.trip.clone(),
            answer: None,
        }
    }
}

fn status(code: u16) -> Response<Bytes> {
    let reason = match code {
        409 => "Conflict",
        429 => "TooManyRequests",
        _ => "ServerTimeout",
    };
    refusal(StatusCode::from_u16(code).unwrap(), reason)
}

/// A message in one line, without anything random.
fn text(message: &Message) -> String {
    match message {
        Message::Kube(request) => {
            let path = request.uri().path();
            let short = path.rsplit("/shop/").next().unwrap_or(path);
            // Names of Events have the real time in them.
            let short = if short.starts_with("events") {
                "events"
            } else {
                short
            };
            format!("{} {short}{}", request.method(), wanted(request))
        }
        Message::Connect => "connect for a restart".to_owned(),
        Message::Cloud(request, _) => {
            let query = request.uri().query().unwrap_or_default();
            let action = query.split('&').find(|part| part.starts_with("Action="));
            let path = request.uri().path().rsplit('/').next().unwrap_or_default();
            format!("cloud {} {}", request.method(), action.unwrap_or(path))
        }
    }
}

/// What a write of a status wants.
fn wanted(request: &Request<Bytes>) -> String {
    if request.method() != http::Method::PUT {
        return String::new();
    }
    let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let attempt = &body["status"]["attempt"];
    format!(
        " on v{}: {}, attempt {} owned {} {}",
        body["metadata"]["resourceVersion"],
        body["status"]["phase"],
        attempt["number"],
        attempt["owned"],
        attempt["answer"],
    )
}

fn answer_text(back: &Back) -> String {
    match back {
        Back::Answer(answer) => answer.status().as_u16().to_string(),
        Back::Lost => "nothing".to_owned(),
        Back::Refused => "refused".to_owned(),
    }
}
