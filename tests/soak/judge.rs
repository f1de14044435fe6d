//! The judge: what the simulator's ledger says was executed, against what each request says of
//! itself. Pure, and nothing of the operator's own counting is used.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cloudsim::{Ledger, RestartRecord};
use restart_operator::api::{
    ConditionType, Phase, RestartRequest, RestartRequestStatus, TargetState, TargetStatus,
    condition,
};
use uuid::Uuid;

/// The most attempts that a request can have: `backoffLimit` is 10 at most.
const ATTEMPTS: i32 = 11;
/// Order status of SAE and EDAS: it succeeded.
const ORDER_SUCCEEDED: i64 = 2;

/// A request as it stood at the end, or when it was deleted.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) object: RestartRequest,
    pub(crate) deleted: bool,
}

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) sort: Sort,
    /// Request, ledger entries and status, for a person.
    pub(crate) text: String,
}

/// The three things that a soak counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Restarted twice for one request, or for none.
    Doubled,
    /// The status does not agree with the ledger.
    Lie,
    /// Neither finished nor Unknown.
    Stuck,
}

/// Status numbers of change orders at the end, by id.
pub(crate) type Orders = BTreeMap<String, i64>;

/// Judges every request, and looks for restarts that belong to none.
pub(crate) fn judge(subjects: &[Subject], ledger: &Ledger, orders: &Orders) -> Vec<Finding> {
    let mut by_mark: HashMap<&str, Vec<&RestartRecord>> = HashMap::new();
    for restart in ledger.restarts() {
        let mark = restart.client_token.as_deref().or(restart.nonce.as_deref());
        by_mark
            .entry(mark.unwrap_or_default())
            .or_default()
            .push(restart);
    }
    let mut findings = Vec::new();
    for subject in subjects {
        let restarts: Vec<&RestartRecord> = marks(&subject.object)
            .iter()
            .filter_map(|mark| by_mark.remove(mark.as_str()))
            .flatten()
            .collect();
        let case = Case {
            subject,
            restarts,
            orders,
        };
        findings.extend(case.findings());
    }
    findings.extend(by_mark.into_values().flatten().map(|restart| Finding {
        sort: Sort::Doubled,
        text: format!("nobody asked for {restart:#?}"),
    }));
    findings
}

/// Nonces of all possible attempts and the client token, from what the protocol says and not from
/// the status.
fn marks(request: &RestartRequest) -> Vec<String> {
    let uid = request.metadata.uid.as_deref().unwrap_or_default();
    let numbers = (1..=ATTEMPTS).map(|number| format!("{uid}/{number}"));
    numbers
        .chain([format!("{uid}/token")])
        .map(|name| Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string())
        .collect()
}

/// One request with the restarts that were executed for it.
struct Case<'a> {
    subject: &'a Subject,
    restarts: Vec<&'a RestartRecord>,
    orders: &'a Orders,
}

impl Case<'_> {
    fn findings(&self) -> Vec<Finding> {
        let finding = |sort, why: &str| Finding {
            sort,
            text: self.describe(why),
        };
        let mut found = Vec::new();
        if let Some(why) = self.doubled() {
            found.push(finding(Sort::Doubled, &why));
        }
        match self.stands() {
            Some(Err(why)) => found.push(finding(Sort::Lie, &why)),
            Some(Ok(())) => {}
            None => found.push(finding(Sort::Stuck, "neither finished nor Unknown")),
        }
        found
    }

    /// What was restarted more than once: an instance, a member, or the application itself.
    fn doubled(&self) -> Option<String> {
        let mut seen = BTreeSet::new();
        let twice = self
            .restarts
            .iter()
            .find(|restart| !seen.insert(&restart.app));
        twice.map(|restart| format!("{} was restarted more than once", restart.app))
    }

    /// Whether what the status says is true; `None`: it says nothing yet, and has no right to that.
    fn stands(&self) -> Option<Result<(), String>> {
        let status = self.status();
        let none = || self.nothing_executed();
        Some(match status.phase {
            Phase::Unknown => Ok(()),
            Phase::Succeeded if self.subject.object.spec.dry_run => none(),
            Phase::Succeeded => self.succeeded(&status),
            Phase::PartiallySucceeded => self.targets_are_true(&status),
            Phase::NotExecuted => none().and_then(|()| told_after_the_window(&status)),
            Phase::Cancelled if reason(&status) == "CancelledInCloud" => self.something_executed(),
            Phase::Cancelled | Phase::Expired | Phase::Skipped => none(),
            Phase::Failed => self.failed(&status),
            // Without a stored intent nobody may call, and for a deleted object none can be stored.
            Phase::Pending
            | Phase::Suspended
            | Phase::Queued
            | Phase::Submitting
            | Phase::Resolving
            | Phase::Running
            | Phase::Paused => match (self.subject.deleted, &status.attempt) {
                (false, _) => return None,
                (true, None) => none(),
                (true, Some(_)) => Ok(()),
            },
        })
    }

    fn succeeded(&self, status: &RestartRequestStatus) -> Result<(), String> {
        self.something_executed()?;
        let target = &self.subject.object.spec.target;
        let wanted: Option<&[String]> =
            match (&target.sae_applications, &target.volcengine_instances) {
                (Some(batch), _) => Some(&batch.app_ids),
                (_, Some(instances)) => Some(&instances.instance_ids),
                (None, None) => None,
            };
        let Some(wanted) = wanted else {
            return self.the_one_order_succeeded(status);
        };
        for id in wanted {
            let told = status.targets.iter().find(|target| target.id == *id);
            if told.map(|target| target.state) != Some(TargetState::Succeeded) {
                return Err(format!("Succeeded, and {id} is {told:?}"));
            }
        }
        self.targets_are_true(status)
    }

    /// The order that is told is the one that was executed, it is of the right target and ended well.
    fn the_one_order_succeeded(&self, status: &RestartRequestStatus) -> Result<(), String> {
        let [restart] = self.restarts.as_slice() else {
            return Err("Succeeded, and not executed once".to_owned());
        };
        let told = status.change_order.as_ref().and_then(|o| o.id.as_deref());
        if told != Some(restart.order.as_str()) {
            return Err(format!("tells of order {told:?}"));
        }
        if self.orders.get(&restart.order) != Some(&ORDER_SUCCEEDED) {
            return Err("Succeeded, and its order did not".to_owned());
        }
        let target = &self.subject.object.spec.target;
        let (app, parts) = if let Some(whole) = &target.sae_application {
            (&whole.app_id, None)
        } else if let Some(some) = &target.sae_instances {
            (&some.app_id, Some(&some.instance_ids))
        } else if let Some(edas) = &target.edas_application {
            (&edas.app_id, edas.ecc_ids.as_ref())
        } else {
            return Err("Succeeded without a target".to_owned());
        };
        let same = |parts: &Vec<String>| set(parts) == set(&restart.parts);
        if restart.app != *app || !parts.is_none_or(same) {
            return Err("something else was restarted".to_owned());
        }
        Ok(())
    }

    /// Each part that is told of is as the ledger and its own order say.
    fn targets_are_true(&self, status: &RestartRequestStatus) -> Result<(), String> {
        self.something_executed()?;
        let lie = status
            .targets
            .iter()
            .find(|target| !self.target_is_true(target));
        lie.map_or(Ok(()), |target| Err(format!("{target:?} is not true")))
    }

    fn target_is_true(&self, target: &TargetStatus) -> bool {
        let whole = self.restarts.iter().find(|it| it.app == target.id);
        let part = self
            .restarts
            .iter()
            .find(|it| it.parts.contains(&target.id));
        let order = whole.and_then(|it| self.orders.get(&it.order));
        match target.state {
            TargetState::Succeeded => match (whole, part) {
                (Some(_), _) => order.is_none_or(|status| *status == ORDER_SUCCEEDED),
                (None, part) => part.is_some(),
            },
            TargetState::Failed => part.is_none() && order != Some(&ORDER_SUCCEEDED),
            TargetState::Rejected => whole.is_none() && part.is_none(),
            TargetState::Waiting
            | TargetState::Running
            | TargetState::Aborted
            | TargetState::Unconfirmed => true,
        }
    }

    fn failed(&self, status: &RestartRequestStatus) -> Result<(), String> {
        match reason(status) {
            "RestartFailed" | "OrderAborted" | "ActiveDeadlineExceeded" => {
                self.something_executed()?;
                let well = |it: &RestartRecord| self.orders.get(&it.order) == Some(&2);
                if self.restarts.iter().all(|it| well(it)) {
                    return Err("Failed, and every order succeeded".to_owned());
                }
                Ok(())
            }
            _ => self.nothing_executed(),
        }
    }

    fn nothing_executed(&self) -> Result<(), String> {
        if self.restarts.is_empty() {
            return Ok(());
        }
        Err(format!("{}, and executed", self.status().phase.as_str()))
    }

    fn something_executed(&self) -> Result<(), String> {
        if self.restarts.is_empty() {
            return Err(format!(
                "{}, and not executed",
                self.status().phase.as_str()
            ));
        }
        Ok(())
    }

    fn status(&self) -> RestartRequestStatus {
        self.subject.object.status.clone().unwrap_or_default()
    }

    fn describe(&self, why: &str) -> String {
        let name = self.subject.object.metadata.name.as_deref();
        format!(
            "{} (deleted: {}): {why}\nledger: {:#?}\nobject: {}",
            name.unwrap_or_default(),
            self.subject.deleted,
            self.restarts,
            serde_json::to_string_pretty(&self.subject.object).unwrap_or_default(),
        )
    }
}

/// A proof of absence is not possible while the cloud still takes the call.
fn told_after_the_window(status: &RestartRequestStatus) -> Result<(), String> {
    let ended = status.completion_time.as_ref().map(|time| time.0);
    let window = status.attempt.as_ref().map(|attempt| attempt.not_after.0);
    if ended > window {
        return Ok(());
    }
    Err("NotExecuted, told before the signature had ended".to_owned())
}

/// The reason of the end.
pub(crate) fn reason(status: &RestartRequestStatus) -> &str {
    condition::find(&status.conditions, ConditionType::Ready)
        .map_or("", |condition| condition.reason.as_str())
}

fn set(ids: &[String]) -> BTreeSet<&String> {
    ids.iter().collect()
}
