//! I1 to I4 and I6: the cloud's ledger against what the statuses say. Never the operator's own words
//! about what it did.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cloudsim::RestartRecord;
use restart_operator::{
    api::{Attribution, Phase, Reason, RestartRequest, RestartRequestStatus, TargetState},
    protocol::story,
};
use uuid::Uuid;

use crate::{cloud::Cloud, run::Run, store::uid};

/// The restarts that the cloud executed for a request, oldest first.
#[must_use]
pub fn restarts_of(cloud: &Cloud, object: &RestartRequest) -> Vec<RestartRecord> {
    let uid = uid(object);
    let derived = |name: String| Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string();
    let nonces: BTreeSet<String> = (1..=11).map(|n| derived(format!("{uid}/{n}"))).collect();
    let token = derived(format!("{uid}/token"));
    let is_ours = |restart: &RestartRecord| match &restart.client_token {
        Some(found) => *found == token,
        None => restart
            .nonce
            .as_ref()
            .is_some_and(|nonce| nonces.contains(nonce)),
    };
    cloud.0.inspect(|ledger| {
        let restarts = ledger.restarts().iter();
        restarts
            .filter(|restart| is_ours(restart))
            .cloned()
            .collect()
    })
}

/// The last version of every object that ever was, by UID.
fn objects(run: &Run) -> BTreeMap<String, Arc<RestartRequest>> {
    let mut found = BTreeMap::new();
    for change in &run.store.changes {
        if let Some(object) = &change.object {
            found.insert(change.uid.clone(), Arc::clone(object));
        }
    }
    found
}

/// What does not hold at the end of a run.
#[must_use]
pub(crate) fn judge(run: &Run) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut explained = 0;
    for (uid, object) in objects(run) {
        let restarts = restarts_of(&run.cloud, &object);
        explained += restarts.len();
        let name = object.metadata.name.clone().unwrap_or_default();
        let mut complain = |what: String| wrong.push(format!("{what} ({name}, {uid})"));
        once(&restarts).into_iter().for_each(&mut complain);
        if run.rolled_back.contains(&uid) {
            continue;
        }
        if let Some(status) = &object.status {
            truth(run, &object, status, &restarts)
                .into_iter()
                .for_each(&mut complain);
        }
    }
    let all = run.cloud.0.inspect(|ledger| ledger.restarts().len());
    if explained != all {
        wrong.push(format!(
            "I1: {all} restarts, and requests explain {explained}"
        ));
    }
    wrong.extend(ending(run));
    wrong
}

/// I1: each part at most once, and one call at most.
fn once(restarts: &[RestartRecord]) -> Vec<String> {
    let calls: BTreeSet<u64> = restarts.iter().map(|restart| restart.request).collect();
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for restart in restarts {
        if !seen.insert(&restart.app) {
            wrong.push(format!("I1: {} was restarted twice", restart.app));
        }
    }
    if calls.len() > 1 {
        wrong.push(format!("I1: {} calls were executed", calls.len()));
    }
    wrong
}

/// I2 and I3: what the status says did happen, and what it denies did not.
fn truth(
    run: &Run,
    object: &RestartRequest,
    status: &RestartRequestStatus,
    restarts: &[RestartRecord],
) -> Vec<String> {
    let mut wrong = Vec::new();
    let Some(reason) = story::told(status) else {
        return wrong;
    };
    if status.completion_time.is_some() && denies(reason) && !restarts.is_empty() {
        wrong.push(format!(
            "I3: {} and restarted all the same",
            reason.as_str()
        ));
    }
    let labels = object.metadata.labels.as_ref();
    if labels.is_some_and(|l| l.contains_key("velero.io/restore-name")) && !restarts.is_empty() {
        wrong.push("I3: a restored request was run".to_owned());
    }
    let order = status
        .change_order
        .as_ref()
        .and_then(|order| order.id.clone());
    if let Some(order) = &order {
        let is_ours = restarts
            .iter()
            .any(|restart| restart.order == *order || restart.parent.as_ref() == Some(order));
        // A batch has an order even if all of its members were refused. It is not their restart.
        let is_empty_batch = object.spec.target.sae_applications.is_some() && restarts.is_empty();
        if !is_ours && !is_empty_batch {
            wrong.push(format!("I2: order {order} is not of this request"));
        }
    }
    if reason == Reason::RestartSucceeded {
        wrong.extend(succeeded(run, object, order.as_deref(), restarts));
    }
    if reason == Reason::PartiallySucceeded {
        let parts = status.targets.iter();
        for part in parts.filter(|part| part.state == TargetState::Succeeded) {
            let restarted = restarts
                .iter()
                .any(|restart| restart.app == part.id || restart.parts.contains(&part.id));
            if !restarted {
                wrong.push(format!("I2: {} is told to be restarted", part.id));
            }
        }
    }
    wrong
}

/// Every part was executed, and its order ended well.
fn succeeded(
    run: &Run,
    object: &RestartRequest,
    order: Option<&str>,
    restarts: &[RestartRecord],
) -> Vec<String> {
    let target = &object.spec.target;
    let apps: Vec<&String> = match (&target.volcengine_instances, &target.sae_applications) {
        (Some(instances), _) => instances.instance_ids.iter().collect(),
        (None, Some(batch)) => batch.app_ids.iter().collect(),
        (None, None) => Vec::new(),
    };
    let mut wrong = Vec::new();
    if restarts.is_empty() {
        wrong.push("I2: Succeeded, and nothing was restarted".to_owned());
    }
    for app in apps {
        if !restarts.iter().any(|restart| restart.app == *app) {
            wrong.push(format!("I2: Succeeded, and {app} was not restarted"));
        }
    }
    let members = restarts.iter().map(|restart| restart.order.as_str());
    // A batch is judged by its members, whatever its parent says.
    let own = order.filter(|_| target.sae_applications.is_none());
    for id in members.chain(own) {
        if let Some(order) = run.cloud.0.order(id)
            && order.status != 2
        {
            wrong.push(format!(
                "I2: Succeeded, and order {id} has status {}",
                order.status
            ));
        }
    }
    wrong
}

/// Ends that say that nothing was executed.
const fn denies(reason: Reason) -> bool {
    use Reason as R;
    !matches!(
        reason,
        R::RestartSucceeded
            | R::ResolvedExecuted
            | R::PartiallySucceeded
            | R::RestartFailed
            | R::OrderAborted
            | R::ActiveDeadlineExceeded
            | R::CancelledInCloud
    )
}

/// I4 and I6: everything has ended, and then nothing is done any more.
fn ending(run: &Run) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, object) in run.store.all() {
        let status = object.status.as_ref();
        let has_ended = status.is_some_and(|status| {
            status.completion_time.is_some() || status.phase == Phase::Unknown
        });
        if !has_ended {
            let phase = status.map_or("", |status| status.phase.as_str());
            wrong.push(format!("I4: {name} never ends: {phase}"));
        }
    }
    let Some(settled) = run.settled_at else {
        if wrong.is_empty() {
            wrong.push("I4: processes never come to rest".to_owned());
        }
        return wrong;
    };
    let late = run
        .store
        .changes
        .iter()
        .filter(|change| change.at > settled && change.by_operator);
    wrong.extend(late.map(|change| format!("I6: {} was written after its end", change.name)));
    if run.plan.is_quiet() {
        wrong.extend(frugality(run));
    }
    wrong
}

/// I6 without faults: three writes for a restart, more only for progress, for waiting, and for each
/// instance whose reboot was seen, which nothing shows again later.
fn frugality(run: &Run) -> Vec<String> {
    let mut wrong = Vec::new();
    for (uid, object) in objects(run) {
        let Some(status) = &object.status else {
            continue;
        };
        if story::told(status) != Some(Reason::RestartSucceeded) || run.plan.requests.len() > 1 {
            continue;
        }
        let writes = run
            .store
            .changes
            .iter()
            .filter(|change| change.by_operator && change.uid == uid)
            .count();
        let progress = usize::try_from(run.plan.cloud.lasts / 30_000).unwrap_or_default();
        let seen = seen_in_motion(run, &uid);
        if writes > 3 + progress + seen + usize::from(object.spec.suspend) {
            wrong.push(format!("I6: {writes} status writes for one restart"));
        }
    }
    wrong
}

/// Instances of Volcengine that were stored as seen in motion.
fn seen_in_motion(run: &Run, uid: &str) -> usize {
    let stored = run.store.changes.iter().filter(|change| change.uid == uid);
    let objects = stored.filter_map(|change| change.object.as_ref());
    let reboots = objects.filter(|object| object.spec.target.volcengine_instances.is_some());
    let targets = reboots.filter_map(|object| Some(&object.status.as_ref()?.targets));
    let moving = targets
        .flatten()
        .filter(|target| target.state == TargetState::Running);
    moving
        .map(|target| &target.id)
        .collect::<BTreeSet<_>>()
        .len()
}

/// Adds up what happened.
pub(crate) fn count(run: &mut Run) {
    let coverage = &mut run.coverage;
    coverage.runs = 1;
    coverage.quiet = u64::from(run.plan.is_quiet());
    coverage.executed = run.cloud.0.inspect(|ledger| ledger.restarts().len()) as u64;
    let mut last = BTreeMap::new();
    for change in &run.store.changes {
        if let Some(object) = &change.object {
            last.insert(change.uid.clone(), Arc::clone(object));
        }
    }
    for object in last.into_values() {
        *coverage.targets.entry(kind(&object)).or_default() += 1;
        let Some(status) = &object.status else {
            continue;
        };
        let reason = story::told(status).map_or("", |reason| reason.as_str());
        let end = format!("{} {reason}", status.phase.as_str());
        *coverage.ends.entry(end).or_default() += 1;
        if let Some(order) = &status.change_order {
            coverage.adopted += u64::from(order.attribution == Attribution::Adopted);
        }
        if let Some(attempt) = &status.attempt {
            coverage.takeovers += u64::from(attempt.owned > 0);
            coverage.second_attempts += u64::from(attempt.number > 1);
        }
    }
}

fn kind(object: &RestartRequest) -> &'static str {
    let target = &object.spec.target;
    if target.sae_application.is_some() {
        "saeApplication"
    } else if target.sae_instances.is_some() {
        "saeInstances"
    } else if target.sae_applications.is_some() {
        "saeApplications"
    } else if target.edas_application.is_some() {
        "edasApplication"
    } else {
        "volcengineInstances"
    }
}
