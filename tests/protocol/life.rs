//! A request as the core sees it: a stored object, a clock, and what was told. Not a test.

use jiff::{SignedDuration, Timestamp};
use kube::core::cel::{Validator, apply_defaults};
use restart_operator::{
    api::{
        Condition, ConditionStatus, ConditionType, Phase, RestartRequest, RestartRequestStatus,
        condition,
    },
    cloud::{
        error::{CloudError, Delivery, Kind, Retry},
        permit::Mine,
        types::{
            Acceptance, Answer, AttemptId, Candidate, Check, Following, Look, Match, OrderId,
            OrderReport, OrderState, Part, PartState, Submission,
        },
    },
    protocol::{
        absorb::{Done, Next, Opening, Rivals, absorb, is_edited, waiting_since},
        backoff::Hints,
        decide::{Abilities, Controls, Seen, Snapshot, Step, Turn, decide, start_deadline},
        notice::EventReason,
        policy::Policy,
        state::{self, Resolution, State},
        target,
    },
};
use serde_json::{Value, json};

/// The object, as it is stored, and the world around it.
pub struct Life {
    pub object: RestartRequest,
    pub now: Timestamp,
    pub policy: Policy,
    pub mine: Mine,
    pub turn: Turn,
    pub look_at: Option<Timestamp>,
    pub restored: bool,
    pub delete_at: Option<Timestamp>,
    pub events: Vec<EventReason>,
    pub writes: usize,
}

pub const SIGNED: i64 = 1_700_000_000;

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(SIGNED + seconds).unwrap()
}

impl Life {
    /// A request as the API server gives birth to it, created at second 0.
    pub fn new(spec: Value) -> Self {
        let mut object = json!({
            "apiVersion": "restart-operator.dev/v1alpha1", "kind": "RestartRequest",
            "metadata": {
                "name": "checkout", "namespace": "shop", "uid": "0d6a2c5e", "generation": 1,
                "creationTimestamp": at(0).to_string(),
            },
            "spec": {"accountRef": {"name": "ali"}, "target": {"saeApplication": {"appId": "app-1"}}},
        });
        merge(&mut object["spec"], &spec);
        let object = apply_defaults(&schema(), &object);
        Self {
            object: serde_json::from_value(object).unwrap(),
            now: at(0),
            policy: Policy::default(),
            mine: Mine::NotMine,
            turn: Turn::Ours,
            look_at: None,
            restored: false,
            delete_at: None,
            events: Vec::new(),
            writes: 0,
        }
    }

    /// A spec edit, as a person makes it.
    pub fn edit(&mut self, spec: Value) -> &mut Self {
        let mut object = serde_json::to_value(&self.object).unwrap();
        merge(&mut object["spec"], &spec);
        self.object = serde_json::from_value(object).unwrap();
        *self.object.metadata.generation.as_mut().unwrap() += 1;
        self
    }

    pub fn wait_until(&mut self, seconds: i64) -> &mut Self {
        self.now = at(seconds);
        self
    }

    pub fn step(&self) -> Step {
        self.step_having(Seen::default())
    }

    pub fn step_having(&self, seen: Seen) -> Step {
        let spec = &self.object.spec;
        let snapshot = Snapshot {
            state: State::of(&self.object),
            controls: Controls {
                suspend: spec.suspend,
                cancel: spec.cancel,
                deleting: self.object.metadata.deletion_timestamp.is_some(),
                dry_run: spec.dry_run,
                resolution: spec.resolution.as_ref().map(|asked| match &asked.adopt {
                    Some(order) => Resolution::Adopt(OrderId(order.clone())),
                    None => Resolution::NotExecuted,
                }),
                delete_at: self.delete_at,
            },
            created: state::created(&self.object),
            start_before: spec.start_before.as_ref().map(|time| time.0),
            start_deadline: start_deadline(
                waiting_since(&self.object, self.now),
                spec.start_deadline_seconds,
            ),
            restored: self.restored,
            mine: self.mine,
            abilities: Abilities {
                token: target::has_token(&spec.target),
                abort: target::can_abort(&spec.target),
                by_word: target::takes_a_word(&spec.target, self.has_order()),
            },
            turn: self.turn.clone(),
            look_at: self.look_at,
            edited: is_edited(&self.object),
            seen,
        };
        decide(&snapshot, self.now, &self.policy)
    }

    /// Absorbs, judges the change by the admission rules, stores it.
    pub fn absorb(&mut self, done: &Done) -> Next {
        let next = absorb(&self.object, done, self.now, &self.policy, Hints::default());
        let mut stored = self.object.clone();
        stored.status = Some(next.status.clone());
        if stored != self.object {
            self.writes += 1;
            judge(&stored, &self.object);
        }
        self.object = stored;
        let again = absorb(&self.object, done, self.now, &self.policy, Hints::default());
        assert_eq!(
            again.status, next.status,
            "absorbing twice is not absorbing once"
        );
        self.look_at = next.look_at;
        self.events
            .extend(next.notices.iter().map(|notice| notice.reason));
        next
    }

    /// Absorbs a step that needs nobody: a wait, a settlement, a rest.
    pub fn follow(&mut self) -> Next {
        let done = match self.step() {
            Step::Wait { until, why } => Done::Waited { until, why },
            Step::Settle(ending) => Done::Settled(ending),
            Step::Rest => Done::Rested,
            other => panic!("{other:?} needs somebody"),
        };
        self.absorb(&done)
    }

    /// Opens an intent at the present time.
    pub fn open(&mut self) -> Submission {
        let number = match State::of(&self.object) {
            State::Waiting { used, .. } => used + 1,
            other => panic!("no intent in {other:?}"),
        };
        let call = submission(number, self.now, &self.policy);
        self.absorb(&Done::Opened(Box::new(Opening {
            call: call.clone(),
            holder: "pod".into(),
            check: check(),
        })));
        self.mine = Mine::Unsent;
        call
    }

    /// Opens an intent and gets this answer to its call.
    pub fn send(&mut self, answer: Answer) -> Submission {
        let call = self.open();
        self.mine = Mine::Sent;
        self.absorb(&Done::Answered {
            call: Box::new(call.clone()),
            answer,
            look: None,
        });
        call
    }

    pub fn poll(&mut self, report: OrderReport) -> Next {
        self.absorb(&Done::Polled {
            order: order("o-1"),
            report: Ok(report),
            progress_due: true,
        })
    }

    pub fn look(&mut self, call: &Submission, candidates: Vec<Candidate>) -> Next {
        let look = Look {
            candidates,
            complete: true,
            cloud_time: self.now,
            notes: vec![],
        };
        self.absorb(&Done::Resolved {
            attempt: call.attempt.clone(),
            look: Ok(look),
            rivals: Rivals::default(),
        })
    }

    pub fn status(&self) -> &RestartRequestStatus {
        self.object.status.as_ref().unwrap()
    }

    fn has_order(&self) -> bool {
        self.status().change_order.is_some()
    }

    pub fn phase(&self) -> Phase {
        self.status().phase
    }

    pub fn condition(&self, type_: ConditionType) -> &Condition {
        condition::find(&self.status().conditions, type_).unwrap()
    }

    pub fn reason(&self) -> &str {
        &self.condition(ConditionType::Ready).reason
    }

    pub fn message(&self) -> &str {
        &self.condition(ConditionType::Ready).message
    }

    /// `Accepted=False NotFound` and the like.
    pub fn says(&self, type_: ConditionType) -> (ConditionStatus, &str) {
        let condition = self.condition(type_);
        (condition.status, &condition.reason)
    }
}

pub fn order(id: &str) -> OrderId {
    OrderId(id.into())
}

pub fn accepted() -> Answer {
    Answer::Accepted(Acceptance {
        order: order("o-1"),
        request_id: Some("req-1".into()),
        parts: vec![],
    })
}

/// What is followed after [`accepted`] of a call signed at second 0.
pub fn following() -> Following {
    Following {
        order: order("o-1"),
        started: at(0),
        baseline: vec![order("o-0")],
        parts: vec![],
        named: false,
        taken: vec![],
    }
}

pub fn part(id: &str, state: PartState) -> Part {
    Part {
        id: id.into(),
        state,
        order: None,
        error: None,
    }
}

pub fn check() -> Check {
    Check {
        instances: Some(4),
        effective_min_ready: Some(1),
        call: "PUT /pop/v1/sam/app/restartApplication?AppId=app-1".into(),
        warnings: vec![],
        baseline: vec![order("o-0")],
        running: None,
        clock_offset: SignedDuration::ZERO,
    }
}

pub fn submission(number: i32, signed_at: Timestamp, policy: &Policy) -> Submission {
    Submission {
        attempt: AttemptId(format!("{number:032x}")),
        number,
        owned: 0,
        signed_at,
        not_after: signed_at + policy.signature_life,
        target_hash: "ab".repeat(32),
        nonce: format!("nonce-{number}"),
        credential: "0123456789abcdef".into(),
        baseline: vec![order("o-0")],
    }
}

pub fn error(kind: Kind, delivery: Delivery, retry: Retry) -> CloudError {
    CloudError {
        operation: "RestartApplication",
        kind,
        delivery,
        retry,
        code: Some("Some.Code".into()),
        message: "the cloud's words".into(),
        advice: "Do this next",
        request_id: Some("req-9".into()),
        retry_after: None,
    }
}

pub fn lost() -> Answer {
    Answer::Ambiguous(error(Kind::Unexpected, Delivery::Unknown, Retry::Later))
}

pub fn candidate(id: &str, match_: Match) -> Candidate {
    Candidate {
        order: order(id),
        match_,
        line: format!("{id} CoRestartApplication by 12345"),
    }
}

pub fn report(state: OrderState, status: i32) -> OrderReport {
    OrderReport {
        state,
        status,
        sub_status: Some(0),
        kind: "CoRestartApplication".into(),
        same_target: true,
        total: 3,
        succeeded: 1,
        failed: 0,
        parts: vec![],
        message: String::new(),
    }
}

fn schema() -> Value {
    let text = std::fs::read_to_string("crds/restart-operator.dev_restartrequests.yaml").unwrap();
    let crd: Value = serde_saphyr::from_str(&text).unwrap();
    crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone()
}

/// The API server's rules on this update.
fn judge(new: &RestartRequest, old: &RestartRequest) {
    thread_local!(static SCHEMA: Value = schema());
    let [new, old] = [new, old].map(|object| serde_json::to_value(object).unwrap());
    let verdict = SCHEMA.with(|schema| Validator::new().validate(schema, &new, Some(&old)));
    if let Err(errors) = verdict {
        let text: Vec<_> = errors
            .as_slice()
            .iter()
            .map(|e| format!("{}: {}", e.field_path, e.message))
            .collect();
        panic!("the server refuses this status: {text:#?}\n{new:#}");
    }
}

fn merge(into: &mut Value, patch: &Value) {
    match (into, patch) {
        (Value::Object(into), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, patch) => *into = patch.clone(),
    }
}
