//! Every single fault of the API server at every request of a restart: the trace of one life is
//! learned first, then each of its requests meets each fault, in a life of its own. Lives of one group
//! run side by side, each with an application of its own.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use cloudsim::{Application, Fault as CloudFault, FaultRule, Ledger};
use futures::{StreamExt, stream};
use jiff::SignedDuration;
use kube::ResourceExt;
use restart_operator::{
    api::{Attribution, RestartRequest},
    controller::clock::SystemClock,
    protocol::policy::Policy,
};
use serde_json::json;

use crate::{
    stage::{RESTART, Stage},
    support::{
        gate::{
            asked::Asked,
            fault::{Canned, Fault, Passes, Reply, Rule},
        },
        judge, policy, wait,
        world::{Operator, phase_of},
    },
};

/// A signature here outlives the deadline of a request to the API server, as it does in production.
const SIGNATURE_LIFE: Duration = Duration::from_secs(60);
/// Longer than that deadline, which is 10 s.
const AFTER_THE_DEADLINE: Duration = Duration::from_secs(11);
/// Writes and reads of one object that one fault may cost.
const EXTRA: usize = 2;

/// A request of the trace: verb and resource, and the how-manyth of its sort.
type Place = (String, usize);

/// The faults of a write, by their ids.
fn write_faults() -> Vec<(&'static str, Fault)> {
    let throttled = Canned {
        retry_after: Some(1),
        ..Canned::refusal(429, "TooManyRequests")
    };
    vec![
        ("A1", Fault::new(Passes::Once, Reply::Nothing)),
        ("A2", Fault::executed_but(504, "Timeout")),
        ("A3", Fault::new(Passes::Once, Reply::Reset)),
        (
            "A4",
            Fault::new(Passes::Late(AFTER_THE_DEADLINE), Reply::Real),
        ),
        ("A5", Fault::new(Passes::No, Reply::Reset)),
        ("A6", Fault::refused(409, "Conflict")),
        ("A7", Fault::executed_but(409, "Conflict")),
        ("A7-twice", Fault::new(Passes::Twice, Reply::Real)),
        ("A8", Fault::new(Passes::No, Reply::Canned(throttled))),
        ("A9-500", Fault::refused(500, "InternalError")),
        ("A9-503", Fault::refused(503, "ServiceUnavailable")),
        ("A10", Fault::refused(401, "Unauthorized")),
        ("A11", Fault::refused(403, "Forbidden")),
        ("A14-422", Fault::refused(422, "Invalid")),
        ("A14-413", Fault::refused(413, "RequestEntityTooLarge")),
    ]
}

/// Those that make sense for a read: lost before and lost after are the same, and so are codes that no
/// read is answered with and others.
fn read_faults(kind: &str) -> Vec<(&'static str, Fault)> {
    // A list or watch that is never answered is a matter of the network: see `network`.
    let unanswered = kind.starts_with("get ").then_some("A1");
    let same = ["A3", "A8", "A9-500", "A9-503", "A10", "A11"];
    let mut faults = write_faults();
    faults.retain(|(id, _)| same.contains(id) || Some(*id) == unanswered);
    if kind.starts_with("list ") || kind.starts_with("watch ") {
        faults.push(("A12", Fault::refused(410, "Expired")));
    }
    faults
}

/// How a life goes when nothing is wrong with the API server.
#[derive(Clone, Copy)]
struct Life {
    prefix: &'static str,
    /// The answer of the cloud is lost, after it was executed.
    lost: bool,
    end: Attribution,
    events: usize,
}

const HAPPY: Life = Life {
    prefix: "happy-life",
    lost: false,
    end: Attribution::Direct,
    events: 2,
};

const LOST: Life = Life {
    prefix: "lost-answer",
    lost: true,
    end: Attribution::Adopted,
    events: 3,
};

fn long_signature() -> Policy {
    let life = SignedDuration::try_from(SIGNATURE_LIFE).expect("a duration");
    Policy {
        signature_life: life,
        ..policy::short()
    }
}

impl Life {
    /// A stage with these applications beside the one that every world has.
    async fn stage(self, applications: usize) -> Stage {
        let stage = Stage::with(self.prefix, |config| {
            config.signature_life = SIGNATURE_LIFE;
            config
                .applications
                .extend((0..applications).map(|number| Application::running(app(number))));
        })
        .await;
        if self.lost {
            let teacher = stage.world.operator().await;
            stage.world.teach_the_creator().await;
            teacher.stop().await;
            let lost = FaultRule::on(RESTART, CloudFault::DropAfter);
            stage.world.sim.inject(lost.always());
        }
        stage
    }

    async fn operator(stage: &Stage) -> Operator {
        let clock = Arc::new(SystemClock);
        stage
            .world
            .operator_by(long_signature(), clock, &stage.gate)
            .await
    }

    /// What an operator asks in such a life, from its start to the last Event.
    async fn trace(self) -> Vec<Asked> {
        let stage = self.stage(0).await;
        let _operator = Self::operator(&stage).await;
        stage.ask("first").await;
        let end = stage.end_of("first").await;
        assert_eq!(end, ("Succeeded", Some(self.end)));
        stage.world.events("first", self.events).await;
        stage.gate.log()
    }

    fn judge(self, name: &str, object: &RestartRequest) {
        let order = object
            .status
            .as_ref()
            .and_then(|status| status.change_order.as_ref());
        let end = (phase_of(object), order.map(|order| order.attribution));
        // A fault may make the operator look for an order that it could have been told of.
        let fine = end == ("Succeeded", Some(self.end))
            || end == ("Succeeded", Some(Attribution::Adopted));
        assert!(fine, "{name} ended as {end:?}: {object:#?}");
    }
}

fn app(number: usize) -> String {
    format!("app-of-{number}")
}

/// The places of a trace for which `wanted` holds.
fn places(trace: &[Asked], wanted: impl Fn(&Asked) -> bool) -> Vec<Place> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let of_sort = |asked: &Asked| {
        let count = counts.entry(asked.kind()).or_default();
        *count += 1;
        (asked.kind(), *count)
    };
    trace
        .iter()
        .filter(|asked| wanted(asked))
        .map(of_sort)
        .collect()
}

/// Faults at the requests about the object itself: its status writes and its Events.
async fn each_fault_at_each_request_about_the_object(life: Life) {
    let trace = life.trace().await;
    let places = places(&trace, |asked| asked.name == "first");
    let writes = places
        .iter()
        .filter(|(kind, _)| kind.ends_with("/status"))
        .count();
    assert_eq!(writes, if life.lost { 4 } else { 3 }, "{places:?}");
    let cases: Vec<(Place, &str, Fault)> = places
        .iter()
        .flat_map(|place| {
            write_faults()
                .into_iter()
                .map(move |(id, fault)| (place.clone(), id, fault))
        })
        .collect();

    let stage = life.stage(cases.len()).await;
    let _operator = Life::operator(&stage).await;
    let mut names = Vec::new();
    for (number, ((kind, nth), id, fault)) in cases.into_iter().enumerate() {
        let words = kind.replace(' ', "-").replace(['/', '.'], "-");
        let name = format!("{}-{words}-{nth}", id.to_lowercase());
        let (about, sort) = (name.clone(), kind.clone());
        let rule = Rule::new(fault, move |asked| {
            asked.name == about && asked.kind() == sort
        });
        let rule = stage.gate.inject(rule.nth(nth));
        let target = json!({"saeApplication": {"appId": app(number)}});
        stage.world.ask(&name, json!({"target": target})).await;
        names.push((name, rule, app(number)));
    }
    for (name, rule, _) in &names {
        let object = stage.world.until_finished(name).await;
        life.judge(name, &object);
        wait::until(&format!("{name} met its fault"), async || {
            stage.gate.met(*rule) == 1
        })
        .await;
    }
    stage.judge().await;
    let (log, ledger) = (stage.gate.log(), stage.world.ledger());
    for (name, _, app) in &names {
        let object = stage.world.get(name).await;
        assert_eq!(judge::judge_one(&object, &ledger), 1, "{name}");
        costs_no_more_than(writes, &log, name);
        nothing_is_called_after_the_end(&object, app, &ledger);
    }
}

/// Status writes and reads of the object: the happy ones, and a few for the fault.
fn costs_no_more_than(writes: usize, log: &[Asked], name: &str) {
    let count = |kind: &str| {
        let of = |asked: &&Asked| asked.name == name && asked.kind() == kind;
        log.iter().filter(of).count()
    };
    let (wrote, read) = (
        count("update restartrequests/status"),
        count("get restartrequests"),
    );
    assert!(wrote <= writes + EXTRA, "{name}: {wrote} writes");
    assert!(read <= EXTRA, "{name}: {read} reads");
}

/// The end is stored in whole seconds.
fn nothing_is_called_after_the_end(object: &RestartRequest, app: &str, ledger: &Ledger) {
    let end = object
        .status
        .as_ref()
        .and_then(|status| status.completion_time.clone());
    let end = end.expect("an end").0 + Duration::from_secs(1);
    let late = ledger
        .all_requests()
        .iter()
        .find(|call| call.app.as_deref() == Some(app) && call.at > end);
    assert!(
        late.is_none(),
        "{}: {late:#?} after {end}",
        object.name_any()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_at_each_write_of_a_happy_life_ends_in_one_restart() {
    each_fault_at_each_request_about_the_object(HAPPY).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_at_each_write_after_a_lost_answer_ends_in_one_restart() {
    each_fault_at_each_request_about_the_object(LOST).await;
}

/// Faults at what an operator asks for itself: caches, lease, account, Secret. An operator each. How
/// often it asks is not the same in every life, so the first two of a kind meet the fault.
async fn each_fault_at_each_other_kind_of_request() {
    let trace = HAPPY.trace().await;
    let other = places(&trace, |asked| asked.name != "first");
    let kinds = other
        .into_iter()
        .filter(|(_, nth)| *nth == 1)
        .map(|(kind, _)| kind);
    let cases: Vec<_> = kinds
        .flat_map(|kind| {
            let reads = ["get ", "list ", "watch "]
                .iter()
                .any(|verb| kind.starts_with(verb));
            let faults = if reads {
                read_faults(&kind)
            } else {
                write_faults()
            };
            faults
                .into_iter()
                .map(move |(id, fault)| ((kind.clone(), 1), id, fault))
        })
        .collect();
    assert!(cases.len() > 60, "{trace:#?}");
    each_case_has_an_operator(HAPPY, cases, 2).await;
}

async fn each_case_has_an_operator(life: Life, cases: Vec<(Place, &str, Fault)>, times: usize) {
    stream::iter(cases)
        .for_each_concurrent(SIDE_BY_SIDE, |((kind, nth), id, fault)| async move {
            let told = format!("{id} at {kind} {nth}");
            let stage = life.stage(0).await;
            let rule = Rule::new(fault, move |asked| asked.kind() == kind);
            let rule = stage.gate.inject(rule.nth(nth).times(times));
            let _operator = Life::operator(&stage).await;
            stage.ask("first").await;
            let object = stage.world.until_finished("first").await;
            life.judge(&told, &object);
            wait::until(&format!("{told} was met"), async || {
                stage.gate.met(rule) >= 1
            })
            .await;
            stage.judge().await;
            costs_no_more_than(if life.lost { 4 } else { 3 }, &stage.gate.log(), "first");
        })
        .await;
}

/// Worlds at once: more would only wait for the two processors.
const SIDE_BY_SIDE: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_at_what_an_operator_asks_for_itself_ends_in_one_restart() {
    each_fault_at_each_other_kind_of_request().await;
}

/// After the list that fills the cache the next one is the look at what others have recorded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_at_the_look_at_rivals_ends_in_one_restart() {
    let kind = "list restartrequests".to_owned();
    let cases = read_faults(&kind)
        .into_iter()
        .map(|(id, fault)| ((kind.clone(), 2), id, fault));
    each_case_has_an_operator(LOST, cases.collect(), 1).await;
}
